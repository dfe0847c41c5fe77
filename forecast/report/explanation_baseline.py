"""Who was employed before, and how well the people of some cells can adapt."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from forecast.errors import InputError
from forecast.report.explanation_steps import weighted
from forecast.report.explanation_types import Figure
from forecast.report.finished_run import FinishedRun
from forecast.stages.capacity import COMPONENTS
from forecast.types import AGE_GROUPS


def baseline(
    run: FinishedRun, cell: Mapping[str, object], cells: pd.DataFrame
) -> tuple[Figure, ...]:
    """Employment at the end of the year before the first year asked for, and what was seen last.

    Parameters
    ----------
    run : FinishedRun
    cell : mapping
        Year, scenario, sido, ksco7 and age_group asked for, those left out missing.
    cells : DataFrame
        The rows of ``reskilling_cells`` that it selects.
    """
    period = f"{int(cells['year'].min()) - 1}H2"
    scenarios = dict.fromkeys([str(cell["scenario"]), "no_ai"])
    forecast = [
        figure
        for name in scenarios
        for figure in _forecast(run, cell, period=period, scenario=name)
    ]
    province = _province(run, cell, cells, period=period) if "sido" in cell else ()
    return (_last_observed(run, cell), *forecast, *province)


def capacity(
    run: FinishedRun, cell: Mapping[str, object], cells: pd.DataFrame
) -> tuple[Figure, ...]:
    """Adaptive capacity and its components; several cells give a mean weighted by people."""
    keys = ["ksco7", "age_group", "sido"]
    asked = {key: cell[key] for key in keys if key in cell}
    rows = run.table("adaptive_capacity", **asked)
    people = cells.groupby(keys, as_index=False)["opening_persons"].sum()
    joined = people.merge(rows, on=keys, how="inner", validate="one_to_one")
    if len(joined) < len(people):
        raise InputError(f"{run.folder}: table adaptive_capacity lacks cells. Run the chain again.")
    weight = joined["opening_persons"]
    one = len(joined) == 1
    lower, upper = (float(joined[end].iloc[0]) if one else None for end in ("lower80", "upper80"))
    note = "" if one else f"mean of {len(joined):,} cells weighted by opening_persons"
    parts = [
        Figure(name, weighted(joined[name], weight), "share of workers below", "adaptive_capacity")
        for name in COMPONENTS
    ]
    whole = weighted(joined["capacity"], weight)
    return (
        Figure("capacity", whole, "share", "adaptive_capacity", lower, upper, note),
        *parts,
    )


def _last_observed(run: FinishedRun, cell: Mapping[str, object]) -> Figure:
    """The last published count, the country; observed counts add up."""
    asked = {key: cell[key] for key in ("ksco7", "age_group") if key in cell}
    last = max(run.values("employment_history", "period"))
    rows = run.table("employment_history", period=last, **asked)
    rows = rows[rows["age_group"].isin(AGE_GROUPS)]
    filled = int(rows["imputed"].sum())
    return Figure(
        f"last observed, {last}, the country",
        float(rows["employed_persons"].sum()),
        "persons",
        "employment_history",
        note=f"{filled} of {len(rows)} cells filled from their total" if filled else "",
    )


def _forecast(
    run: FinishedRun, cell: Mapping[str, object], *, period: str, scenario: str
) -> list[Figure]:
    """Median and interval of the row that is exactly this occupation, or all of them, and age."""
    age = cell.get("age_group", "all")
    asked: dict[str, object] = {"period": period, "scenario": scenario, "age_group": age}
    table = "employment_totals"
    if "ksco7" in cell:
        table, asked["ksco7"] = "employment_forecast", cell["ksco7"]
    rows = run.table(table, **asked).set_index("level")["employed_persons"]
    if rows.empty:  # the year before is the last observed one
        return []
    name = f"employed, {period}, the country, {scenario} (median)"
    return [_median(name, rows, table)]


def _province(
    run: FinishedRun, cell: Mapping[str, object], cells: pd.DataFrame, *, period: str
) -> tuple[Figure, ...]:
    """Share of the province: of these cells, and of the major groups as forecast."""
    country = {key: value for key, value in cell.items() if key != "sido"}
    everywhere = run.table("reskilling_cells", **country)["opening_persons"].sum()
    here = float(cells["opening_persons"].sum())
    share = Figure(
        "share of the province in opening_persons",
        here / everywhere if everywhere else None,
        "share",
        "reskilling_cells",
        note="an occupation splits over provinces as its major group does",
    )
    table = "employment_province_forecast"
    major = str(cell["ksco7"])[0] if "ksco7" in cell else "TOT"
    period = max(period, min(run.values(table, "period")))
    rows = run.table(table, period=period, scenario="no_ai", ksco7=major, sido=cell["sido"])
    by_level = rows.set_index("level")["employed_persons"]
    if by_level.empty:
        return (share,)
    name = f"employed, {period}, the province, group {major}, no_ai (median)"
    return share, _median(name, by_level, table)


def _median(name: str, by_level: pd.Series, table: str) -> Figure:
    lower, middle, upper = (float(by_level[level]) for level in (0.1, 0.5, 0.9))
    return Figure(name, middle, "persons", table, lower, upper)
