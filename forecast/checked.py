"""Labelled arrays that are checked where they are made and where they are handed on."""

from __future__ import annotations

import numpy as np
import xarray as xr

from forecast.errors import InputError


def labelled(
    values: np.ndarray,
    coords: dict[str, object],
    *,
    unit: str,
    low: float = -np.inf,
    high: float = np.inf,
) -> xr.DataArray:
    """Build a checked array: named dimensions, unit, finite values within a range.

    Parameters
    ----------
    values : ndarray
        One axis per entry of `coords`, in that order.
    coords : dict
        Dimension name to labels.
    unit : str
        Written to ``attrs["unit"]``: ``share``, ``percent``, ``persons``, ``jobs``.
    low, high : float
        Smallest and largest value that makes sense in this unit.

    Raises
    ------
    InputError
        If a value is not finite or out of range.

    Examples
    --------
    >>> labelled(np.array([0.2, 0.4]), {"occupation": ["21", "22"]}, unit="share", high=1).dims
    ('occupation',)
    """
    array = xr.DataArray(np.asarray(values, dtype=float), coords=coords, dims=list(coords))
    array.attrs["unit"] = unit
    return require(array, tuple(coords), low=low, high=high)


def require(
    array: xr.DataArray,
    dims: tuple[str, ...],
    *,
    unit: str | None = None,
    low: float = -np.inf,
    high: float = np.inf,
) -> xr.DataArray:
    """Refuse an array with other dimensions, another unit, a gap or an impossible value."""
    if array.dims != dims:
        raise InputError(f"expected dimensions {dims}, got {array.dims}: transpose or rename them.")
    if unit is not None and array.attrs.get("unit") != unit:
        raise InputError(f"expected unit {unit!r}, got {array.attrs.get('unit')!r}.")
    values = array.to_numpy()
    if not np.isfinite(values).all():
        raise InputError(f"{int((~np.isfinite(values)).sum())} value(s) are not finite in {dims}.")
    if values.size and (values.min() < low or values.max() > high):
        raise InputError(
            f"values span {values.min():g} to {values.max():g}; {low:g} to {high:g} is possible."
        )
    return array
