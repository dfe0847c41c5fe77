"""Labour-market AI exposure forecasting for Korea.

Start with :mod:`forecast.types` (the nouns) and :mod:`forecast.pipeline` (the verbs).
Importing this package is cheap: everything heavy is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecast.config import compose
    from forecast.errors import ConfigError, ForecastError, InfeasiblePlan, InputError
    from forecast.options import Options
    from forecast.pipeline import RunResult, run_experiment

__version__ = "0.1.0"

_HOME = {
    "ConfigError": "errors",
    "ForecastError": "errors",
    "InfeasiblePlan": "errors",
    "InputError": "errors",
    "Options": "options",
    "compose": "config",
    "RunResult": "pipeline",
    "run_experiment": "pipeline",
}
__all__ = [
    "ConfigError",
    "ForecastError",
    "InfeasiblePlan",
    "InputError",
    "Options",
    "RunResult",
    "compose",
    "run_experiment",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"forecast.{_HOME[name]}"), name)
