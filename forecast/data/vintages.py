"""A user's figures as immutable vintages: stored once, hashed, and compared with the one before."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from forecast.data.encodings import read_bytes
from forecast.data.kosis import SURVEYS
from forecast.data.kosis_cells import Figures
from forecast.data.ksco import SYSTEM
from forecast.data.own_tables import read_own
from forecast.errors import ConfigError, InputError

FACTS, TABLE, ORIGINAL = "vintage.json", "table.csv", "original"
_VALUE = "employed_persons"


@dataclass(frozen=True)
class StoredVintage:
    """One release of a table as it was added: where it came from and what it holds.

    Parameters
    ----------
    kind : str
        Reference table whose schema it has.
    classification : str
        Of its occupations.
    layout, source_file : str
        What the added file was, and its name.
    original_sha256, table_sha256 : str
        Of the bytes that were added and of the table made of them.
    first_period, last_period : str
        Half-years it runs from and to.
    n_period, n_row : int
        Their number, and the number of cells.
    added : str
        When, in UTC; no part of the identity, so that the same file is the same vintage.
    """

    kind: str
    classification: str
    layout: str
    source_file: str
    original_sha256: str
    table_sha256: str
    first_period: str
    last_period: str
    n_period: int
    n_row: int
    added: str

    @property
    def name(self) -> str:
        """Name of its folder: kind, last half-year and the first 12 digits of the sha256."""
        return f"{self.kind}-{self.last_period}-{self.original_sha256[:12]}"

    @property
    def original(self) -> str:
        """Name of the copy of the added file."""
        return ORIGINAL + Path(self.source_file).suffix.lower()


@dataclass(frozen=True)
class Revision:
    """How a vintage differs from the one before on the cells that both have."""

    n_common: int
    n_revised: int
    largest_persons: float  # later less earlier of the cell revised most; NaN if none has both
    where: str  # of that cell, as period/key/key
    n_new: int
    n_gone: int


def add(path: Path, folder: Path, *, now: datetime | None = None) -> tuple[StoredVintage, bool]:
    """Store a file as a vintage below `folder`, whole or not at all.

    Parameters
    ----------
    path : Path
        Any file that :func:`forecast.data.own_tables.read_own` reads.
    folder : Path
        Of the vintages; made if absent.
    now : datetime, optional
        When it is added. Default: now.

    Returns
    -------
    vintage : StoredVintage
    is_new : bool
        False if the same bytes were stored before: then nothing is changed.
    """
    content = read_bytes(path)
    own = read_own(path)
    table = _to_csv(own.figures.table)
    periods = own.figures.table["period"]
    vintage = StoredVintage(
        kind=own.figures.kind,
        classification=SYSTEM,
        layout=own.layout,
        source_file=path.name,
        original_sha256=_sha256(content),
        table_sha256=_sha256(table),
        first_period=periods.min(),
        last_period=periods.max(),
        n_period=periods.nunique(),
        n_row=len(periods),
        added=(now or datetime.now(UTC)).isoformat(timespec="microseconds"),
    )
    final = folder / vintage.name
    if final.exists():
        return open_vintage(final)[0], False
    files = {vintage.original: content, TABLE: table, FACTS: _sealed(vintage)}
    _write_whole(final, files)
    return vintage, True


def open_vintage(folder: Path) -> tuple[StoredVintage, Figures]:
    """Read a vintage, and refuse it if a byte of it was changed since it was added."""
    stored = read_bytes(folder / FACTS)
    try:
        facts = json.loads(stored)
        facts.pop("seal")
        vintage = StoredVintage(**facts)
        intact = _sealed(vintage) == stored and vintage.name == folder.resolve().name
    except (ValueError, TypeError, KeyError, AttributeError):
        intact = False
    if not intact:
        raise _changed(folder, FACTS)
    table = read_bytes(folder / TABLE)
    original = read_bytes(folder / vintage.original)
    for name, content, digest in (
        (TABLE, table, vintage.table_sha256),
        (vintage.original, original, vintage.original_sha256),
    ):
        if _sha256(content) != digest:
            raise _changed(folder, name)
    return vintage, Figures(vintage.kind, _from_csv(table))


def open_all(folder: Path) -> tuple[list[tuple[StoredVintage, Figures]], dict[str, str]]:
    """Read every vintage below `folder` in the order they were added.

    Returns
    -------
    opened : list of tuple
        Those that are as they were stored.
    changed : dict
        Of the others the name and what is wrong.

    Examples
    --------
    >>> open_all(Path("nowhere"))
    ([], {})
    """
    opened, changed = [], {}
    for facts in sorted(folder.glob(f"[!.]*/{FACTS}")):
        try:
            opened.append(open_vintage(facts.parent))
        except InputError as error:
            changed[facts.parent.name] = str(error)
    return sorted(opened, key=lambda each: (each[0].added, each[0].name)), changed


def previous(
    vintage: StoredVintage, opened: list[tuple[StoredVintage, Figures]]
) -> tuple[StoredVintage, Figures] | None:
    """Return of vintages in the order they were added the one of its kind before this one."""
    place = next(i for i, (other, _) in enumerate(opened) if other.name == vintage.name)
    before = [each for each in opened[:place] if each[0].kind == vintage.kind]
    return before[-1] if before else None


def compare(earlier: Figures, later: Figures) -> Revision:
    """Compare two vintages of one kind cell by cell; a figure that came or went counts as revised.

    Examples
    --------
    >>> keys = {"ksic": "A", "ksco7": "1"}
    >>> old = pd.DataFrame([{"period": "2022H1", **keys, "employed_persons": 5000.0}])
    >>> new = pd.DataFrame([{"period": "2022H1", **keys, "employed_persons": 4000.0}])
    >>> compare(Figures("employment_industry", old), Figures("employment_industry", new))
    Revision(n_common=1, n_revised=1, largest_persons=-1000.0, where='2022H1/A/1',
             n_new=0, n_gone=0)
    """
    keys = ["period", *SURVEYS[later.kind].keys]
    both = earlier.table[[*keys, _VALUE]].merge(
        later.table[[*keys, _VALUE]],
        on=keys,
        how="outer",
        suffixes=("_earlier", "_later"),
        indicator=True,
        validate="one_to_one",
    )
    common = both[both["_merge"] == "both"].reset_index(drop=True)
    before, after = common[f"{_VALUE}_earlier"], common[f"{_VALUE}_later"]
    revised = ~((before == after) | (before.isna() & after.isna()))
    change = (after - before).to_numpy(dtype=float)
    known = bool(revised.any()) and not np.isnan(change[revised]).all()
    most = int(np.nanargmax(np.where(revised, np.abs(change), np.nan))) if known else None
    return Revision(
        n_common=len(common),
        n_revised=int(revised.sum()),
        largest_persons=float("nan") if most is None else float(change[most]),
        where="" if most is None else "/".join(common[keys].iloc[most]),
        n_new=int((both["_merge"] == "right_only").sum()),
        n_gone=int((both["_merge"] == "left_only").sum()),
    )


def _to_csv(table: pd.DataFrame) -> bytes:
    """Print persons as short as they can be read back: whole numbers without a point."""
    persons = [
        "" if np.isnan(value) else np.format_float_positional(value, trim="-")
        for value in table[_VALUE].to_numpy(dtype=float)
    ]
    return table.assign(**{_VALUE: persons}).to_csv(index=False, lineterminator="\n").encode()


def _from_csv(content: bytes) -> pd.DataFrame:
    table = pd.read_csv(io.BytesIO(content), dtype=str, keep_default_na=False)
    return table.assign(**{_VALUE: pd.to_numeric(table[_VALUE]).astype("float64")})


def _sealed(vintage: StoredVintage) -> bytes:
    """Print the facts with their own sha256, so that a change to them shows as well."""
    facts = asdict(vintage)
    facts["seal"] = _sha256(json.dumps(facts, ensure_ascii=False, sort_keys=True).encode())
    return (json.dumps(facts, ensure_ascii=False, indent=2) + "\n").encode()


def _write_whole(final: Path, files: dict[str, bytes]) -> None:
    aside = final.with_name(f".{final.name}.partial-{os.getpid()}")
    try:
        aside.mkdir(parents=True)
        for name, content in files.items():
            (aside / name).write_bytes(content)
            (aside / name).chmod(0o444)
        aside.replace(final)
    except OSError as error:
        raise ConfigError(f"vintage {final} cannot be written: {error}.") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _changed(folder: Path, name: str) -> InputError:
    return InputError(
        f"{folder}: {name} is not what was stored. A vintage never changes: delete the folder and "
        "add the original anew, or take it from a copy that reads."
    )
