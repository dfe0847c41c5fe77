"""All figures of the report, drawn from the tables of a run folder and from nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from forecast.report.figures_beside import draw_age_pattern, draw_flow_comparison, draw_take_up
from forecast.report.figures_cohort_plan import (
    draw_coverage,
    draw_frontier,
    draw_robust,
    draw_scenarios,
)
from forecast.report.figures_cohorts import (
    draw_balance,
    draw_cohorts_by_site,
    draw_provinces,
)
from forecast.report.figures_drivers import draw_sensitivity, draw_variance
from forecast.report.figures_exposure import draw_quadrants, draw_ranking
from forecast.report.figures_forecast import draw_forecast_scoreboard
from forecast.report.figures_leaderboard import draw_leaderboard
from forecast.report.figures_moves import draw_moves, draw_opportunity
from forecast.report.figures_outlook import draw_adoption, draw_employment
from forecast.report.figures_people import draw_ledger, draw_reskilling
from forecast.report.figures_places import draw_places
from forecast.report.figures_risk import draw_cells, draw_headline, draw_sweep
from forecast.report.figures_scores import draw_scoreboard
from forecast.report.figures_transition import (
    draw_displaced,
    draw_need_map,
    draw_transition_groups,
    draw_transition_provinces,
)
from forecast.report.figures_triangulation import draw_triangulation
from forecast.report.style import drawing, save

Tables = Mapping[str, pd.DataFrame]
Names = Mapping[str, Mapping[str, str]]

# name of the figure -> tables without which it is not drawn, and what draws it; it gives None
# where the tables have nothing to show
FIGURES: dict[str, tuple[tuple[str, ...], Callable[[Tables, Names], Figure | None]]] = {
    "headline": (("headline",), draw_headline),
    "exposure_quadrants": (("quadrants",), draw_quadrants),
    "exposure_ranking": (("exposure_ksco",), draw_ranking),
    "triangulation": (("triangulation", "triangulation_occupations"), draw_triangulation),
    "threshold_sweep": (("threshold_sweep",), draw_sweep),
    "at_risk_cells": (("at_risk_cells",), draw_cells),
    "adoption": (("adoption_forecast",), draw_adoption),
    "employment": (("employment_forecast",), draw_employment),
    "reskilling": (("reskilling_demand",), draw_reskilling),
    "transition_groups": (("transition_groups",), draw_transition_groups),
    "need_map": (("reskilling_demand",), draw_need_map),
    "transition_provinces": (
        ("transition_groups", "ledger_province"),
        draw_transition_provinces,
    ),
    "ledger": (("ledger",), draw_ledger),
    "displaced": (("displaced_ledger",), draw_displaced),
    "opportunity": (("opportunity", "ledger"), draw_opportunity),
    "moves": (("occupation_moves", "displaced_ledger"), draw_moves),
    "take_up": (("take_up",), draw_take_up),
    "variance": (("variance_shares",), draw_variance),
    "sensitivity": (("parameter_sensitivity",), draw_sensitivity),
    "flow_comparison": (("flow_comparison",), draw_flow_comparison),
    "age_pattern": (("age_pattern",), draw_age_pattern),
    "cohort_balance": (("cohort_balance",), draw_balance),
    "cohorts": (("cohort_targets",), draw_cohorts_by_site),
    "cohort_provinces": (("cohort_targets",), draw_provinces),
    "cohort_coverage": (("cohort_coverage",), draw_coverage),
    "cohort_frontier": (("cohort_frontier",), draw_frontier),
    "cohort_robust": (("cohort_robust",), draw_robust),
    "cohort_scenarios": (("cohort_scenarios",), draw_scenarios),
    "cohort_places": (("cohort_sites",), draw_places),
    "scores": (("scores",), draw_scoreboard),
    "leaderboard": (("leaderboard",), draw_leaderboard),
    "forecast_scoreboard": (
        ("scoreboard", "forecast_comparison"),
        draw_forecast_scoreboard,
    ),
}


def draw_figures(
    tables: Tables, folder: Path, *, names: Names, provenance: str = "unstated"
) -> dict[str, Path]:
    """Draw every figure whose table is there.

    Parameters
    ----------
    tables : mapping
        Table name to table, columns as in the codebook. ``threshold_sweep``,
        ``employment_history``, ``adoption_observed``, ``employment_totals``,
        ``reskilling_totals`` and ``skill_gaps`` add to figures where they are given.
    folder : Path
        Where the PNG files go; made if absent.
    names : mapping
        ``ksco7``, ``sido`` (short) and ``ksic``: code to Korean name. A code without a name is
        shown as it is.
    provenance : str
        ``official`` or ``synthetic``; printed on every figure.

    Returns
    -------
    dict
        Figure name to file, in the order of the report. Same tables, same bytes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths = {}
    with drawing():
        for number, (name, (needed, draw)) in enumerate(FIGURES.items(), start=1):
            if any(table not in tables for table in needed):
                continue
            figure = draw(tables, names)
            if figure is None:
                continue
            path = folder / f"{number:02d}_{name}.png"
            paths[name] = save(figure, path, provenance=provenance)
    return paths
