"""All tables a run reads, with the hash of every file they came from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data import indices, joins, onet, onet_tasks, reference, source_joins
from forecast.data.files import locate
from forecast.data.kosis_cells import Figures
from forecast.data.own_tables import read_own
from forecast.data.sources import registry, sha256_of
from forecast.data.vintages import TABLE, open_vintage
from forecast.errors import ConfigError, InputError
from forecast.options import DataOptions


def load(options: DataOptions) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    """Read the reference tables, or derive them from the sources, then the user's own figures.

    Parameters
    ----------
    options : DataOptions
        Kind, root and own files.

    Returns
    -------
    tables : dict of DataFrame
        By name, see ``forecast/reference/README.md``, and ``join_report``; beside an own
        ``employment_age`` the embedded one as ``employment_published``; with ``kind=sources``
        also ``soc_panel``, ``soc_descriptors``, ``soc_extras``, ``soc_tasks`` and
        ``isco_indices_pull_only``.
    hashes : dict of str
        Input file to sha256.

    Raises
    ------
    ConfigError, InputError
        If a folder, file, column or value is wrong, or a join covers too little employment.
    """
    if options.kind == "sources":
        tables, hashes = _from_sources(options.root)
    else:
        tables = {name: reference.load(name) for name in reference.NAMES}
        hashes = reference.input_hashes()
    for kind, path in options.own_tables().items():
        figures, found = _own_figures(Path(path), options.encoding)
        if figures.kind != kind:
            raise InputError(
                f"{path}: holds {figures.kind}, where {kind} is asked for. Check data.employment*."
            )
        if kind == "employment_age":
            # Printed counts of minor groups are shares of official employment, not of an own table.
            tables["employment_published"] = tables[kind]
        tables[kind] = figures.table
        hashes |= found
    american = [tables["join_report"]] if "join_report" in tables else []
    tables["join_report"] = pd.concat(
        [*american, joins.korean_join_report(tables)], ignore_index=True
    )
    joins.require_coverage(tables["join_report"])
    return tables, dict(sorted(hashes.items()))


def _own_figures(path: Path, encoding: str) -> tuple[Figures, dict[str, str]]:
    """Read a user's file or vintage; return it with the sha256 of every file it was read from."""
    if not path.is_dir():
        return read_own(path, encoding=encoding).figures, {str(path): sha256_of(path)}
    vintage, figures = open_vintage(path)
    return figures, {
        str(path / TABLE): vintage.table_sha256,
        str(path / vintage.original): vintage.original_sha256,
    }


def _from_sources(root: str | None) -> tuple[dict[str, pd.DataFrame], dict[str, str]]:
    if root is None:
        raise ConfigError(
            "data=sources needs data.root=FOLDER or the variable FORECAST_SOURCES; "
            "`forecast data pull --root FOLDER` fills it."
        )
    folder = Path(root)
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder. Check data.root.")
    read = onet.read_onet(folder)
    tables = reference.build(folder, read=read)
    tables["soc_panel"] = indices.soc_panel(folder)
    tables["soc_descriptors"] = onet.soc_descriptors(folder, read)
    tables["soc_extras"] = onet.soc_extras(folder, read)
    tables["soc_tasks"] = onet_tasks.soc_tasks(folder)
    tables["isco_indices_pull_only"] = indices.isco_indices_pull_only(folder)
    tables["join_report"] = source_joins.join_report(folder, read, tables)
    # A user's O*NET may be in another layout than the registered one.
    found = {locate(folder, path) for path in registry()["path"]}
    return tables, {path: sha256_of(folder / path) for path in found if (folder / path).is_file()}
