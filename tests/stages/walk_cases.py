"""Random small worlds to walk: everything that is possible, from tame to wild."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr

from forecast.stages.exposure_trend import MovingScores
from forecast.stages.ledger import Turnover
from forecast.stages.mechanism import FIRMS, TASKS, age_factors
from forecast.stages.parameters import PARAMETERS
from forecast.stages.provinces import Provinces
from forecast.stages.world import World
from forecast.types import AGE_GROUPS

N_AGE = len(AGE_GROUPS)
MOST = 1e5  # persons of a cell: where billions pass through a cell of one, rounding is no billionth
AI_SCENARIOS = ("slow", "fast")


@dataclass(frozen=True)
class Size:
    """How large a world is."""

    draw: int = 2
    occupation: int = 3
    sido: int = 2
    year: int = 2


def world(
    rng: np.random.Generator,
    size: Size = Size(),
    *,
    wild: float = 0.3,
    moving: bool = True,
    fixed: Mapping[str, float] | None = None,
) -> World:
    """Draw a world, with parameters anywhere in their declared ranges.

    Parameters
    ----------
    rng : Generator
    size : Size
    wild : float
        Standard deviation of the log growth of a cell in a year.
    moving : bool
        Whether exposure moves by year.
    fixed : mapping of str to float
        Parameters that have one value in every draw.
    """
    years = list(range(2023, 2023 + size.year))
    occupations = [str(11 + place) for place in range(size.occupation)]
    parameters = declared(rng, size.draw, fixed or {})
    people = rng.gamma(1.0, 1e4, size=(size.draw, size.occupation, N_AGE))
    people[rng.random(people.shape) < 0.1] = 0.0
    growth = np.exp(wild * rng.normal(size=(size.year, *people.shape)))
    growth[rng.random(growth.shape) < 0.05] = 0.0
    stock = np.concatenate([people[None], people * np.cumprod(growth, axis=0)]).clip(max=MOST)
    age_share = xr.DataArray(
        rng.dirichlet(np.ones(N_AGE), size=size.occupation),
        {"occupation": occupations, "age_group": list(AGE_GROUPS)},
    )
    cells = (size.draw, size.occupation, N_AGE, size.sido)
    return World(
        years=years,
        occupations=occupations,
        stock=stock,
        provinces=provinces(rng, size, occupations),
        firms=adopted(rng, size, years, occupations),
        moving=scores(rng, size, years if moving else None, occupations),
        parameters=parameters,
        age_factor=age_factors(parameters, age_share).transpose("draw", "occupation", "age_group"),
        ax_share=rng.uniform(size=cells[:2]),
        adapting=rng.uniform(size=cells),
        turnover=turnover(rng, size),
    )


def declared(rng: np.random.Generator, n_draw: int, fixed: Mapping[str, float]) -> xr.DataArray:
    """Draw parameters evenly from their declared ranges, one in twenty at its neutral value."""
    values = {p.name: rng.uniform(p.low, p.high, size=n_draw) for p in PARAMETERS}
    off = {p.name: np.full(n_draw, p.neutral) for p in PARAMETERS if rng.random() < 0.05}
    given = {name: np.full(n_draw, value) for name, value in fixed.items()}
    values |= off | given
    coords = {"parameter": list(values), "draw": np.arange(n_draw)}
    return xr.DataArray(np.stack(list(values.values())), coords, list(coords))


def provinces(rng: np.random.Generator, size: Size, occupations: Sequence[str]) -> Provinces:
    """Draw a split that moves by year, and a reach with mean 1 over the first one."""
    shape = (size.year + 1, size.draw, size.occupation)
    share = rng.dirichlet(np.ones(size.sido), size=shape)
    reach = rng.uniform(0.1, 3.0, size=share.shape[1:])
    relative = reach / (share[0] * reach).sum(axis=2, keepdims=True)
    codes = ["11", "26", "36", "41"][: size.sido]
    labels = {"draw": np.arange(size.draw), "occupation": list(occupations), "sido": codes}
    return Provinces(codes, share, xr.DataArray(relative, labels))


def adopted(
    rng: np.random.Generator, size: Size, years: Sequence[int], occupations: Sequence[str]
) -> xr.DataArray:
    """Draw adoption that never falls, twice as much in the second scenario."""
    steps = rng.uniform(0.0, 0.2, size=(size.draw, size.year, size.occupation))
    steps[rng.random(steps.shape) < 0.2] = 0.0
    gained = np.cumsum(steps, axis=1)
    labels = {
        "scenario": list(AI_SCENARIOS),
        "draw": np.arange(size.draw),
        "year": list(years),
        "occupation": list(occupations),
    }
    return xr.DataArray(np.stack([gained / 2, gained]), labels, attrs={"unit": FIRMS})


def scores(
    rng: np.random.Generator,
    size: Size,
    years: Sequence[int] | None,
    occupations: Sequence[str],
) -> MovingScores:
    """Draw exposure, and substitution as a part of it; with `years` exposure never falls."""
    labels = {"draw": np.arange(size.draw), "occupation": list(occupations)}
    values = rng.uniform(size=(size.draw, size.occupation))
    part = rng.uniform(size=values.shape)
    if years is not None:
        labels["year"] = list(years)
        values = np.sort(rng.uniform(size=(*values.shape, size.year)), axis=2)
        part = part[..., None]
    exposure, substitution = (
        xr.DataArray(array, labels, list(labels), attrs={"unit": TASKS})
        for array in (values, values * part)
    )
    return MovingScores(exposure, substitution, None)


def turnover(rng: np.random.Generator, size: Size) -> Turnover:
    """Draw rates of which none takes anybody twice; some moves are impossible."""
    rates = rng.dirichlet(np.ones(4), size=(size.draw, N_AGE))  # three ways to leave, one to stay
    idle = rng.dirichlet(np.ones(3), size=(size.draw, N_AGE)) * (1.0 - rates[..., 2:3])
    likeness = rng.uniform(size=(size.draw, size.occupation, size.occupation))
    likeness[likeness < 0.2] = 0.0
    likeness[:, np.arange(size.occupation), np.arange(size.occupation)] = 0.0
    return Turnover(
        exit=rates[..., 0],
        job_change=rates[..., 1],
        ageing=rates[..., 2],
        reemployed=rng.uniform(size=(size.draw, N_AGE)),
        changes_occupation=rng.uniform(size=size.draw),
        likeness=likeness,
        later=idle[..., 0],
        withdrawn=idle[..., 1],
        congestion=rng.uniform(size=size.draw),
        pull=rng.uniform(0.0, 3.0, size=(size.draw, size.occupation, size.sido)),
        mobility=rates[..., 1],
    )
