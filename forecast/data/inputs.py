"""All tables a run reads, with the hash of every file they came from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data import reference
from forecast.data.employment import read_employment
from forecast.data.sources import registry, sha256_of
from forecast.errors import ConfigError, InputError
from forecast.options import DataOptions


def load(options: DataOptions) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Read the reference tables, or derive them from the sources, then the user's own tables.

    Parameters
    ----------
    options : DataOptions
        Kind, root and own files.

    Returns
    -------
    tables : dict of DataFrame
        By name, see ``forecast/reference/README.md``; with ``kind=sources`` also ``soc_panel``
        and ``soc_descriptors``.
    hashes : dict of str
        Input file to sha256.

    Raises
    ------
    ConfigError, InputError
        If a folder, file, column or value is wrong.
    """
    if options.kind == "sources":
        tables, hashes = _from_sources(options.root)
    else:
        tables = {name: reference.load(name) for name in reference.NAMES}
        hashes = reference.input_hashes()
    if options.employment is not None:
        path = Path(options.employment)
        codes = sub_major_codes(tables["employment_age"])
        tables["employment_age"] = read_employment(path, codes, encoding=options.encoding)
        hashes[str(path)] = sha256_of(path)
    return tables, dict(sorted(hashes.items()))


def sub_major_codes(employment: pd.DataFrame) -> list[str]:
    """List the KSCO-7 sub-major groups that employment is published for, in order."""
    return sorted(employment.loc[employment["level"] == "sub_major", "ksco7"].unique())


def _from_sources(root: str | None) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    from forecast.data import indices

    if root is None:
        raise ConfigError(
            "data=sources needs data.root=FOLDER or the variable FORECAST_SOURCES; "
            "`forecast data list` says which files belong there."
        )
    folder = Path(root)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. Check data.root.")
    tables = reference.build(folder)
    tables["soc_panel"] = indices.soc_panel(folder)
    tables["soc_descriptors"] = indices.soc_descriptors(folder)
    found = [path for path in registry()["path"] if (folder / path).is_file()]
    return tables, {path: sha256_of(folder / path) for path in found}
