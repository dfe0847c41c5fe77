"""Reasons are the occupation's own: they add up to its score and follow the data."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from forecast.classifications import Crosswalk, is_military
from forecast.codebook import check_table
from forecast.data import reference
from forecast.errors import InputError
from forecast.features.panel import OccupationPanel, isco_panel
from forecast.models.exposure import ExposureModel
from forecast.models.linear import Ridge
from forecast.models.measurement import OneFactor, fit_one_factor
from forecast.stages.estimation import occupation_scores
from forecast.stages.reasons import explain_occupations
from forecast.stages.sentence_ko import LONGEST
from forecast.types import OccupationScores

INDICES = ["gpt4_beta", "human_beta", "ilo_2023"]
DOMAINS = ("skill", "knowledge", "ability", "activity", "style", "zone")
NEEDED = (
    "descriptors", "employment_age", "isco08", "isco_descriptors", "isco_indices",
    "isco_task_profile", "ksco7", "ksco7_isco08",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    panel: OccupationPanel
    model: ExposureModel
    factor: OneFactor
    isco: OccupationScores
    minor: OccupationScores
    sub_major: OccupationScores
    minor_weights: np.ndarray
    share: np.ndarray
    tables: dict[str, pd.DataFrame]

    def explained(self, **changes: object) -> dict[str, pd.DataFrame]:
        parts = {name: getattr(self, name) for name in self.__dataclass_fields__} | changes
        return explain_occupations(parts.pop("panel"), index_names=INDICES, **parts)


def scored(system: str, titles: pd.Series, exposure: np.ndarray) -> OccupationScores:
    draws = np.clip(exposure + np.array([-0.08, -0.04, 0.0, 0.04, 0.09])[:, None], 0, 1)
    return occupation_scores(
        system,
        titles,
        exposure=draws,
        complementarity=draws,
        substituted=draws,
        spread=np.full(len(titles), 0.06),
    )


@lru_cache(maxsize=1)
def case() -> Case:
    tables = {name: reference.load(name) for name in NEEDED}
    panel = isco_panel(tables, domains=DOMAINS)
    indices = panel.indices[INDICES].to_numpy()
    factor = fit_one_factor(indices)
    measured, _ = factor.measure(indices)
    rows = np.isfinite(measured)
    ridge = Ridge(alphas=[0.3]).fit(
        panel.descriptors.to_numpy()[rows],
        measured[rows, None],
        groups=panel.families.to_numpy(dtype=str)[rows],
        rng=np.random.default_rng(0),
    )
    model = ExposureModel(ridge, tuple(panel.descriptors.columns), 0, 0.28, 0.18)
    exposure = 0.28 + 0.18 * np.where(rows, measured, 0.0)
    ksco7 = tables["ksco7"][~tables["ksco7"]["ksco7"].map(is_military)].set_index("ksco7")
    minors = ksco7.loc[ksco7["level"] == "minor", "name_ko"].sort_index()
    groups = ksco7.loc[ksco7["level"] == "sub_major", "name_ko"].sort_index()
    links = tables["ksco7_isco08"]
    weights = Crosswalk.from_links(
        links[~links["ksco7"].map(is_military)],
        source="isco08", target="ksco7", sources=panel.codes, targets=minors.index,
    ).average()  # fmt: skip
    inside = np.array([minors.index.str[:2] == code for code in groups.index], dtype=float)
    share = inside / inside.sum(axis=1, keepdims=True)
    carried = weights.T @ exposure.clip(0, 1)
    return Case(
        panel=panel,
        model=model,
        factor=factor,
        isco=scored("isco08", panel.titles, exposure.clip(0, 1)),
        minor=scored("ksco7_minor", minors, carried),
        sub_major=scored("ksco7_sub_major", groups, share @ carried),
        minor_weights=weights,
        share=share,
        tables=tables,
    )


@lru_cache(maxsize=1)
def explained() -> dict[str, pd.DataFrame]:
    return case().explained()


def by_kind() -> pd.DataFrame:
    table = explained()["exposure_contributions"]
    return table.pivot_table(index="ksco7", columns="kind", values="contribution", aggfunc="sum")


def test_the_parts_of_a_score_add_up_to_the_printed_one():
    printed = explained()["exposure_reasons"].set_index("ksco7")["exposure"].dropna()
    parts = by_kind().loc[printed.index]
    total = parts["baseline"] + parts["descriptor"] + parts["own_indices"] + parts["korea"]
    assert_allclose(total, printed, atol=1e-12)
    assert_allclose(parts["bundle"], parts["descriptor"], atol=1e-12)
    assert (parts["own_indices"].abs() > 0.001).mean() > 0.9


def test_what_korea_adds_is_kept_apart_from_the_indices():
    printed = case().minor.exposure.mean("draw").to_series()
    higher = scored("ksco7_minor", case().minor.titles, printed.to_numpy() + 0.01)
    moved = case().explained(minor=higher)
    kinds = moved["exposure_contributions"].query("level == 'minor'")
    after = kinds.pivot_table(index="ksco7", columns="kind", values="contribution", aggfunc="sum")
    before = by_kind().loc[after.index]
    assert_allclose(after["own_indices"], before["own_indices"], atol=1e-12)
    rise = higher.exposure.mean("draw").to_series() - printed
    assert_allclose(after["korea"] - before["korea"], rise.loc[after.index], atol=1e-12)
    assert rise.min() > 0.005


def test_activities_add_up_to_the_task_rating_less_the_average_workers():
    panel, weights = case().panel, case().minor_weights
    rated = panel.indices["gpt4_beta"].to_numpy()
    whole = weights.T @ np.isfinite(rated) > 1 - 1e-9
    carried = (weights.T @ np.where(np.isfinite(rated), rated, 0.0))[whole]
    codes = case().minor.titles.index[whole]
    assert len(codes) > 130
    # The average worker is one constant for all; its value is tested by what workers sum to.
    gaps = carried - by_kind().loc[codes, "activity"].to_numpy()
    assert_allclose(gaps, gaps.mean(), atol=1e-5)


def test_contributions_of_all_workers_cancel_out():
    employment = case().tables["employment_age"]
    last = employment[employment["period"] == employment["period"].max()]
    people = last[(last["level"] == "sub_major") & (last["age_group"] == "all")]
    persons = people.set_index("ksco7")["employed_persons"].astype(float)
    upper = by_kind().loc[persons.index]
    # Ridge is linear and tasks are shares: above here is below there.
    for kind, size in (("descriptor", 1e-12), ("activity", 2e-3)):
        assert abs(np.average(upper[kind], weights=persons)) < size


def test_every_occupation_has_its_reason_and_the_armed_forces_an_honest_one():
    table = check_table("exposure_reasons", explained()["exposure_reasons"])
    assert table["level"].value_counts().to_dict() == {"minor": 156, "sub_major": 52}
    assert table["ksco7"].is_unique
    assert (table["reason_ko"].str.len() <= LONGEST).all()
    military = table["ksco7"].str.startswith("A")
    assert set(table.loc[military, "ksco7"]) == {"A0", "A01", "A02", "A09"}
    assert table.loc[military, "exposure"].isna().all()
    assert table.loc[military, "reason_ko"].str.contains("까닭을 알 수 없").all()
    civilian = table[~military]
    assert civilian["reason_ko"].is_unique
    assert (civilian["up"] + civilian["down"]).ne("").all()
    assert civilian["exposure_lower80"].lt(civilian["exposure_upper80"]).all()
    check_table("exposure_contributions", explained()["exposure_contributions"])


def test_programmers_are_exposed_for_their_computers_and_labourers_spared_by_their_bodies():
    table = explained()["exposure_contributions"].query("kind == 'bundle'").set_index("ksco7")
    programmers, labourers = table.loc["222"], table.loc["910"]
    assert programmers.iloc[0]["item"] == "computers"
    assert programmers.iloc[0]["contribution"] > 0.05
    assert "body" in set(labourers[labourers["contribution"] < -0.02]["item"])
    assert labourers.set_index("item").loc["body", "difference_sd"] > 1


def test_largest_contributions_come_first_within_a_kind():
    sizes = explained()["exposure_contributions"].assign(size=lambda t: t["contribution"].abs())
    steps = sizes.groupby(["ksco7", "kind"], sort=False)["size"].diff().dropna()
    assert (steps <= 1e-9).all()


def test_an_index_that_is_moved_for_one_group_is_named_there_only():
    before = explained()["exposure_reasons"].set_index("ksco7")["disagreeing"]
    code = "312"
    linked = case().minor_weights[:, list(case().minor.titles.index).index(code)] > 0
    indices = case().panel.indices.copy()
    indices.loc[linked, "ilo_2023"] -= 0.5
    after = case().explained(panel=replace(case().panel, indices=indices))
    moved = after["exposure_reasons"].set_index("ksco7")["disagreeing"]
    assert moved[code].startswith("ilo_2023 -")
    share_linked = case().minor_weights[linked].sum(axis=0)
    untouched = case().minor.titles.index[share_linked == 0]
    assert len(untouched) > 100
    assert (moved[untouched] == before[untouched]).all()


def test_neighbours_are_of_the_same_level_and_outside_means_outside():
    table = explained()["exposure_reasons"].query("exposure.notna()")
    for row in table.itertuples():
        near, outside = row.nearest.split(), row.nearest_outside.split()
        assert len(near) == len(outside) == 3
        assert row.ksco7 not in near
        assert {len(code) for code in near + outside} == {len(row.ksco7)}
        assert not any(code[: len(row.ksco7) - 1] == row.ksco7[:-1] for code in outside)


def test_weights_or_scores_of_other_occupations_are_refused():
    with pytest.raises(InputError, match="different ISCO-08"):
        case().explained(minor_weights=case().minor_weights[:-1])
    with pytest.raises(InputError, match="share has shape"):
        case().explained(share=case().share.T)
    with pytest.raises(InputError, match="must sum to 1"):
        case().explained(minor_weights=case().minor_weights * 2)
    lost = case().tables["employment_age"].query("ksco7 != '31'")
    with pytest.raises(InputError, match="employment_age lacks"):
        case().explained(tables={**case().tables, "employment_age": lost})
