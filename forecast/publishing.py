"""What a finished run is published as: checked tables, figures and the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.options import Options

if TYPE_CHECKING:
    from forecast.pipeline import Results

Tables = Mapping[str, pd.DataFrame]


def contract_tables(results: Results, options: Options) -> dict[str, pd.DataFrame]:
    """Turn the results of the stages that ran into checked tables."""
    from forecast.report import tables as make
    from forecast.report.leaderboard import leaderboard, settings_tried
    from forecast.report.tables_employment import scope_tables

    parts: list[dict[str, pd.DataFrame]] = []
    if results.exposure is not None:
        parts.append(make.exposure_tables(results.exposure, _employed(results.reference, options)))
    if results.adoption is not None:
        parts.append(make.adoption_tables(results.adoption))
    if results.employment is not None:
        factor = results.reskilling.employment_factor if results.reskilling else None
        parts.append(make.employment_tables(results.employment, factor))
        parts.append(scope_tables(results.employment.scopes))
    if results.reskilling is not None:
        parts.append(make.reskilling_tables(results.reskilling))
    if results.cohorts is not None:
        parts.append(make.cohort_tables(results.cohorts))
    scores = [part.pop("scores") for part in parts if "scores" in part]
    tables = {name: table for part in parts for name, table in part.items()}
    if scores:
        tables["scores"] = pd.concat(scores, ignore_index=True)
    if results.exposure is not None:
        settings = settings_tried(results.exposure.model.regressor)
        tables["leaderboard"] = leaderboard(tables["scores"], settings=settings)
    return make.checked(tables)


def write_report(
    folder: Path, tables: Tables, manifest: Mapping[str, Any], reference: Tables
) -> None:
    """Draw the figures of a run and write the page that holds them."""
    from forecast.report.figures import draw_figures
    from forecast.report.page import render_page

    names = {
        "ksco7": _lookup(reference["ksco7"], "ksco7", "name_ko"),
        "sido": _lookup(reference["sido"], "sido", "short_ko"),
        "ksic": _lookup(reference["ksic10"], "ksic", "name_ko"),
        "programme": _lookup(reference["programmes"], "programme", "name_ko")
        | {f"STAGE-{stage}": f"{stage} 합계" for stage in reference["stage_totals"]["stage"]},
    }
    figures = draw_figures(
        tables, folder / "figures", names=names, provenance=manifest["provenance"]
    )
    page = render_page(tables, figures, meta=manifest, names=names)
    (folder / "report.html").write_text(page, encoding="utf-8")


def _lookup(table: pd.DataFrame, key: str, name: str) -> dict[str, str]:
    return dict(zip(table[key], table[name], strict=True))


def _employed(reference: Tables, options: Options) -> pd.Series:
    """Employed persons by sub-major group in the base year, mean of its half-years."""
    table = reference["employment_age"].query("level == 'sub_major' and age_group == 'all'")
    year = table[table["period"].str.startswith(options.at_risk.base_period)]
    return year.groupby("ksco7")["employed_persons"].mean()
