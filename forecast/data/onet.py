"""O*NET descriptors of occupations, by SOC-2018 and averaged to ISCO-08.

Skills, knowledge, work styles, interests and job zones come from release 29.3 (O*NET-SOC 2019),
abilities from about 2020 (O*NET-SOC 2010), work activities from 30.1 (6-digit SOC-2018).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.data.crosswalks import (
    average_to_isco,
    soc2010_to_soc2018_mean,
    to_six_digits,
    weights_soc2010,
    weights_soc2018,
)
from forecast.data.files import read_sheet, read_text_table, to_number
from forecast.errors import InputError

ABILITIES = "onet/Abilities.csv"
ACTIVITIES = "onet/Work Activities.csv"
ZONES = "onet/Job Zones.xlsx"
CONTENT_MODEL = "onet/Content Model Reference.xlsx"
IMPORTANCE = "IM"
# domain -> workbook and scale; importance runs 1 to 5, occupational interest 1 to 7.
_WORKBOOKS = {
    "skill": ("onet/Skills.xlsx", IMPORTANCE),
    "knowledge": ("onet/Knowledge.xlsx", IMPORTANCE),
    "style": ("onet/Work Styles.xlsx", IMPORTANCE),
    "interest": ("onet/Interests.xlsx", "OI"),
}
_COLUMNS = ("O*NET-SOC Code", "Element ID", "Element Name", "Scale ID", "Data Value")
_DECIMALS = 4


@dataclass(frozen=True)
class Onet:
    """O*NET as read: the descriptor list and the ratings in the two SOC revisions they use.

    Parameters
    ----------
    listed : DataFrame
        descriptor, element_id, name, domain, scale, source.
    modern : DataFrame (soc2018, descriptor)
        All domains except abilities.
    abilities : DataFrame (soc2010, descriptor)
        Abilities.
    """

    listed: pd.DataFrame
    modern: pd.DataFrame
    abilities: pd.DataFrame


def read_onet(root: Path) -> Onet:
    """Read the seven O*NET files once (about 10 s); 8-digit codes are averaged to 6 digits."""
    long = [_workbook(root, domain) for domain in _WORKBOOKS]
    long += [_activities(root), _zones(root)]
    abilities = _abilities(root)
    columns = ["descriptor", "element_id", "name", "domain", "scale", "source"]
    listed = pd.concat([*long, abilities])[columns].drop_duplicates()
    repeated = listed["descriptor"][listed["descriptor"].duplicated()]
    if len(repeated):
        raise InputError(f"O*NET: two elements are both called {repeated.iloc[0]}.")
    listed = listed.sort_values("descriptor", ignore_index=True)
    return Onet(listed, _wide(pd.concat(long), "soc2018"), _wide(abilities, "soc2010"))


def soc_descriptors(root: Path, onet: Onet | None = None) -> pd.DataFrame:
    """Return descriptors by SOC-2018: soc2018 and one column a descriptor, O*NET scales.

    Missing where O*NET has not rated an occupation. Abilities are means over the SOC-2010 codes
    that a SOC-2018 code came from.
    """
    onet = onet or read_onet(root)
    wide = onet.modern.join(soc2010_to_soc2018_mean(root, onet.abilities), how="outer")
    wide = wide[list(onet.listed["descriptor"])].round(_DECIMALS)
    return wide.rename_axis("soc2018").reset_index()


def isco_descriptors(root: Path, onet: Onet | None = None) -> pd.DataFrame:
    """Return descriptors by ISCO-08 group: isco08, descriptor columns, n_soc, source.

    A group that lacks any domain is left out, not imputed; `n_soc` is the smallest number of
    SOC codes behind any of its values.
    """
    onet = onet or read_onet(root)
    modern, modern_count = average_to_isco(onet.modern, weights_soc2018(root))
    older, older_count = average_to_isco(onet.abilities, weights_soc2010(root))
    wide = modern.join(older, how="inner").dropna()
    wide = wide[list(onet.listed["descriptor"])].round(_DECIMALS)
    counts = modern_count.join(older_count, how="inner").loc[wide.index].min(axis=1)
    return wide.assign(n_soc=counts, source="onet_at_isco08").sort_index().reset_index()


def _wide(long: pd.DataFrame, code: str) -> pd.DataFrame:
    """Average 8-digit occupations to their 6-digit code: one row a code, one column a score."""
    return long.pivot_table(index="soc", columns="descriptor", values="value").rename_axis(
        index=code, columns=None
    )


def _workbook(root: Path, domain: str) -> pd.DataFrame:
    file, scale = _WORKBOOKS[domain]
    table = read_sheet(root, file, columns=_COLUMNS)
    return _long(table[table["Scale ID"] == scale], domain, scale, file, source="onet_29_3")


def _activities(root: Path) -> pd.DataFrame:
    table = read_text_table(root, ACTIVITIES, columns=_COLUMNS)
    table = table[table["Scale ID"] == IMPORTANCE]
    return _long(table, "activity", IMPORTANCE, ACTIVITIES, source="onet_activities")


def _abilities(root: Path) -> pd.DataFrame:
    """Read abilities; the file has names only, their ids come from the content model."""
    columns = tuple(name for name in _COLUMNS if name != "Element ID")
    table = read_text_table(root, ABILITIES, columns=columns)
    table = table[table["Scale ID"] == IMPORTANCE]
    model = read_sheet(root, CONTENT_MODEL, columns=("Element ID", "Element Name"))
    model = model[model["Element ID"].str.match(r"1\.A\.\d\.[a-z]\.\d")]
    joined = table.merge(model, on="Element Name", how="left", validate="many_to_one")
    unknown = joined.loc[joined["Element ID"].isna(), "Element Name"]
    if len(unknown):
        raise InputError(f"{ABILITIES}: {unknown.iloc[0]!r} is not in {CONTENT_MODEL}.")
    return _long(joined, "ability", IMPORTANCE, ABILITIES, source="onet_abilities", soc2010=True)


def _zones(root: Path) -> pd.DataFrame:
    table = read_sheet(root, ZONES, columns=("O*NET-SOC Code", "Job Zone"))
    table = table.rename(columns={"Job Zone": "Data Value"})
    table["Element ID"], table["Element Name"] = "", "Job Zone"
    return _long(table, "zone", "JZ", ZONES, source="onet_29_3")


def _long(
    table: pd.DataFrame, domain: str, scale: str, file: str, *, source: str, soc2010: bool = False
) -> pd.DataFrame:
    if table.empty:
        raise InputError(f"{file} has no row on scale {scale}. Pull the file again.")
    names = table["Element Name"].map(
        {name: _slug(name) for name in table["Element Name"].unique()}
    )
    return pd.DataFrame(
        {
            "soc": to_six_digits(table["O*NET-SOC Code"], soc2010=soc2010),
            "descriptor": names if domain == "zone" else f"{domain}_" + names,
            "element_id": table["Element ID"],
            "name": table["Element Name"],
            "domain": domain,
            "scale": scale,
            "source": source,
            "value": to_number(table, "Data Value", file=file),
        }
    )


def _slug(name: str) -> str:
    """Turn an element name into a column name.

    >>> _slug("Achievement/Effort")
    'achievement_effort'
    """
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
