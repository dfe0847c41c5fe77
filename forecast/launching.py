"""Hydra's multirun: every trial composed and checked before the first one runs.

Hydra's own launchers compose a trial where it runs, so the fifth value may fail after four trials
are done, and each of them pays for a composition. Here the parent composes all of them, one whole
composition for each choice of groups, and hands plain options on; ``task_function.multirun``
(see :class:`Multirun`) decides what to do with them.
"""

from __future__ import annotations

import copy
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.core.utils import JobReturn, JobStatus
from hydra.plugins.launcher import Launcher
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig, OmegaConf, open_dict, read_write
from omegaconf.errors import OmegaConfBaseException

from forecast.errors import ConfigError
from forecast.options import Options

UNASKED = ("resume", "run_dir", "tracking", "hydra.sweeper.n_trials")  # not what is searched


@dataclass(frozen=True)
class Composed:
    """One combination of a multirun: its own overrides, in the order given, and all its options."""

    overrides: tuple[str, ...]
    options: Options


@dataclass(frozen=True)
class Request:
    """What a multirun asks for, and how to run it.

    Parameters
    ----------
    searched : tuple of str
        Overrides as given, sorted, without those that change no result.
    backend : str
        ``single``, ``joblib``, ``submitit`` or ``ray``.
    workers : int
    extra : dict
        Further settings of the backend.
    chooses : bool
        Whether the next batch follows from the scores of the last, as with Optuna.
    """

    searched: tuple[str, ...]
    backend: str
    workers: int
    extra: dict[str, Any] = field(default_factory=dict)
    chooses: bool = False


class Multirun(Protocol):
    """What runs the trials of a multirun."""

    def check(self, options: Options) -> None:
        """Refuse options that no trial can run with."""

    def launch(self, trials: Sequence[Composed], request: Request) -> tuple[list[float], Path]:
        """Run a batch; return scores in its order, NaN where there is none, and the home."""


class GridSweeper(BasicSweeper):
    """Every combination in one batch; nothing is written before all of them are checked."""

    def sweep(self, arguments: list[str]) -> list[Sequence[JobReturn]]:
        """Hand all combinations to the launcher at once."""
        assert self.hydra_context is not None and self.launcher is not None
        parser = OverridesParser.create(config_loader=self.hydra_context.config_loader)
        overrides = parser.parse_overrides([*self._parse_config(), *arguments])
        (batch,) = self.split_arguments(overrides, None)
        return [self.launcher.launch(batch, initial_job_idx=0)]


class SweepLauncher(Launcher):
    """Compose and check a batch of trials, then let the task function run them.

    Parameters
    ----------
    backend : str
        Where trials run: ``single``, ``joblib``, ``submitit`` or ``ray``.
    workers : int
        Processes that run trials.
    **extra
        Further settings of the backend, as in ``conf/hydra/launcher``.
    """

    def __init__(self, backend: str, workers: int = 1, **extra: Any) -> None:
        self.backend, self.workers, self.extra = backend, workers, extra

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        """Keep what composing needs."""
        # Optuna would announce every study, and failed trials are in the records.
        logging.getLogger("optuna").setLevel(logging.WARNING)
        logging.getLogger("hydra_plugins.hydra_optuna_sweeper").setLevel(logging.CRITICAL)
        if getattr(task_function, "multirun", None) is None:
            raise ConfigError("-m: here one run is composed; `forecast run -m` makes a sweep.")
        self.task, self.config = task_function, config
        self.composer = Composer(hydra_context.config_loader, config)
        self.checked: set[str] = set()

    def launch(
        self, job_overrides: Sequence[Sequence[str]], initial_job_idx: int
    ) -> list[JobReturn]:
        """Run one batch; the return value of a job is its score, NaN where it failed."""
        given = list(self.config.hydra.overrides.task)
        params = self.config.hydra.sweeper.get("params") or {}
        asked = [*(f"{key}={value}" for key, value in params.items()), *given]
        fixed = {*given, *(_as_swept(override) for override in self.composer.parse(given))}
        trials = [
            Composed(
                tuple(text for text in overrides if text not in fixed),
                self.composer.compose(overrides),
            )
            for overrides in job_overrides
        ]
        self._compose_values(asked, job_overrides)
        hydra = list(self.config.hydra.overrides.hydra)
        chooses = self.config.hydra.runtime.choices["hydra/sweeper"] != "grid"
        searched = [
            text
            for text in [*asked, *(h for h in hydra if "sweeper" in h)]
            if not text.lstrip("+~").startswith(UNASKED)
        ]
        request = Request(
            tuple(sorted(searched)), self.backend, self.workers, dict(self.extra), chooses
        )
        scores, home = self.task.multirun.launch(trials, request)
        self._tell_home(home)
        return [
            JobReturn(overrides=list(overrides), status=JobStatus.COMPLETED, _return_value=score)
            for overrides, score in zip(job_overrides, scores, strict=True)
        ]

    def _compose_values(self, asked: Sequence[str], batch: Sequence[Sequence[str]]) -> None:
        """Compose every value that a search may suggest later: a wrong one fails now."""
        self.checked |= {text for overrides in batch for text in overrides}
        for override in self.composer.parse(asked):
            key = override.get_key_element()
            for value in _values(override):
                text = f"{key}={value}"
                if text not in self.checked:
                    others = [other for other in batch[0] if not other.startswith(f"{key}=")]
                    self.task.multirun.check(self.composer.compose([*others, text]))
                    self.checked.add(text)

    def _tell_home(self, home: Path) -> None:
        """Let a sweeper write what it writes beside the trials."""
        with read_write(self.config.hydra):
            self.config.hydra.sweep.dir = str(home)


class Composer:
    """Compose the options of many trials; Hydra reads files once for each choice of groups."""

    def __init__(self, loader: ConfigLoader, config: DictConfig) -> None:
        self.loader, self.config = loader, config
        self.parser = OverridesParser.create(config_loader=loader)
        self.bases: dict[tuple[str, ...], DictConfig] = {}
        self.groups: dict[str, bool] = {}  # name -> whether it is a group of files

    def parse(self, texts: Sequence[str]) -> list[Override]:
        """Parse overrides by Hydra's grammar."""
        parsed: list[Override] = self.parser.parse_overrides(list(texts))
        return parsed

    def compose(self, overrides: Sequence[str]) -> Options:
        """Compose one trial, as ``forecast run OVERRIDES`` would.

        Raises
        ------
        ConfigError, HydraException, OmegaConfBaseException
        """
        from forecast.config import to_options

        parsed = self.parse(overrides)
        groups = tuple(t for t, o in zip(overrides, parsed, strict=True) if not self._plain(o))
        first = not self.bases
        if groups not in self.bases:
            self.bases[groups] = self._load(groups)
        try:
            options = to_options(self._set(groups, parsed))
        except OmegaConfBaseException:
            return to_options(self._load(overrides))  # Hydra's own words for what is wrong
        if first:  # the short way must agree with Hydra's: the first trial is composed both ways
            assert options == to_options(self._load(overrides))
        return options

    def _set(self, groups: tuple[str, ...], parsed: Sequence[Override]) -> DictConfig:
        """Set plain values in a copy of a composed configuration, as Hydra does last."""
        config = copy.deepcopy(self.bases[groups])
        for override in parsed:
            if self._plain(override):
                OmegaConf.update(config, override.key_or_group, override.value(), merge=True)
        return config

    def _plain(self, override: Override) -> bool:
        """Whether an override sets a value, and neither chooses a file nor changes the tree."""
        changes = override.is_add() or override.is_force_add() or override.is_delete()
        if changes or override.is_list_extend() or override.package is not None:
            return False
        name = override.key_or_group
        if name not in self.groups:
            self.groups[name] = bool(self.loader.get_group_options(name))
        return not self.groups[name]

    def _load(self, overrides: Sequence[str]) -> DictConfig:
        config = self.loader.load_sweep_config(self.config, list(overrides))
        with read_write(config), open_dict(config):
            del config["hydra"]
        return config


def _as_swept(override: Override) -> str:
    """Write an override as sweepers do, who quote anew what they were given."""
    if override.is_delete() or override.is_sweep_override():
        return ""
    return f"{override.get_key_element()}={override.get_value_element_as_str()}"


def _values(override: Override) -> Iterator[str]:
    """Every value of a choice or range, and both ends of an interval."""
    if not override.is_sweep_override():
        return
    if override.is_discrete_sweep():
        yield from override.sweep_string_iterator()
    else:
        interval: Any = override.value()
        yield from (str(interval.start), str(interval.end))
