"""Rebuild the embedded reference from the public sources, or check that it is up to date.

python scripts/build_reference.py --root DATA          writes forecast/reference/*.csv
python scripts/build_reference.py --root DATA --check  compares, writes nothing

The policy documents are read from --policy, by default a folder ``policy`` beside DATA.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import pandas as pd

from forecast.data import programme_tables, reference
from forecast.errors import ForecastError

HERE = Path(__file__).resolve().parent
LINKS = HERE / "ksco7_isco08_links.csv"
KECO_LINKS = HERE / "keco_ksco7_links.csv"
LICENSED = HERE / "licensed_minors.csv"
NAMES_KO = HERE / "descriptor_names_ko.csv"
ADDRESSES = HERE / "source_addresses.csv"
PROGRAMME_TEXTS = {name: HERE / f"{name}.csv" for name in programme_tables.WRITTEN}
FOLDER = HERE.parent / "forecast" / "reference"


def read_links(path: Path = LINKS) -> pd.DataFrame:
    """Read the hand-written KSCO-7 to ISCO-08 links, codes as text."""
    return pd.read_csv(path, dtype=str).astype({"weight": float})


def read_keco_links(path: Path = KECO_LINKS) -> pd.DataFrame:
    """Read the hand-written links of KECO-2018 to KSCO-7, codes as text."""
    return pd.read_csv(path, dtype=str).astype({"weight": float})


def read_licensed(path: Path = LICENSED) -> pd.DataFrame:
    """Read the hand-written list of licensed minor groups: ksco7, act, note, confidence."""
    return pd.read_csv(path, dtype=str)


def read_names_ko(path: Path = NAMES_KO) -> pd.DataFrame:
    """Read the hand-written Korean names of the O*NET elements: descriptor, name_ko."""
    return pd.read_csv(path, dtype=str)


def read_addresses(path: Path = ADDRESSES) -> pd.DataFrame:
    """Read the hand-written addresses of single source files: path, file_url."""
    return pd.read_csv(path, dtype=str)


def read_programme_texts() -> dict[str, pd.DataFrame]:
    """Read what this project wrote about programmes, by name: all text, empty cells empty."""
    return {
        name: pd.read_csv(path, dtype=str, keep_default_na=False)
        for name, path in PROGRAMME_TEXTS.items()
    }


def main() -> int:
    """Write the tables, or with --check name those that differ (exit code 1)."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=os.environ.get("FORECAST_SOURCES"))
    parser.add_argument("--policy", type=Path, help="policy documents; default: beside the root")
    parser.add_argument("--check", action="store_true", help="compare instead of write")
    options = parser.parse_args()
    if options.root is None:
        parser.error("give --root DIR or set FORECAST_SOURCES")
    try:
        root = Path(options.root).resolve()
        policy = options.policy or root.parent / "policy"
        tables = reference.build(
            root,
            links=read_links(),
            keco_links=read_keco_links(),
            licensed=read_licensed(),
            names_ko=read_names_ko(),
            addresses=read_addresses(),
            policy=policy,
            programme_texts=read_programme_texts(),
        )
    except ForecastError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if not options.check:
        reference.write(tables, FOLDER)
        return 0
    stale = [name for name, table in tables.items() if _stale(name, table)]
    print("out of date: " + ", ".join(stale) if stale else "up to date")
    return 1 if stale else 0


def _stale(name: str, table: pd.DataFrame) -> bool:
    path = FOLDER / f"{name}.csv"
    expected = reference.to_csv(name, table).encode("utf-8")
    return not path.is_file() or path.read_bytes() != expected


if __name__ == "__main__":
    sys.exit(main())
