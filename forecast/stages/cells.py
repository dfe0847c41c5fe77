"""Industry x occupation cells of jobs at risk, raked to every published figure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.options import AtRiskOptions
from forecast.stages.at_risk import anchor, employed_in
from forecast.types import AtRisk

GROUPS = ("22", "23", "2x", "!2")  # 정보통신, 공학, the other professionals, everybody else
NAMED = ("C", "F", "J", "M")  # the industries that the document prints
MAX_ROUNDS = 2_000
CLOSE = 1e-10  # relative miss of every printed figure after raking


@dataclass(frozen=True)
class Margin:
    """A printed sum over cells: which cells (mask) and how many jobs."""

    cells: NDArray[np.bool_]
    total: float


def raked_cells(
    risk: AtRisk, tables: Mapping[str, pd.DataFrame], *, options: AtRiskOptions
) -> pd.DataFrame:
    """Rake our cells to the published industries, occupations and cells.

    Parameters
    ----------
    risk : AtRisk
        Under ``kiet_2022``: its mean probability by sub-major group is the start.
    tables : mapping
        ``employment_industry``, ``employment_age`` and ``anchors``.
    options : AtRiskOptions

    Returns
    -------
    DataFrame
        Contract table ``at_risk_cells``. Rows with a section and one of :data:`GROUPS` are the
        cells and sum to the headline; rows with ``TOT``, ``other`` or ``2`` are their sums.
        `before_raking_persons` is what our scores say on the level of the preset, `multiplier` the
        raked cell / that. `flag`: ``published`` where a figure is printed,
        ``derived`` where it is the difference of printed ones, ``assumed_split`` where a major
        group inside an industry is split as in the nation, ``raked`` elsewhere, and before all
        of these ``exceeds_employment`` where more jobs are at risk than people are
        employed, which employment statistics cannot reproduce.
    """
    anchors = tables["anchors"]
    employed = _employment(tables, options.base_period)
    jobs_per_person = risk.base_persons / employed_in(tables, options.base_period).sum()
    prior = _by_group(employed, risk) * jobs_per_person
    ceiling = _ceiling(employed)
    sections = [str(code) for code in prior.index]
    raked = rake(prior.to_numpy(), _margins(anchors, sections))
    cells = pd.DataFrame(raked, index=prior.index, columns=prior.columns)
    rows = []
    for ksic, members in _industries(sections).items():
        for group, parts in _groups().items():
            block = (list(members), list(parts))
            after, before = cells.loc[block].sum().sum(), prior.loc[block].sum().sum()
            printed, computed = _printed(anchors, ksic, group)
            flag = _origin(ksic, group, printed, computed)
            if after > ceiling(ksic, group):
                flag = "exceeds_employment"
            rows.append(
                {
                    "preset": risk.preset,
                    "ksic": ksic,
                    "occupation_group": group,
                    "at_risk_persons": after,
                    "before_raking_persons": before,
                    "published_persons": np.nan if computed else printed,
                    "multiplier": after / before if before > 0 else np.nan,
                    "flag": flag,
                }
            )
    return pd.DataFrame(rows)


def rake(prior: Floats, margins: Sequence[Margin]) -> Floats:
    """Scale cells, margin after margin, until every sum is met: iterative proportional fitting.

    Parameters
    ----------
    prior : ndarray
        Cells before raking, not negative; a zero cell stays zero.
    margins : sequence of Margin
        They may overlap, but must not contradict each other.

    Returns
    -------
    ndarray
        The cells closest to `prior` in relative entropy that meet all margins.

    References
    ----------
    Deming and Stephan (1940), Annals of Mathematical Statistics 11(4).

    Examples
    --------
    >>> left, right = np.array([True, False]), np.array([False, True])
    >>> rake(np.array([1.0, 1.0]), [Margin(left, 30.0), Margin(right, 10.0)]).tolist()
    [30.0, 10.0]
    """
    cells = np.array(prior, dtype=float)
    for margin in margins:
        if margin.total > 0 and not cells[margin.cells].sum() > 0:
            raise InputError(
                f"a published total of {margin.total:,.0f} jobs falls on cells without anybody; "
                "check employment_industry."
            )
    for _ in range(MAX_ROUNDS):
        worst = 0.0
        for margin in margins:
            found = cells[margin.cells].sum()
            worst = max(worst, abs(found - margin.total) / max(margin.total, 1.0))
            if found > 0:
                cells[margin.cells] *= margin.total / found
        if worst < CLOSE:
            return cells
    raise InputError(
        f"anchors: after {MAX_ROUNDS} rounds of raking a published figure is still missed by "
        f"{worst:.1e} of itself: the figures contradict each other, or employment rules them out."
    )


def _employment(tables: Mapping[str, pd.DataFrame], year: str) -> pd.DataFrame:
    """Return employed persons by section and sub-major group: majors split alike everywhere.

    The industry table stops at major groups. That a major group is made up of the same sub-major
    groups in every industry is wrong in detail and the reason to rake.
    """
    table = tables["employment_industry"]
    rows = table[
        table["period"].str.startswith(year) & (table["ksic"] != "TOT") & (table["ksco7"] != "TOT")
    ]
    if rows.empty:
        raise InputError(f"employment_industry has no period of at_risk.base_period={year!r}.")
    # An empty cell of the source is a dash: nobody, or fewer than the printed unit of 1,000.
    mean = rows.assign(employed_persons=rows["employed_persons"].astype(float).fillna(0.0))
    by_major = mean.groupby(["ksic", "ksco7"])["employed_persons"].mean().unstack().fillna(0.0)
    sub_major = employed_in(tables, year)
    major = sub_major.index.str[:1]
    share = sub_major / sub_major.groupby(major).transform("sum")
    split = by_major.reindex(columns=major, fill_value=0.0).to_numpy() * share.to_numpy()
    return pd.DataFrame(split, index=by_major.index, columns=sub_major.index)


def _by_group(employed: pd.DataFrame, risk: AtRisk) -> pd.DataFrame:
    """Sum people at risk to the printed occupation groups."""
    probability = risk.probability.mean("draw").to_series().reindex(employed.columns)
    return (employed * probability).T.groupby(_group_of).sum().T[list(GROUPS)]


def _ceiling(employed: pd.DataFrame) -> Callable[[str, str], float]:
    """Return the most people that published employment allows in a cell or sum of cells.

    Inside an industry only major groups are published. A sub-major group there can be neither
    more than its major group in the industry nor more than itself in the country.
    """
    industries = _industries([str(code) for code in employed.index])
    column = {"2": "2", "!2": "!2", "TOT": "TOT"}
    by_column = pd.DataFrame({"TOT": employed.sum(axis=1)})
    professional = employed.columns.str[0] == "2"
    by_column["2"] = employed.loc[:, professional].sum(axis=1)
    by_column["!2"] = employed.loc[:, ~professional].sum(axis=1)
    national = employed.sum().groupby(_group_of).sum()

    def most(ksic: str, group: str) -> float:
        local = float(by_column.loc[list(industries[ksic]), column.get(group, "2")].sum())
        return min(local, float(national[group])) if group in GROUPS else local

    return most


def _group_of(code: str) -> str:
    if not code.startswith("2"):
        return "!2"
    return code if code in GROUPS else "2x"


def _groups() -> dict[str, tuple[str, ...]]:
    """Name each column of the table: single groups, professionals together, everybody."""
    single = {group: (group,) for group in GROUPS}
    return {**single, "2": GROUPS[:3], "TOT": GROUPS}


def _industries(sections: Sequence[str]) -> dict[str, tuple[str, ...]]:
    single = {section: (section,) for section in sections}
    other = tuple(section for section in sections if section not in NAMED)
    return {**single, "other": other, "TOT": tuple(sections)}


def _origin(ksic: str, group: str, printed: float, computed: bool) -> str:
    if not np.isnan(printed):
        return "derived" if computed else "published"
    return "assumed_split" if ksic != "TOT" and group in GROUPS[:3] else "raked"


def _printed(anchors: pd.DataFrame, ksic: str, group: str) -> tuple[float, bool]:
    """Return the figure of a cell or margin (NaN if there is none), and whether it is computed."""
    if (ksic, group) == ("TOT", "TOT"):
        return anchor(anchors, "kiet_2022", "at_risk_persons"), False
    dimension = "industry_x_occupation"
    if group == "TOT":
        dimension, group = "industry", ""
    elif ksic == "TOT":
        dimension, ksic = "occupation", ""
    listed = anchors[
        (anchors["preset"] == "kiet_2022")
        & (anchors["dimension"] == dimension)
        & (anchors["ksic"] == ksic)
        & (anchors["occupation_group"] == group)
    ]
    if listed.empty:
        return float("nan"), False
    return float(listed["value"].iloc[0]), listed["confidence"].iloc[0] == "computed"


def _margins(anchors: pd.DataFrame, sections: Sequence[str]) -> list[Margin]:
    """Turn every printed figure into a margin; the printed parts of each sum must add up."""
    margins = []
    for ksic, members in _industries(sections).items():
        for group, parts in _groups().items():
            printed, _ = _printed(anchors, ksic, group)
            if not np.isnan(printed):
                rows, columns = np.isin(sections, members), np.isin(GROUPS, parts)
                margins.append(Margin(np.outer(rows, columns), printed))
    return margins
