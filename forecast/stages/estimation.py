"""Exposure, complementarity and substitution of the occupations of one classification, as draws.

Several indices measure one latent exposure E (mean 0, variance 1 over occupations). A model f of
the descriptors forecasts it; what f misses is shared by siblings in part. Draws combine both:

* before its own indices are seen, an occupation has f (from a model that has not seen its
  family), the model's own uncertainty, a family term and a term of its own; the two are
  calibrated on out-of-fold residuals;
* its indices then pull it towards their reading, each index with a random weight of its own per
  draw, so that disagreement between indices moves whole groups of occupations together.

Occupations without indices keep f with its full width; without descriptors they get wider still.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from forecast.checked import labelled
from forecast.errors import ConfigError
from forecast.features.complementarity import draw_weights
from forecast.features.likeness import distance_to_others
from forecast.features.panel import RELATIVES, OccupationPanel
from forecast.models.base import Floats, Regressor
from forecast.models.design import Tasks
from forecast.models.exposure import ExposureModel
from forecast.models.linear import Ridge
from forecast.models.measurement import OneFactor, fit_one_factor
from forecast.options import ExposureOptions
from forecast.stages.candidates import CONSENSUS, TrainingSet, compare_models
from forecast.stages.fusion import draw_latent
from forecast.stages.provenance import occupation_provenance
from forecast.stages.redrawn import ScoreParts
from forecast.types import OccupationScores
from forecast.validation.intervals import ResidualScale, residual_scale
from forecast.validation.splits import grouped_folds

UNRELATED = "consensus_unrelated"  # the same without relatives of the descriptors: what judges


@dataclass(frozen=True)
class Estimate:
    """Scores of one classification, the fitted model and its score rows.

    `parts` are the independent draws that the scores were put together from; `imputed` names the
    occupations whose complementarity is a forecast; `hashes` fingerprints the splits; `seconds`
    is the time of one fit of each model.
    """

    scores: OccupationScores
    model: ExposureModel
    score_rows: pd.DataFrame
    factor: OneFactor
    scale: ResidualScale
    hashes: dict[str, str]
    imputed: tuple[str, ...]
    seconds: dict[str, float]
    parts: ScoreParts


def estimate_scores(
    panel: OccupationPanel,
    options: ExposureOptions,
    *,
    model: Regressor,
    n_draw: int,
    rng: np.random.Generator,
    stage: str = "exposure",
    advance: Callable[[str], None] = lambda text: None,
) -> Estimate:
    """Estimate scores of every occupation of a panel.

    Parameters
    ----------
    panel : OccupationPanel
    options : ExposureOptions
        Indices that share the factor; an index that this classification lacks is left out.
    model : Regressor
        From :func:`forecast.models.base.build_model`.
    n_draw : int
    rng : Generator
    stage : str
        Label of the score rows.
    advance : callable
        Told what is being done.
    """
    chosen = chosen_indices(panel, options)
    factor = fit_one_factor(panel.indices[chosen].to_numpy())
    measured, noise = factor.measure(panel.indices[chosen].to_numpy())
    data, seen, distances = training_set(panel, measured, noise, chosen, factor)
    comparison = compare_models(
        model,
        data,
        n_fold=options.folds,
        stage=stage,
        judged_on=UNRELATED,
        rng=rng,
        advance=lambda text: advance(f"{stage}: {text} on {panel.system}"),
    )
    target = data.targets.index(CONSENSUS)
    residuals = data.y[:, target] - comparison.left_out[:, target]
    scale = residual_scale(
        residuals,
        groups=data.families,
        noise_variances=data.noise,
        distances=data.distances,
    )
    fitted = comparison.model.fit(
        data.x, data.y, groups=data.families, weights=data.weights, rng=rng
    )
    advance(f"{stage}: drawing scores of {panel.system}")
    x = panel.design()
    centre = fitted.predict(x)[:, target]
    wobble = fitted.predict_draws(x, n_draw=n_draw, rng=rng)[:, :, target] - centre
    # Where indices exist, f must not have seen them: they would count twice.
    centre[seen] = comparison.left_out[:, target]
    latent = draw_latent(
        centre + wobble,
        panel.indices[chosen].to_numpy(),
        factor=factor,
        scale=scale,
        described=panel.described.to_numpy(),
        families=panel.families.to_numpy(dtype=str),
        rng=rng,
        distances=distances,
    )
    # The anchor's own equation of the measurement model, without its noise.
    place = chosen.index(options.anchor_index)
    centre_share, share_per_unit = float(factor.intercepts[place]), float(factor.loadings[place])
    theta, imputed = complete(panel, "theta", n_draw=n_draw, n_fold=options.folds, rng=rng)
    weight = draw_weights(options.complementarity_weight, n_draw=n_draw, rng=rng)
    parts = ScoreParts(
        latent=latent,
        intercept=centre_share,
        loading=share_per_unit,
        complementarity=theta,
        weight=weight,
        floor=float(panel.indices["theta"].min()),
    )
    scores = occupation_scores(
        panel.system,
        panel.titles,
        **parts.combined(),
        spread=np.full(len(panel.codes), options.task_sampling_error),
        provenance=occupation_provenance(panel, chosen),
    )
    return Estimate(
        scores=scores,
        model=ExposureModel(
            regressor=fitted,
            columns=tuple(panel.descriptors.columns),
            target=target,
            centre=centre_share,
            scale=share_per_unit,
        ),
        score_rows=comparison.scores,
        factor=factor,
        scale=scale,
        hashes=comparison.hashes,
        imputed=imputed,
        seconds=comparison.seconds,
        parts=parts,
    )


def chosen_indices(panel: OccupationPanel, options: ExposureOptions) -> list[str]:
    """Return the indices of the factor that the panel has, in the order of the options.

    Raises
    ------
    ConfigError
        If fewer than two remain, none of them is independent of the descriptors, or the anchor
        is unknown.
    """
    known = list(panel.indices.columns)
    chosen = [name for name in dict.fromkeys(options.indices) if name in known]
    if panel.system == "isco08" and len(chosen) < len(options.indices):
        unknown = [name for name in options.indices if name not in known]
        raise ConfigError(
            f"exposure.indices: {unknown or 'an index twice'}; name each of {known} at most once."
        )
    if len(chosen) < 2 or all(name in RELATIVES for name in chosen):
        raise ConfigError(
            f"exposure.indices gives {chosen} at {panel.system}; name at least two, and one that "
            f"is not computed from the descriptors themselves (as {sorted(RELATIVES)} are)."
        )
    if options.anchor_index not in chosen:
        raise ConfigError(
            f"exposure.anchor_index is {options.anchor_index!r}; choose one of exposure.indices, "
            f"{chosen}."
        )
    return chosen


def complete(
    panel: OccupationPanel, index: str, *, n_draw: int, n_fold: int, rng: np.random.Generator
) -> tuple[Floats, tuple[str, ...]]:
    """Return draws of a 0-1 index for every occupation, forecast by ridge where it is missing.

    Published values stay as they are. A forecast carries the out-of-fold residual of ridge, and
    the index's own spread where even the descriptors are imputed.

    Returns
    -------
    draws : ndarray of shape (n_draw, n_occ)
    imputed : tuple of str
        Codes that were forecast.
    """
    value = panel.indices[index].to_numpy()
    missing = ~np.isfinite(value)
    draws = np.tile(value, (n_draw, 1))
    if missing.any():
        kept = ~missing & panel.described.to_numpy()
        x, y = panel.descriptors.to_numpy(), value[:, None]
        groups = panel.families.to_numpy(dtype=str)
        ridge = Ridge()
        left_out = ridge.cross_predict(
            x[kept],
            y[kept],
            folds=grouped_folds(list(groups[kept]), n_fold=n_fold)[None],
            groups=groups[kept],
            rng=rng,
        )
        ridge.fit(x[kept], y[kept], groups=groups[kept], rng=rng)
        miss = float(np.std(value[kept] - left_out[0, :, 0]))
        width = np.where(panel.described.to_numpy(), miss, float(np.nanstd(value)))[missing]
        centre = ridge.predict(x[missing])[:, 0]
        draws[:, missing] = centre + width * rng.standard_normal((n_draw, missing.sum()))
    codes = tuple(code for code, gap in zip(panel.codes, missing, strict=True) if gap)
    return draws.clip(0.0, 1.0), codes


def occupation_scores(
    system: str,
    titles: pd.Series,
    *,
    exposure: Floats,
    complementarity: Floats,
    substituted: Floats,
    spread: Floats,
    provenance: pd.DataFrame | None = None,
) -> OccupationScores:
    """Label arrays (draw, occupation) and check them."""
    codes = [str(code) for code in titles.index]

    def label(values: Floats) -> xr.DataArray:
        coords: dict[str, object] = {"draw": np.arange(len(values)), "occupation": codes}
        return labelled(values, coords, unit="share", low=0.0, high=1.0)

    return OccupationScores(
        system=system,
        titles=titles,
        exposure=label(exposure),
        complementarity=label(complementarity),
        substitution=label(substituted),
        spread=labelled(spread, {"occupation": codes}, unit="share", low=0.0, high=1.0),
        provenance=provenance,
    )


def training_set(
    panel: OccupationPanel,
    measured: Floats,
    noise: Floats,
    chosen: Sequence[str],
    factor: OneFactor,
    learnt_on: NDArray[np.bool_] | None = None,
) -> tuple[TrainingSet, NDArray[np.int64], Floats]:
    """Put every index that is no relative of the descriptors beside the consensus.

    The unrelated consensus is measured as on the occupations of `learnt_on`, all by default.
    """
    names = [str(name) for name in panel.indices if name not in RELATIVES]
    independent = panel.indices[[name for name in chosen if name not in RELATIVES]].to_numpy()
    teaching = independent if learnt_on is None else independent[learnt_on]
    if independent.shape[1] > 1:
        judge, _ = fit_one_factor(teaching).measure(independent)
    else:
        judge = (independent[:, 0] - np.nanmean(teaching)) / np.nanstd(teaching)
    rows = np.flatnonzero(panel.described.to_numpy() & np.isfinite(measured))
    y = np.column_stack([panel.indices[names].to_numpy(), measured, judge])[rows]
    families = panel.families.to_numpy(dtype=str)
    known = np.zeros(len(families), dtype=bool)
    known[rows] = True
    distances = distance_to_others(panel.descriptors.to_numpy(), families, known)
    targets = [*names, CONSENSUS, UNRELATED]
    design = panel.design()[rows]
    if design.tasks is not None:
        design = replace(design, tasks=_labelled(design.tasks, targets, factor, chosen))
    training = TrainingSet(
        codes=np.asarray(panel.codes)[rows],
        families=families[rows],
        parents=panel.parents.to_numpy(dtype=str)[rows],
        x=design,
        y=y,
        targets=targets,
        weights=1.0 / (1.0 + noise[rows]),  # reliability: E itself has variance 1
        noise=noise[rows],
        distances=distances[rows],
        indices=panel.indices.iloc[rows],
    )
    return training, rows, distances


def _labelled(
    tasks: Tasks, targets: Sequence[str], factor: OneFactor, chosen: Sequence[str]
) -> Tasks:
    """Put the labels beside the targets; the consensus is linear in its indices, so in labels."""
    aligned = tasks.for_targets(targets)
    if set(chosen) <= set(tasks.names):
        labels = tasks.labels[:, [tasks.names.index(name) for name in chosen]]
        for target in (CONSENSUS, UNRELATED):
            aligned.labels[:, targets.index(target)] = factor.measure(labels)[0]
    return aligned
