"""What drives the demand: shares of variance by source, and each parameter held at its ends.

Both answer for the country as a whole, central scenario, people newly in need over all years. The
two differ: a source is redrawn with all that it holds, a parameter is held still. Neither knows
what the model leaves out, nor what every draw shares.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.stages.parameters import PARAMETERS, Parameter
from forecast.types import NEEDS
from forecast.validation.variance import N_BLOCK, circle, variance_shares

Floats = NDArray[np.float64]
RunRedrawn = Callable[[str | None], Floats]  # source redrawn, None for none: (draw, need), persons
RunParameters = Callable[[xr.DataArray], Floats]  # (parameter, draw) to (draw, need), persons

SOURCES = ("index", "model", "crosswalk", "adoption", "employment", "mechanism", "transitions")
LOW, HIGH = 0.1, 0.9  # quantiles at which a parameter is held
ROWS_PER_BLOCK = 5  # at least: a row shares draws with the next one of its circle


def variance_table(run: RunRedrawn, order: NDArray[np.intp]) -> pd.DataFrame:
    """Estimate which share of the variance of the demand each source explains.

    Parameters
    ----------
    run : callable
        Given a source of :data:`SOURCES`, projects people in need per draw with that source taken
        from draw ``order[d]`` and all else from draw d; given None, as drawn.
    order : ndarray of int, shape (n_draw,)
        From :func:`forecast.stages.redrawn.redraw_order`. With every source in this order the
        demand is that of draw ``order[d]``: it needs no run of its own.

    Returns
    -------
    DataFrame
        Table ``variance_shares``: need, source, first_order, total_effect with standard errors,
        draws. Shares are of the variance of persons, not of their logs or ranks. First-order
        shares fall short of 1 where sources act together, total effects then exceed 1.

    Examples
    --------
    >>> draws = {name: np.random.default_rng(row).normal(size=4_000)
    ...          for row, name in enumerate(SOURCES)}
    >>> order = np.roll(np.arange(4_000), -1)
    >>> def run(source):
    ...     taken = draws | ({source: draws[source][order]} if source else {})
    ...     return np.tile(taken["index"] + taken["mechanism"], (3, 1)).T
    >>> table = variance_table(run, order).query("need == 'ax'").set_index("source")
    >>> table["total_effect"].round(1).loc[["index", "adoption", "mechanism"]].tolist()
    [0.5, 0.0, 0.5]
    """
    walked = circle(order)
    base = _checked(run(None), len(order))
    mixed = {source: _checked(run(source), len(order))[walked] for source in SOURCES}
    n_block = int(np.clip(len(order) // ROWS_PER_BLOCK, 2, N_BLOCK))
    found = variance_shares(base[walked], base[order][walked], mixed, n_block=n_block)
    rows = [
        {
            "need": need,
            "source": source,
            "first_order": found.first_order[row, column],
            "first_order_se": found.first_order_se[row, column],
            "total_effect": found.total_effect[row, column],
            "total_effect_se": found.total_effect_se[row, column],
            "draws": len(order),
        }
        for column, need in enumerate(NEEDS)
        for row, source in enumerate(found.groups)
    ]
    return pd.DataFrame(rows)


def sensitivity_table(run: RunParameters, parameters: xr.DataArray) -> pd.DataFrame:
    """Hold each parameter still in turn, in every draw, and leave everything else as drawn.

    Parameters
    ----------
    run : callable
        Projects people in need per draw for given parameters, with the same random numbers at
        every call.
    parameters : DataArray (parameter, draw)
        As drawn; :data:`forecast.stages.parameters.PARAMETERS` by name.

    Returns
    -------
    DataFrame
        Table ``parameter_sensitivity``: name, need, low, high (10 % and 90 % quantile), then
        means over draws: base_persons, at_low, at_high, at_neutral.

    Examples
    --------
    >>> names = [p.name for p in PARAMETERS]
    >>> drawn = xr.DataArray(np.tile(np.linspace(0, 1, 11), (len(names), 1)),
    ...                      {"parameter": names, "draw": range(11)}, ["parameter", "draw"])
    >>> def run(values): return np.tile(values.sel(parameter="worker_reach"), (3, 1)).T
    >>> table = sensitivity_table(run, drawn)
    >>> table.loc[0, ['low', 'at_low', 'at_high', 'at_neutral']].round(3).tolist()
    [0.1, 0.1, 0.9, 0.0]
    """
    n_draw = parameters.sizes["draw"]
    base = _checked(run(parameters), n_draw).mean(axis=0)

    def held(name: str, value: float) -> Floats:
        changed = parameters.copy(deep=True)
        changed.loc[{"parameter": name}] = value
        if changed.identical(parameters):
            return base  # a parameter that is switched off, or has no range
        return np.asarray(_checked(run(changed), n_draw).mean(axis=0))

    rows: list[dict[str, object]] = []
    for parameter in PARAMETERS:
        ends = _ends(parameters, parameter)
        at = {column: held(parameter.name, value) for column, value in ends.items()}
        rows.extend(
            {
                "name": parameter.name,
                "need": need,
                "low": ends["at_low"],
                "high": ends["at_high"],
                "base_persons": base[column],
                **{name: persons[column] for name, persons in at.items()},
            }
            for column, need in enumerate(NEEDS)
        )
    return pd.DataFrame(rows)


def _ends(parameters: xr.DataArray, parameter: Parameter) -> dict[str, float]:
    drawn = parameters.sel(parameter=parameter.name).to_numpy()
    low, high = np.quantile(drawn, [LOW, HIGH])
    return {"at_low": float(low), "at_high": float(high), "at_neutral": parameter.neutral}


def _checked(persons: Floats, n_draw: int) -> Floats:
    if persons.shape != (n_draw, len(NEEDS)):
        raise InputError(
            f"a national run gave shape {persons.shape}; expected ({n_draw}, {len(NEEDS)}): "
            "draws, needs."
        )
    return persons
