"""The parameters of the reskilling stage: what each means, which step it enters, and its draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from forecast.errors import ConfigError
from forecast.options import ParameterOptions
from forecast.types import AGE_GROUPS

# Keys that can be typed on a command line: no "-" and no "+".
AGE_FACTORS = {
    age: "age_factor_" + age.replace("-", "_").replace("+", "_plus") for age in AGE_GROUPS
}


@dataclass(frozen=True)
class Parameter:
    """One parameter: the step it enters, what it means and which values are possible."""

    name: str
    step: str
    neutral: float
    low: float
    high: float
    meaning: str


def _p(
    name: str, step: str, *, neutral: float = 0.0, low: float = 0.0, high: float = 1.0, meaning: str
) -> Parameter:
    return Parameter(name, step, neutral, low, high, meaning)


PARAMETERS = (
    _p("worker_reach", "workers_reached", high=20.0, meaning="workers reached per share of firms"),
    _p("surveyed_share", "workers_reached", meaning="workers elsewhere, relative to surveyed ones"),
    _p(
        "province_adoption_weight",
        "workers_reached",
        meaning="how far provinces differ in adoption as their firms did when last counted",
    ),
    _p(
        "exposure_growth",
        "exposure",
        high=5.0,
        meaning="log odds of exposure per log growth of DAIOE",
    ),
    _p(
        "cost_effective_share",
        "cost_effective_tasks",
        meaning="share of exposed tasks worth automating",
    ),
    _p("hours_saved_share", "hours_saved", meaning="hours saved per hour of such tasks at a user"),
    _p(
        "output_response",
        "demand_loss",
        neutral=1.0,
        high=3.0,
        meaning="output gained per unit of labour saved; at 1 no job is lost",
    ),
    *(
        _p(
            name,
            "demand_loss",
            neutral=1.0,
            low=-5.0,
            high=5.0,
            meaning=f"loss at ages {age} relative to the loss of the occupation",
        )
        for age, name in AGE_FACTORS.items()
    ),
    _p("reinstatement_share", "employment_factor", meaning="lost jobs that return as new tasks"),
    _p("attrition_share", "separated", meaning="lost jobs met by not refilling leavers"),
    _p("training_need_share", "touched", meaning="touched workers not yet trained"),
    _p("ax_share", "ax_share", meaning="ax need among workers whose work AI complements fully"),
    _p("self_adaptation", "adapted", meaning="of the most capable, who adapt without a programme"),
    _p(
        "registered_share",
        "ordinary_turnover",
        neutral=1.0,
        meaning="registered per employed person: scales turnover",
    ),
    _p(
        "exit_relative",
        "ordinary_turnover",
        neutral=1.0,
        high=3.0,
        meaning="exit rate of workers relative to the published one",
    ),
    _p(
        "occupation_change_share",
        "ordinary_turnover",
        meaning="job changers who change occupation",
    ),
    _p("ageing_share_15_29", "ordinary_turnover", meaning="ages 15-29 who reach 30 within a year"),
    _p("ageing_share_decade", "ordinary_turnover", meaning="of a decade who leave it in a year"),
    _p(
        "occupation_change_relative",
        "reemployment",
        neutral=1.0,
        high=3.0,
        meaning="occupations changed at re-employment, relative to the published share",
    ),
    _p(
        "later_reemployment_relative",
        "reemployment",
        neutral=1.0,
        high=3.0,
        meaning="re-employment after the first year, relative to the published one",
    ),
    _p(
        "withdrawal_share",
        "reemployment",
        meaning="displaced a year or more who leave work for good, beyond ordinary exits",
    ),
    _p(
        "congestion_elasticity",
        "reemployment",
        meaning="elasticity of finding a job in openings per seeker",
    ),
    _p("feasibility_weight", "moves", high=10.0, meaning="weight of unlikeness of work"),
    _p("zone_weight", "moves", high=10.0, meaning="weight of a job zone to climb"),
    _p("wage_fall_weight", "moves", high=10.0, meaning="weight of the log wage lost"),
    _p("licence_weight", "moves", high=10.0, meaning="weight of the licensed share there"),
    _p("vacancy_weight", "moves", high=3.0, meaning="power of the vacancy rate in ordinary moves"),
)
COMPARATORS = ("labour_flow_network",)  # models that the ledger is compared with
STEP_PARAMETERS: dict[str, tuple[str, ...]] = {
    step: tuple(p.name for p in PARAMETERS if p.step == step)
    for step in dict.fromkeys(p.step for p in PARAMETERS)
}


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


def check_comparators(names: Sequence[str]) -> None:
    """Refuse a comparator that does not exist.

    Examples
    --------
    >>> check_comparators(["labour_flow"])
    Traceback (most recent call last):
    ...
    forecast.errors.ConfigError: scenario.comparators: unknown ['labour_flow']; expected ...
    """
    if unknown := sorted(set(names) - set(COMPARATORS)):
        raise ConfigError(
            f"scenario.comparators: unknown {unknown}; expected some of {list(COMPARATORS)}."
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
