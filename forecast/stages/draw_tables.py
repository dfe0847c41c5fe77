"""Draws as a long table: mean and the central 80 % interval of every cell."""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

LOWER80, UPPER80 = 0.1, 0.9


def interval_table(draws: xr.DataArray, name: str) -> pd.DataFrame:
    """Write one row per cell: its labels, the mean over draws as `name`, lower80 and upper80.

    Parameters
    ----------
    draws : DataArray (draw, ...)
        Any dimensions beside ``draw``; the first one varies slowest.
    name : str
        Column of the mean.

    Examples
    --------
    >>> two = xr.DataArray([[1.0, 4.0], [3.0, 4.0]], {"draw": [0, 1], "age": ["a", "b"]})
    >>> interval_table(two, "persons").values.tolist()
    [['a', 2.0, 1.2, 2.8], ['b', 4.0, 4.0, 4.0]]
    """
    ordered = draws.transpose("draw", ...)
    values, dims = ordered.to_numpy(), [str(dim) for dim in ordered.dims[1:]]
    lower, upper = np.quantile(values, (LOWER80, UPPER80), axis=0)
    columns = {name: values.mean(axis=0), "lower80": lower, "upper80": upper}
    cells = pd.MultiIndex.from_product([ordered[dim].values for dim in dims], names=dims)
    table = pd.DataFrame({key: value.ravel() for key, value in columns.items()}, index=cells)
    return table.reset_index()
