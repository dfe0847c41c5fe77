"""Tasks as models take them: weights of the published scores, terms without labels."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from forecast.data import indices, onet_tasks
from forecast.features.tasks import LABELS, activity_terms, task_set

WRITE, LIFT, TALK = "Write reports about budgets", "Lift heavy boxes by hand", "Talk with customers"


@pytest.fixture
def tasks() -> pd.DataFrame:
    """Occupation 11-1011 has two 8-digit parts, 53-7062 one and 99-9999 is asked for by nobody."""
    rows = [
        ("11-1011", "11-1011.00", WRITE, True, "E1", "E2", "T2", "4.A.2.a.4.I09.D03"),
        ("11-1011", "11-1011.00", TALK, False, "E2", "E1", "T1", ""),
        ("11-1011", "11-1011.03", TALK, True, "E0", "E0", "T0", "4.A.4.a.3.I01.D01"),
        ("53-7062", "53-7062.00", LIFT, True, "E0", "E0", "T4", "4.A.3.a.1.I01.D01"),
        ("53-7062", "53-7062.00", WRITE, True, "E1", "E1", "T3", "4.A.2.a.4.I09.D07"),
        ("53-7062", "53-7062.00", LIFT, False, "E0", "E2", "T1", "4.A.3.a.1.I01.D01"),
        ("99-9999", "99-9999.00", WRITE, True, "E1", "E1", "T4", "4.A.2.a.4.I09.D03"),
    ]
    columns = ["soc2018", "onetsoc", "task", "core"]
    labels = ["gpt4_exposure", "human_exposure", "gpt4_automation", "dwa_ids"]
    return pd.DataFrame(rows, columns=columns + labels)


CODES = ["53-7062", "11-1011", "29-1141"]  # the last has no tasks


def averages(found, name: str) -> np.ndarray:
    labels = found.labels[:, found.names.index(name)]
    return np.bincount(found.occupation, found.weights * labels, minlength=len(CODES))


def test_core_tasks_weigh_twice_and_parts_of_an_occupation_alike(tasks):
    found = task_set(tasks.assign(task="The same"), CODES)  # a word must occur in three tasks
    assert set(found.occupation.tolist()) == {0, 1}
    first = found.weights[found.occupation == 1]
    assert_allclose(first, [(1.0 / 1.5) / 2, (0.5 / 1.5) / 2, 0.5])
    assert_allclose(np.bincount(found.occupation, found.weights), 1.0)


def test_labels_average_to_the_score_of_the_occupation(tasks):
    found = task_set(tasks.assign(task="The same"), CODES)
    assert_allclose(averages(found, "gpt4_beta"), [1.0 / 2.5, (1.0 + 0.25) / 1.5 / 2, 0.0])
    assert_allclose(averages(found, "gpt4_alpha"), [1.0 / 2.5, 1.0 / 1.5 / 2, 0.0])
    assert_allclose(averages(found, "human_beta"), [1.25 / 2.5, (0.5 + 0.5) / 1.5 / 2, 0.0])
    assert_allclose(averages(found, "automation"), [1.875 / 2.5, (0.5 + 0.125) / 1.5 / 2, 0.0])


def test_alike_texts_have_alike_terms_whatever_their_labels(tasks):
    repeated = pd.concat([tasks] * 3, ignore_index=True)
    repeated["onetsoc"] += [f"-{n}" for n in range(3) for _ in range(len(tasks))]
    found = task_set(repeated, CODES, activities=False)
    cosine = (found.terms @ found.terms.T).toarray()
    texts = repeated.loc[repeated["soc2018"].isin(CODES), "task"].to_numpy()
    same = texts[:, None] == texts
    assert_allclose(cosine[same], 1.0)
    assert_allclose(cosine[~same], 0.0, atol=1e-12)
    labels = [column for column, _ in LABELS.values()]
    blind = repeated.assign(**dict.fromkeys(labels, "E0"))
    terms = task_set(blind, CODES, activities=False).terms
    assert_array_equal(terms.toarray(), found.terms.toarray())


def test_activities_are_further_terms_that_can_be_left_out(tasks):
    repeated = pd.concat([tasks] * 3, ignore_index=True)
    words = task_set(repeated, CODES, activities=False).terms
    both = task_set(repeated, CODES).terms
    assert both.shape[1] > words.shape[1]
    assert_array_equal(both[:, : words.shape[1]].toarray(), words.toarray())
    kept = repeated[repeated["soc2018"].isin(CODES)].reset_index(drop=True)
    activities = both[:, words.shape[1] :].toarray()
    assert_array_equal(activities.any(axis=1), kept["dwa_ids"] != "")
    # Two budgets reports, other detailed activities: the intermediate one above is shared.
    first, second = activities[[0, kept.index[kept["dwa_ids"].str.endswith("D07")][0]]]
    assert 0.1 < first @ second < 0.9
    bare = task_set(repeated.assign(dwa_ids=""), CODES).terms
    assert bare.shape == words.shape


def test_tasks_of_occupations_that_nobody_asks_for_are_left_out(tasks):
    repeated = pd.concat([tasks] * 3, ignore_index=True)
    asked = task_set(repeated, CODES)
    alone = task_set(repeated[repeated["soc2018"] != "99-9999"], CODES)
    assert_array_equal(asked.terms.toarray(), alone.terms.toarray())
    assert_array_equal(asked.occupation, alone.occupation)


def test_an_activity_names_those_above_it():
    assert activity_terms("") == []
    assert activity_terms("4.A.1.a.1.I01.D01 4.A.2.a.4.I09.D03")[1::3] == [
        "4.A.1.a.1.I01",
        "4.A.2.a.4.I09",
    ]


@pytest.mark.sources
def test_labels_of_all_tasks_average_to_the_published_scores(sources_root):
    published = indices.soc_panel(sources_root).set_index("soc2018").sort_index()
    found = task_set(onet_tasks.soc_tasks(sources_root), list(published.index), activities=False)
    assert len(found.weights) > 18_000
    n_occ = len(published)
    labelled = np.bincount(found.occupation, minlength=n_occ) > 0
    for place, name in enumerate(found.names):
        mean = np.bincount(
            found.occupation, found.weights * found.labels[:, place], minlength=n_occ
        )
        scored = published[name].notna().to_numpy()
        assert_array_equal(labelled, scored)
        assert_allclose(mean[scored], published[name][scored], atol=1e-6, err_msg=name)
