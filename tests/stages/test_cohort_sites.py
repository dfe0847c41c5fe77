"""Firms and places: whole, complete, in every province where the number allows, the funnel kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plan_cases as cases
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.codebook import check_table
from forecast.errors import ConfigError, InputError
from forecast.stages.cohort_sites import cohort_sites
from forecast.stages.site_counts import published_sites
from forecast.stages.whole_shares import spread_whole

TABLES = cases.tables()
SIDO = TABLES["sido"]["sido"].tolist()
KEY = ["programme", "unit", "year"]
WEIGHTS = st.lists(
    st.one_of(st.just(0.0), st.floats(1e-9, 1e9), st.integers(0, 10**7)), min_size=17, max_size=17
)


def sites(weights=range(1, 18), *, years=(2026,), semantics="annual", regions=None, **changed):
    return cohort_sites(
        TABLES | changed,
        years=years,
        regions=regions or cases.REGIONS,
        weights=pd.Series(list(weights), index=SIDO, dtype=float),
        semantics=semantics,
    )


def counts(table: pd.DataFrame, programme: str, unit: str, year: int = 2026) -> pd.Series:
    rows = table.query("programme == @programme and unit == @unit and year == @year")
    return rows.set_index("site")["count"]


@given(
    weights=WEIGHTS,
    years=st.sampled_from([(2026,), (2026, 2027), (2026, 2027, 2028)]),
    semantics=st.sampled_from(["annual", "cumulative"]),
)
@settings(max_examples=25, deadline=None)
def test_any_weights_give_every_published_number_exactly(weights, years, semantics):
    table = sites(weights, years=years, semantics=semantics)
    check_table("cohort_sites", table)
    assert table["count"].dtype == "int64" and (table["count"] > 0).all()
    assert ((table["count"] - table["fractional"]).abs() < 1).all()
    published = published_sites(TABLES, years=years, semantics=semantics)
    expected = published.set_index(KEY)["published"].sort_index()
    assert table.groupby(KEY)["count"].sum().sort_index().to_dict() == expected.to_dict()
    for year in years:
        roadmap = counts(table, "P000-SME-ROADMAP", "sites", year)
        custom = counts(table, "P000-AX-CUSTOM", "sites", year)
        assert len(roadmap) == len(custom) == 17  # at least one in every province
        assert (custom <= roadmap[custom.index]).all()
        for centres in ("P000-SME-HUB", "P001-JOINT"):
            assert set(counts(table, centres, "centres", year).index) == set(cases.REGIONS)


def test_the_documents_numbers_are_placed_in_their_units():
    table = sites()
    totals = table.groupby(["programme", "unit"])["count"].sum().to_dict()
    assert totals == {
        ("K-CENTRE", "centres"): 35,
        ("P000-AX-CUSTOM", "sites"): 600,
        ("P000-PHYS-LAB", "labs"): 4,
        ("P000-POLY-BASIC", "campuses"): 39,
        ("P000-SME-HUB", "centres"): 10,
        ("P000-SME-ROADMAP", "sites"): 2_000,
        ("P001-JOINT", "centres"): 20,
        ("P002-SMART", "consortia"): 7,
        ("P002-SMART", "firms"): 480,
    }
    assert "persons" not in set(table["unit"])


def test_firms_are_proportional_to_people_where_no_bound_holds():
    weights = np.arange(10, 27)
    roadmap = counts(sites(weights), "P000-SME-ROADMAP", "sites")
    assert (abs(roadmap.to_numpy() - 2_000 * weights / weights.sum()) < 1).all()


def test_labs_and_campuses_stand_where_they_are_published():
    table = sites()
    place = table[table["unit"] == "labs"].set_index("site")["sido"]
    assert place.to_dict() == {"성남": "41", "청주": "43", "전주": "52", "창원": "48"}
    campuses = table[table["unit"] == "campuses"]
    assert "신기술교육원" not in set(campuses["site"])
    assert campuses["note"].str.contains("of 40 places listed, 신기술교육원 is no campus").all()


@pytest.mark.parametrize("programme", ["K-CENTRE", "P002-SMART"])
def test_places_whose_addresses_are_not_published_are_not_spread(programme):
    rows = sites().query("programme == @programme and unit != 'firms'")
    assert rows["site_kind"].tolist() == ["national"] and rows["sido"].tolist() == ["00"]
    assert "not spread" in rows["note"].item()


def test_a_region_of_one_province_has_its_code_and_others_none():
    centres = sites().query("programme == 'P001-JOINT'").set_index("site")["sido"]
    assert centres["강원"] == "51" and centres["수도권"] == "00"


def test_notes_name_the_assumption_the_tracks_and_a_year_carried_forward():
    table = sites(years=(2026, 2027))
    notes = table.groupby(KEY)["note"].first()
    assert "assumption" in notes["P000-SME-ROADMAP", "sites", 2026]
    assert "400 + 80 = 480 persons at 480 firms" in notes["P002-SMART", "firms", 2026]
    assert "about / 내외" in notes["P001-JOINT", "centres", 2026]
    assert "printed for 2026, in 2027" in notes["P000-SME-ROADMAP", "sites", 2027]
    assert ("P002-SMART", "firms", 2027) not in notes
    assert [note for note in notes if not cases.bilingual(note)] == []


def test_cumulative_firms_sum_to_the_published_number_and_places_stand():
    table = sites(years=cases.YEARS, semantics="cumulative")
    sums = table.groupby("programme")["count"].sum()
    assert sums["P000-SME-ROADMAP"] == 2_000 and sums["P000-AX-CUSTOM"] == 600
    assert sums["P000-SME-HUB"] == 10 * len(cases.YEARS)


def test_a_funnel_that_widens_is_refused():
    programmes = TABLES["programmes"].copy()
    programmes.loc[programmes["programme"] == "P000-AX-CUSTOM", "published"] = 2_001
    with pytest.raises(InputError, match="2001 sites, more than the 2000"):
        sites(programmes=programmes)


def test_more_interns_than_firms_are_refused():
    programmes = TABLES["programmes"].copy()
    programmes.loc[programmes["programme"] == "P002-T2", "published"] = 81
    with pytest.raises(InputError, match=r"400 \+ 81 interns"):
        sites(programmes=programmes)


def test_a_province_twice_or_in_no_region_is_refused():
    for regions in ({"전국": SIDO[:-1]}, {"전국": SIDO, "제주": ["50"]}, {"전국": SIDO, "무": []}):
        with pytest.raises(ConfigError, match="regions: 시도"):
            sites(regions=regions)


@pytest.mark.parametrize("wrong", [-1.0, np.nan, np.inf])
def test_weights_that_are_no_people_are_refused(wrong):
    with pytest.raises(InputError, match="weights of cohort_sites"):
        sites([wrong, *range(1, 17)])


def test_campuses_or_labs_other_than_published_are_refused():
    with pytest.raises(InputError, match="38 campuses; the documents print 39"):
        sites(campuses=TABLES["campuses"].query("campus != '강릉'"))
    figures = TABLES["programme_figures"].query("programme != 'P000-PHYS-LAB' or group != '전주'")
    with pytest.raises(InputError, match="for 4 labs of known towns"):
        sites(programme_figures=figures)
    with pytest.raises(InputError, match="one number of firms printed"):
        sites(programme_figures=TABLES["programme_figures"].query("unit != 'firms'"))


@st.composite
def shares(draw):
    count = draw(st.integers(1, 8))
    low = draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    room = draw(st.lists(st.integers(0, 9), min_size=count, max_size=count))
    total = draw(st.integers(sum(low), sum(low) + sum(room)))
    weights = draw(
        st.lists(st.one_of(st.just(0.0), st.floats(1e-300, 1e6)), min_size=count, max_size=count)
    )
    return total, np.array(weights), np.array(low), np.array(low) + np.array(room)


@given(case=shares())
def test_whole_shares_sum_and_stay_between_their_bounds(case):
    total, weights, low, high = case
    whole, share = spread_whole(total, weights, low, high)
    assert whole.dtype == np.int64 and whole.sum() == total
    assert share.sum() == pytest.approx(total)
    assert (whole >= low).all() and (whole <= high).all()
    assert (np.abs(whole - share) < 1).all()
    free = (share > low + 1e-6) & (share < high - 1e-6) & (weights > 1e-6 * weights.max())
    if weights.sum() > 0 and free.sum() > 1:  # shares inside their bounds are proportional
        ratio = share[free] / weights[free]
        assert ratio == pytest.approx(np.full(len(ratio), ratio[0]), rel=1e-6)


def test_bounds_without_room_are_refused():
    with pytest.raises(InputError, match="5 cannot be shared between bounds 0 and 4"):
        spread_whole(5, np.ones(2), 0, np.array([2, 2]))
    with pytest.raises(InputError, match="1 cannot be shared between bounds 2 and 2"):
        spread_whole(1, np.ones(2), 1)
