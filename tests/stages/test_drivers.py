"""The core with one source redrawn or one parameter held: what moves, and what must not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import stage_factories as made
from reskilling_projections import both, world_tables

from forecast.codebook import check_table
from forecast.options import ScenarioOptions
from forecast.stages import drivers
from forecast.stages.parameters import PARAMETERS
from forecast.stages.redrawn import redraw_order, scores_in_order
from forecast.stages.reskilling import Projection
from forecast.stages.reskilling_draws import Draws, employed_scores
from forecast.stages.uncertainty import SOURCES
from forecast.stages.world import build_world
from forecast.types import ExposureResult, ReskillingDemand

N_DRAW = 12
PARTS = ("scores", "growth", "adoption", "employment", "turnover", "capacity")
CLOSED_AT_NEUTRAL = ("worker_reach", "surveyed_share")  # nobody is reached, nobody is in need
TABLES = world_tables()


def exposure_with_sources() -> ExposureResult:
    """Scores of which each redrawn source has values of its own."""
    result = made.exposure(n_draw=N_DRAW)
    order = redraw_order(N_DRAW, rng=np.random.default_rng(8))
    others = {
        source: made.exposure(n_draw=N_DRAW, seed=20 + row).sub_major
        for row, source in enumerate(("index", "model", "crosswalk"))
    }
    return replace(
        result,
        growth=made.growth(n_draw=N_DRAW),
        redrawn={**others, "all": scores_in_order(result.sub_major, order)},
        redraw_order=order,
    )


EXPOSURE = exposure_with_sources()


@pytest.fixture(scope="module")
def options() -> ScenarioOptions:
    options = made.scenario_options(last_year=2025)
    options.sensitivity_draws = 6
    return options


@pytest.fixture(scope="module")
def projected(options) -> tuple[ReskillingDemand, Projection]:
    return both(
        options,
        exposure=EXPOSURE,
        adoption=made.adoption(n_draw=N_DRAW),
        employment=made.employment(n_draw=N_DRAW),
    )


@pytest.fixture(scope="module")
def draws(projected) -> Draws:
    return projected[1].draws


@pytest.fixture(scope="module")
def tables(options, projected) -> dict[str, pd.DataFrame]:
    return drivers.driver_tables(options, EXPOSURE, projected[1], TABLES)


def people(options: ScenarioOptions, draws: Draws) -> np.ndarray:
    return drivers._people(build_world(options, draws, TABLES, nation=True))


def redrawn(draws: Draws, source: str | None) -> Draws:
    return drivers._redraw(draws, EXPOSURE, source, EXPOSURE.redraw_order)


def test_everything_redrawn_is_the_other_draw_to_the_last_digit(options, draws):
    """What the decomposition rests on: f(B) is f(A) in another order, for nothing."""
    again = draws
    for source in ("adoption", "employment", "mechanism", "transitions"):
        again = redrawn(again, source)
    codes = list(draws.scores.titles.index)
    again = replace(again, scores=employed_scores(EXPOSURE.redrawn["all"], codes))
    base = people(options, draws)
    assert (people(options, again) == base[EXPOSURE.redraw_order]).all()
    assert len(np.unique(base[:, 0])) == N_DRAW


def test_the_country_as_one_province_needs_about_what_its_provinces_need(options, projected):
    """Provinces differ in adoption, openings and capacity: totals are near, not equal."""
    demand, projection = projected
    persons = demand.persons.sel(scenario="central").sum(
        ["draw", "year", "occupation", "age_group"]
    )
    nation = people(options, projection.draws).sum(axis=0)
    assert nation == pytest.approx(persons.to_numpy(), rel=0.1)


@pytest.mark.parametrize(
    ("source", "moved"),
    [
        (None, ()),
        ("index", ("scores",)),
        ("model", ("scores",)),
        ("crosswalk", ("scores",)),
        ("adoption", ("adoption", "growth")),
        ("employment", ("employment",)),
        ("mechanism", ()),
        ("transitions", ("turnover", "capacity")),
    ],
)
def test_a_source_moves_its_own_parts_and_no_other(draws, source, moved):
    again = redrawn(draws, source)
    for part in PARTS:
        assert (getattr(again, part) is not getattr(draws, part)) == (part in moved), part
    names = draws.parameters["parameter"].values.tolist()
    before, after = draws.parameters.to_numpy(), again.parameters.to_numpy()
    changed = {name for name, a, b in zip(names, before, after, strict=True) if (a != b).any()}
    mine = {"transitions": set(drivers.MOVING), "mechanism": set(names) - set(drivers.MOVING)}
    assert changed == mine.get(source, set())


@pytest.mark.parametrize("source", SOURCES)
def test_every_source_reaches_the_demand(options, draws, source):
    again = people(options, redrawn(draws, source))
    assert not np.allclose(again, people(options, draws), rtol=1e-6)


def test_both_tables_hold_the_codebook_and_name_every_source_and_parameter(tables):
    assert set(tables) == {"variance_shares", "parameter_sensitivity"}
    for name, table in tables.items():
        check_table(name, table)
    assert list(tables["variance_shares"]["source"].unique()) == list(SOURCES)
    assert (tables["variance_shares"]["draws"] == N_DRAW).all()
    rows = tables["parameter_sensitivity"]
    assert list(rows["name"].unique()) == [parameter.name for parameter in PARAMETERS]


def test_a_closed_gate_leaves_nobody_and_more_reach_needs_more(tables):
    rows = tables["parameter_sensitivity"]
    gates = rows[rows["name"].isin(CLOSED_AT_NEUTRAL)]
    assert (gates["at_neutral"] == 0.0).all()
    assert (gates["at_high"] > gates["at_low"]).all()
    assert rows.groupby("need")["base_persons"].nunique().eq(1).all()


def test_where_people_live_moves_no_one_in_the_country(tables):
    rows = tables["parameter_sensitivity"]
    rows = rows[rows["name"] == "province_adoption_weight"]
    for column in ("at_low", "at_high", "at_neutral"):
        assert (rows[column] == rows["base_persons"]).all()


@pytest.mark.parametrize("name", [parameter.name for parameter in PARAMETERS])
def test_holding_a_parameter_in_the_world_is_as_good_as_building_the_world_with_it(
    options, draws, name
):
    """Parts of the world that are kept must be those that the parameter does not touch."""
    some = drivers._first(options, draws, TABLES, 6)
    nation = build_world(options, some, TABLES, nation=True)
    parameters = some.parameters.copy(deep=True)
    parameters.loc[{"parameter": name}] = 0.9 * parameters.sel(parameter=name).mean().item()
    held = drivers._people(drivers._given(options, some, nation, parameters, TABLES))
    anew = drivers._moved(options, replace(some, parameters=parameters), TABLES)
    assert held == pytest.approx(people(options, anew), rel=1e-12)


def test_a_run_without_redrawn_scores_or_draws_to_hold_has_neither_table(options, projected):
    bare = made.exposure(n_draw=N_DRAW)
    none = replace(options, sensitivity_draws=0)
    assert drivers.driver_tables(none, bare, projected[1], TABLES) == {}
