"""A multirun: every trial composed as a single run would be, and checked before the first."""

import math
import re
import shlex
from pathlib import Path

import pytest

from forecast.config import compose, run_with_hydra
from forecast.errors import ConfigError


class Heard:
    """Takes the batches of a multirun; the score of a trial is one of its options."""

    def __init__(self, home=Path("home")):
        self.batches, self.requests, self.checked, self.home = [], [], [], home

    def check(self, options):
        self.checked.append(options)

    def launch(self, trials, request):
        self.batches.append(trials)
        self.requests.append(request)
        return [trial.options.exposure.task_sampling_error for trial in trials], self.home

    @property
    def trials(self):
        return [trial for batch in self.batches for trial in batch]


def multirun(*arguments):
    heard = Heard()
    run_with_hydra(["-m", *arguments], lambda options: None, multirun=heard)
    return heard


def test_every_trial_has_the_options_of_a_single_run():
    heard = multirun(
        "sweep=exposure",
        "model=ridge,pls",
        "seed=1,2",
        "features.domains=[skill],[skill,ability]",
        "experiment=smoke,no_abilities",
        "cohorts.budget_krw={2026: 5.0}",
    )
    assert len(heard.batches) == 1 and len(heard.trials) == 16
    fixed = ("sweep=exposure", "cohorts.budget_krw={2026: 5.0}")
    for trial in heard.trials:
        assert trial.options == compose(*fixed, *trial.overrides)
    assert {trial.overrides for trial in heard.trials} == {
        (f"model={m}", f"seed={s}", f"features.domains={d}", f"experiment={e}")
        for m in ("ridge", "pls")
        for s in (1, 2)
        for d in ("[skill]", "[skill,ability]")
        for e in ("smoke", "no_abilities")
    }


def test_what_is_asked_for_names_the_request_and_how_it_runs_does_not():
    def request(*more):
        return multirun("seed=1,2", *more).requests[0]

    plain = request()
    assert plain.searched == ("seed=1,2",) and not plain.chooses
    for how in ("resume=true", "run_dir=x", "tracking=disabled", "tracking.uri=sqlite:///x.db"):
        assert request(how).searched == plain.searched
    assert request("draws=30").searched != plain.searched


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["model=ridge,pls,boosting,network,nope"], "model/nope"),
        (["seed=1,2,3,4,x"], "seed"),
        (["model=ridge,pls", "sede=1"], "seed"),
        (["model=ridge", "+nonsense=1,2"], "nonsense"),
        (["seed=1,2", "sweep.nonsense=1"], "sweep"),
    ],
)
def test_a_wrong_value_ends_before_anything_is_launched(tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    heard = Heard()
    with pytest.raises(ConfigError, match=says):
        run_with_hydra(["-m", *arguments], lambda options: None, multirun=heard)
    assert heard.batches == [] and list(tmp_path.iterdir()) == []


ERROR = "exposure.task_sampling_error=interval(0.01, 0.1)"


def test_an_experiment_may_name_what_is_searched():
    heard = multirun("experiment=model_sweep")
    assert [trial.overrides for trial in heard.trials][:2] == [("model=ridge",), ("model=pls",)]
    assert heard.trials[0].options.sweep.objective == "exposure"
    assert any(text.startswith("model=ridge,pls") for text in heard.requests[0].searched)


SEARCH = ("hydra/sweeper=optuna", "hydra.sweeper.n_trials=8", "hydra.sweeper.n_jobs=4")


def test_a_search_asks_in_batches_by_the_scores_of_the_last(tmp_path):
    heard = Heard(tmp_path)
    run_with_hydra(["-m", *SEARCH, ERROR], lambda options: None, multirun=heard)
    assert [len(batch) for batch in heard.batches] == [4, 4]
    assert all(request.chooses for request in heard.requests)
    again = Heard(tmp_path)
    run_with_hydra(["-m", *SEARCH, ERROR], lambda options: None, multirun=again)
    assert [t.overrides for t in again.trials] == [t.overrides for t in heard.trials]
    best = max(trial.options.exposure.task_sampling_error for trial in heard.trials)
    assert f"best_value: {best}" in (tmp_path / "optimization_results.yaml").read_text()


def test_a_search_composes_every_value_it_may_suggest_later(tmp_path):
    heard = Heard(tmp_path)
    with pytest.raises(ConfigError, match="model/nope"):
        run_with_hydra(
            ["-m", *SEARCH, "model=choice(ridge,pls,boosting,network,nope)"],
            lambda options: None,
            multirun=heard,
        )
    assert heard.batches == []


def test_a_failed_trial_scores_nothing_and_the_search_goes_on(tmp_path):
    class Failing(Heard):
        def launch(self, trials, request):
            super().launch(trials, request)
            return [math.nan for _ in trials], self.home

    heard = Failing(tmp_path)
    run_with_hydra(["-m", *SEARCH, ERROR], lambda options: None, multirun=heard)
    assert len(heard.trials) == 8


GUIDE = Path(__file__).resolve().parent.parent / "docs" / "sweeps.md"
TOLD = re.findall(r"^forecast run (-m .*?)(?:\s{2,}#.*)?$", GUIDE.read_text("utf-8"), re.MULTILINE)


@pytest.mark.parametrize("command", TOLD)
def test_every_command_of_the_guide_composes(command):
    heard = Heard()
    run_with_hydra(shlex.split(command), lambda options: None, multirun=heard)
    assert len(heard.trials) > 1


def test_the_guide_has_commands():
    assert len(TOLD) >= 6
