"""A finished run folder, read again: its tables, configuration and manifest, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.errors import InputError


class FinishedRun:
    """Reads tables of one run folder, only the rows asked for.

    Raises
    ------
    InputError
        If the folder holds no finished run.
    """

    def __init__(self, folder: Path) -> None:
        if not (folder / "manifest.json").is_file():
            raise InputError(
                f"{folder}: no manifest.json, so the run did not finish; run it again or name "
                "another. `forecast runs` lists runs."
            )
        self.folder = folder

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Return ``manifest.json``."""
        path = self.folder / "manifest.json"
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise InputError(f"{path}: is no JSON ({error}); run again.") from error
        if not isinstance(content, dict):
            raise InputError(f"{path}: expected a JSON object, got {type(content).__name__}.")
        return content

    @cached_property
    def config(self) -> Mapping[str, Any]:
        """Return ``config.yaml`` as plain values."""
        from omegaconf import OmegaConf

        path = self.folder / "config.yaml"
        if not path.is_file():
            raise InputError(f"{path}: no such file; a finished run has one. Run again.")
        content = OmegaConf.to_container(OmegaConf.load(path))
        return content if isinstance(content, dict) else {}

    def table(self, name: str, /, **equals: object) -> pd.DataFrame:
        """Read a table, or the rows of it where every named column equals its value."""
        # `in` with one value: `==` would compare a text column with None as unknown.
        filters = [(column, "in", [value]) for column, value in equals.items()]
        return pd.read_parquet(self._path(name), filters=filters or None)

    def values(self, name: str, column: str) -> list[Any]:
        """Return the distinct values of one column, sorted."""
        import pyarrow.parquet as pq

        read = pq.read_table(self._path(name), columns=[column])
        return sorted(read[column].unique().to_pylist())

    def _path(self, name: str) -> Path:
        path = self.folder / "tables" / f"{name}.parquet"
        if not path.is_file():
            raise InputError(
                f"{self.folder}: has no table {name}. It comes with reskilling among the stages, "
                "from a version that writes it: run the chain again."
            )
        return path


def find_run(named: str, *, runs: Path = Path("runs")) -> Path:
    """Find a run folder by path, by its name below `runs` (newest run of it), or as ``latest``.

    Raises
    ------
    InputError
        If there is none, or only an unfinished one.

    Examples
    --------
    >>> find_run("nowhere", runs=Path("no/runs"))
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: nowhere: no such run, neither as a folder nor below no/runs...
    """
    if named == "latest":
        newest = _newest([*_finished(runs, "*"), *_finished(runs, "*/*")])
        if newest is None:
            raise InputError(f"latest: no finished run below {runs}; `forecast run` makes one.")
        return newest
    folders = [folder for folder in (Path(named), runs / named) if folder.is_dir()]
    for folder in folders:
        newest = folder if (folder / "manifest.json").is_file() else _newest(_finished(folder, "*"))
        if newest is not None:
            return newest
    if folders:
        raise InputError(
            f"{folders[0]}: no manifest.json, so the run did not finish; run it again or name "
            "another. `forecast runs` lists runs."
        )
    there = sorted(path.name for path in runs.glob("*") if path.is_dir() and path.name[0] != ".")
    beside = f" There are {', '.join([*there, 'latest'])}." if there else ""
    raise InputError(f"{named}: no such run, neither as a folder nor below {runs}.{beside}")


def _finished(folder: Path, pattern: str) -> list[Path]:
    """Run folders with a manifest; hidden ones are runs that are still being written."""
    found = [path.parent for path in folder.glob(f"{pattern}/manifest.json")]
    return [path for path in found if not path.name.startswith(".")]


def _newest(folders: list[Path]) -> Path | None:
    ages = [((path / "manifest.json").stat().st_mtime_ns, path) for path in folders]
    return max(ages)[1] if ages else None
