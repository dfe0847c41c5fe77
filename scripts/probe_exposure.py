"""Where the scores of the exposure models are weaker than they look: the checks of decision 0015.

    python scripts/probe_exposure.py [--root DATA]

At ISCO-08, on the embedded reference: rank correlations of the raters; a stack with a full second
level of folds; a Gaussian process tuned on fewer rows; coverage by thirds of distance. With
--root also what is left when groups that share US occupations are kept apart.
"""

import argparse
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from forecast.config import compose
from forecast.data import reference
from forecast.features.panel import isco_panel
from forecast.models.base import Regressor, build_model
from forecast.models.design import Floats
from forecast.models.ensemble import BestOf
from forecast.models.gaussian_process import GaussianProcess
from forecast.models.measurement import fit_one_factor
from forecast.stages.candidates import CONSENSUS, TrainingSet
from forecast.stages.estimation import chosen_indices, training_set
from forecast.validation.intervals import residual_scale
from forecast.validation.scores import r2, spearman
from forecast.validation.splits import grouped_folds

TARGETS = ("gpt4_beta", "human_beta", "ilo_2023", "automation", CONSENSUS)
SHARED = 0.1  # of the US weight of a group: more is no independent group


def main() -> None:
    """Print every check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--root", type=Path, help="public sources, for the shared occupations")
    root = parser.parse_args().root
    options = compose()
    tables = {name: reference.load(name) for name in reference.NAMES}
    panel = isco_panel(tables, domains=options.features.domains)
    raters = panel.indices[["human_beta", "gpt4_beta", "ilo_2023"]]
    print("Spearman of the raters\n", raters.corr("spearman").round(3).to_string())
    chosen = chosen_indices(panel, options.exposure)
    factor = fit_one_factor(panel.indices[chosen].to_numpy())
    data, _, _ = training_set(
        panel, *factor.measure(panel.indices[chosen].to_numpy()), chosen, factor
    )
    y = data.y[:, [data.targets.index(name) for name in TARGETS]]
    folds = grouped_folds(list(data.families), n_fold=options.exposure.folds)[None]

    def predict(model: Regressor, *, full: bool = False) -> Floats:
        cross = Regressor.cross_predict if full else type(model).cross_predict
        rng = np.random.default_rng(0)
        return cross(
            model, data.x, y, folds=folds, groups=data.families, weights=data.weights, rng=rng
        )[0]

    with threadpool_limits(limits=1, user_api="blas"):
        model = build_model(options.model)
        assert isinstance(model, BestOf)  # model=auto is the default
        stack = model.candidates["stack"]
        quick = predict(stack)
        show("stack, weights from the other folds", y, quick)
        show("stack, full second level of folds", y, predict(stack, full=True))
        for rows in (250, 400, 0):
            show(
                f"Gaussian process tuned on {rows or 'all'} rows", y, predict(GaussianProcess(rows))
            )
        thirds(y[:, TARGETS.index("ilo_2023")], quick[:, TARGETS.index("ilo_2023")], data, folds[0])
        thirds(
            y[:, TARGETS.index(CONSENSUS)],
            quick[:, TARGETS.index(CONSENSUS)],
            data,
            folds[0],
            noise=data.noise,
        )
        if root is not None:
            kept_apart(root, data, y, folds[0])


def show(what: str, y: Floats, forecast: Floats) -> None:
    """Print R2 and Spearman of every target."""
    scores = []
    for place, name in enumerate(TARGETS):
        seen = np.isfinite(y[:, place]) & np.isfinite(forecast[:, place])
        pair = y[seen, place], forecast[seen, place]
        scores.append(f"{name} {r2(*pair):.3f}/{spearman(*pair):.3f}")
    print(f"{what}: " + ", ".join(scores), flush=True)


def thirds(
    y: Floats,
    forecast: Floats,
    data: TrainingSet,
    folds: NDArray[np.int64],
    noise: Floats | None = None,
) -> None:
    """Print coverage of 80 % intervals by thirds of the distance to other families."""
    seen = np.isfinite(y)
    far, groups = data.distances, data.families
    noise = np.zeros(len(y)) if noise is None else noise
    inside = np.zeros(len(y), dtype=bool)
    for fold in np.unique(folds):
        out, kept = folds == fold, seen & (folds != fold)
        scale = residual_scale(
            (y - forecast)[kept],
            groups=groups[kept],
            noise_variances=noise[kept],
            distances=far[kept],
        )
        width = np.sqrt(scale.stretch(far[out]) ** 2 * scale.total + noise[out])
        inside[out] = np.abs(y - forecast)[out] <= scale.reach(0.8) * width
    edges = np.quantile(far[seen], [1 / 3, 2 / 3])
    third = np.searchsorted(edges, far[seen])
    names = ("nearest third", "middle", "farthest")
    shares = [f"{name} {inside[seen][third == n].mean():.3f}" for n, name in enumerate(names)]
    print("coverage of 80 % intervals:", ", ".join(shares))


def kept_apart(root: Path, data: TrainingSet, y: Floats, folds: NDArray[np.int64]) -> None:
    """Print scores without training groups that share US occupations with the fold."""
    from forecast.data.crosswalks import weights_soc2018

    codes, groups = data.codes, data.families
    wide = weights_soc2018(root).pivot(index="isco08", columns="soc2018", values="weight")
    share = wide.div(wide.sum(axis=1), axis=0).reindex(codes).fillna(0.0).to_numpy()
    overlap = np.array([np.minimum(row, share).sum(axis=1) for row in share])
    related = (overlap > SHARED) & (folds[:, None] != folds)
    print(
        f"{related.any(axis=1).mean():.0%} of groups share more than {SHARED:.0%} of their US "
        "weight with a group of another fold"
    )
    rng = np.random.default_rng(0)
    forecasts = {name: np.full(y.shape, np.nan) for name in ("as is", "kept apart", "at random")}
    for fold in np.unique(folds):
        out, kept = folds == fold, np.flatnonzero(folds != fold)
        away = related[out].any(axis=0)[kept]
        parts = {
            "as is": kept,
            "kept apart": kept[~away],
            "at random": np.sort(rng.permutation(kept)[away.sum() :]),
        }
        for name, rows in parts.items():
            model = GaussianProcess(250)
            model.fit(data.x[rows], y[rows], groups=groups[rows], rng=np.random.default_rng(0))
            forecasts[name][out] = model.predict(data.x[out])
    for name, forecast in forecasts.items():
        show(f"Gaussian process, groups sharing US occupations {name}", y, forecast)


if __name__ == "__main__":
    main()
