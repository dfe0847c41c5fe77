"""Results of the stages before reskilling, made for measuring: codes and sizes real, figures not.

Employment walks at random from the last half-year of the embedded reference; exposure, adoption and
their growth are spread evenly over ranges that mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from forecast.checked import labelled
from forecast.config import compose
from forecast.data.inputs import load
from forecast.options import Options
from forecast.pipeline import Results
from forecast.stages.employment_history import employment_history
from forecast.stages.redrawn import ALL, EXPOSURE_SOURCES, redraw_order
from forecast.types import (
    AGE_GROUPS,
    AdoptionForecast,
    EmploymentForecast,
    ExposureGrowth,
    ExposureResult,
    OccupationScores,
)

STEP = 0.01  # of the log of employment in a half-year
SPEED = {"slow": 0.5, "central": 1.0, "fast": 1.5}
ADOPTED_PERCENT = {"all:all": 4.0, "industry:C": 6.0, "industry:J": 20.0}
Tables = Mapping[str, pd.DataFrame]


def made_results(n_draw: int, overrides: Sequence[str]) -> tuple[Options, Results]:
    """Make what the stage takes.

    Returns
    -------
    options : Options
        The shipped choices, but for `overrides`.
    results : Results
        Reference tables, and exposure, adoption and employment of `n_draw` draws.
    """
    options, rng = compose(f"draws={n_draw}", *overrides), np.random.default_rng(0)
    tables, hashes = load(options.data)
    years = list(range(options.scenario.first_year, options.scenario.last_year + 1))
    employment = _employment(tables, years, n_draw=n_draw, rng=rng)
    codes = [str(code) for code in employment.opening["occupation"].values]
    results = Results(
        reference=tables,
        inputs=hashes,
        exposure=_exposure(codes, years, n_draw=n_draw, rng=rng),
        adoption=_adoption(years, n_draw=n_draw, rng=rng),
        employment=employment,
    )
    return options, results


def _employment(
    tables: Tables,
    years: list[int],
    *,
    n_draw: int,
    rng: np.random.Generator,
) -> EmploymentForecast:
    history = employment_history(tables["employment_age"])
    opening = _last_half_year(history, "ksco7", "age_group")[list(AGE_GROUPS)]
    published = tables["employment_province"].query("sido != '00' and ksco7 != 'TOT'")
    periods = [f"{year}H{half}" for year in years for half in (1, 2)]

    def walked(start: pd.DataFrame, *dims: str) -> xr.DataArray:
        steps = rng.normal(0.0, STEP, size=(n_draw, *start.shape, len(periods)))
        return labelled(
            start.to_numpy()[:, :, None] * np.exp(np.cumsum(steps, axis=-1)),
            {"draw": np.arange(n_draw), **_labels(start, dims), "period": periods},
            unit="persons",
        )

    dims = ("occupation", "age_group")
    places = _last_half_year(published, "sido", "ksco7")
    return EmploymentForecast(
        persons=walked(opening, *dims),
        opening=labelled(opening.to_numpy(), _labels(opening, dims), unit="persons"),
        origin=str(history["period"].max()),
        history=history,
        scores=pd.DataFrame(),
        scopes={"province": walked(places, "scope", "occupation")},
    )


def _last_half_year(table: pd.DataFrame, rows: str, columns: str) -> pd.DataFrame:
    last = table[table["period"] == table["period"].max()]
    wide = last.pivot(index=rows, columns=columns, values="employed_persons")
    return wide.fillna(0.0).astype(float)


def _labels(table: pd.DataFrame, dims: tuple[str, ...]) -> dict[str, object]:
    return dict(zip(dims, (list(table.index), list(table.columns)), strict=True))


def _adoption(years: list[int], *, n_draw: int, rng: np.random.Generator) -> AdoptionForecast:
    last = pd.Series(ADOPTED_PERCENT)
    speed = rng.uniform(0.5, 2.0, size=(1, n_draw, 1, 1))
    factor = np.reshape(list(SPEED.values()), (-1, 1, 1, 1))
    gained = factor * speed * np.arange(1.0, len(years) + 1)
    coords = {
        "scenario": list(SPEED),
        "draw": np.arange(n_draw),
        "scope": list(last.index),
        "year": years,
    }
    value = labelled(last.to_numpy()[:, None] + gained, coords, unit="percent", high=100.0)
    return AdoptionForecast(value, "made", last, pd.DataFrame(), pd.DataFrame())


def _exposure(
    codes: list[str], years: list[int], *, n_draw: int, rng: np.random.Generator
) -> ExposureResult:
    coords: dict[str, object] = {"draw": np.arange(n_draw), "occupation": codes}
    shape = (n_draw, len(codes))
    exposed, complement = rng.uniform(0.2, 0.6, size=shape), rng.uniform(0.3, 0.7, size=shape)
    order = redraw_order(n_draw, rng=rng)

    def scores(index: np.ndarray) -> OccupationScores:
        def share(values: np.ndarray) -> xr.DataArray:
            return labelled(values[index], coords, unit="share")

        return OccupationScores(
            system="ksco7_sub_major",
            titles=pd.Series(codes, codes),
            exposure=share(exposed),
            complementarity=share(complement),
            substitution=share(exposed * (1.0 - complement)),
            spread=labelled(np.full(len(codes), 0.1), {"occupation": codes}, unit="share"),
        )

    first, none = scores(np.arange(n_draw)), pd.DataFrame()
    return ExposureResult(
        isco=first,
        minor=first,
        sub_major=first,
        at_risk={},
        preset="none",
        cells=none,
        sweep=none,
        scores=none,
        model=None,
        model_name="none",
        columns=[],
        growth=_growth(codes, years, n_draw=n_draw, rng=rng),
        redrawn={source: scores(order) for source in (*EXPOSURE_SOURCES, ALL)},
        redraw_order=order,
    )


def _growth(
    codes: list[str], years: list[int], *, n_draw: int, rng: np.random.Generator
) -> ExposureGrowth:
    steps = rng.uniform(0.05, 0.15, size=(n_draw, len(codes), len(years)))
    coords = {"draw": np.arange(n_draw), "occupation": codes, "year": years}
    return ExposureGrowth(
        daioe=labelled(np.exp(np.cumsum(steps, axis=2)), coords, unit="daioe"),
        base_year=years[0],
        model="made",
        index="none",
        history=pd.DataFrame(),
        scores=pd.DataFrame(),
    )
