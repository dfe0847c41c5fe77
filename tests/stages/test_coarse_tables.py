"""Tables released together: what one hides, no other shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecast.stages.coarse_tables import BLOCK, TABLES, audit_together, coarse_tables, coarsen
from forecast.stages.suppression import protect
from forecast.stages.suppression_audit import audit_released

AGE = (*BLOCK, "age_group")


def made(seed: int, *, size: float, n_site: int = 4, n_age: int = 3) -> pd.DataFrame:
    """Targets of one programme and year; sites serve one to three 시도."""
    rng = np.random.default_rng(seed)
    shape = (n_site + 1, 3, n_age)
    people = rng.poisson(size * rng.gamma(0.5, size=shape))
    people[0, 0, 0] += 1
    place, occupation, age = np.nonzero(people)
    sites = np.array([*[f"s{n // 2}" for n in range(n_site)], "s0"])
    return pd.DataFrame(
        {
            "year": 2026,
            "programme": "P",
            "site": sites[place],
            "sido": [str(11 + n) for n in place],
            "ksco7": [f"{n + 1}1" for n in occupation],
            "age_group": [f"{n + 1}0" for n in age],
            "need": "ax",
            "persons": people[place, occupation, age],
        }
    )


CASES = st.builds(
    made, st.integers(0, 2**32 - 1), size=st.sampled_from([0.3, 1.0, 3.0, 12.0, 40.0])
)


@settings(max_examples=25, deadline=None)
@given(CASES)
def test_tables_released_together_give_no_small_number_away(targets):
    released = coarse_tables(targets)
    assert audit_together(targets, released).empty
    for table in released.values():
        assert not table.loc[table["mark"] == "", "persons"].between(1, 4).any()
        assert table["persons"].sum() == targets["persons"].sum()


@pytest.mark.parametrize(("seed", "size"), [(0, 2.0), (4, 2.0), (6, 1.0), (10, 1.0)])
def test_tables_that_would_give_each_other_away_are_hidden_further(seed, size):
    targets = made(seed, size=size)
    assert audit_together(targets, coarse_tables(targets)).empty


@settings(max_examples=15, deadline=None)
@given(CASES)
def test_the_chain_of_tables_knows_as_much_as_all_cells_do(targets):
    """The audit of three linked tables is that of every possible cell, where none is empty."""
    part = coarsen(targets, [*BLOCK, "site", "sido", "major", "age_group", "need"])
    places = part[["site", "sido"]].drop_duplicates()
    kinds = [part[[name]].drop_duplicates() for name in ("major", "age_group")]
    every = places.merge(kinds[0], how="cross").merge(kinds[1], how="cross")
    every = every.assign(year=2026, programme="P", need="ax")
    for pair in (["sido", "age_group"], ["major", "age_group"]):
        seen = part[pair].drop_duplicates()
        every = every.merge(seen, on=pair, validate="many_to_one")
    every = every.merge(part, how="left").fillna({"persons": 0})
    released = {}
    for dims, first, second in TABLES.values():  # small numbers only: much is given away
        for family in (dims, first, second, BLOCK):
            sums = coarsen(part, family)
            small = sums["persons"].between(1, 4)
            released[family] = sums.assign(mark=np.where(small, "under_5", ""))
    chain = audit_together(targets, released)
    whole = audit_released([every], [(family, table, 0) for family, table in released.items()])
    pd.testing.assert_frame_equal(chain, whole, check_exact=False, atol=1e-5)


def test_a_shared_total_is_hidden_in_all_tables_or_in_none():
    targets = made(4, size=1.0)
    young = pd.DataFrame({**targets.iloc[0].to_dict(), "age_group": "00", "persons": 2}, index=[0])
    targets = pd.concat([targets[targets["age_group"] != "00"], young], ignore_index=True)
    released = coarse_tables(targets)
    hidden = released[AGE].set_index("age_group")["mark"] != ""
    assert hidden["00"] and hidden.sum() >= 2
    assert released[BLOCK]["mark"].tolist() == [""]


def test_each_table_alone_would_give_some_away():
    """What the tables share is the reason to look at them together: alone some leak."""
    leaks = 0
    for seed in range(12):
        targets = made(seed, size=2.0)
        released = {}
        for dims, first, second in TABLES.values():
            cells = coarsen(targets, dims)
            marks = protect(cells, dims=dims, total_dims=(first, second))
            released.update(marks.totals)
            released[dims] = cells.assign(mark=marks.cells)
        leaks += not audit_together(targets, released).empty
    assert leaks > 0


def test_large_programmes_hide_nothing():
    released = coarse_tables(made(1, size=1.0).assign(persons=500))
    assert all((table["mark"] == "").all() for table in released.values())
