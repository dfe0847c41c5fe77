"""The alias `champion` moves to a version that won on the very same cases, and to no other."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from forecast.options import TrackingOptions
from forecast.tracking import champion
from forecast.tracking.champion import Facts, champion_facts, inputs_digest, move_champion
from forecast.tracking.store import reach

NAME = "ai-exposure"
FACTS = Facts(
    score=0.8,
    naive_score=0.5,
    n_cases=420,
    scored_as="ridge",
    splits="48d698fcfe47",
    inputs="fe070b644794",
    provenance="official",
    preset="kiet_2022",
    commit="abc",
)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """One store for all: making it takes longer than all decisions."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('store') / 'mlflow.db'}"
    return reach(TrackingOptions(uri=uri))


@pytest.fixture
def client(store):
    store.create_registered_model(NAME)
    yield store
    store.delete_registered_model(NAME)


def new_version(client) -> str:
    return str(client.create_model_version(NAME, "file:///nowhere").version)


def register(client, **changes) -> tuple[str, str]:
    """Register a version with these facts; return its number and what was decided."""
    version = new_version(client)
    return version, move_champion(client, NAME, version, replace(FACTS, **changes))


def holder(client) -> str | None:
    number = client.get_registered_model(NAME).aliases.get("champion")
    return None if number is None else str(number)


def test_the_first_version_that_beats_the_naive_forecast_becomes_champion(client):
    version, said = register(client)
    assert holder(client) == version
    assert said.startswith("챔피언이 됨") and "Becomes champion: the first" in said


@pytest.mark.parametrize("score", [0.5, 0.4, float("nan")])
def test_a_version_that_does_not_beat_the_naive_forecast_never_does(client, score):
    _, said = register(client, score=score)
    assert holder(client) is None and "does not beat the naive" in said


def test_synthetic_data_make_no_champion_even_where_there_is_none(client):
    _, said = register(client, provenance="synthetic", score=0.99)
    assert holder(client) is None and "synthetic data" in said


def test_a_run_that_scored_nothing_leaves_the_alias(client):
    first, _ = register(client)
    version = new_version(client)
    said = move_champion(client, NAME, version, None)
    assert holder(client) == first and "did not score" in said


def test_the_alias_moves_to_a_better_version_and_an_equal_or_worse_one_leaves_it(client):
    first, _ = register(client)
    _, equal = register(client)
    _, worse = register(client, score=0.7)
    assert holder(client) == first
    assert f"does not beat champion v{first}" in equal and "does not beat" in worse
    better, said = register(client, score=0.8 + 1e-9)
    assert holder(client) == better and f"better than v{first} on the same folds" in said


@pytest.mark.parametrize(
    "other",
    [{"splits": "other"}, {"inputs": "other"}, {"n_cases": 419}, {"naive_score": 0.51}],
    ids=lambda change: next(iter(change)),
)
def test_scores_on_other_cases_are_not_compared(client, other):
    first, _ = register(client)
    _, said = register(client, score=0.99, **other)
    assert holder(client) == first and "not compared" in said and "견주지 않았다" in said


def test_a_champion_that_somebody_set_by_hand_without_a_score_stays(client):
    by_hand = new_version(client)
    client.set_registered_model_alias(NAME, "champion", by_hand)
    _, said = register(client, score=0.99)
    assert holder(client) == by_hand and "no recorded score" in said


def test_a_champion_taken_back_by_hand_is_not_given_back_to_the_better_one(client, monkeypatch):
    first, _ = register(client)
    second, _ = register(client, score=0.9)
    client.set_registered_model_alias(NAME, "champion", first)  # the second turned out wrong
    later = datetime.now(UTC) + timedelta(minutes=5)
    monkeypatch.setattr(champion, "datetime", type("Later", (datetime,), {"now": lambda tz: later}))
    third, _ = register(client, score=0.85)
    assert holder(client) == third and second != third


def test_what_was_decided_stands_in_the_tags_and_heads_the_description(client):
    version = new_version(client)
    client.update_model_version(NAME, version, "# 카드\n" + "가" * 4990)
    said = move_champion(client, NAME, version, FACTS)
    found = client.get_model_version(NAME, version)
    assert found.description.startswith(said) and "# 카드" in found.description
    assert len(found.description) <= champion.DESCRIPTION_LENGTH
    assert found.tags["champion_decision"] == said
    assert {key: found.tags[key] for key in FACTS.tags()} == FACTS.tags()


class Interrupted:
    """A client in whose place another process acts just before the alias is set."""

    def __init__(self, client, meanwhile):
        self._client, self._meanwhile = client, [meanwhile]

    def __getattr__(self, name):
        if name == "set_registered_model_alias" and self._meanwhile:
            self._meanwhile.pop()()
        return getattr(self._client, name)


@pytest.mark.parametrize(("mine", "theirs"), [(0.85, 0.9), (0.9, 0.85), (0.9, 0.9)])
def test_of_two_that_decide_at_once_the_better_is_champion_in_the_end(client, mine, theirs):
    register(client)
    own, other = new_version(client), new_version(client)

    def meanwhile():
        move_champion(client, NAME, other, replace(FACTS, score=theirs))

    move_champion(Interrupted(client, meanwhile), NAME, own, replace(FACTS, score=mine))
    assert holder(client) == (other if theirs > mine else own)


def test_many_at_once_leave_the_best_one_champion(client):
    scores = [0.81, 0.84, 0.82, 0.86, 0.83, 0.85]
    versions = [new_version(client) for _ in scores]
    start = threading.Barrier(len(scores))

    def decide(version, score):
        start.wait()
        move_champion(client, NAME, version, replace(FACTS, score=score))

    threads = [
        threading.Thread(target=decide, args=pair) for pair in zip(versions, scores, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert holder(client) == versions[scores.index(max(scores))]


SCORES = pd.DataFrame(
    {
        "stage": "exposure",
        "model": ["network", "ridge", "auto_nested", "ridge"],
        "split": ["grouped", "grouped", "grouped", "random"],
        "target": "consensus_unrelated",
        "metric": "r2",
        "value": [0.80, 0.84, 0.81, 0.95],
        "n": 420,
        "naive_value": [0.5, 0.5, 0.5, 0.7],
    }
)
BOARD = pd.DataFrame(
    {
        "stage": "exposure",
        "target": "consensus_unrelated",
        "model": ["network", "ridge"],
        "r2_grouped": [0.80, 0.84],
    }
)
MANIFEST = {
    "splits": {"grouped": "48d698fcfe47", "random": "b9d6fef2adcf"},
    "inputs": {"a.csv": "1" * 64},
    "provenance": "official",
    "preset": "kiet_2022",
    "commit": None,
}


def test_a_model_chosen_among_several_is_judged_by_the_score_of_choosing():
    facts = champion_facts({"scores": SCORES, "leaderboard": BOARD}, MANIFEST)
    assert (facts.scored_as, facts.score, facts.naive_score) == ("auto_nested", 0.81, 0.5)


def test_a_single_model_is_judged_by_its_own_grouped_score():
    alone = SCORES[SCORES["model"] == "ridge"]
    facts = champion_facts({"scores": alone, "leaderboard": BOARD.tail(1)}, MANIFEST)
    assert (facts.scored_as, facts.score, facts.splits) == ("ridge", 0.84, "48d698fcfe47")


def test_without_an_exposure_stage_there_is_nothing_to_judge():
    assert champion_facts({}, MANIFEST) is None
    assert champion_facts({"scores": SCORES.assign(stage="adoption")}, MANIFEST) is None


def test_inputs_are_told_apart_by_what_is_in_them():
    assert inputs_digest({"a.csv": "1", "b.csv": "2"}) != inputs_digest({"a.csv": "1"})


def test_facts_survive_the_tags_of_a_version_to_the_last_digit():
    exact = replace(FACTS, score=1 / 3, naive_score=0.1 + 0.2)
    assert champion._facts_in(exact.tags()) == exact
    assert champion._facts_in({**exact.tags(), "score": "good"}) is None
