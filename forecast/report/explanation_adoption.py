"""Adoption of the industries in which the people of some cells work."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.data import reference
from forecast.errors import InputError
from forecast.report.explanation_types import ScopeFigure
from forecast.report.finished_run import FinishedRun

MIX_TABLE = "employment_industry"
MIX_NOTE = (
    "share of the occupation's people by scope: the mix of its major group in the last published "
    f"year of {MIX_TABLE}.csv, embedded with the sha256 that the manifest names"
)
GAIN_NOTE = (
    "Sum of share x (median - observed): {gain:.4g} of firms; adoption_gained below is the mean "
    "over draws, which its fastest raise above the median"
)
NO_MIX_NOTE = (
    f"share of people by scope: not shown; the run read another {MIX_TABLE} than the one in this "
    "package, and its mix is in no table of the run"
)
NO_VALUE = "without an own value: the rate of the country"


def adoption_scopes(run: FinishedRun, cells: pd.DataFrame) -> tuple[tuple[ScopeFigure, ...], str]:
    """Adoption observed last and forecast for the last year of the cells, scope by scope.

    Returns
    -------
    scopes : tuple of ScopeFigure
        The scopes that the people work in, largest share first.
    note : str
        What the shares rest on, or why there are none.
    """
    scenario, year = str(cells["scenario"].iloc[0]), int(cells["year"].max())
    forecast = run.table("adoption_forecast", scenario=scenario, year=year, role="main")
    forecast = forecast[forecast["scope_kind"].isin(["all", "industry"])]
    keys = ["measure", "scope_kind", "scope"]
    paths = forecast.pivot(index=keys, columns="level", values="value_percent").reset_index()
    if paths.empty:
        raise InputError(
            f"{run.folder}: table adoption_forecast has no main measure in {year}, {scenario}."
        )
    seen = run.table("adoption_observed").dropna(subset=["value_percent"]).sort_values("year")
    last = seen.drop_duplicates(keys, keep="last")[[*keys, "year", "value_percent"]]
    rows = paths.merge(last, on=keys, how="left", validate="one_to_one")
    if rows["year"].isna().any():
        raise InputError(f"{run.folder}: table adoption_observed lacks scopes of the forecast.")
    rows["label"] = rows["scope_kind"] + ":" + rows["scope"]
    share = _worker_shares(run, cells, list(rows["label"]))
    industries = _industry_names()
    figures = [
        ScopeFigure(
            scope=row["label"],
            name_ko=industries.get(row["scope"], NO_VALUE),
            measure=row["measure"],
            worker_share=None if share is None else share[row["label"]],
            last_observed_year=int(row["year"]),
            last_observed_percent=float(row["value_percent"]),
            year=year,
            median_percent=float(row[0.5]),
            lower80_percent=float(row[0.1]),
            upper80_percent=float(row[0.9]),
        )
        for row in rows.to_dict("records")
    ]
    if share is None:
        return tuple(figures), NO_MIX_NOTE
    worked_in = [scope for scope in figures if scope.worker_share]
    gain = sum(
        share[scope.scope] * (scope.median_percent - scope.last_observed_percent) / 100.0
        for scope in worked_in
    )
    note = f"{MIX_NOTE}. {GAIN_NOTE.format(gain=gain)}"
    return tuple(sorted(worked_in, key=lambda scope: -share[scope.scope])), note


def _worker_shares(
    run: FinishedRun, cells: pd.DataFrame, labels: list[str]
) -> dict[str, float] | None:
    """Where the people work, by the table the run used; None where that table is not at hand."""
    if not _is_embedded(run):
        return None
    from forecast.stages.composition import industry_mix

    people = cells.groupby("ksco7")["opening_persons"].sum()
    mix = industry_mix(reference.load(MIX_TABLE), list(people.index), labels)
    weight = people.to_numpy() if people.sum() > 0 else np.ones(len(people))
    return dict(zip(labels, weight @ mix.to_numpy() / weight.sum(), strict=True))


def _is_embedded(run: FinishedRun) -> bool:
    """Say whether the run took the very table that this package embeds."""
    data = run.config.get("data", {})
    own = data.get("kind") != "reference" or data.get(MIX_TABLE) is not None
    file = f"{MIX_TABLE}.csv"
    return not own and run.manifest["inputs"].get(file) == reference.input_hashes().get(file)


def _industry_names() -> dict[str, str]:
    sections = reference.load("ksic10")
    return dict(zip(sections["ksic"], sections["name_ko"], strict=True))
