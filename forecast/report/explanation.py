"""The chain behind one cell of reskilling demand, collected from a run's own tables.

Nothing is computed anew but sums, weighted means and products of figures that the run wrote; each
of them names the table that it stands in.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecast.data import reference
from forecast.errors import InputError
from forecast.report.explanation_adoption import adoption_scopes
from forecast.report.explanation_baseline import baseline, capacity
from forecast.report.explanation_sources import citations, input_files
from forecast.report.explanation_steps import exposure, mechanism, parameter_groups
from forecast.report.explanation_target import KEYS, check_target
from forecast.report.explanation_types import (
    TOLERANCE,
    Check,
    Explanation,
    Figure,
    People,
    RunFacts,
)
from forecast.report.finished_run import FinishedRun
from forecast.report.style import NEED_NAMES, SCENARIO_NAMES

CELL = [key for key in KEYS if key != "need"]
# Sums whose interval the run wrote down, because it summed them draw by draw.
SUMMED_BY_DRAW: tuple[tuple[frozenset[str], str, dict[str, str]], ...] = (
    (frozenset({"year", "scenario", "need"}), "reskilling_totals", {}),
    (frozenset({"year", "scenario", "sido", "need"}), "transition_groups", {"group": "all"}),
    (frozenset({"year", "scenario"}), "take_up", {"need": "all"}),
)
MANY_YEARS = (
    "; the years together: the same person can be newly in need in more than one of them, and "
    "opening_persons are person-years"
)
NO_INTERVAL = (
    "a sum of {cells:,} cells: means add up exactly, intervals do not, and the run wrote none "
    "for this sum"
)


def explain(run: FinishedRun, target: Mapping[str, str]) -> Explanation:
    """Collect the chain of figures, parameters and sources behind one cell or a sum of cells.

    Parameters
    ----------
    run : FinishedRun
        A run with reskilling among its stages.
    target : mapping
        From :func:`forecast.report.explanation_target.parse_target`; keys left out are summed
        over, except the scenario.

    Raises
    ------
    ConfigError
        If the run has no such cell.
    InputError
        If the run lacks a table.
    """
    known, names = _known(run), _names(run)
    check_target(target, known, names=names)
    asked = _typed(target)
    cell = {key: value for key, value in asked.items() if key != "need"}
    demand = run.table("reskilling_demand", **cell)
    cells = run.table("reskilling_cells", **cell)
    wanted = demand[demand["need"] == asked["need"]] if "need" in asked else demand
    figure, same_figure = _figure(run, asked, wanted)
    people, balance = _people(cells, demand)
    steps, steps_note = mechanism(run, cells)
    scopes, scopes_note = adoption_scopes(run, cells)
    inputs = input_files(run)
    return Explanation(
        run=_facts(run),
        target=dict(target),
        names={key: names[key][value] for key, value in target.items() if key in names},
        summed_over=tuple(key for key in KEYS if key not in target),
        n_cells=len(wanted),
        figure=figure,
        people=people,
        checks=(balance, *same_figure, *_opening_check(run, cell, cells)),
        exposure=exposure(run, cells),
        adoption=scopes,
        adoption_note=scopes_note,
        steps=steps,
        steps_note=steps_note,
        after_steps=parameter_groups(run),
        baseline=baseline(run, cell, cells),
        capacity=capacity(run, cell, cells),
        inputs=inputs,
        citations=citations(inputs),
    )


def compare(name: str, left: pd.Series, right: pd.Series) -> Check:
    """Check two columns cell by cell; the gap is what all cells miss, relative to their sum.

    Examples
    --------
    >>> compare("same", pd.Series([1.0, 2.0]), pd.Series([1.0, 2.0])).holds
    True
    >>> compare("same", pd.Series([1.0, 2.0]), pd.Series([2.0, 1.0])).holds
    False
    """
    missed = float(np.abs(left.to_numpy() - right.to_numpy()).sum())
    total = max(float(left.abs().sum()), float(right.abs().sum()))
    return Check(name, float(left.sum()), float(right.sum()), missed / total if total else missed)


def _typed(target: Mapping[str, str]) -> dict[str, object]:
    return {key: int(value) if key == "year" else value for key, value in target.items()}


def _known(run: FinishedRun) -> dict[str, list[str]]:
    """Values of every key; scenarios are those that have people to explain."""
    known = {key: run.values("reskilling_demand", key) for key in KEYS}
    known["scenario"] = run.values("reskilling_cells", "scenario")
    return {key: [str(value) for value in values] for key, values in known.items()}


def _names(run: FinishedRun) -> dict[str, dict[str, str]]:
    scored = run.table("exposure_ksco", level="sub_major")
    sido = reference.load("sido")
    return {
        "scenario": SCENARIO_NAMES,
        "sido": dict(zip(sido["sido"], sido["name_ko"], strict=True)),
        "ksco7": dict(zip(scored["ksco7"], scored["name_ko"], strict=True)),
        "need": NEED_NAMES,
    }


def _figure(
    run: FinishedRun, asked: Mapping[str, object], wanted: pd.DataFrame
) -> tuple[Figure, tuple[Check, ...]]:
    """The mean, with the interval of the cell or of a row that is exactly this sum."""
    name = f"people newly in need of {asked.get('need', 'any training')}"
    value = float(wanted["persons"].sum())
    if len(wanted) == 1:
        row = wanted.iloc[0]
        ends = float(row["lower80"]), float(row["upper80"])
        return Figure(name, float(row["persons"]), "persons", "reskilling_demand", *ends), ()
    for keys, table, more in SUMMED_BY_DRAW:
        if frozenset(asked) == keys:
            rows = run.table(table, **{**asked, **more})
            rows = rows.drop_duplicates(["persons", "lower80", "upper80"])  # one per baseline
            if len(rows) != 1:
                raise InputError(
                    f"{run.folder}: table {table} has {len(rows)} rows for {dict(asked)}, expected "
                    "one. Run the chain again."
                )
            row = rows.iloc[0]
            same = compare(
                f"sum of {len(wanted):,} cells = the row of {table}",
                pd.Series([value]),
                rows["persons"],
            )
            figure = Figure(
                name,
                value,
                "persons",
                "reskilling_demand",
                float(row["lower80"]),
                float(row["upper80"]),
                f"a sum of {len(wanted):,} cells; its interval is that of {table}, where draws "
                "were summed before quantiles were taken",
            )
            return figure, (same,)
    note = NO_INTERVAL.format(cells=len(wanted)) + ("" if "year" in asked else MANY_YEARS)
    return Figure(name, value, "persons", "reskilling_demand", note=note), ()


def _people(cells: pd.DataFrame, demand: pd.DataFrame) -> tuple[People, Check]:
    """From the employed to those in need, and whether every cell of it adds up."""
    needs = demand.pivot(index=CELL, columns="need", values="persons").reset_index()
    order = list(NEED_NAMES)
    joined = cells.merge(needs, on=CELL, how="outer", validate="one_to_one", indicator=True)
    if (joined["_merge"] != "both").any():
        odd = joined[joined["_merge"] != "both"].iloc[0]
        raise InputError(
            f"reskilling_cells and reskilling_demand name different cells, first "
            f"{[odd[key] for key in CELL]}. Run the chain again."
        )
    left = (
        joined["touched_persons"]
        + joined["separated_persons"]
        - joined["returned_persons"]
        - joined["adapted_persons"]
    )
    balance = compare(
        "touched + separated - returned - adapted = ai_basic + ax + job_change",
        left,
        joined[order].sum(axis=1),
    )
    persons = {need: float(joined[need].sum()) for need in order}
    reached = persons["ai_basic"] + persons["ax"]
    return People(
        opening=float(joined["opening_persons"].sum()),
        touched=float(joined["touched_persons"].sum()),
        separated=float(joined["separated_persons"].sum()),
        returned=float(joined["returned_persons"].sum()),
        adapted=float(joined["adapted_persons"].sum()),
        needs=persons,
        ax_of_touched=persons["ax"] / reached if reached > TOLERANCE else None,
    ), balance


def _opening_check(
    run: FinishedRun, cell: Mapping[str, object], cells: pd.DataFrame
) -> tuple[Check, ...]:
    """The cells of all provinces are the opening stock of the ledger, which knows no province."""
    if "sido" in cell:
        return ()
    keys = ["year", "ksco7", "age_group"]
    stock = run.table("ledger", **cell, flow="opening").set_index(keys)["persons"].sort_index()
    summed = cells.groupby(keys)["opening_persons"].sum().sort_index()
    if not stock.index.equals(summed.index):
        raise InputError(
            f"{run.folder}: ledger and reskilling_cells name different cells. Run the chain again."
        )
    return (compare("employed in the cells of all provinces = ledger, opening", summed, stock),)


def _facts(run: FinishedRun) -> RunFacts:
    said = run.manifest
    lacking = [key for key in ("seed", "draws", "commit", "versions", "inputs") if key not in said]
    if lacking:
        raise InputError(f"{run.folder}/manifest.json: lacks {lacking}. Run the chain again.")
    return RunFacts(
        folder=str(run.folder),
        name=str(said.get("name", "")),
        seed=int(said["seed"]),
        draws=int(said["draws"]),
        provenance=str(said.get("provenance", "")),
        commit=said["commit"],
        schema_version=int(said.get("schema_version", 0)),
        versions=dict(said["versions"]),
    )
