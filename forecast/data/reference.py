"""The embedded reference: derived tables that ship with the package, and how to rebuild them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from importlib import resources
from pathlib import Path

import pandas as pd

from forecast.classifications import ISCO08_NOT_IN_KOREA, Crosswalk
from forecast.data import (
    adoption,
    anchors,
    btos,
    citations,
    crosswalks,
    daioe,
    employment_sex,
    evidence,
    indices,
    keco,
    kosis,
    labour_market,
    licences,
    onet,
    programme_tables,
    published,
    related,
    sources,
    task_profile,
)
from forecast.errors import InputError

PACKAGE = "forecast.reference"
# Columns that are numbers or truth values; every other column is text, leading zeros kept.
# Counts with gaps are floats (a gap is NaN) that hold whole numbers.
_NUMBERS: dict[str, dict[str, str]] = {
    "registry": {"bytes": "int64"},
    "employment_age": {"employed_persons": "float64"},
    "employment_industry": {"employed_persons": "float64"},
    "employment_province": {"employed_persons": "float64"},
    "employment_education": {"employed_persons": "float64"},
    "vacancies": {"vacancies": "int64", "unfilled": "int64", "shortage_percent": "float64"},
    "wages": {"year": "int64", "wage_krw_month": "int64"},
    "keco_ksco7": {"weight": "float64"},
    "related_occupations": {"weight": "float64"},
    "isco_daioe": {"year": "int64", "daioe_genai": "float64", "daioe_allapps": "float64"},
    "isco_task_profile": {
        "task_share": "float64",
        "exposure": "float64",
        "substitution_share": "float64",
        "assistance_share": "float64",
        "n_task": "float64",
    },
    "minor_employment": {"employed_persons": "float64"},
    "isco_indices": {"value": "float64", "n_soc": "int64"},
    "ksco7_isco08": {"weight": "float64"},
    "adoption": {"year": "int64", "value_percent": "float64", "n_firms": "float64"},
    "adoption_ranges": {"year": "int64", "low_percent": "float64", "high_percent": "float64"},
    "btos_state": {"period": "int64", "yes_percent": "float64", "standard_error": "float64"},
    "anchors": {"value": "float64", "year": "int64"},
    "evidence": {"value": "float64"},
    "programmes": {"published": "float64"},
    "beside_programmes": {"published": "float64"},
    "programme_figures": {"low": "float64", "high": "float64"},
    "employment_sex": {"year": "int64", "women_share": "float64", "employed_persons": "float64"},
    "campuses": {"is_campus": "bool"},
    "stage_totals": {"itemised": "int64", "printed": "int64"},
}
_WHOLE = ("employed_persons", "n_firms", "published")
_SIMPLE: dict[str, Callable[[Path], pd.DataFrame]] = {
    "sources": citations.table,
    "ksco7": kosis.ksco7,
    "ksic10": kosis.ksic10,
    "sido": kosis.sido,
    "isco08": crosswalks.isco08,
    "employment_age": kosis.employment_age,
    "employment_industry": kosis.employment_industry,
    "employment_province": kosis.employment_province,
    "employment_education": labour_market.employment_education,
    "employment_sex": employment_sex.employment_sex,
    "vacancies": labour_market.vacancies,
    "wages": labour_market.wages,
    "isco_daioe": daioe.isco_daioe,
    "isco_indices": indices.isco_indices,
    "isco_task_profile": task_profile.isco_task_profile,
    "minor_employment": kosis.minor_employment,
    "adoption": adoption.table,
    "adoption_ranges": adoption.ranges,
    "btos_state": btos.table,
    "anchors": anchors.table,
    "campuses": published.campuses,
}
_COMPOSED = ("descriptors", "evidence", "isco_descriptors", "registry", "related_occupations")
_HAND_WRITTEN = ("keco_ksco7", "ksco7_isco08", "licensed_minors")
NAMES = tuple(sorted([*_SIMPLE, *_COMPOSED, *_HAND_WRITTEN, *programme_tables.NAMES]))


def load(name: str) -> pd.DataFrame:
    """Read one embedded table; codes are text, missing text is empty, missing numbers are NaN.

    Parameters
    ----------
    name : str
        One of :data:`NAMES`; the columns are described in ``forecast/reference/README.md``.

    Examples
    --------
    >>> load("stage_totals").set_index("stage").loc["전환기", ["itemised", "printed"]].tolist()
    [29500, 30000]
    """
    if name not in NAMES:
        raise InputError(f"no embedded table {name!r}; there are {', '.join(NAMES)}.")
    with resources.files(PACKAGE).joinpath(f"{name}.csv").open("r", encoding="utf-8") as stream:
        return _typed(name, pd.read_csv(stream, dtype=str, keep_default_na=False))


def build(
    root: Path,
    *,
    links: pd.DataFrame | None = None,
    keco_links: pd.DataFrame | None = None,
    licensed: pd.DataFrame | None = None,
    names_ko: pd.DataFrame | None = None,
    addresses: pd.DataFrame | None = None,
    policy: Path | None = None,
    programme_texts: Mapping[str, pd.DataFrame] | None = None,
    read: onet.Onet | None = None,
) -> dict[str, pd.DataFrame]:
    """Derive every table from a data root laid out as the shared ``data/`` folder.

    Parameters
    ----------
    root : Path
        Data root.
    links : DataFrame, optional
        The hand-written KSCO-7 to ISCO-08 links (ksco7, isco08, weight, basis, confidence), where
        a short ISCO code stands for all its unit groups. Default: the embedded crosswalk.
    keco_links : DataFrame, optional
        The hand-written links of KECO-2018 major groups to KSCO-7 sub-major groups (keco, ksco7,
        weight, confidence, note). Default: the embedded links.
    licensed : DataFrame, optional
        The hand-written list of licensed minor groups (ksco7, act, note, confidence). Default: the
        embedded list.
    names_ko : DataFrame, optional
        The hand-written Korean names of the O*NET elements (descriptor, name_ko). Default: the
        embedded names.
    addresses : DataFrame, optional
        The hand-written addresses of single files (path, file_url); with them the registry is
        derived from ``MANIFEST.json``, which a pulled data root lacks. Default: the embedded
        registry.
    policy : Path, optional
        Folder with the policy documents ``programmes.csv`` and ``figures.csv``, which no public
        data root has. Default: the embedded programmes, stage totals and policy figures.
    programme_texts : mapping, optional
        The hand-written ``programme_figures``, ``beside_programmes`` and ``contradictions`` of
        ``scripts/``, by name. Default: what rests on them stays as embedded.
    read : Onet, optional
        O*NET as read from `root`, by a caller who needs it as well. Default: it is read here.

    Returns
    -------
    dict
        Table name to table, equal to what :func:`load` returns for the embedded release.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(f"data root {root} is not a folder. Set data.root or $FORECAST_SOURCES.")
    tables = {name: derive(root) for name, derive in _SIMPLE.items()}
    tables["registry"] = (
        load("registry") if addresses is None else sources.registry_from(root, addresses=addresses)
    )
    read = onet.read_onet(root) if read is None else read
    tables["descriptors"] = name_in_korean(
        read.listed, load("descriptors") if names_ko is None else names_ko
    )
    tables["isco_descriptors"] = onet.isco_descriptors(root, read)
    tables["ksco7_isco08"] = (
        load("ksco7_isco08")
        if links is None
        else expand_links(links, tables["ksco7"], tables["isco08"])
    )
    tables["keco_ksco7"] = (
        load("keco_ksco7") if keco_links is None else keco.keco_ksco7(keco_links, tables["ksco7"])
    )
    tables["licensed_minors"] = (
        load("licensed_minors")
        if licensed is None
        else licences.licensed_minors(licensed, tables["ksco7"])
    )
    tables["related_occupations"] = related.related_occupations(root, tables["ksco7_isco08"])
    tables |= programme_tables.programme_tables(
        root, tables["campuses"], embedded=load, policy=policy, written=programme_texts
    )
    if policy is None:
        known_evidence = load("evidence")
        printed = known_evidence[known_evidence["source"] == evidence.POLICY_SOURCE]
    else:
        printed = evidence.policy_rows(policy)
    tables["evidence"] = evidence.table(root, printed)
    return {name: _typed(name, tables[name]) for name in NAMES}


def expand_links(links: pd.DataFrame, ksco7: pd.DataFrame, isco08: pd.DataFrame) -> pd.DataFrame:
    """Expand hand-written links to unit groups and scale weights to sum to 1 per KSCO group.

    A link's weight is shared equally by the unit groups it stands for; a unit group reached by
    two links of one KSCO group keeps the sum and the basis of the first.
    """
    minors = ksco7.loc[ksco7["level"] == "minor", "ksco7"]
    unknown = sorted(set(links["ksco7"]) - set(minors))
    if unknown:
        raise InputError(f"ksco7_isco08_links.csv: unknown KSCO-7 minor group(s) {unknown}.")
    rows = []
    for link in links.to_dict("records"):
        units = [code for code in isco08["isco08"] if code.startswith(str(link["isco08"]))]
        if not units:
            raise InputError(f"ksco7_isco08_links.csv: {link['isco08']} is no ISCO-08 code.")
        rows += [{**link, "isco08": code, "weight": link["weight"] / len(units)} for code in units]
    expanded = (
        pd.DataFrame(rows)
        .groupby(["ksco7", "isco08"], as_index=False)
        .agg({"weight": "sum", "basis": "first", "confidence": "first"})
    )
    present = set(isco08["isco08"]) - set(ISCO08_NOT_IN_KOREA)
    whole = Crosswalk.from_links(
        expanded, source="isco08", target="ksco7", sources=present, targets=minors
    )
    whole.require_no_target_lost()
    whole.require_no_source_lost()
    expanded["weight"] = expanded["weight"] / expanded.groupby("ksco7")["weight"].transform("sum")
    expanded["weight"] = expanded["weight"].round(10)
    return expanded.assign(source="ksco7_isco08_own").sort_values(
        ["ksco7", "isco08"], ignore_index=True
    )


def name_in_korean(listed: pd.DataFrame, names_ko: pd.DataFrame) -> pd.DataFrame:
    """Put `name_ko` beside `name`: every element has one Korean name and no two share it."""
    names = names_ko.set_index("descriptor")["name_ko"]
    without = sorted(set(listed["descriptor"]) ^ set(names.index))
    if without or names.index.has_duplicates:
        raise InputError(
            f"descriptor_names_ko.csv: element(s) {without[:5]} lack a Korean name, or the name "
            "an element; each element has one row."
        )
    repeated = names[names.duplicated(keep=False) | (names.str.strip() == "")]
    if len(repeated):
        raise InputError(
            f"descriptor_names_ko.csv: {list(repeated.index)} share a Korean name or lack one."
        )
    named = listed.assign(name_ko=listed["descriptor"].map(names))
    place = list(listed.columns).index("name") + 1
    return named[[*listed.columns[:place], "name_ko", *listed.columns[place:]]]


def to_csv(name: str, table: pd.DataFrame) -> str:
    """Return a table as the text that is checked in: UTF-8, LF, whole counts without a point."""
    printed = table.copy()
    for column in _WHOLE:
        if column in printed and _NUMBERS.get(name, {}).get(column) == "float64":
            printed[column] = printed[column].astype("Int64")
    return printed.to_csv(index=False, lineterminator="\n")


def write(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write tables as CSV files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        (folder / f"{name}.csv").write_text(to_csv(name, table), encoding="utf-8", newline="\n")


def input_hashes() -> dict[str, str]:
    """Return the sha256 of every embedded table, by file name, for the lineage of a run."""
    folder = resources.files(PACKAGE)
    return {
        f"{name}.csv": hashlib.sha256(folder.joinpath(f"{name}.csv").read_bytes()).hexdigest()
        for name in NAMES
    }


def _typed(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Give every column its type: what is derived and what is read back are the same table."""
    numbers = dict(_NUMBERS.get(name, {}))
    if name == "isco_descriptors":
        text = ("isco08", "source")
        numbers = {column: "float64" for column in table.columns if column not in text}
        numbers["n_soc"] = "int64"
    typed = table.reset_index(drop=True).copy()
    for column in typed.columns:
        kind = numbers.get(column)
        if kind is None:
            typed[column] = typed[column].astype("str").fillna("")
        elif kind == "bool":
            typed[column] = typed[column].astype(str) == "True"
        else:
            numeric = pd.to_numeric(typed[column])
            typed[column] = numeric.astype("int64" if kind == "int64" else "float64")
    return typed
