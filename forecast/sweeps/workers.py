"""Hand payloads to worker processes and yield what comes back, whatever dies on the way.

Four backends do the same: ``single`` here and now, ``joblib`` in processes of this machine,
``submitit`` in jobs of a Slurm cluster or of this machine, ``ray`` in tasks of a Ray cluster.
Each is a module of its own, imported when the first payload is handed to it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

from forecast.errors import ConfigError
from forecast.sweeps.workers_call import Raised, WorkerDied, guarded

__all__ = ["WorkerDied", "WorkerSettings", "Workers", "run_all"]

P = TypeVar("P")
R = TypeVar("R")

OPTIONS: dict[str, tuple[str, ...]] = {  # what a backend takes beyond `workers`
    "single": (),
    "joblib": (),
    "submitit": ("cluster", "timeout_min", "partition", "mem_gb", "cpus_per_task"),
    "ray": ("address",),
}
OPEN_PREFIX = {"submitit": "slurm_"}  # options that Slurm knows and we do not
INSTALLED_BY = {"joblib": "forecast-kr", "submitit": "forecast-kr", "ray": "forecast-kr[ray]"}
CLUSTERS = ("local", "slurm", "auto")


@dataclass(frozen=True)
class WorkerSettings:
    """Where trials run.

    Parameters
    ----------
    backend : {"single", "joblib", "submitit", "ray"}
    workers : int
        Processes at a time; ``single`` has one, which is this one.
    folder : Path
        What the workers need on disk lies below it, and goes when no worker died.
    extra : mapping
        Options of the backend: the other keys of ``conf/hydra/launcher/BACKEND.yaml``.

    Raises
    ------
    ConfigError
        If the backend is unknown or not installed, or an option is not one of its own.

    Examples
    --------
    >>> WorkerSettings("joblib", 2, Path("runs")).workers
    2
    >>> WorkerSettings("threads", 2, Path("runs"))
    Traceback (most recent call last):
    forecast.errors.ConfigError: hydra.launcher.backend is 'threads'; expected one of single, ...
    """

    backend: str
    workers: int
    folder: Path
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.backend not in OPTIONS:
            raise ConfigError(
                f"hydra.launcher.backend is {self.backend!r}; expected one of "
                f"{', '.join(OPTIONS)}. Choose it with hydra/launcher=NAME."
            )
        if not isinstance(self.workers, int) or self.workers < 1:
            raise ConfigError(
                f"hydra.launcher.workers is {self.workers!r}; expected a whole number from 1. "
                "Give the number of processes, such as hydra.launcher.workers=2."
            )
        if self.backend == "single" and self.workers > 1:
            raise ConfigError(
                f"hydra.launcher.workers is {self.workers}, and hydra/launcher=single is one "
                "process. Choose hydra/launcher=joblib for more."
            )
        _check_options(self.backend, self.extra)
        if self.backend in INSTALLED_BY and find_spec(self.backend) is None:
            raise ConfigError(
                f"hydra.launcher.backend is {self.backend!r}, which is not installed. "
                f'Run `pip install "{INSTALLED_BY[self.backend]}"`, or choose '
                "hydra/launcher=joblib."
            )

    @property
    def home(self) -> Path:
        """Folder of the workers' logs and, for submitit, of what goes to and fro."""
        return self.folder.resolve() / ".workers"


class Backend(Protocol):
    """What the class ``Pool`` of a module ``workers_BACKEND`` offers."""

    def run(
        self, work: Callable[[Any], Any], numbered: Sequence[tuple[int, Any]]
    ) -> Iterator[tuple[int, Any]]:
        """Yield (position, result or Raised or WorkerDied) in the order of finishing."""

    def close(self) -> None:
        """Stop the workers, whatever they are at."""


class Workers:
    """Worker processes that outlive a batch: what they imported and loaded is paid for once.

    Nothing starts before the first payload.

    Parameters
    ----------
    settings : WorkerSettings

    Examples
    --------
    >>> with Workers(WorkerSettings("single", 1, Path("runs"))) as workers:
    ...     list(workers.run(abs, [-3, 4]))
    [(0, 3), (1, 4)]
    """

    def __init__(self, settings: WorkerSettings) -> None:
        self._settings = settings
        self._backend: Backend | None = None
        self._died = False

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the workers, whatever they are at, and remove what they left."""
        if self._backend is not None:
            self._backend.close()
            self._backend = None
            if not self._died:  # the logs of what died are worth reading
                shutil.rmtree(self._settings.home, ignore_errors=True)

    def run(
        self, work: Callable[[P], R], payloads: Sequence[P]
    ) -> Iterator[tuple[int, R | WorkerDied]]:
        """Call `work` on every payload; see :func:`run_all`."""
        finished = False
        try:
            for position, result in self._results(work, list(enumerate(payloads))):
                self._died |= isinstance(result, WorkerDied)
                yield position, WorkerDied(result.message) if isinstance(result, Raised) else result
            finished = True
        finally:
            if not finished:  # the loop was left
                self.close()

    def _results(
        self, work: Callable[[P], R], numbered: Sequence[tuple[int, P]]
    ) -> Iterator[tuple[int, Any]]:
        if self._settings.backend == "single":
            return ((position, guarded(work, payload)) for position, payload in numbered)
        if not numbered:
            return iter(())
        if self._backend is None:
            shutil.rmtree(self._settings.home, ignore_errors=True)  # of a sweep that was killed
            self._settings.home.mkdir(parents=True)
            module = import_module(f"{__package__}.workers_{self._settings.backend}")
            self._backend = cast(Backend, module.Pool(self._settings))
        return self._backend.run(work, numbered)


def run_all(
    work: Callable[[P], R], payloads: Sequence[P], settings: WorkerSettings
) -> Iterator[tuple[int, R | WorkerDied]]:
    """Call `work` on every payload and yield the results in the order in which they finish.

    A payload whose worker dies is tried once more in a fresh one. A loop that may be left early
    wraps this in :func:`contextlib.closing`, which stops the workers; several batches share
    :class:`Workers` instead.

    Parameters
    ----------
    work : callable
        A function of a module, not a closure. A failure is part of its result: it raises nothing.
    payloads : sequence
        What it is called with; anything that pickles.
    settings : WorkerSettings

    Yields
    ------
    tuple of (int, result)
        Position in `payloads`, and what `work` returned or :class:`WorkerDied`.

    Examples
    --------
    >>> list(run_all(abs, [-3, 4], WorkerSettings("single", 1, Path("runs"))))
    [(0, 3), (1, 4)]
    """
    with Workers(settings) as workers:
        yield from workers.run(work, payloads)


def _check_options(backend: str, extra: Mapping[str, Any]) -> None:
    known, prefix = OPTIONS[backend], OPEN_PREFIX.get(backend)
    for key in extra:
        if key not in known and not (prefix and key.startswith(prefix)):
            raise ConfigError(
                f"hydra.launcher.{key} is no option of hydra/launcher={backend}, which takes "
                f"{', '.join(('workers', *known))}. Leave it out."
            )
    cluster = extra.get("cluster", "local")
    if cluster not in CLUSTERS:
        raise ConfigError(
            f"hydra.launcher.cluster is {cluster!r}; expected one of {', '.join(CLUSTERS)}."
        )
