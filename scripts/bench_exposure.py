"""Seconds, memory and accuracy of every exposure model beside plain scikit-learn, in one run.

Accuracy is R2 and Spearman's rank correlation outside the families a model was fitted on (ten
folds). Each model runs in a process of its own, so that one peak does not hide the next.

    python scripts/bench_exposure.py               # the embedded reference: ISCO-08
    python scripts/bench_exposure.py --root DATA   # the source files: SOC-2018 and its tasks
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from forecast.models.base import Regressor
from forecast.models.design import Design, Floats, Texts, values_of
from forecast.models.stack import Stack
from forecast.validation.scores import r2, spearman
from forecast.validation.splits import grouped_folds

OURS = {
    "ridge": "linear.Ridge",
    "pls": "pls.PartialLeastSquares",
    "gaussian_process": "gaussian_process.GaussianProcess",
    "boosting": "boosting.Boosting",
    "task_text": "task_text.TaskText",
    "network": "ensemble.NetworkEnsemble",
}
PLAIN = ("sklearn HGB", "sklearn MLP")


class Plain(Regressor):
    """scikit-learn as it comes, one model per target; the MLP with both sides standardised."""

    def __init__(self, name: str) -> None:
        self.name = name

    def fit(
        self, x: Any, y: Any, *, groups: Any, rng: np.random.Generator, weights: Any = None
    ) -> Self:
        """Fit each target on the rows where it is observed."""
        values, seen = values_of(x), np.isfinite(y)
        self.fitted = [
            self._new().fit(values[rows], column[rows])
            for column, rows in zip(y.T, seen.T, strict=True)
        ]
        return self

    def _new(self) -> Any:
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.ensemble import HistGradientBoostingRegressor
        from sklearn.neural_network import MLPRegressor
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        if self.name == "sklearn HGB":
            return HistGradientBoostingRegressor(random_state=0)
        network = make_pipeline(StandardScaler(), MLPRegressor(max_iter=1_000, random_state=0))
        return TransformedTargetRegressor(network, transformer=StandardScaler())

    def predict(self, x: Any) -> Floats:
        """Return the prediction, shape (n_occ, n_target)."""
        return np.stack([one.predict(values_of(x)) for one in self.fitted], axis=1)

    def predict_draws(self, x: Any, *, n_draw: int, rng: np.random.Generator) -> Floats:
        """Refuse: the bench asks for no draws."""
        raise NotImplementedError


def main() -> None:
    """Measure each model and print one line for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--root", help="folder of the source files; without it the reference")
    parser.add_argument("--part", nargs=2, help=argparse.SUPPRESS)  # data or a model, folder
    chosen = parser.parse_args()
    if chosen.part is None:
        with tempfile.TemporaryDirectory() as folder:
            compare(chosen.root, Path(folder))
        return
    name, place = chosen.part[0], Path(chosen.part[1])
    result = training_rows(chosen.root) if name == "data" else measure(name, place)
    (place / f"{name}.pkl").write_bytes(pickle.dumps(result))


def compare(root: str | None, folder: Path) -> None:
    """Prepare the data once, then print a table: a model a row."""
    system, x, y, groups, folds, targets = in_new_process("data", folder, root=root)
    print(
        f"{system}: {len(y)} occupations, {x.values.shape[1]} descriptors, "
        f"{len(np.unique(groups))} families; {os.cpu_count()} cores\n"
        "Seconds of one fit and of ten folds, peak MiB of the process, then R2/Spearman out of fold"
    )
    print(
        f"{'model':<17}{'fit':>6}{'folds':>7}{'MiB':>6}" + "".join(f"{t:>14.13}" for t in targets)
    )
    left_out: dict[str, Floats] = {}
    for name in (*OURS, *PLAIN):
        if name == "task_text" and x.tasks is None:
            continue
        fit, all_folds, peak, predicted = in_new_process(name, folder)
        print(f"{name:<17}{fit:>6.1f}{all_folds:>7.1f}{peak:>6.0f}" + scores(y, predicted[0]))
        if name in OURS:
            left_out[name] = predicted
    stacked = Stack({name: {"_target_": f"forecast.models.{OURS[name]}"} for name in left_out})
    combined = stacked.combine(left_out, y, folds=folds[None])
    print(f"{'stack of ours':<36}" + scores(y, combined[0]))


def in_new_process(part: str, folder: Path, *, root: str | None = None) -> Any:
    """Compute a part in a fresh interpreter.

    Linux lets a process begin at the peak of the one that starts it, so this one reads no data.
    """
    command = [sys.executable, str(Path(__file__).resolve()), "--part", part, str(folder)]
    command += ["--root", root] if root else []
    here = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)}
    subprocess.run(command, check=True, env=here)
    return pickle.loads((folder / f"{part}.pkl").read_bytes())


def training_rows(
    root: str | None,
) -> tuple[str, Design, Floats, Texts, NDArray[np.int64], list[str]]:
    """Return the described occupations that have an index, and indices no relative of `x`."""
    from forecast.data.inputs import load
    from forecast.features.panel import RELATIVES, isco_panel, soc_panel
    from forecast.options import DataOptions

    tables, _ = load(DataOptions(kind="sources" if root else "reference", root=root))
    domains = sorted(tables["descriptors"]["domain"].unique())
    panel = (soc_panel if root else isco_panel)(tables, domains=domains)
    targets = [str(name) for name in panel.indices if name not in RELATIVES]
    y = panel.indices[targets].to_numpy()
    rows = np.flatnonzero(panel.described.to_numpy() & np.isfinite(y).any(axis=1))
    x = panel.design()[rows]
    if x.tasks is not None:
        x = replace(x, tasks=x.tasks.for_targets(targets))
    groups = panel.families.to_numpy(dtype=str)[rows]
    return panel.system, x, y[rows], groups, grouped_folds(list(groups), n_fold=10), targets


def measure(name: str, folder: Path) -> tuple[float, float, float, Floats]:
    """Fit one model on all rows and on ten folds: seconds of both, peak, predictions."""
    _, x, y, groups, folds, _ = pickle.loads((folder / "data.pkl").read_bytes())
    model: Regressor = Plain(name)
    if name in OURS:
        module, _, class_name = OURS[name].rpartition(".")
        model = getattr(import_module(f"forecast.models.{module}"), class_name)()
    # The first fit of a process imports its library; that is not the model's time.
    model.fit(x, y, groups=groups, rng=np.random.default_rng(0))
    marks = [time.perf_counter()]
    model.fit(x, y, groups=groups, rng=np.random.default_rng(0))
    marks.append(time.perf_counter())
    rng = np.random.default_rng(0)
    predicted = model.cross_predict(x, y, folds=folds[None], groups=groups, rng=rng)
    marks.append(time.perf_counter())
    unit = 1024**2 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux KiB
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit
    return marks[1] - marks[0], marks[2] - marks[1], peak, predicted


def scores(y: Floats, predicted: Floats) -> str:
    """Return R2 and rank correlation of each target."""
    cells = []
    for column, forecast in zip(y.T, predicted.T, strict=True):
        seen = np.isfinite(column)
        both = (metric(column[seen], forecast[seen]) for metric in (r2, spearman))
        cells.append("/".join(f"{value:.2f}".replace("0.", ".") for value in both))
    return "".join(f"{cell:>14}" for cell in cells)


if __name__ == "__main__":
    main()
