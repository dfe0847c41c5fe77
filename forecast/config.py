"""Hydra at the edge: schema, search path, and errors that name the key.

Below this module only the plain dataclasses of :mod:`forecast.options` travel.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import cast

import hydra
from hydra._internal.core_plugins.file_config_source import FileConfigSource
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.config_store import ConfigStore
from hydra.core.object_type import ObjectType
from hydra.core.plugins import Plugins
from hydra.errors import HydraException
from hydra.plugins.config_source import ConfigResult
from hydra.plugins.search_path_plugin import SearchPathPlugin
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from forecast.errors import ConfigError, ForecastError
from forecast.launching import GridSweeper, Multirun, SweepLauncher
from forecast.options import CohortOptions, Options

GROUP = "experiment"


def shipped(name: str) -> Path:
    """Folder `name` (``conf`` or ``experiments``) of the wheel, or of the repository.

    Examples
    --------
    >>> (shipped("conf") / "config.yaml").exists()
    True
    """
    package = Path(__file__).resolve().parent
    inside = package / name
    return inside if inside.is_dir() else package.parent / name


def shipped_cohorts() -> CohortOptions:
    """Return ``conf/cohorts/default.yaml`` as the project ships it: what a run departs from."""
    schema = OmegaConf.structured(CohortOptions)
    values = OmegaConf.merge(schema, OmegaConf.load(shipped("conf") / "cohorts" / "default.yaml"))
    return cast(CohortOptions, OmegaConf.to_object(values))


def run_with_hydra(
    arguments: list[str], task: Callable[[Options], None], *, multirun: Multirun | None = None
) -> None:
    """Compose the configuration from `arguments` and call `task`.

    Parameters
    ----------
    arguments : list of str
        As after ``forecast run``: overrides, and Hydra's own flags such as ``-m``.
    task : callable
        Gets checked, plain options; a single run.
    multirun : Multirun, optional
        Gets all trials of a multirun (``-m``) instead.

    Raises
    ------
    ConfigError
        If a key, a type or an option is wrong; the message names it.
    ForecastError
        What `task` or `multirun` ended with.
    """
    _register()
    errors: list[ForecastError] = []

    def job(config: DictConfig) -> None:
        try:
            task(to_options(config))
        except ForecastError as error:  # Hydra would print its own account of it
            errors.append(error)

    job.multirun = multirun  # type: ignore[attr-defined]
    entry = hydra.main(config_path=str(shipped("conf")), config_name="config")(job)
    try:
        with _environment(arguments):
            entry()
    except (HydraException, OmegaConfBaseException) as error:
        raise ConfigError(explain(error)) from error
    except ValueError as error:
        if "No trials are completed" not in str(error):  # Optuna's, where every trial failed
            raise
    if errors:
        raise errors[0]


def compose(*overrides: str) -> Options:
    """Compose options as ``forecast run OVERRIDES`` would: the entry for notebooks.

    Examples
    --------
    >>> compose("draws=30", "at_risk=bok_2023_top20").at_risk.preset
    'bok_2023_top20'
    """
    jobs: list[Options] = []
    run_with_hydra(list(overrides), jobs.append)
    return jobs[0]


def to_options(config: DictConfig) -> Options:
    """Turn a composed configuration into plain dataclasses.

    Examples
    --------
    >>> model = {"_target_": "forecast.models.linear.Ridge"}
    >>> to_options(OmegaConf.structured(Options(draws=7, model=model))).draws
    7
    """
    known = _known()
    unknown = [key for key in _given(config) if key not in known]
    if unknown:  # Hydra's + adds a key that the schema does not have, and nobody would read it
        raise ConfigError(f"configuration key {unknown[0]!r} does not exist. {_near(unknown[0])}")
    try:
        options = OmegaConf.to_object(config)
    except OmegaConfBaseException as error:
        raise ConfigError(explain(error)) from error
    assert isinstance(options, Options)  # the schema is first in the defaults list
    if not isinstance(options.model, dict) or "_target_" not in options.model:
        raise ConfigError("model: expected model=NAME of conf/model, or a mapping with _target_.")
    return options


def explain(error: Exception) -> str:
    """Say in one line what is wrong with the configuration and what would be right."""
    lines = [line.strip() for line in str(error).split("Config search path")[0].splitlines()]
    lines = [line for line in lines if line and "append to your config" not in line]
    cause = str(error.__cause__ or "").strip().splitlines()
    detail = [line for line in cause[:1] if line not in lines]
    message = " ".join([*lines[:1], *detail, *lines[1:]]) or type(error).__name__
    if lines and lines[0].startswith("Could not override '"):
        key = lines[0].split("'")[1]
        return f"configuration key {key!r} does not exist. {_near(key)}"
    if f"Could not find '{GROUP}/" in message:
        message += f" Available: {', '.join(sorted(_experiments()))}."
    return f"configuration: {message}"


class ExperimentSource(FileConfigSource):
    """Let ``experiment=NAME`` find ``experiments/NAME.yaml`` in a folder of its own."""

    @staticmethod
    def scheme() -> str:
        return "experiments"

    def load_config(self, config_path: str) -> ConfigResult:
        return super().load_config(config_path.removeprefix(f"{GROUP}/"))

    def is_group(self, config_path: str) -> bool:
        return config_path == GROUP

    def is_config(self, config_path: str) -> bool:
        return config_path.startswith(f"{GROUP}/") and super().is_config(
            config_path.removeprefix(f"{GROUP}/")
        )

    def list(self, config_path: str, results_filter: ObjectType | None) -> list[str]:
        if config_path == GROUP:
            return sorted(file.stem for file in Path(self.path).glob("*.yaml"))
        return [GROUP] if config_path == "" and results_filter is not ObjectType.CONFIG else []


class FolderSearchPath(SearchPathPlugin):
    """Look in the folder of work, then in what was shipped."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        own, here = Path.cwd(), shipped("conf")
        if (own / "conf").is_dir() and (own / "conf").resolve() != here.resolve():
            search_path.prepend("own", f"file://{own / 'conf'}")
        for folder in _experiment_folders():
            search_path.append("experiments", f"experiments://{folder}")


def _experiment_folders() -> list[Path]:
    folders = [Path.cwd() / "experiments", shipped("experiments")]
    return list(dict.fromkeys(folder.resolve() for folder in folders if folder.is_dir()))


def _experiments() -> set[str]:
    return {file.stem for folder in _experiment_folders() for file in folder.glob("*.yaml")}


def _register() -> None:
    ConfigStore.instance().store("schema", node=Options, replace=True)
    plugins = Plugins.instance()
    plugins.register(ExperimentSource)
    plugins.register(FolderSearchPath)
    plugins.register(GridSweeper)
    plugins.register(SweepLauncher)


@contextmanager
def _environment(arguments: list[str]) -> Iterator[None]:
    """Hydra reads ``sys.argv``, and hides exceptions unless this variable is set."""
    argv, variable = sys.argv, os.environ.get("HYDRA_FULL_ERROR")
    sys.argv = ["forecast run", *arguments]
    os.environ["HYDRA_FULL_ERROR"] = "1"
    try:
        yield
    finally:
        sys.argv = argv
        if variable is None:
            del os.environ["HYDRA_FULL_ERROR"]
        else:
            os.environ["HYDRA_FULL_ERROR"] = variable


def _near(key: str) -> str:
    near = difflib.get_close_matches(key, _keys(Options), n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(near)}? " if near else ""
    return f"{hint}`forecast run --cfg job` lists all."


def _given(config: DictConfig, schema: type = Options, prefix: str = "") -> Iterator[str]:
    """All dotted keys of a composed configuration, down to where the schema is an open mapping."""
    groups = {item.name: getattr(schema(), item.name) for item in fields(schema)}
    for key in config:
        yield f"{prefix}{key}"
        if is_dataclass(groups.get(str(key))):
            yield from _given(config[key], type(groups[str(key)]), f"{prefix}{key}.")


@cache
def _known() -> frozenset[str]:
    return frozenset(_keys(Options))


def _keys(schema: type, prefix: str = "") -> list[str]:
    """All dotted keys of the schema, the leaves as well as the groups."""
    keys = []
    instance = schema()
    for item in fields(schema):
        keys.append(prefix + item.name)
        value = getattr(instance, item.name)
        if is_dataclass(value):
            keys += _keys(type(value), f"{prefix}{item.name}.")
    return keys
