"""Exposure and the named steps of the mechanism behind some cells, with their parameters."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from forecast.errors import InputError
from forecast.report.explanation_types import Figure, ParameterFigure, StepFigure
from forecast.report.finished_run import FinishedRun
from forecast.stages.parameters import AGE_FACTORS, PARAMETERS, STEP_PARAMETERS
from forecast.types import AGE_GROUPS

BEFORE = "_before"  # the same step in the year before
COUNTRY = (
    "the country, mean over draws; a province is reached more or less (province_adoption_weight): "
    "compare the shares of people above"
)
MANY_ROWS = (
    "; a step of several rows is their mean weighted by opening_persons, without an interval "
    "because intervals do not add up"
)
Values = pd.DataFrame  # one row per (year, ksco7, age_group), one column per step and parameter


@dataclass(frozen=True)
class Formula:
    """How a step follows from the figures before it; `product` puts means in, if that is all."""

    words: str
    product: Callable[[Values], pd.Series] | None = None


def _newly_lost(v: Values) -> pd.Series:
    loss, before = v["demand_loss"].clip(lower=0.0), v[f"demand_loss{BEFORE}"].clip(lower=0.0)
    return (loss - before).clip(lower=0.0)


def _newly_touched(v: Values) -> pd.Series:
    reached, exposed = v["workers_reached"], v["exposure"]
    before, exposed_before = v[f"workers_reached{BEFORE}"], v[f"exposure{BEFORE}"]
    return (reached - before) * exposed + before * (exposed - exposed_before).clip(lower=0.0)


FORMULAS: dict[str, Formula] = {
    "adoption_gained": Formula(
        "adoption of the scopes above less their last observed share, by where people work"
    ),
    "workers_reached": Formula(
        "adoption_gained x worker_reach x surveyed_share, at most 1",
        lambda v: (v["adoption_gained"] * v["worker_reach"] * v["surveyed_share"]).clip(upper=1.0),
    ),
    "exposure": Formula("exposure of the base year, its odds moved by exposure_growth x DAIOE"),
    "substitution": Formula("the part of exposure that complementarity does not shield"),
    "cost_effective_tasks": Formula(
        "substitution x cost_effective_share",
        lambda v: v["substitution"] * v["cost_effective_share"],
    ),
    "hours_saved": Formula(
        "workers_reached x cost_effective_tasks x hours_saved_share",
        lambda v: v["workers_reached"] * v["cost_effective_tasks"] * v["hours_saved_share"],
    ),
    "demand_loss": Formula(
        "hours_saved x (1 - output_response) x age factor (moved to mean 1 over the occupation)",
        lambda v: (v["hours_saved"] * (1.0 - v["output_response"]) * v["age_factor"]).clip(
            upper=1.0
        ),
    ),
    "employment_factor": Formula(
        "1 - demand_loss + reinstatement_share x demand_loss (where above 0)",
        lambda v: (
            1.0 - v["demand_loss"] + v["reinstatement_share"] * v["demand_loss"].clip(lower=0.0)
        ),
    ),
    "separated": Formula(
        "rise of demand_loss in the year x (1 - attrition_share)",
        lambda v: _newly_lost(v) * (1.0 - v["attrition_share"]),
    ),
    "reinstated": Formula(
        "rise of demand_loss in the year x reinstatement_share",
        lambda v: _newly_lost(v) * v["reinstatement_share"],
    ),
    "touched": Formula(
        "(rise of workers_reached x exposure + workers_reached of the year before x rise of "
        "exposure) x training_need_share",
        lambda v: _newly_touched(v) * v["training_need_share"],
    ),
    "ax_share": Formula("share of the occupation's workers whom AI complements x ax_share"),
}
ALSO_USES = {"reinstated": ("reinstatement_share",)}  # declared once, with its first step


def exposure(run: FinishedRun, cells: pd.DataFrame) -> tuple[Figure, ...]:
    """Exposure of the occupations in the base year and what it rests on, weighted by people."""
    scored = run.table("exposure_ksco", level="sub_major").set_index("ksco7")
    weight = cells.groupby("ksco7")["opening_persons"].sum()
    lacking = sorted(set(weight.index) - set(scored.index))
    if lacking:
        raise InputError(f"{run.folder}: table exposure_ksco lacks sub-major group(s) {lacking}.")
    rows = scored.loc[weight.index]
    resting = rows["basis"].value_counts(sort=False).sort_index()
    note = "rests on " + ", ".join(
        str(basis) if len(rows) == 1 else f"{basis} ({n})" for basis, n in resting.items()
    )
    described = weighted(rows["described_share"], weight)
    note += "" if described is None else f"; described_share {described:.3f}"
    figures = []
    for name in ("exposure", "complementarity", "substitution"):
        ends = {}
        if len(rows) == 1 and f"{name}_lower80" in rows:
            ends = {end: float(rows[f"{name}_{end}"].iloc[0]) for end in ("lower80", "upper80")}
        value = weighted(rows[name], weight)
        figures.append(
            Figure(
                name,
                value,
                "share of tasks" if name != "complementarity" else "score 0 to 1",
                "exposure_ksco",
                **ends,
                note=note if name == "exposure" else "",
            )
        )
    return tuple(figures)


def mechanism(run: FinishedRun, cells: pd.DataFrame) -> tuple[tuple[StepFigure, ...], str]:
    """Every step of the mechanism for the cells' years, occupations and ages, in its order."""
    scenario = str(cells["scenario"].iloc[0])
    table = run.table("mechanism_steps", scenario=scenario)
    if table.empty:
        raise InputError(f"{run.folder}: table mechanism_steps has no scenario {scenario}.")
    unknown = sorted(set(table["step"]) - set(FORMULAS))
    if unknown:
        raise InputError(
            f"{run.folder}: table mechanism_steps has unknown step(s) {unknown}; explain it with "
            f"the version that made it, {run.manifest.get('versions', {}).get('forecast')}."
        )
    parameters = _parameters(run)
    people = _weights(cells)
    values = _values(run, table, people, parameters)
    steps = tuple(
        _step(name, table[table["step"] == name], values, people, parameters)
        for name in FORMULAS
        if name in set(table["step"])
    )
    return steps, COUNTRY if len(people) == 1 else COUNTRY + MANY_ROWS


def parameter_groups(run: FinishedRun) -> dict[str, tuple[ParameterFigure, ...]]:
    """Parameters that enter after the mechanism: turnover, re-employment, moves, adaptation."""
    parameters = _parameters(run)
    return {
        group: tuple(parameters[name] for name in names)
        for group, names in STEP_PARAMETERS.items()
        if group not in FORMULAS
    }


def weighted(values: pd.Series, weight: pd.Series) -> float | None:
    """Mean weighted by people; one value is returned as it is, nobody at all gives no mean.

    Examples
    --------
    >>> weighted(pd.Series([1.0, 4.0]), pd.Series([2.0, 1.0]))
    2.0
    """
    if len(values) == 1:
        return float(values.iloc[0])
    total = float(weight.sum())
    return float((values.to_numpy() * weight.to_numpy()).sum() / total) if total else None


def _parameters(run: FinishedRun) -> dict[str, ParameterFigure]:
    table = run.table("mechanism_parameters").set_index("name").to_dict("index")
    lacking = [p.name for p in PARAMETERS if p.name not in table]
    if lacking:
        raise InputError(
            f"{run.folder}: table mechanism_parameters lacks {lacking}: another version made the "
            "run. Run the chain again, or explain it with that version."
        )
    found = {}
    for p in PARAMETERS:
        row = table[p.name]
        found[p.name] = ParameterFigure(
            name=p.name,
            meaning=p.meaning,
            value=float(row["value"]),
            lower80=float(row["lower80"]),
            upper80=float(row["upper80"]),
            neutral=float(row["neutral"]),
            source=str(row["source"]),
        )
    return found


def _weights(cells: pd.DataFrame) -> pd.DataFrame:
    """People of each (year, ksco7, age_group), all provinces of the target together."""
    keys = ["year", "ksco7", "age_group"]
    return cells.groupby(keys)["opening_persons"].sum().reset_index()


def _values(
    run: FinishedRun,
    table: pd.DataFrame,
    people: pd.DataFrame,
    parameters: dict[str, ParameterFigure],
) -> Values:
    """Means of steps, of the year before, and of parameters: one row per row of `people`."""
    known, levels = _by_row(table, people), _by_row(table, people.assign(year=people["year"] - 1))
    gaps = known[known.isna().any(axis=1)]
    if len(gaps):
        where = people.loc[gaps.index[0], ["year", "ksco7", "age_group"]].tolist()
        raise InputError(f"{run.folder}: table mechanism_steps has no complete row for {where}.")
    # Before the first year nothing was gained, and exposure had not moved yet.
    first = known[["exposure"]].reindex(columns=known.columns, fill_value=0.0)
    before = levels.where(levels.notna(), first).add_suffix(BEFORE)
    values = pd.concat([known, before], axis=1)
    for name, parameter in parameters.items():
        values[name if name not in known else f"{name}_parameter"] = parameter.value
    values["age_factor"] = _age_factor(run, people, parameters)
    return values


def _by_row(table: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """One column per step; steps that know no age are the same for every age."""
    keys = ["year", "ksco7", "age_group"]
    ageless = table["age_group"] == "all"
    every = table[ageless].pivot(index=keys[:2], columns="step", values="value")
    by_age = table[~ageless].pivot(index=keys, columns="step", values="value")
    joined = people[keys].join(every, on=keys[:2]).join(by_age, on=keys)
    return joined.drop(columns=keys)


def _age_factor(
    run: FinishedRun, people: pd.DataFrame, parameters: dict[str, ParameterFigure]
) -> pd.Series:
    """Mean age factors, moved as the mechanism does: mean 1 over the people last observed."""
    factor = pd.Series({age: parameters[name].value for age, name in AGE_FACTORS.items()})
    seen = run.table("employment_history")
    seen = seen[(seen["period"] == seen["period"].max()) & seen["age_group"].isin(AGE_GROUPS)]
    stock = seen.pivot(index="ksco7", columns="age_group", values="employed_persons")
    share = stock.div(stock.sum(axis=1), axis=0)
    excess = (share * (factor - 1.0)).sum(axis=1)
    return people["age_group"].map(factor) - people["ksco7"].map(excess)


def _step(
    name: str,
    rows: pd.DataFrame,
    values: Values,
    people: pd.DataFrame,
    parameters: dict[str, ParameterFigure],
) -> StepFigure:
    formula = FORMULAS[name]
    ageless = bool((rows["age_group"] == "all").all())
    keys = ["year", "ksco7"] if ageless else ["year", "ksco7", "age_group"]
    # One row for each row of the table, with all the people it speaks of.
    grouped = people.assign(value=values[name])
    if formula.product is not None:
        grouped["product"] = formula.product(values)
    columns = {column: "first" for column in ("value", "product") if column in grouped}
    grouped = grouped.groupby(keys, as_index=False).agg({**columns, "opening_persons": "sum"})
    weight = grouped["opening_persons"]
    value = weighted(grouped["value"], weight)
    product = weighted(grouped["product"], weight) if "product" in grouped else None
    lower, upper = None, None
    if len(grouped) == 1:
        only = rows.merge(grouped[keys], on=keys, how="inner", validate="one_to_one")
        lower, upper = float(only["lower80"].iloc[0]), float(only["upper80"].iloc[0])
    return StepFigure(
        name=name,
        unit=str(rows["unit"].iloc[0]),
        value=value,
        lower80=lower,
        upper80=upper,
        formula=formula.words,
        product=product,
        difference=None if product is None or value is None else value - product,
        parameters=tuple(
            parameters[each] for each in STEP_PARAMETERS.get(name, ALSO_USES.get(name, ()))
        ),
    )
