"""Published projections of all employment, as an optional control total of the national forecast.

A projection published after the forecast origin knows what came after it. It may steer a forecast
that is made today, and never one of a back-test.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import ConfigError, InputError
from forecast.models.reconciliation import reconcile
from forecast.stages.half_years import half_number

Floats = NDArray[np.float64]

NONE, KEIS = "none", "keis_2026"
CONTROL_TOTALS = (NONE, KEIS)
MEDIAN, EVERY_DRAW = "median", "every_draw"
CONTROL_MODES = (MEDIAN, EVERY_DRAW)
# Key, year and population of table `evidence`, of the base scenario published in February 2026.
_PEAK = ("employment_projection", "2029", "peak")
_END = ("employment_projection", "2034", "base")
_RISE = ("employment_change_2024_2029", "2024-2029", "all")
_OBSERVED = "employment_yearly_mean"


def control_total(
    choice: str, tables: Mapping[str, pd.DataFrame], *, periods: Sequence[str]
) -> Floats | None:
    """Return the projected number of employed persons in each half-year, or None for no control.

    Parameters
    ----------
    choice : str
        ``none`` or ``keis_2026``: 28.94 million at the peak in 2029, 28.639 million in 2034, and
        in 2024 what the published rise from 2024 to 2029 leaves.
    tables : mapping
        Needs ``evidence`` and ``employment_age``.
    periods : sequence of str
        Half-years to forecast; none of them may have been observed.

    Returns
    -------
    ndarray (n_period,) or None
        Persons on the level of the half-yearly survey. Assumptions: a straight line between the
        published years (from the last observed year on), and each half of a year at its mean past
        ratio to the mean of the year, because the projection speaks of yearly means.

    Raises
    ------
    ConfigError
        If the choice is unknown, or a period was observed: a back-test would know the future.
    """
    if choice not in CONTROL_TOTALS:
        raise ConfigError(
            f"employment.control_total={choice!r} is unknown; choose of {list(CONTROL_TOTALS)}."
        )
    if choice == NONE:
        return None
    seen = _nation(tables["employment_age"])
    if half_number(periods[0]) <= half_number(max(seen.index)):
        raise ConfigError(
            f"employment.control_total={choice} was published in 2026 and {periods[0]} is observed "
            "already: it would leak into a back-test. Use it for the forecast only."
        )
    evidence = tables["evidence"]
    yearly = evidence[evidence["key"] == _OBSERVED].set_index("year")["value"].sort_index()
    peak = _published(evidence, _PEAK)
    points = {
        int(yearly.index[-1]): float(yearly.iloc[-1]),
        2024: peak - _published(evidence, _RISE),
        2029: peak,
        2034: _published(evidence, _END),
    }
    years = np.array([int(period[:4]) for period in periods])
    if years.max() > max(points):
        raise ConfigError(
            f"employment.control_total={choice} ends in {max(points)}, the forecast in "
            f"{periods[-1]}. Set employment.last_period to an earlier half-year."
        )
    ratio = _half_ratio(seen, yearly)
    path = np.interp(years, list(points), list(points.values()))
    return np.asarray(path * np.array([ratio[period[-2:]] for period in periods]))


def with_control_total(cells: Floats, control: Floats, *, mode: str = MEDIAN) -> Floats:
    """Move draws of cells so that their total follows a control total.

    Parameters
    ----------
    cells : ndarray (n_draw, n_cell, n_horizon)
        Never negative.
    control : ndarray (n_horizon,)
        From :func:`control_total`.
    mode : str
        ``median``: the total of each draw is scaled by one factor a half-year, so that their median
        is the control total and their spread stays; ``every_draw``: every draw has that total.

    Returns
    -------
    ndarray (n_draw, n_cell, n_horizon)
        A draw's gap is spread over cells in proportion to the variance of their draws
        (:func:`forecast.models.reconciliation.reconcile`), never below zero.

    Examples
    --------
    >>> cells = np.array([[[1.0], [4.0]], [[1.0], [6.0]], [[1.0], [8.0]]])
    >>> with_control_total(cells, np.array([8.0]), mode="every_draw").round(3)[:, :, 0].tolist()
    [[1.0, 7.0], [1.0, 7.0], [1.0, 7.0]]
    """
    if mode not in CONTROL_MODES:
        raise ConfigError(
            f"employment.control_mode={mode!r} is unknown; choose of {list(CONTROL_MODES)}."
        )
    totals = cells.sum(axis=1, keepdims=True)
    n_cell = cells.shape[1]
    wanted = np.broadcast_to(control, totals[:, 0].shape)
    if mode == MEDIAN:
        wanted = totals[:, 0] * (control / np.median(totals[:, 0], axis=0))
    variance = cells.var(axis=0).mean(axis=-1)
    if not variance.max() > 0:
        raise InputError("draws that do not differ cannot share a gap by their variance.")
    # A cell that is the same in every draw is as good as certain, and hardly moves.
    variance = np.append(np.maximum(variance, 1e-12 * variance.max()), variance.mean())
    summing = np.vstack([np.eye(n_cell), np.ones(n_cell)])
    base = np.concatenate([cells, totals], axis=1)
    return reconcile(base, summing, covariance=np.diag(variance), fixed={n_cell: wanted})


def _nation(employment_age: pd.DataFrame) -> pd.Series:
    """All employed persons by half-year: the sum of the cells that are forecast."""
    rows = employment_age[employment_age["ksco7"].str.len() == 2]
    rows = rows[rows["age_group"] != "all"]
    return rows.groupby("period")["employed_persons"].sum().astype(float)


def _half_ratio(seen: pd.Series, yearly: pd.Series) -> dict[str, float]:
    """Mean ratio of each half of the survey to the mean of its year, over the years with both."""
    ratios: dict[str, list[float]] = {"H1": [], "H2": []}
    for period, persons in seen.items():
        year, half = str(period)[:4], str(period)[-2:]
        if year in yearly.index:
            ratios[half].append(persons / yearly[year])
    short = [half for half, found in ratios.items() if not found]
    if short:
        raise InputError(
            f"employment_age and {_OBSERVED} of evidence share no year with {short}; the control "
            "total needs one to know the level of the survey."
        )
    return {half: float(np.mean(found)) for half, found in ratios.items()}


def _published(evidence: pd.DataFrame, key: tuple[str, str, str]) -> float:
    found = evidence.set_index(["key", "year", "population"])["value"]
    if key not in found.index:
        raise InputError(f"evidence has no row {key}; run scripts/build_reference.py.")
    return float(found[key])
