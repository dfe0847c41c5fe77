"""O*NET descriptors of occupations, by SOC-2018 and averaged to ISCO-08.

As released here, skills, knowledge, work styles, interests and job zones come from release 29.3
(O*NET-SOC 2019), abilities from about 2020 (O*NET-SOC 2010), work activities from 30.1 (6-digit
SOC-2018). A user's files may be of other releases: the codes in them decide their revision.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.data.crosswalks import (
    average_to_isco,
    soc2010_to_soc2018,
    soc2010_to_soc2018_mean,
    to_six_digits,
    weights_soc2010,
    weights_soc2018,
)
from forecast.data.files import locate, read_table, to_number
from forecast.data.ratings import (
    IMPORTANCE,
    LEVEL,
    Domain,
    read_ratings,
    refuse_repeated,
)
from forecast.data.revisions import code_system
from forecast.errors import InputError

ZONES = "onet/Job Zones.xlsx"
EDUCATION = "onet/Education, Training, and Experience.xlsx"
# Importance runs 1 to 5, occupational interest 1 to 7.
DOMAINS = (
    Domain("skill", "onet/Skills.xlsx", IMPORTANCE, "onet_29_3", r"2\.[AB]\.\d\.[a-z]"),
    Domain("knowledge", "onet/Knowledge.xlsx", IMPORTANCE, "onet_29_3", r"2\.C\.\d+(\.[a-z])?"),
    Domain("style", "onet/Work Styles.xlsx", IMPORTANCE, "onet_29_3", r"1\.C\.\d\.[a-z]"),
    Domain("interest", "onet/Interests.xlsx", "OI", "onet_29_3", r"1\.B\.1\.[a-f]"),
    Domain(
        "activity",
        "onet/Work Activities.csv",
        IMPORTANCE,
        "onet_activities",
        r"4\.A\.\d\.[a-z]\.\d",
    ),
    Domain("ability", "onet/Abilities.csv", IMPORTANCE, "onet_abilities", r"1\.A\.\d\.[a-z]\.\d"),
)
WITH_LEVELS = ("skill", "knowledge")
# Scale of required education and training -> column; categories rise with what is required.
EDUCATION_SCALES = {
    "RL": "required_education",
    "RW": "required_experience",
    "PT": "required_site_training",
    "OJ": "required_job_training",
}
_DECIMALS = 4


@dataclass(frozen=True)
class Onet:
    """O*NET as read: the descriptor list and the ratings in the SOC revision of their file.

    Parameters
    ----------
    listed : DataFrame
        descriptor, element_id, name, domain, scale, source.
    modern : DataFrame (soc2018, descriptor)
        Domains whose file has SOC-2018 codes.
    older : DataFrame (soc2010, descriptor)
        Domains whose file has SOC-2010 codes; as released here the abilities.
    levels : DataFrame (soc2018, level of a skill or knowledge)
        Scale LV, 0 to 7, columns ``skill_level_...`` and ``knowledge_level_...``.
    """

    listed: pd.DataFrame
    modern: pd.DataFrame
    older: pd.DataFrame
    levels: pd.DataFrame


def read_onet(root: Path) -> Onet:
    """Read the seven O*NET files once (about 10 s); 8-digit codes are averaged to 6 digits."""
    long = pd.concat([*(_ratings(root, domain) for domain in DOMAINS), _zones(root)])
    levels = long[long["scale"] == LEVEL]
    long = long[long["scale"] != LEVEL]
    columns = ["descriptor", "element_id", "name", "domain", "scale", "source"]
    listed = long[columns].drop_duplicates()
    repeated = listed["descriptor"][listed["descriptor"].duplicated()]
    if len(repeated):
        raise InputError(f"O*NET: two elements are both called {repeated.iloc[0]}.")
    listed = listed.sort_values("descriptor", ignore_index=True)
    return Onet(
        listed,
        _wide(long, "soc2018"),
        _wide(long, "soc2010"),
        _at_soc2018(root, _wide(levels, "soc2018"), _wide(levels, "soc2010")),
    )


def soc_descriptors(root: Path, onet: Onet | None = None) -> pd.DataFrame:
    """Return descriptors by SOC-2018: soc2018 and one column a descriptor, O*NET scales.

    Missing where O*NET has not rated an occupation. Ratings in SOC-2010 (abilities) are means over
    the SOC-2010 codes that a SOC-2018 code came from.
    """
    onet = onet or read_onet(root)
    wide = _at_soc2018(root, onet.modern, onet.older)
    wide = wide[list(onet.listed["descriptor"])].round(_DECIMALS)
    return wide.rename_axis("soc2018").reset_index()


def isco_descriptors(root: Path, onet: Onet | None = None) -> pd.DataFrame:
    """Return descriptors by ISCO-08 group: isco08, descriptor columns, n_soc, source.

    A group that lacks any domain is left out, not imputed; `n_soc` is the smallest number of
    SOC codes behind any of its values.
    """
    onet = onet or read_onet(root)
    parts = [
        average_to_isco(ratings, weights(root))
        for ratings, weights in ((onet.modern, weights_soc2018), (onet.older, weights_soc2010))
        if ratings.shape[1]
    ]
    wide = pd.concat([averages for averages, _ in parts], axis=1, join="inner").dropna()
    wide = wide[list(onet.listed["descriptor"])].round(_DECIMALS)
    counts = pd.concat([number for _, number in parts], axis=1, join="inner")
    return (
        wide.assign(n_soc=counts.loc[wide.index].min(axis=1), source="onet_at_isco08")
        .sort_index()
        .reset_index()
    )


def soc_extras(root: Path, onet: Onet | None = None) -> pd.DataFrame:
    """Return what O*NET says beyond the descriptors, by SOC-2018, gaps kept.

    Returns
    -------
    DataFrame
        soc2018; ``skill_level_...`` and ``knowledge_level_...`` (0 to 7); ``required_education``
        (1 to 12), ``required_experience`` (1 to 11), ``required_site_training`` and
        ``required_job_training`` (1 to 9): mean category over the answers. Interests are among
        the descriptors.
    """
    onet = onet or read_onet(root)
    wide = onet.levels.join(_education(root), how="outer").round(_DECIMALS)
    return wide.rename_axis("soc2018").reset_index()


def _ratings(root: Path, domain: Domain) -> pd.DataFrame:
    leveled = domain.name in WITH_LEVELS
    scales = (domain.scale, LEVEL) if leveled else (domain.scale,)
    ratings = read_ratings(root, domain, scales=scales)
    if leveled:
        name = f"{domain.name}_level_"
        of_level = ratings["scale"] == LEVEL
        renamed = ratings["descriptor"].str.replace(f"{domain.name}_", name, n=1, regex=False)
        ratings["descriptor"] = ratings["descriptor"].where(~of_level, renamed)
    return ratings


def _zones(root: Path) -> pd.DataFrame:
    code, zone = "O*NET-SOC Code", "Job Zone"
    file = locate(root, ZONES)
    table = read_table(root, ZONES, columns=(code, zone))
    refuse_repeated(table, [code], file=file)
    system = code_system(table[code], soc2010_to_soc2018(root), file=file)
    return pd.DataFrame(
        {
            "system": system,
            "soc": to_six_digits(table[code], soc2010=system == "soc2010"),
            "descriptor": "job_zone",
            "element_id": "",
            "name": zone,
            "domain": "zone",
            "scale": "JZ",
            "source": "onet_29_3",
            "value": to_number(table, zone, file=file),
        }
    )


def _education(root: Path) -> pd.DataFrame:
    """Average the category that is required over the answers: one column a scale, by SOC-2018."""
    code, scale, category, share = "O*NET-SOC Code", "Scale ID", "Category", "Data Value"
    file = locate(root, EDUCATION)
    table = read_table(root, EDUCATION, columns=(code, scale, category, share))
    table = table[table[scale].isin(EDUCATION_SCALES)]
    refuse_repeated(table, [code, scale, category], file=file)
    system = code_system(table[code], soc2010_to_soc2018(root), file=file)
    percent = to_number(table, share, file=file)
    parts = pd.DataFrame(
        {
            "system": system,
            "code": table[code],
            "descriptor": table[scale].map(EDUCATION_SCALES),
            "sum": percent * to_number(table, category, file=file),
            "percent": percent,
        }
    )
    means = parts.groupby(["system", "code", "descriptor"]).sum().reset_index()
    means["value"] = means["sum"] / means["percent"].where(means["percent"] > 0)
    means["soc"] = to_six_digits(means["code"], soc2010=system == "soc2010")
    return _at_soc2018(root, _wide(means, "soc2018"), _wide(means, "soc2010"))


def _wide(long: pd.DataFrame, system: str) -> pd.DataFrame:
    """Average 8-digit occupations to their 6-digit code: one row a code, one column a score."""
    own = long[long["system"] == system]
    if own.empty:
        return pd.DataFrame(index=pd.Index([], name=system, dtype="str"))
    return own.pivot_table(index="soc", columns="descriptor", values="value").rename_axis(
        index=system, columns=None
    )


def _at_soc2018(root: Path, modern: pd.DataFrame, older: pd.DataFrame) -> pd.DataFrame:
    """Put ratings of both revisions side by side by SOC-2018."""
    if not older.shape[1]:
        return modern
    return modern.join(soc2010_to_soc2018_mean(root, older), how="outer")
