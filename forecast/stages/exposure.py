"""The exposure stage: occupation scores with draws, jobs at risk under every preset, and why.

Exposure runs from 0 to 1 on the scale of the anchor index (`exposure.anchor_index`): with the
human ratings of Eloundou et al. (2024) it reads as the share of an occupation's tasks that AI can
do or speed up by half, counting tasks that need further software half. It is not displacement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from forecast.classifications import Crosswalk, is_military
from forecast.features.panel import OccupationPanel, isco_panel, soc_panel
from forecast.models.base import build_model
from forecast.models.gaussian_process import GaussianProcess
from forecast.options import Options
from forecast.stages.at_risk import assess, sweep_thresholds
from forecast.stages.cells import raked_cells
from forecast.stages.estimation import Estimate, chosen_indices, complete, estimate_scores
from forecast.stages.exposure_trend import project_exposure_growth
from forecast.stages.index_left_out import given_indices_scores, index_left_out_scores
from forecast.stages.korea import KoreanScores, carry_to_korea
from forecast.stages.presets import PRESETS, require_preset
from forecast.stages.quadrants import quadrant_map
from forecast.stages.reasons import explain_occupations
from forecast.stages.redrawn import redraw_order, redrawn_isco, redrawn_sub_major
from forecast.stages.sensitivity import crosswalk_sensitivity
from forecast.stages.triangulation import triangulate
from forecast.stages.variants import headline_variants
from forecast.types import ExposureResult

TASK_SHARES = ("task_substitution_share", "task_assistance_share")


def score_exposure(
    options: Options,
    tables: Mapping[str, pd.DataFrame],
    *,
    rng: np.random.Generator,
    advance: Callable[[str], None] = lambda text: None,
) -> ExposureResult:
    """Score occupations and count jobs at risk.

    Parameters
    ----------
    options : Options
        `features`, `exposure`, `model`, `at_risk` and `draws` are read.
    tables : mapping
        Reference tables; with ``soc_panel`` and ``soc_descriptors`` SOC-2018 is scored as well.
    rng : Generator
    advance : callable
        Told what is being done.
    """
    require_preset(options.at_risk.preset)
    # Another number of threads adds in another order: tables would differ between machines.
    with threadpool_limits(limits=1, user_api="blas"):
        return _score(options, tables, rng=rng, advance=advance)


def _score(
    options: Options,
    tables: Mapping[str, pd.DataFrame],
    *,
    rng: np.random.Generator,
    advance: Callable[[str], None],
) -> ExposureResult:
    streams = rng.spawn(9)
    domains = options.features.domains
    panel = isco_panel(tables, domains=domains)
    estimate = estimate_scores(
        panel,
        options.exposure,
        model=build_model(options.model),
        n_draw=options.draws,
        rng=streams[0],
        advance=advance,
    )
    extras = {
        name: complete(
            panel,
            name,
            n_draw=options.draws,
            n_fold=options.exposure.folds,
            rng=streams[1],
        )[0]
        for name in TASK_SHARES
    }
    order = redraw_order(options.draws, rng=streams[8])
    advance("exposure: carrying scores to Korean occupations")
    korea = carry_to_korea(
        estimate.scores,
        extras,
        tables,
        concentration=options.exposure.crosswalk_concentration,
        smallest_spread=options.exposure.task_sampling_error,
        rng=streams[2],
        share_concentration=options.exposure.share_concentration,
        shift_sd=options.exposure.korea_shift_sd,
        beside=redrawn_isco(estimate.scores, estimate.parts, order),
    )
    advance("exposure: counting jobs at risk")
    at_risk = {
        preset: assess(preset, korea, tables, options=options.at_risk, rng=stream)
        for preset, stream in zip(PRESETS, streams[3].spawn(len(PRESETS)), strict=True)
    }
    score_rows, soc = [estimate.score_rows], None
    seconds = {f"exposure/{name}": value for name, value in estimate.seconds.items()}
    if "soc_panel" in tables and "soc_descriptors" in tables:
        american = estimate_scores(
            soc_panel(tables, domains=domains, activities=options.features.activities),
            options.exposure,
            model=build_model(options.model),
            n_draw=options.draws,
            rng=streams[4],
            stage="exposure_soc",
            advance=advance,
        )
        soc = american.scores
        score_rows.append(american.score_rows)
        seconds |= {f"exposure_soc/{name}": value for name, value in american.seconds.items()}
    if options.exposure.index_tests:
        advance("exposure: leaving whole indices out")
        score_rows.append(_index_tests(panel, tables, options, rng=streams[7]))
    advance("exposure: extending the yearly index")
    growth = project_exposure_growth(
        tables,
        options.exposure.trend,
        sub_major_codes=[str(code) for code in korea.sub_major.titles.index],
        n_draw=options.draws,
        rng=streams[6],
    )
    score_rows.append(growth.scores)
    return ExposureResult(
        isco=estimate.scores,
        minor=korea.minor,
        sub_major=korea.sub_major,
        at_risk=at_risk,
        preset=options.at_risk.preset,
        cells=raked_cells(at_risk["kiet_2022"], tables, options=options.at_risk),
        sweep=sweep_thresholds(at_risk["kiet_2022"], korea, tables, options=options.at_risk),
        scores=pd.concat(score_rows, ignore_index=True),
        model=estimate.model,
        model_name=estimate.model.name,
        columns=list(estimate.model.columns),
        soc=soc,
        military=korea.military,
        split_hashes=estimate.hashes,
        details=_details(options, tables, panel, estimate, korea, rng=streams[5], advance=advance),
        growth=growth,
        fit_seconds=seconds,
        redrawn=redrawn_sub_major(korea.beside, korea.sub_major, order),
        redraw_order=order,
    )


def _index_tests(
    panel: OccupationPanel,
    tables: Mapping[str, pd.DataFrame],
    options: Options,
    *,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Score what the indices say about each other, with the pull-only ones where they are."""
    more = None
    if "isco_indices_pull_only" in tables:
        long = tables["isco_indices_pull_only"]
        more = long.pivot(index="isco08", columns="index", values="value")
    n_fold = options.exposure.folds
    first, second = rng.spawn(2)
    return pd.concat(
        [
            index_left_out_scores(
                panel, more, model=GaussianProcess(), n_fold=n_fold, stage="exposure", rng=first
            ),
            given_indices_scores(
                panel, model=GaussianProcess(), n_fold=n_fold, stage="exposure", rng=second
            ),
        ],
        ignore_index=True,
    )


def _details(
    options: Options,
    tables: Mapping[str, pd.DataFrame],
    panel: OccupationPanel,
    estimate: Estimate,
    korea: KoreanScores,
    *,
    rng: np.random.Generator,
    advance: Callable[[str], None],
) -> dict[str, pd.DataFrame]:
    """Return the tables that say what the Korean scores rest on and how they compare."""
    advance("exposure: comparing with other definitions and indices")
    details = {
        "quadrants": quadrant_map(korea, tables, options=options.at_risk),
        "headline_variants": headline_variants(
            korea, estimate.scores, tables, options=options.at_risk, rng=rng
        ),
        **triangulate(tables, korea, options=options.at_risk),
        "crosswalk_sensitivity": crosswalk_sensitivity(korea),
    }
    if "join_report" in tables:
        details["join_report"] = tables["join_report"]
    advance("exposure: giving reasons")
    links = tables["ksco7_isco08"]
    to_minor = Crosswalk.from_links(
        links[~links["ksco7"].map(is_military)],
        source="isco08",
        target="ksco7",
        sources=panel.codes,
        targets=korea.minor.titles.index,
    )
    return details | explain_occupations(
        panel,
        model=estimate.model,
        factor=estimate.factor,
        index_names=chosen_indices(panel, options.exposure),
        isco=estimate.scores,
        minor=korea.minor,
        sub_major=korea.sub_major,
        minor_weights=to_minor.average(),
        share=korea.share.mean(axis=0),
        tables=tables,
    )
