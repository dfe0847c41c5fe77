"""SOC-2010, SOC-2018 and ISCO-08: official links, and US employment as the averaging weight.

An occupation that links to several groups counts in each with an equal part of its employment,
so an ISCO group's score is an average over the workers that reach it, never a copied sum.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from forecast.data.files import read_sheet, read_text_table, to_number
from forecast.errors import InputError

ISCO_SOC = "crosswalks/isco08_soc2010.xlsx"
SOC_SOC = "crosswalks/soc2010_soc2018.csv"
EMPLOYMENT = "gpts_are_gpts/national_May2021_dl.csv"
# O*NET-SOC 2010 kept Biologists under a broad code that SOC-2010 itself counts in 19-1029.
RENAMED_SOC2010 = {"19-1020": "19-1029"}


def isco08(root: Path) -> pd.DataFrame:
    """Return the 436 ISCO-08 unit groups: isco08, title, source."""
    links = _isco_sheet(root)
    groups = links[links["isco08"].str.len() == 4].drop_duplicates("isco08")
    return (
        groups[["isco08", "title"]]
        .assign(source="isco08_ilo_bls")
        .sort_values("isco08", ignore_index=True)
    )


def soc2010_to_isco08(root: Path) -> pd.DataFrame:
    """Return the links isco08, soc2010; a 3-digit ISCO code stands for all its unit groups."""
    links = _isco_sheet(root)[["isco08", "soc2010"]]
    groups = links.loc[links["isco08"].str.len() == 4, "isco08"].drop_duplicates()
    minor = links[links["isco08"].str.len() == 3].rename(columns={"isco08": "minor"})
    expanded = minor.merge(
        pd.DataFrame({"minor": groups.str[:3], "isco08": groups}), on="minor", how="left"
    )
    if expanded["isco08"].isna().any():
        raise InputError(f"{ISCO_SOC}: no unit group lies under {sorted(set(minor['minor']))}.")
    whole = links[links["isco08"].str.len() == 4]
    return (
        pd.concat([whole, expanded[["isco08", "soc2010"]]])
        .drop_duplicates()
        .sort_values(["isco08", "soc2010"], ignore_index=True)
    )


def soc2010_to_soc2018(root: Path) -> pd.DataFrame:
    """Return the links soc2010, soc2018 with the SOC-2018 title."""
    columns = ("2010 SOC Code", "2018 SOC Code", "2018 SOC Title")
    links = read_text_table(root, SOC_SOC, columns=columns)
    links.columns = pd.Index(["soc2010", "soc2018", "title"])
    links = links.apply(lambda column: column.str.strip())
    links["title"] = links["title"].str.replace(r"\s*\(#+\)$", "", regex=True)  # footnote marks
    return links.drop_duplicates(["soc2010", "soc2018"]).sort_values(
        ["soc2010", "soc2018"], ignore_index=True
    )


def employment_soc2018(root: Path) -> pd.Series:
    """Return US employed persons (May 2021) of every SOC-2018 occupation, as averaging weight.

    As :func:`surveyed_soc2018`; the 20 occupations that the survey leaves out get the median, so
    that they count in the average of the group they belong to.
    """
    persons = surveyed_soc2018(root)
    return persons.fillna(persons.median())


def surveyed_soc2018(root: Path) -> pd.Series:
    """Return US employed persons (May 2021) by SOC-2018; missing where none were surveyed.

    Where the survey publishes only the broad group, what its published members leave over is
    shared equally among the others. It leaves out the military and fishers.
    """
    columns = ("OCC_CODE", "O_GROUP", "TOT_EMP")
    survey = read_text_table(root, EMPLOYMENT, columns=columns)
    survey["persons"] = to_number(
        survey.assign(TOT_EMP=survey["TOT_EMP"].str.replace("**", "", regex=False)),
        "TOT_EMP",
        file=EMPLOYMENT,
    )
    codes = pd.Index(sorted(set(soc2010_to_soc2018(root)["soc2018"])), name="soc2018")
    persons = survey[survey["O_GROUP"] == "detailed"].set_index("OCC_CODE")["persons"]
    persons = persons.reindex(codes)
    broad = survey[survey["O_GROUP"] == "broad"].set_index("OCC_CODE")["persons"]
    group = pd.Series(codes.str[:6] + "0", index=codes)
    left = broad.reindex(group.unique()).sub(persons.groupby(group).sum(), fill_value=0.0)
    gaps = persons.isna().groupby(group).sum()
    share = (left / gaps.where(gaps > 0)).where(lambda part: part > 0)
    return persons.fillna(group.map(share)).rename("employed_persons")


def weights_soc2018(root: Path) -> pd.DataFrame:
    """Return isco08, soc2018, weight: US persons of an occupation that count in an ISCO group."""
    links = _weighted_links(root)
    return links.groupby(["isco08", "soc2018"])["weight"].sum().reset_index()


def weights_soc2010(root: Path) -> pd.DataFrame:
    """Return isco08, soc2010, weight: as :func:`weights_soc2018`, for scores in SOC-2010."""
    links = _weighted_links(root)
    return links.groupby(["isco08", "soc2010"])["weight"].sum().reset_index()


def soc2010_to_soc2018_mean(root: Path, scores: pd.DataFrame) -> pd.DataFrame:
    """Average SOC-2010 scores (index soc2010) over the codes each SOC-2018 code came from."""
    links = soc2010_to_soc2018(root).merge(
        scores, left_on="soc2010", right_index=True, how="inner", validate="many_to_one"
    )
    return links.drop(columns=["soc2010", "title"]).groupby("soc2018").mean()


def to_six_digits(onet_codes: pd.Series, *, soc2010: bool = False) -> pd.Series:
    """Cut 8-digit O*NET-SOC codes to their 6-digit SOC code.

    >>> to_six_digits(pd.Series(["11-1011.03", "19-1020.01"]), soc2010=True).tolist()
    ['11-1011', '19-1029']
    """
    codes = onet_codes.str.strip().str[:7]
    return codes.replace(RENAMED_SOC2010) if soc2010 else codes


def average_to_isco(
    scores: pd.DataFrame, weights: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Average occupation scores to ISCO-08 groups, each column over the codes that have it.

    Parameters
    ----------
    scores : DataFrame (n_soc, n_score)
        Indexed by SOC code; a missing value leaves the code out of that column.
    weights : DataFrame
        isco08, the SOC code under the index name of `scores`, weight (> 0, any scale).

    Returns
    -------
    averages, counts : DataFrame (n_isco, n_score)
        Weighted means, and the number of SOC codes behind each.

    Examples
    --------
    >>> scores = pd.DataFrame({"x": [1.0, 4.0]}, index=pd.Index(["a", "b"], name="soc2018"))
    >>> weights = pd.DataFrame({"isco08": "1111", "soc2018": ["a", "b"], "weight": [2.0, 1.0]})
    >>> average_to_isco(scores, weights)[0].loc["1111", "x"]
    np.float64(2.0)
    """
    known = weights[weights[scores.index.name].isin(scores.index)]
    matrix = known.pivot(index="isco08", columns=scores.index.name, values="weight").fillna(0.0)
    values = scores.reindex(matrix.columns)
    present = values.notna().to_numpy(dtype=float)
    # Fixed order of summation: the same bytes on every machine need no BLAS reordering here.
    share = np.einsum("is,sk->ik", matrix.to_numpy(), present)
    total = np.einsum("is,sk->ik", matrix.to_numpy(), values.fillna(0.0).to_numpy())
    count = np.einsum("is,sk->ik", (matrix.to_numpy() > 0).astype(float), present)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(share > 0, total / share, np.nan)
    return (
        pd.DataFrame(mean, index=matrix.index, columns=scores.columns),
        pd.DataFrame(count.astype(int), index=matrix.index, columns=scores.columns),
    )


def _weighted_links(root: Path) -> pd.DataFrame:
    """Return soc2018, soc2010, isco08, weight: employment split equally at each of two steps."""
    step = soc2010_to_soc2018(root)[["soc2010", "soc2018"]].merge(
        employment_soc2018(root), left_on="soc2018", right_index=True, validate="many_to_one"
    )
    step["weight"] = step["employed_persons"] / step.groupby("soc2018")["soc2010"].transform("size")
    links = soc2010_to_isco08(root)
    links["n_isco"] = links.groupby("soc2010")["isco08"].transform("size")
    joined = links.merge(step, on="soc2010", how="inner", validate="many_to_many")
    joined["weight"] = joined["weight"] / joined["n_isco"]
    return joined[["soc2018", "soc2010", "isco08", "weight"]]


def _isco_sheet(root: Path) -> pd.DataFrame:
    columns = ("ISCO-08 Code", "ISCO-08 Title EN", "occ_code")
    links = read_sheet(root, ISCO_SOC, columns=columns)
    links.columns = pd.Index(["isco08", "title", "soc2010"])
    wrong = ~links["isco08"].str.fullmatch(r"\d{3,4}") | ~links["soc2010"].str.fullmatch(
        r"\d\d-\d{4}"
    )
    if wrong.any():
        place = int(wrong.to_numpy().argmax())
        raise InputError(
            f"{ISCO_SOC}, row {place + 2}: {links.iloc[place].tolist()} is not an ISCO-08 code "
            "and a SOC-2010 code. `forecast data pull` takes it anew."
        )
    return links
