"""From exposure to labour demand: named steps, each with its unit and its parameter.

A step is a pure function over labelled draws. It refuses an input of another unit, so that a share
of tasks can become a share of jobs only by passing through every step between them. At its
neutral value a parameter adds nothing: with all of them neutral the ``no_ai`` baseline returns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import ConfigError, InputError
from forecast.options import ParameterOptions
from forecast.types import AGE_GROUPS

TASKS = "share"  # of tasks: the unit in which the exposure stage hands on its scores
FIRMS = "share of firms"
WORKERS = "share of workers"
HOURS = "share of hours"
JOBS = "share of jobs"
GROWTH = "log growth"  # of the capability index since the year that the scores rate


# Keys that can be typed on a command line: no "-" and no "+".
AGE_FACTORS = {
    age: "age_factor_" + age.replace("-", "_").replace("+", "_plus") for age in AGE_GROUPS
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of the mechanism: what it means and which values are possible."""

    name: str
    neutral: float
    low: float
    high: float
    meaning: str


PARAMETERS = (
    Parameter("worker_reach", 0.0, 0.0, 20.0, "share of workers reached per share of firms"),
    Parameter("surveyed_share", 0.0, 0.0, 1.0, "workers elsewhere, relative to surveyed firms'"),
    Parameter("cost_effective_share", 0.0, 0.0, 1.0, "share of exposed tasks worth automating"),
    Parameter("hours_saved_share", 0.0, 0.0, 1.0, "hours saved per hour of such tasks at a user"),
    Parameter("output_response", 0.0, 0.0, 3.0, "output gained per unit of labour saved"),
    Parameter("reinstatement_share", 0.0, 0.0, 1.0, "share of lost jobs that return as new tasks"),
    Parameter("attrition_share", 0.0, 0.0, 1.0, "share of lost jobs met by not refilling leavers"),
    *(
        Parameter(name, 1.0, -5.0, 5.0, f"loss at ages {age} per loss that hours imply")
        for age, name in AGE_FACTORS.items()
    ),
    Parameter("training_need_share", 0.0, 0.0, 1.0, "share of affected workers not yet trained"),
    Parameter("ax_share", 0.0, 0.0, 1.0, "ax need among workers whose work AI complements fully"),
    Parameter("exposure_growth", 0.0, 0.0, 5.0, "log odds of exposure per log growth of DAIOE"),
    Parameter("registered_share", 1.0, 0.0, 1.0, "registered per employed person: scales turnover"),
    Parameter("exit_relative", 1.0, 0.0, 3.0, "exit rate of workers relative to the published one"),
    Parameter("occupation_change_relative", 1.0, 0.0, 3.0, "same, of occupations changed"),
    Parameter("occupation_change_share", 0.0, 0.0, 1.0, "job changers who change occupation"),
    Parameter("feasibility_weight", 0.0, 0.0, 10.0, "how strongly likeness of work steers moves"),
    Parameter("ageing_share_15_29", 0.0, 0.0, 1.0, "ages 15-29 who reach 30 within a year"),
    Parameter("ageing_share_decade", 0.0, 0.0, 1.0, "of a ten-year band who leave it in a year"),
)


def sample_parameters(
    options: Mapping[str, ParameterOptions], *, n_draw: int, rng: np.random.Generator
) -> xr.DataArray:
    """Draw every parameter from its triangular distribution; one draw serves all scenarios.

    Parameters
    ----------
    options : mapping of str to ParameterOptions
        Exactly the names of :data:`PARAMETERS`. A disabled one is neutral in every draw, and
        leaves the draws of the others as they are.
    n_draw : int
        Number of draws.
    rng : Generator
        The only source of chance.

    Returns
    -------
    DataArray (parameter, draw)

    Raises
    ------
    ConfigError
        If a name is missing or unknown, or a range is impossible.

    Examples
    --------
    >>> fixed = {p.name: ParameterOptions(neutral=p.neutral, enabled=False) for p in PARAMETERS}
    >>> draws = sample_parameters(fixed, n_draw=2, rng=np.random.default_rng(1))
    >>> draws.sel(parameter="age_factor_60_plus").values.tolist()
    [1.0, 1.0]
    """
    check_parameters(options)
    values = np.empty((len(PARAMETERS), n_draw))
    for row, parameter in enumerate(PARAMETERS):
        option = options[parameter.name]
        # One draw in each of n_draw equal slices (Latin hypercube): means settle with fewer draws.
        # Quantiles instead of Generator.triangular: an empty range (low = high) stays allowed.
        chance = (rng.permutation(n_draw) + rng.random(n_draw)) / n_draw
        values[row] = _triangular(chance, option) if option.enabled else option.neutral
    names = [parameter.name for parameter in PARAMETERS]
    return xr.DataArray(
        values, coords={"parameter": names, "draw": np.arange(n_draw)}, dims=["parameter", "draw"]
    )


def parameter_table(
    options: Mapping[str, ParameterOptions], draws: xr.DataArray, derived: xr.Dataset | None = None
) -> pd.DataFrame:
    """Write down the mechanism that was used: name, value, lower80, upper80, neutral, source."""
    rows = []
    for parameter in PARAMETERS:
        option = options[parameter.name]
        values = draws.sel(parameter=parameter.name).to_numpy()
        source = option.source if option.enabled else f"disabled: neutral value. {option.source}"
        rows.append(_row(parameter.name, values, parameter.neutral, source))
    for name, array in (derived.data_vars if derived is not None else {}).items():
        rows.append(
            _row(str(name), array.to_numpy(), array.attrs["neutral"], array.attrs["source"])
        )
    return pd.DataFrame(rows)


def additional_adoption(
    adoption_percent: xr.DataArray, last_observed: pd.Series, scope_weight: xr.DataArray
) -> xr.DataArray:
    """Adoption gained since the last observation, by occupation, as a share of firms.

    Parameters
    ----------
    adoption_percent : DataArray (scenario, draw, scope, year)
        Unit ``percent``.
    last_observed : Series
        Scope to the last observed percentage.
    scope_weight : DataArray (occupation, scope)
        Where the occupation works; sums to 1 over `scope`.

    Returns
    -------
    DataArray (scenario, draw, year, occupation)
        Unit ``share of firms``, never falling: what was adopted is not unlearnt.
    """
    _expect(adoption_percent, "percent")
    seen = last_observed.reindex(adoption_percent["scope"].values)
    if seen.isna().any():
        raise InputError(f"no last observed adoption for scope(s) {list(seen[seen.isna()].index)}.")
    start = xr.DataArray(seen.to_numpy(dtype=float), dims=["scope"])
    gained = (adoption_percent - start).clip(min=0.0) / 100.0
    by_occupation = xr.dot(gained, scope_weight, dim="scope")
    grown = by_occupation.transpose("scenario", "draw", "year", "occupation")
    values = np.maximum.accumulate(grown.to_numpy(), axis=grown.get_axis_num("year"))
    return _unit(grown.copy(data=values), FIRMS)


def workers_reached(
    firms: xr.DataArray, worker_reach: xr.DataArray, surveyed_share: xr.DataArray
) -> xr.DataArray:
    """Share of an occupation's workers whom AI newly reaches at work.

    Firms weigh by their staff (`worker_reach`), and the survey covers firms of 50 and more only:
    `surveyed_share` is how far all employed persons are reached relative to those in its firms.
    """
    _expect(firms, FIRMS)
    return _unit((firms * worker_reach * surveyed_share).clip(0.0, 1.0), WORKERS)


def score_in_year(
    score: xr.DataArray, exposure: xr.DataArray, growth: xr.DataArray, elasticity: xr.DataArray
) -> xr.DataArray:
    """Carry a score from the base year to other years, with the odds of exposure.

    Parameters
    ----------
    score : DataArray
        Exposure itself or a part of it (substitution): parts keep their share, because
        complementarity belongs to the work and not to the technology. Unit ``share``.
    exposure : DataArray
        Of the base year, unit ``share``.
    growth : DataArray
        Unit ``log growth``, with dimension ``year``.
    elasticity : DataArray (draw)
        Log odds of exposure per unit of log growth; 0 returns `score` exactly, in every year.

    Examples
    --------
    >>> e = xr.DataArray([0.5], dims=["draw"], attrs={"unit": TASKS})
    >>> g = xr.DataArray([[0.0, 1.0]], dims=["draw", "year"], attrs={"unit": GROWTH})
    >>> score_in_year(e, e, g, xr.ones_like(e)).values.round(3).tolist()
    [[0.5, 0.731]]
    """
    for array in (score, exposure):
        _expect(array, TASKS)
    _expect(growth, GROWTH)
    odds = np.exp(growth * elasticity)
    # e' / e with e' / (1 - e') = odds e / (1 - e): exactly 1 where the odds do not move.
    return _unit((score * (odds / (1.0 + exposure * (odds - 1.0)))).clip(max=1.0), TASKS)


def cost_effective_tasks(substitution: xr.DataArray, share: xr.DataArray) -> xr.DataArray:
    """Tasks that AI can do and that are worth automating, as a share of all tasks."""
    _expect(substitution, TASKS)
    return _unit(substitution * share, TASKS)


def hours_saved(
    reached: xr.DataArray, tasks: xr.DataArray, hours_saved_share: xr.DataArray
) -> xr.DataArray:
    """Hours no longer needed for the same output, as a share of all hours of the occupation."""
    _expect(reached, WORKERS)
    _expect(tasks, TASKS)
    return _unit(reached * tasks * hours_saved_share, HOURS)


def labour_demand_loss(
    hours: xr.DataArray, output_response: xr.DataArray, age_factor: xr.DataArray
) -> xr.DataArray:
    """Jobs lost (or, below zero, gained) before new tasks, as a share of baseline employment.

    With hours per output down by q and output up by e q / (1 - q), labour changes by
    (1 - q)(1 + e q / (1 - q)) - 1 = -q (1 - e): an output response of 1 keeps every job.

    Examples
    --------
    >>> q = _unit(xr.DataArray([0.1], dims=["draw"]), HOURS)
    >>> one = xr.DataArray([1.0], dims=["draw"])
    >>> float(labour_demand_loss(q, 0.3 * one, one)[0].round(3)), float(
    ...     labour_demand_loss(q, one, one)[0])
    (0.07, 0.0)
    """
    _expect(hours, HOURS)
    return _unit((hours * (1.0 - output_response) * age_factor).clip(max=1.0), JOBS)


def employment_factor(loss: xr.DataArray, reinstatement_share: xr.DataArray) -> xr.DataArray:
    """Employment relative to the baseline once part of the lost jobs returned as new tasks."""
    _expect(loss, JOBS)
    return _unit(1.0 - loss + reinstatement_share * loss.clip(min=0.0), "share")


def workers_in_need(
    newly_reached: xr.DataArray, exposure: xr.DataArray, training_need_share: xr.DataArray
) -> xr.DataArray:
    """Share of workers whose own work AI newly touches and who are not trained for it.

    A reached worker's work is touched with the probability of a task drawn from it: the exposed
    share of tasks is taken as the share of workers (assumption; tasks within a job are not
    observed for persons).
    """
    _expect(newly_reached, WORKERS)
    _expect(exposure, TASKS)
    return _unit(newly_reached * exposure * training_need_share, WORKERS)


def age_factors(draws: xr.DataArray) -> xr.DataArray:
    """Age factors as one array (draw, age_group)."""
    factors = draws.sel(parameter=list(AGE_FACTORS.values())).rename(parameter="age_group")
    return factors.assign_coords(age_group=list(AGE_GROUPS)).transpose("draw", "age_group")


def check_parameters(options: Mapping[str, ParameterOptions]) -> None:
    """Refuse a parameter that is missing, unknown, out of order or out of its possible range.

    Raises
    ------
    ConfigError
        Naming the key and what is possible.

    Examples
    --------
    >>> check_parameters({})
    Traceback (most recent call last):
    ...
    forecast.errors.ConfigError: scenario.parameters: missing ['age_factor_15_29', ...
    """
    known = {parameter.name: parameter for parameter in PARAMETERS}
    missing, unknown = sorted(set(known) - set(options)), sorted(set(options) - set(known))
    if missing or unknown:
        raise ConfigError(
            f"scenario.parameters: missing {missing}, unknown {unknown}. Every parameter of the "
            "mechanism is declared in conf/scenario/; switch one off with enabled=false."
        )
    for name, parameter in known.items():
        option = options[name]
        if option.neutral != parameter.neutral:
            raise ConfigError(
                f"scenario.parameters.{name}.neutral is {option.neutral:g}, expected "
                f"{parameter.neutral:g}: only there does the step add nothing."
            )
        if option.enabled and not (
            parameter.low <= option.low <= option.mode <= option.high <= parameter.high
        ):
            raise ConfigError(
                f"scenario.parameters.{name}: low {option.low:g}, mode {option.mode:g}, high "
                f"{option.high:g}; expected {parameter.low:g} <= low <= mode <= high <= "
                f"{parameter.high:g} ({parameter.meaning})."
            )


def _triangular(chance: np.ndarray, option: ParameterOptions) -> np.ndarray:
    low, mode, high = float(option.low), float(option.mode), float(option.high)
    if high == low:
        return np.full_like(chance, low)
    rising = low + np.sqrt(chance * (high - low) * (mode - low))
    falling = high - np.sqrt((1.0 - chance) * (high - low) * (high - mode))
    return np.where(chance < (mode - low) / (high - low), rising, falling)


def _row(name: str, values: np.ndarray, neutral: float, source: str) -> dict[str, object]:
    lower, upper = np.quantile(values, [0.1, 0.9])
    return {
        "name": name,
        "value": float(values.mean()),
        "lower80": float(lower),
        "upper80": float(upper),
        "neutral": float(neutral),
        "source": source,
    }


def _expect(array: xr.DataArray, unit: str) -> None:
    if array.attrs.get("unit") != unit:
        raise InputError(f"this step takes {unit!r}, got {array.attrs.get('unit')!r}.")


def _unit(array: xr.DataArray, unit: str) -> xr.DataArray:
    return array.assign_attrs(unit=unit)
