"""Which source drives the demand, and which parameter: on models whose answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from forecast.codebook import check_table
from forecast.errors import InputError
from forecast.stages.parameters import PARAMETERS
from forecast.stages.redrawn import redraw_order
from forecast.stages.uncertainty import SOURCES, sensitivity_table, variance_table
from forecast.types import NEEDS

N_DRAW = 2_000
WEIGHT = dict(zip(SOURCES, (1.0, 2.0, 0.0, 3.0, 0.0, 5.0, 1.0), strict=True))


def drawn(*, n_draw: int = N_DRAW, seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {source: rng.standard_normal(n_draw) for source in SOURCES}


def run_of(model, draws: dict[str, np.ndarray], order: np.ndarray):
    def run(source: str | None) -> np.ndarray:
        taken = dict(draws)
        if source is not None:
            taken[source] = draws[source][order]
        return np.stack([model(taken), 1e5 + 1e4 * model(taken), np.exp(taken["adoption"])], axis=1)

    return run


def additive(taken: dict[str, np.ndarray]) -> np.ndarray:
    return sum(WEIGHT[source] * value for source, value in taken.items())


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    order = redraw_order(N_DRAW, rng=np.random.default_rng(1))
    return variance_table(run_of(additive, drawn(), order), order)


def of(table: pd.DataFrame, need: str) -> pd.DataFrame:
    return table[table["need"] == need].set_index("source")


def test_sources_of_an_additive_demand_have_their_known_shares(table):
    found = of(table, "ai_basic")
    whole = sum(weight**2 for weight in WEIGHT.values())
    for source, weight in WEIGHT.items():
        row = found.loc[source]
        truth = weight**2 / whole
        assert abs(row["first_order"] - truth) <= 4 * row["first_order_se"] + 1e-12, source
        assert abs(row["total_effect"] - truth) <= 4 * row["total_effect_se"] + 1e-12, source
    assert found["total_effect"].idxmax() == "mechanism"


def test_a_source_that_moves_nothing_has_exactly_no_share(table):
    for need in ("ai_basic", "job_change"):
        still = [
            s for s in SOURCES if (WEIGHT[s] == 0.0 if need == "ai_basic" else s != "adoption")
        ]
        columns = ["first_order", "first_order_se", "total_effect", "total_effect_se"]
        assert (of(table, need).loc[still, columns] == 0.0).all(axis=None)
    assert of(table, "job_change").loc["adoption", "total_effect"] == pytest.approx(1.0, abs=0.1)


def test_shares_do_not_follow_the_unit_of_the_outcome(table):
    pd.testing.assert_series_equal(
        of(table, "ai_basic")["total_effect"], of(table, "ax")["total_effect"]
    )


def test_sources_that_act_only_together_have_total_effects_alone():
    order = redraw_order(N_DRAW, rng=np.random.default_rng(2))
    run = run_of(lambda taken: taken["adoption"] * taken["mechanism"], drawn(seed=3), order)
    found = of(variance_table(run, order), "ai_basic")
    pair = found.loc[["adoption", "mechanism"]]
    assert (pair["first_order"].abs() < 4 * pair["first_order_se"]).all()
    assert pair["total_effect"].to_numpy() == pytest.approx([1.0, 1.0], abs=0.15)


def test_the_table_is_that_of_the_codebook(table):
    assert len(check_table("variance_shares", table)) == len(SOURCES) * len(NEEDS)
    assert (table["draws"] == N_DRAW).all()


def test_few_draws_are_enough_to_run_and_say_how_little_they_know():
    order = redraw_order(20, rng=np.random.default_rng(4))
    few = variance_table(run_of(additive, drawn(n_draw=20), order), order)
    check_table("variance_shares", few)
    assert few["total_effect_se"].max() > 0.1


def test_a_run_of_another_shape_is_refused():
    order = redraw_order(20, rng=np.random.default_rng(4))
    with pytest.raises(InputError, match="shape"):
        variance_table(lambda source: np.zeros((20, 2)), order)


def parameters(n_draw: int = 50) -> xr.DataArray:
    rng = np.random.default_rng(6)
    names = [parameter.name for parameter in PARAMETERS]
    values = rng.uniform(0.2, 0.8, size=(len(names), n_draw))
    values[names.index("ax_share")] = 0.0  # switched off
    return xr.DataArray(
        values, {"parameter": names, "draw": np.arange(n_draw)}, ["parameter", "draw"]
    )


class Product:
    """People = 1000 x reach x (1 - response); says how often it was asked."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, drawn: xr.DataArray) -> np.ndarray:
        self.runs += 1
        reach, response = (
            drawn.sel(parameter=name).to_numpy() for name in ("worker_reach", "output_response")
        )
        return np.stack([1_000 * reach * (1 - response), 0 * reach, 1_000 * reach], axis=1)


def test_a_parameter_is_held_in_every_draw_and_the_others_stay_as_drawn():
    given = parameters()
    before = given.copy(deep=True)
    rows = sensitivity_table(Product(), given).set_index(["name", "need"])
    reach, response = (
        given.sel(parameter=name).to_numpy() for name in ("worker_reach", "output_response")
    )
    row = rows.loc[("worker_reach", "ai_basic")]
    low, high = np.quantile(reach, [0.1, 0.9])
    assert (row["low"], row["high"]) == pytest.approx((low, high))
    assert row["base_persons"] == pytest.approx((1_000 * reach * (1 - response)).mean())
    assert row["at_low"] == pytest.approx(1_000 * low * (1 - response.mean()))
    assert row["at_high"] == pytest.approx(1_000 * high * (1 - response.mean()))
    assert row["at_neutral"] == 0.0
    falls = rows.loc[("output_response", "ai_basic")]
    assert falls["at_low"] > falls["base_persons"] > falls["at_high"] > falls["at_neutral"] == 0.0
    assert given.identical(before)


def test_a_parameter_without_effect_moves_nobody_and_one_without_range_needs_no_run():
    product = Product()
    rows = sensitivity_table(product, parameters())
    idle = rows[~rows["name"].isin(["worker_reach", "output_response"])]
    for column in ("at_low", "at_high", "at_neutral"):
        assert (idle[column] == idle["base_persons"]).all()
    # One base, three for each parameter; none for the one that is switched off.
    assert product.runs == 1 + 3 * (len(PARAMETERS) - 1)


def test_every_parameter_has_a_row_for_every_need():
    rows = sensitivity_table(Product(), parameters())
    check_table("parameter_sensitivity", rows)
    assert list(rows["name"].unique()) == [parameter.name for parameter in PARAMETERS]
    assert (rows.groupby("name")["need"].agg(tuple) == NEEDS).all()
