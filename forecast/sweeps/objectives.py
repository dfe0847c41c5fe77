"""What trials are scored by; each objective keeps locked cases that no trial sees."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecast.errors import ConfigError
from forecast.options import Options
from forecast.pipeline import stage_rng

if TYPE_CHECKING:
    from forecast.types_sweep import TrialScore

Tables = Mapping[str, pd.DataFrame]
NONE = "none"  # every trial is a whole run
MODULES = {
    "exposure": "forecast.stages.exposure_trial",
    "employment": "forecast.stages.employment_trial",
}


def check_objective(options: Options, tables: Tables | None = None) -> None:
    """Refuse what no trial of the objective can run with.

    Parameters
    ----------
    options : Options
    tables : mapping, optional
        With the inputs more can be refused: names of columns, numbers of folds.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> check_objective(Options())
    """
    objective = options.sweep.objective
    if objective != NONE and objective not in MODULES:
        known = ", ".join([NONE, *MODULES])
        raise ConfigError(f"sweep.objective={objective!r}: choose from {known}.")
    if options.sweep.resamples < 100:
        raise ConfigError("sweep.resamples: an interval needs at least 100 resamples.")
    if objective != NONE:
        _module(objective).check_trial(options, tables)


def score_trial(options: Options, tables: Tables) -> TrialScore:
    """Score one trial on the development cases."""
    return _call("score_trial", options, tables)


def score_locked(options: Options, tables: Tables) -> TrialScore:
    """Fit on all development cases and score the locked ones: for the winner, once."""
    return _call("score_locked", options, tables)


def block_length(objective: str) -> int:
    """Return how many neighbouring cases are resampled together: origins overlap."""
    return int(getattr(_module(objective), "BLOCK_LENGTH", 1))


def model_name(options: Options) -> str:
    """Name the model that a trial scores, for tables and tags.

    Examples
    --------
    >>> from forecast.options import SweepOptions
    >>> ridge = {"_target_": "forecast.models.linear.Ridge"}
    >>> model_name(Options(model=ridge, sweep=SweepOptions(objective="exposure")))
    'ridge'
    """
    if options.sweep.objective == "employment":
        return "+".join(options.employment.members)
    from forecast.models.base import build_model

    return build_model(options.model).name


def _call(act: str, options: Options, tables: Tables) -> TrialScore:
    scored: Callable[..., TrialScore] = getattr(_module(options.sweep.objective), act)
    # The stream follows from the seed alone: neither order nor worker changes a trial.
    return scored(options, tables, rng=stage_rng(options.seed, f"trial {act}"))


def _module(objective: str) -> Any:
    return import_module(MODULES[objective])
