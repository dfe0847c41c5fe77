"""Indices whose authors state no licence: read where a user has pulled them, never embedded.

AIOE (Felten, Raj, Seamans 2021), its language-model variant (Felten, Raj, Seamans 2023), the
probability of computerisation (Frey, Osborne 2013) and suitability for machine learning (SML;
Brynjolfsson, Mitchell, Rock 2018). All are by SOC-2010. AIOE and AIOE-LM are weighted sums of
O*NET abilities: predicting them from abilities is no evidence.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.data.crosswalks import soc2010_to_soc2018
from forecast.data.files import read_sheet, read_text_table, to_number
from forecast.data.ratings import refuse_repeated
from forecast.data.revisions import require_system

# Codes of the employment survey of 2010 that Frey and Osborne score, which joined several SOC-2010
# occupations while the survey changed from SOC-2000. A whole broad or minor group (ending in 0) is
# not listed. Their members follow from the titles and from what else is missing in the file.
SURVEY_2010: dict[str, tuple[str, ...]] = {
    "13-1078": ("13-1071", "13-1075"),
    "15-1179": ("15-1122", "15-1134", "15-1143"),
    "15-1799": ("15-1199",),
    "25-3999": ("25-3099",),
    "29-1111": ("29-1141", "29-1151", "29-1161", "29-1171"),
    "29-2037": ("29-2034", "29-2035"),
    "29-2799": ("29-2057", "29-2092", "29-2099"),
    "29-9799": ("29-9092", "29-9099"),
    "31-9799": ("31-9097", "31-9099"),
    "39-4831": ("11-9061", "39-4031"),
    "47-4799": ("47-2231", "47-4099"),
    "49-9799": ("49-9081", "49-9099"),
    "51-9399": ("51-3099", "51-9199"),
}


@dataclass(frozen=True)
class PullOnly:
    """One index: file, sheet of a workbook or separator of a text, columns of code and value."""

    name: str
    file: str
    sheet: str | None
    code: str
    value: str


INDICES = (
    PullOnly("aioe", "aioe/AIOE_DataAppendix.xlsx", "Appendix A", "SOC Code", "AIOE"),
    PullOnly(
        "aioe_lm",
        "aioe/Language Modeling AIOE and AIIE.xlsx",
        "LM AIOE",
        "SOC Code",
        "Language Modeling AIOE",
    ),
    PullOnly("frey_osborne", "frey_osborne/frey_osborne_2013.csv", None, "SOC code", "Probability"),
    PullOnly("sml", "sml/SML_score.csv", None, "occ_code", "mSML"),
)
NAMES = tuple(index.name for index in INDICES)


def pull_only_indices(root: Path) -> pd.DataFrame:
    """Return the pull-only indices that are there, by SOC-2010.

    Returns
    -------
    DataFrame
        Indexed by soc2010; a column for each of `aioe`, `aioe_lm` (standard scores),
        `frey_osborne` (probability), `sml` (1 to 5) whose file lies below `root`. A file that is
        absent has no column; one that is there but wrong is refused.
    """
    there = [index for index in INDICES if (Path(root) / index.file).is_file()]
    scores = [_scores(root, index) for index in there]
    if not scores:
        return pd.DataFrame(index=pd.Index([], name="soc2010", dtype="str"))
    return pd.concat(scores, axis=1).sort_index().rename_axis("soc2010")


def absent(root: Path) -> list[str]:
    """List the pull-only indices whose file does not lie below `root`."""
    return [index.name for index in INDICES if not (Path(root) / index.file).is_file()]


def survey_members(code: str, soc2010: set[str]) -> list[str]:
    """List the SOC-2010 occupations that a code of the 2010 survey stands for.

    >>> survey_members("15-1150", {"15-1151", "15-1152", "15-1141"})
    ['15-1151', '15-1152']
    >>> survey_members("11-1011", {"11-1011"})
    ['11-1011']
    """
    if code in SURVEY_2010:
        return sorted(SURVEY_2010[code])
    group = code.rstrip("0")
    # A group code ends in one zero (broad) or three (minor); an occupation never does.
    wide = code not in soc2010 and code.endswith("0")
    return sorted(own for own in soc2010 if own.startswith(group)) if wide else [code]


def _scores(root: Path, index: PullOnly) -> pd.Series:
    columns = (index.code, index.value)
    read: Callable[..., pd.DataFrame] = read_text_table
    more: dict[str, str] = {}
    if index.sheet is not None:
        read, more = read_sheet, {"sheet": index.sheet}
    table = read(root, index.file, columns=columns, **more)
    table[index.code] = table[index.code].str.strip()
    refuse_repeated(table, [index.code], file=index.file)
    table["score"] = to_number(table, index.value, file=index.file)
    if index.name == "frey_osborne":
        known = set(soc2010_to_soc2018(root)["soc2010"])
        table[index.code] = [survey_members(code, known) for code in table[index.code]]
        table = table.explode(index.code)
    codes = require_system(table[index.code], root, file=index.file, system="soc2010")
    return table["score"].groupby(codes.to_numpy()).mean().rename(index.name)
