"""The run folder: written aside, moved into place when whole, so a half run is never seen."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd

from forecast.codebook import SCHEMA_VERSION
from forecast.errors import ConfigError
from forecast.options import Options
from forecast.store_address import masked

PACKAGES = ("numpy", "pandas", "scikit-learn", "scipy", "torch", "xarray", "highspy")


@contextmanager
def open_run(options: Options, final: Path) -> Iterator[Path]:
    """Give a folder to write in; it becomes `final` when the block ends without an error.

    Examples
    --------
    >>> import tempfile
    >>> final = Path(tempfile.mkdtemp()) / "run"
    >>> with open_run(Options(), final) as folder:
    ...     _ = (folder / "config.yaml").write_text("")
    >>> sorted(p.name for p in final.iterdir())
    ['config.yaml']
    """
    aside = final.with_name(f".{final.name}.partial-{os.getpid()}")
    try:
        aside.mkdir(parents=True)
        yield aside
        require_free(final)
        if final.is_dir():
            final.rmdir()
        aside.replace(final)
    except OSError as error:
        shutil.rmtree(aside, ignore_errors=True)
        raise ConfigError(f"run folder {final} cannot be written: {error}.") from error
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise


def require_free(final: Path) -> None:
    """Refuse a run folder that holds anything: nothing of the user's is ever overwritten.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> require_free(Path("runs/chain/new"))
    """
    if not final.name:
        raise ConfigError(f"run_dir={final}: names no folder of its own; name a new one.")
    if (final / "manifest.json").exists():
        raise ConfigError(f"run_dir={final}: holds a finished run; name a new folder.")
    if final.exists() and (not final.is_dir() or any(final.iterdir())):
        raise ConfigError(f"run_dir={final}: is there already and not empty; name a new folder.")


def final_folder(options: Options) -> Path:
    """Name the folder of a run: as asked, or by the clock with microseconds."""
    if options.run_dir is not None:
        return Path(options.run_dir)
    return Path("runs") / options.name / datetime.now().strftime("%Y-%m-%d_%H-%M-%S.%f")


def write_tables(folder: Path, tables: dict[str, pd.DataFrame]) -> None:
    """Write every table as Parquet and as UTF-8 CSV under ``tables/``."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv
    import pyarrow.parquet as pq

    target = folder / "tables"
    target.mkdir()
    for name, table in tables.items():
        arrow = pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None)
        pq.write_table(arrow, target / f"{name}.parquet", compression="zstd")
        options = pa_csv.WriteOptions(quoting_style="needed")
        pa_csv.write_csv(arrow, target / f"{name}.csv", options)


def write_config(folder: Path, options: Options) -> None:
    """Write the options of the run as ``config.yaml``, without a password of the store."""
    from omegaconf import OmegaConf

    said = replace(options, tracking=replace(options.tracking, uri=masked(options.tracking.uri)))
    (folder / "config.yaml").write_text(
        OmegaConf.to_yaml(OmegaConf.structured(said)), encoding="utf-8"
    )


def manifest(options: Options, inputs: dict[str, str], provenance: str) -> dict[str, Any]:
    """Say what a run was made of: inputs with sha256, versions, commit, seed, provenance."""
    return {
        "schema_version": SCHEMA_VERSION,
        "name": options.name,
        "seed": options.seed,
        "draws": options.draws,
        "preset": options.at_risk.preset,
        "provenance": provenance,
        "inputs": inputs,
        "commit": commit(),
        "versions": {
            "forecast": _version("forecast-kr"),
            "python": platform.python_version(),
            **{package: _version(package) for package in PACKAGES},
        },
    }


def write_manifest(folder: Path, content: dict[str, Any]) -> None:
    """Write ``manifest.json``; called last, so its absence means an incomplete run."""
    text = json.dumps(content, ensure_ascii=False, indent=2, sort_keys=True)
    (folder / "manifest.json").write_text(text + "\n", encoding="utf-8")


def commit() -> str | None:
    """Give the commit of the repository this package lies in, marked when files changed."""
    home = Path(__file__).resolve().parent.parent
    if not (home / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],
            cwd=home,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _version(package: str) -> str:
    from importlib.metadata import PackageNotFoundError

    try:
        return version(package)
    except PackageNotFoundError:  # a checkout that was not installed
        return "not installed"
