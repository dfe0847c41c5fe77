"""Firms, centres, labs and campuses as whole numbers by province or region: never persons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.codebook import check_table
from forecast.errors import ConfigError, InputError
from forecast.stages.cohort_registry import PERSONS, Tables, all_programmes
from forecast.stages.cohort_rules import SMART, TRACKS, campuses
from forecast.stages.site_counts import (
    CENTRE,
    CUSTOM,
    HUB,
    JOINT,
    LABS,
    ROADMAP,
    published_count,
    published_sites,
)
from forecast.stages.whole_shares import spread_whole

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
NO_SIDO = "00"  # of no single 시도
# Towns of labs after which no campus is named; which province they are in is general knowledge.
TOWNS = {"전주": "52"}
COLUMNS = ("site_kind", "site", "sido", "count", "fractional")


def cohort_sites(
    tables: Tables,
    *,
    years: Sequence[int],
    regions: Mapping[str, Sequence[str]],
    weights: pd.Series,
    semantics: str = "annual",
) -> pd.DataFrame:
    """Place every published number of firms and centres, whole and summing exactly.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``programmes``, ``beside_programmes``, ``programme_figures``, ``campuses`` and ``sido``.
    years : sequence of int
        Planning years.
    regions : mapping of str to sequence of str
        Region -> its 시도 codes; every 시도 in one region. Only two regions are named in the
        documents: an assumption.
    weights : Series
        시도 code -> people, to whom firms and centres are proportional: an assumption.
    semantics : str
        ``annual`` or ``cumulative``, for firms served each year. Places stand in every year.

    Returns
    -------
    DataFrame
        Contract table ``cohort_sites``; by year, programme and unit it sums to
        :func:`~forecast.stages.site_counts.published_sites`. No province has more firms with
        courses of their own than firms with a roadmap.
    """
    named = tables["sido"].set_index("sido")["short_ko"]
    _check_regions(regions, named, weights)
    published = published_sites(tables, years=years, semantics=semantics)
    spread = _Spread(tables, named, weights, regions)
    frames: list[pd.DataFrame] = []
    roadmap: dict[int, Ints] = {}
    stages = all_programmes(tables)["stage"]
    for row in published.to_dict("records"):
        name, unit, total, year = row["programme"], row["unit"], row["published"], row["year"]
        if name == ROADMAP:
            placed = spread.provinces(total, None)
            roadmap[year] = placed["count"].to_numpy()
        elif name == CUSTOM:
            placed = spread.provinces(total, roadmap[year])
        elif unit == "firms":
            placed = spread.provinces(total, None)
        elif name in (HUB, JOINT):
            placed = spread.over_regions(total)
        elif name == LABS:
            placed = spread.labs(total)
        elif unit == "campuses":
            placed = spread.campuses(total)
        else:  # places that exist or are chosen elsewhere: their addresses are not published
            placed = pd.DataFrame([("national", "전국", NO_SIDO, total, total)], columns=COLUMNS)
        placed = placed[placed["count"] > 0]
        facts = {"year": year, "programme": name, "stage": stages[name], "unit": unit}
        note = _note(name, unit, _later(row), spread)
        frames.append(placed.assign(**facts, note=note))
    whole = {"year": "int64", "count": "int64", "fractional": "float64"}
    return check_table("cohort_sites", pd.concat(frames, ignore_index=True).astype(whole))


@dataclass(frozen=True)
class _Spread:
    """What places are spread by."""

    tables: Tables
    named: pd.Series  # 시도 code -> short name
    weights: pd.Series
    regions: Mapping[str, Sequence[str]]

    def provinces(self, total: int, most: Ints | None) -> pd.DataFrame:
        weights = self.weights.reindex(self.named.index).to_numpy(dtype=float)
        least = np.full(len(weights), int(total >= len(weights)))
        if most is not None:
            least = np.minimum(least, most)
            if total > most.sum():
                raise InputError(
                    f"{CUSTOM}: {total} sites, more than the {most.sum()} of {ROADMAP}."
                )
        whole, share = spread_whole(total, weights, least, most)
        sido = list(self.named.index)
        return _frame("province", list(self.named), sido, whole, share)

    def over_regions(self, total: int) -> pd.DataFrame:
        weights = np.array([self.weights[list(codes)].sum() for codes in self.regions.values()])
        whole, share = spread_whole(total, weights, int(total >= len(weights)))
        sido = [codes[0] if len(codes) == 1 else NO_SIDO for codes in self.regions.values()]
        return _frame("region", list(self.regions), sido, whole, share)

    def labs(self, total: int) -> pd.DataFrame:
        figures = self.tables["programme_figures"]
        own = figures[(figures["programme"] == LABS) & (figures["figure"] == "infra")]
        towns = sorted(own["group"])
        known = TOWNS | self.tables["campuses"].set_index("campus")["sido"].to_dict()
        if len(towns) != total or not set(towns) <= set(known):
            raise InputError(f"programme_figures, {LABS}: {towns} for {total} labs of known towns.")
        one = np.ones(total)
        return _frame("campus", towns, [known[town] for town in towns], one.astype(int), one)

    def campuses(self, total: int) -> pd.DataFrame:
        listed = campuses(self.tables["campuses"])
        if len(listed) != total:
            raise InputError(f"campuses: {len(listed)} campuses; the documents print {total}.")
        one = np.ones(total)
        names, sido = listed["campus"].tolist(), listed["sido"].tolist()
        return _frame("campus", names, sido, one.astype(int), one)


def _frame(
    kind: str, names: Sequence[str], sido: Sequence[str], whole: NDArray[Any], share: Floats
) -> pd.DataFrame:
    values = {"site": names, "sido": sido, "count": whole, "fractional": share}
    return pd.DataFrame({"site_kind": kind} | values)


def _check_regions(
    regions: Mapping[str, Sequence[str]], named: pd.Series, weights: pd.Series
) -> None:
    codes = sorted(code for members in regions.values() for code in members)
    if codes != sorted(named.index) or not all(regions.values()):
        raise ConfigError(
            f"cohorts.regions: 시도 {codes}; expected each of {sorted(named.index)} in one region."
        )
    values = weights.reindex(named.index).to_numpy(dtype=float)
    if not np.isfinite(values).all() or (values < 0).any():
        raise InputError("weights of cohort_sites: expected a number >= 0 for every 시도.")


def _later(row: Mapping[Any, Any]) -> str:
    """Say that a number printed for one year, or for none, is carried to this one."""
    year, stated = row["year"], row["year_stated"]
    if not stated:
        return "; no year printed: assumed / 연도 미기재: 가정"
    if year == stated:
        return ""
    return f"; printed for {stated}, in {year} an assumption / {stated}년 수치, {year}년은 가정"


def _note(name: str, unit: str, later: str, spread: _Spread) -> str:
    people = "in proportion to people, an assumption / 사람 수에 비례: 가정"
    if name == CUSTOM:
        people += f"; at most the sites of {ROADMAP} / {ROADMAP} 개소 이내"
    elif unit == "firms":
        people += f"; {_track_places(spread.tables)}"
    elif name in (HUB, JOINT):
        count = len(spread.regions)
        people += f"; only 수도권, 중부권 of {count} regions are named / {count}개 권역 구분은 가정"
        if name == JOINT:
            people += "; about / 내외"
    elif name == LABS:
        people = "towns as published / 공표된 도시"
        towns = ", ".join(TOWNS)
        people += f"; no campus is named {towns} / {towns}: 같은 이름의 캠퍼스 없음"
    elif unit == "campuses":
        listed = spread.tables["campuses"]
        other = ", ".join(sorted(set(listed["campus"]) - set(campuses(listed)["campus"])))
        people = f"of {len(listed)} places listed, {other} is no campus / 목록 {len(listed)}곳 중 "
        people += f"{other}은(는) 캠퍼스가 아님"
    elif unit == "consortia" or name == CENTRE:
        people = "places not published, not spread / 소재지 미공표: 나누지 않음"
    return people + later


def _track_places(tables: Tables) -> str:
    """Set the interns of both tracks beside the firms: one place per firm is all there can be."""
    registry, figures = all_programmes(tables), tables["programme_figures"]
    one, two = (published_count(registry, figures, track, PERSONS) for track in TRACKS)
    firms = published_count(registry, figures, SMART, "firms")
    if one + two > firms:
        raise InputError(f"{SMART}: {one} + {two} interns of the tracks, only {firms} firms.")
    places = f"{one:,} + {two:,} = {one + two:,}"
    return (
        f"Track 1 + 2: {places} persons at {firms:,} firms, never added / "
        f"트랙 1·2 {places}명, 기업 {firms:,}개사: 더하지 않음"
    )
