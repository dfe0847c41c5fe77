"""The exposure stage: occupation scores with draws, and jobs at risk under every preset.

Exposure runs from 0 to 1 on the scale of the anchor index (`exposure.anchor_index`): with the
human ratings of Eloundou et al. (2024) it reads as the share of an occupation's tasks that AI can
do or speed up by half, counting tasks that need further software half. It is not displacement.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from forecast.features.panel import isco_panel, soc_panel
from forecast.models.base import build_model
from forecast.options import Options
from forecast.stages.at_risk import assess, sweep_thresholds
from forecast.stages.cells import raked_cells
from forecast.stages.estimation import complete, estimate_scores
from forecast.stages.korea import carry_to_korea
from forecast.stages.presets import PRESETS, require_preset
from forecast.types import ExposureResult

TASKS_DONE_WHOLE = "task_substitution_share"


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
    streams = rng.spawn(5)
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
    done_whole, _ = complete(
        panel,
        TASKS_DONE_WHOLE,
        n_draw=options.draws,
        n_fold=options.exposure.folds,
        rng=streams[1],
    )
    advance("exposure: carrying scores to Korean occupations")
    korea = carry_to_korea(
        estimate.scores,
        done_whole,
        tables,
        concentration=options.exposure.crosswalk_concentration,
        smallest_spread=options.exposure.task_sampling_error,
        rng=streams[2],
    )
    advance("exposure: counting jobs at risk")
    at_risk = {
        preset: assess(preset, korea, tables, options=options.at_risk, rng=stream)
        for preset, stream in zip(PRESETS, streams[3].spawn(len(PRESETS)), strict=True)
    }
    score_rows, soc = [estimate.score_rows], None
    if "soc_panel" in tables and "soc_descriptors" in tables:
        american = estimate_scores(
            soc_panel(tables, domains=domains),
            options.exposure,
            model=build_model(options.model),
            n_draw=options.draws,
            rng=streams[4],
            stage="exposure_soc",
            advance=advance,
        )
        soc = american.scores
        score_rows.append(american.score_rows)
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
        split_hashes=estimate.hashes,
    )
