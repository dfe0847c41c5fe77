"""The verbs of ``forecast data``; everything heavy is imported inside the verb that needs it."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from forecast.console import progress

if TYPE_CHECKING:
    from forecast.data.kosis_cells import Figures
    from forecast.data.vintages import StoredVintage


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the verb ``data`` and its actions."""
    data = verbs.add_parser("data", help="the source registry, and your own figures")
    actions = data.add_subparsers(title="actions", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="address, licence and sha256 of every source")
    verify = actions.add_parser("verify", help="compare the files of a folder with the registry")
    pull = actions.add_parser("pull", help="download what is missing or changed, verified")
    pull.add_argument(
        "paths", nargs="*", metavar="PATH", help="registered files or folders (default: all)"
    )
    pull.add_argument(
        "--mirror", metavar="DIR", help="take them from a folder or http address laid out alike"
    )
    add = actions.add_parser("add", help="store your own figures as a new immutable vintage")
    add.add_argument("file", nargs="?", metavar="FILE", help="KOSIS export or reply, or own table")
    add.add_argument("--kosis", metavar="ORG/TABLE", help="fetch orgId/tblId by KOSIS OpenAPI")
    add.add_argument("--first", metavar="2014H1", default="", help="first half-year to fetch")
    add.add_argument("--last", metavar="2022H2", default="", help="last half-year to fetch")
    add.add_argument(
        "--dimensions", type=int, default=1, metavar="N", help="of the KOSIS table (default 1)"
    )
    add.add_argument("--address", metavar="URL", help="of the OpenAPI (default: KOSIS' own)")
    vintages = actions.add_parser("vintages", help="list vintages and what each revised")
    for action, act in ((add, _add), (vintages, _vintages)):
        action.add_argument(
            "--vintages", metavar="DIR", default="vintages", help="their folder (default vintages)"
        )
        action.set_defaults(act=act)
    for action, act in ((listing, _list), (verify, _verify), (pull, _pull)):
        action.add_argument(
            "--root", metavar="DIR", help="folder of the sources (default: $FORECAST_SOURCES)"
        )
        action.set_defaults(act=act)


def _list(chosen: argparse.Namespace) -> int:
    from forecast.data.sources import registry, verify

    root = _sources_root(chosen)
    listed = registry().assign(state="")
    if root is not None:
        listed["state"] = verify(root)["state"]
    for row in listed.itertuples():
        by_hand = f"{str(row.url) or 'sources named row by row'} (by hand)"
        print(f"{row.path}  {row.state}".rstrip())
        print(f"  {row.source}\n  {row.licence}  {str(row.file_url) or by_hand}")
        print(f"  sha256 {str(row.sha256)[:12]}")
    return 0


def _verify(chosen: argparse.Namespace) -> int:
    from forecast.data.sources import verify
    from forecast.errors import ConfigError, InputError

    root = _sources_root(chosen)
    if root is None or not root.is_dir():
        raise ConfigError(f"data verify needs a folder by --root or $FORECAST_SOURCES, got {root}.")
    state = verify(root)
    for row in state.itertuples():
        print(f"{row.state:8} {row.path}")
    wrong = state[state["state"] != "ok"]
    if len(wrong):
        raise InputError(
            f"{root}: {len(wrong)} of {len(state)} files are missing or changed, first "
            f"{wrong['path'].iloc[0]}. `forecast data pull --root {root}` takes them anew."
        )
    return 0


def _pull(chosen: argparse.Namespace) -> int:
    from forecast.data.pull import pull
    from forecast.errors import ConfigError, InputError

    root = _sources_root(chosen)
    if root is None:
        raise ConfigError("data pull needs a folder by --root or $FORECAST_SOURCES.")
    with progress() as advance:
        done = pull(root, paths=chosen.paths, mirror=chosen.mirror, progress=advance)
    for row in done.itertuples():
        print(f"{row.state:8} {row.path}")
    for message in dict.fromkeys(done["message"]):  # a source's note once, not for each file of it
        if message:
            print(message, file=sys.stderr)
    failed = done[done["state"] == "failed"]
    if len(failed):
        raise InputError(f"{root}: {len(failed)} of {len(done)} files could not be pulled.")
    return 0


def _add(chosen: argparse.Namespace) -> int:
    from forecast.data import vintages
    from forecast.errors import ConfigError

    if bool(chosen.file) == bool(chosen.kosis):
        raise ConfigError("data add needs either a FILE or --kosis ORG/TABLE.")
    folder = Path(chosen.vintages)
    if chosen.file:
        vintage, is_new = vintages.add(Path(chosen.file), folder)
    else:
        with TemporaryDirectory() as aside:
            vintage, is_new = vintages.add(_fetched(chosen, Path(aside)), folder)
    print(f"{'added' if is_new else 'there already, unchanged'}: {folder / vintage.name}")
    opened, _ = vintages.open_all(folder)
    _describe(vintage, opened)
    return 0


def _fetched(chosen: argparse.Namespace, folder: Path) -> Path:
    from forecast.data.kosis_openapi import ADDRESS, KosisQuery, fetch
    from forecast.errors import ConfigError

    organisation, _, table = chosen.kosis.partition("/")
    if not organisation.isalnum() or not table.replace("_", "").isalnum():
        raise ConfigError(
            f"--kosis {chosen.kosis}: expected orgId/tblId as in the address of the table's page."
        )
    query = KosisQuery(organisation, table, chosen.first, chosen.last, chosen.dimensions)
    with progress() as advance:
        advance(f"asking KOSIS for {chosen.kosis}")
        content = fetch(query, address=chosen.address or ADDRESS)
    path = folder / f"{organisation}_{table}.json"
    path.write_bytes(content)
    return path


def _vintages(chosen: argparse.Namespace) -> int:
    from forecast.data.vintages import open_all
    from forecast.errors import InputError

    folder = Path(chosen.vintages)
    opened, changed = open_all(folder)
    for vintage, _ in opened:
        print(vintage.name)
        _describe(vintage, opened)
    for name, wrong in changed.items():
        print(f"{name}\n  CHANGED: {wrong}")
    if changed:
        n_all = len(opened) + len(changed)
        raise InputError(f"{folder}: {len(changed)} of {n_all} vintages were changed.")
    if not opened:
        print(f"no vintage in {folder}: `forecast data add FILE` makes one.")
    return 0


def _describe(vintage: StoredVintage, opened: list[tuple[StoredVintage, Figures]]) -> None:
    """Print what a vintage holds, and how it differs from the one of its kind before it."""
    from forecast.data.vintages import compare, previous

    print(
        f"  {vintage.first_period} to {vintage.last_period}, {vintage.n_period} half-years, "
        f"{vintage.n_row} cells, {vintage.classification}, {vintage.layout} {vintage.source_file}"
    )
    print(f"  sha256 {vintage.original_sha256}, added {vintage.added[:16]} UTC")
    before = previous(vintage, opened)
    if before is None:
        print("  first of its kind")
        return
    earlier, old = before
    change = compare(old, next(figures for other, figures in opened if other == vintage))
    most = (
        f", most {change.largest_persons:+,.0f} persons in {change.where}" if change.where else ""
    )
    print(
        f"  revises {change.n_revised} of {change.n_common} cells it has in common with "
        f"{earlier.name}{most}; {change.n_new} cells are new, {change.n_gone} are gone"
    )


def _sources_root(chosen: argparse.Namespace) -> Path | None:
    named = chosen.root or os.environ.get("FORECAST_SOURCES")
    return Path(named) if named else None
