"""A trial on the embedded reference: what it may not see, and that its score is the project's."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from exposure_cases import RIDGE, options, reference_tables
from sklearn.linear_model import Ridge as SklearnRidge

from forecast.errors import ConfigError
from forecast.features.panel import isco_panel
from forecast.models.base import Regressor, build_model
from forecast.models.boosting import Boosting
from forecast.models.design import values_of
from forecast.models.ensemble import NetworkEnsemble
from forecast.models.gaussian_process import GaussianProcess
from forecast.models.linear import Ridge
from forecast.models.pls import PartialLeastSquares
from forecast.options import AtRiskOptions, ExposureOptions, FeatureOptions, SweepOptions
from forecast.stages import exposure_trial, trial_cases
from forecast.stages.candidates import SELECTED, compare_models
from forecast.stages.exposure_trial import check_trial, locked_families, score_locked, score_trial
from forecast.stages.trial_cases import joined_families, prepared
from forecast.types_sweep import TrialScore
from forecast.validation.scores import r2

PLS = {"_target_": "forecast.models.pls.PartialLeastSquares", "components": [3]}
BLUNT = {**RIDGE, "alphas": [1e5]}
STACK = {"_target_": "forecast.models.stack.Stack", "members": {"ridge": RIDGE, "pls": PLS}}
BEST = {
    "_target_": "forecast.models.ensemble.BestOf",
    "candidates": {"ridge": RIDGE, "pls": PLS, "stack": STACK},
}
FOLDS = 3


def quick(**changes):
    return options(**{"exposure": ExposureOptions(folds=FOLDS), **changes})


def score(chosen=None, tables=None, seed=0) -> TrialScore:
    tables = reference_tables() if tables is None else tables
    return score_trial(chosen or quick(), tables, rng=np.random.default_rng(seed))


def same_losses(one: TrialScore, other: TrialScore) -> bool:
    names = ("loss", "reference", "naive", "rows", "folds")
    return (one.cases, one.split) == (other.cases, other.split) and all(
        getattr(one, name).tobytes() == getattr(other, name).tobytes() for name in names
    )


class Spy(Regressor):
    """Forecasts the mean and remembers which rows it was fitted on and asked for."""

    seen: ClassVar[list[tuple[np.ndarray, set[str], np.ndarray]]] = []
    asked: ClassVar[list[np.ndarray]] = []

    def fit(self, x, y, *, groups, rng, weights=None):
        self.mean = np.nanmean(y, axis=0)
        self.seen.append((values_of(x), set(groups), y))
        return self

    def predict(self, x):
        self.asked.append(values_of(x))
        return np.tile(self.mean, (len(x), 1))

    def predict_draws(self, x, *, n_draw, rng):
        raise AssertionError("a trial takes no draws")


@pytest.fixture
def spy(monkeypatch):
    Spy.seen.clear()
    Spy.asked.clear()
    monkeypatch.setattr(exposure_trial, "build_model", lambda named: Spy())
    return Spy


def families(domains=("skill",)) -> dict[str, str]:
    """Code to family, joined with those that hold a twin."""
    panel = isco_panel(reference_tables(), domains=list(domains))
    return dict(zip(panel.codes, joined_families(reference_tables(), panel), strict=True))


def locked_of(share=0.2, domains=("skill",)) -> set[str]:
    return set(locked_families(list(families(domains).values()), share))


def families_by_values() -> dict[bytes, str]:
    panel = isco_panel(reference_tables(), domains=options().features.domains)
    rows, family_of = panel.design().values[panel.described], families()
    codes = np.asarray(panel.codes)[panel.described]
    pairs = {(row.tobytes(), family_of[code]) for row, code in zip(rows, codes, strict=True)}
    assert len(dict(pairs)) == len(pairs)  # the same descriptors, the same family
    return dict(pairs)


def test_no_locked_row_reaches_a_fit_and_siblings_are_never_on_both_sides(spy):
    family_of = families_by_values()
    result = score()
    assert len(spy.seen) == len(spy.asked) == FOLDS
    asked_families = []
    for (values, groups, _), asked in zip(spy.seen, spy.asked, strict=True):
        fitted = {family_of[row.tobytes()] for row in values}
        left_out = {family_of[row.tobytes()] for row in asked}
        assert fitted == groups
        assert not (fitted | left_out) & locked_of()
        assert not fitted & left_out
        asked_families += sorted(left_out)
    assert sorted(asked_families) == sorted(result.cases)


def test_the_winner_is_fitted_on_every_development_row_and_scored_on_the_locked_ones(spy):
    result = score_locked(quick(), reference_tables(), rng=np.random.default_rng(0))
    ((values, groups, _),) = spy.seen
    development = score().cases
    assert groups == set(development)
    assert len(values) == len(prepared(quick(), reference_tables()).development.data.codes)
    assert set(result.cases) <= locked_of()
    assert not set(result.cases) & groups
    assert len(result.cases) >= 20


def test_no_label_of_a_locked_family_moves_a_trial():
    tables, locked = reference_tables(), locked_of()
    indices = tables["isco_indices"].copy()
    hidden = indices["isco08"].map(families()).isin(locked)
    indices.loc[hidden, "value"] = np.random.default_rng(5).uniform(size=int(hidden.sum()))
    other = {**tables, "isco_indices": indices}
    best = quick(model=BEST)
    assert same_losses(score(best), score(best, other))
    results = [score_locked(quick(), t, rng=np.random.default_rng(0)) for t in (tables, other)]
    assert results[0].split != results[1].split
    assert results[0].score > 0.8 > results[1].score


@pytest.mark.parametrize("share", [0.1, 0.2, 0.5])
def test_locked_families_are_those_of_the_classification_whatever_a_trial_chooses(share):
    locked = locked_of(share)
    assert locked == locked_of(share, ("skill", "style", "zone"))
    every = list(families().values())
    assert np.isin(every, sorted(locked)).mean() == pytest.approx(share, abs=0.01)
    for changes in (
        {"features": FeatureOptions(domains=["skill"])},
        {"model": PLS},
        {"exposure": ExposureOptions(folds=4, indices=["human_beta", "ilo_2023"])},
    ):
        cases = prepared(
            quick(**changes, sweep=SweepOptions(locked_share=share)), reference_tables()
        )
        assert set(cases.locked.data.families) <= locked
        assert not set(cases.development.data.families) & locked


@pytest.mark.parametrize("share", [0.0, -0.1, 0.51, 1.0, float("nan"), 0.001])
def test_a_share_that_locks_nothing_or_most_is_refused(share):
    with pytest.raises(ConfigError, match=r"sweep\.locked_share"):
        locked_families(["211", "212", "311", "312"], share)


def test_the_score_of_ridge_is_that_of_scikit_learn_on_the_same_folds():
    chosen = quick(model={**RIDGE, "alphas": [0.3]})
    rows = prepared(chosen, reference_tables()).development
    x, y, weights = rows.data.x.values, rows.judged, rows.data.weights
    forecast = np.empty(len(y))
    for fold in range(FOLDS):
        out = rows.folds == fold
        w = weights[~out] / weights[~out].mean()
        centre = np.average(x[~out], axis=0, weights=w)
        scale = np.sqrt(np.average((x[~out] - centre) ** 2, axis=0, weights=w))
        line = SklearnRidge(alpha=0.3 * (~out).sum())
        line.fit((x[~out] - centre) / scale, y[~out], sample_weight=w)
        forecast[out] = line.predict((x[out] - centre) / scale)
    result = score(chosen)
    assert result.score == pytest.approx(r2(y, forecast), abs=1e-9)
    miss = (y - forecast)[rows.data.families == result.cases[7]]
    assert result.loss[7] == pytest.approx((miss**2).sum(), abs=1e-9)
    assert result.rows.sum() == len(y)


@pytest.mark.parametrize(
    ("model", "row", "target"),
    [
        (RIDGE, "ridge", "ilo_2023"),  # which has gaps
        (STACK, "stack", "consensus_unrelated"),
        (BEST, SELECTED, "consensus_unrelated"),
    ],
)
def test_scores_are_those_of_a_run_on_the_same_rows(model, row, target):
    chosen = quick(model=model, sweep=SweepOptions(target=target))
    cases = prepared(chosen, reference_tables()).development
    compared = compare_models(
        build_model(model),
        cases.data,
        n_fold=FOLDS,
        stage="x",
        judged_on=target,
        rng=np.random.default_rng(1),
    )
    rows = compared.scores.query("split == 'grouped' and metric == 'r2' and target == @target")
    published = rows.set_index("model").loc[row]
    result = score(chosen)
    assert result.score == pytest.approx(published["value"], abs=1e-8)
    assert result.naive_score == pytest.approx(published["naive_value"], abs=1e-12)
    assert result.rows.sum() == published["n"]


def test_the_best_on_development_folds_is_what_meets_the_locked_rows():
    tables, rng = reference_tables(), np.random.default_rng
    both = {**BEST, "candidates": {"a_blunt": BLUNT, "ridge": RIDGE}}
    best = score_locked(quick(model=both), tables, rng=rng(0))
    assert best.score == score_locked(quick(), tables, rng=rng(0)).score
    assert best.score > score_locked(quick(model=BLUNT), tables, rng=rng(0)).score
    alone = {**BEST, "candidates": {"ridge": RIDGE}}
    assert same_losses(score(quick(model=alone)), score())


def test_weights_of_a_stack_for_the_locked_rows_are_learnt_on_development_folds():
    tables = reference_tables()
    stack = build_model(STACK)
    development, locked = (
        prepared(quick(), tables).development,
        prepared(quick(), tables).locked,
    )
    data, y = development.data, development.judged[:, None]
    common = {"groups": data.families, "weights": data.weights, "rng": np.random.default_rng(0)}
    left_out = {
        name: member.cross_predict(data.x, y, folds=development.folds[None], **common)[0]
        for name, member in stack.members.items()
    }
    stack.learn(left_out, y).fit(data.x, y, **common)
    expected = r2(locked.judged, stack.predict(locked.data.x)[:, 0])
    result = score_locked(quick(model=STACK), tables, rng=np.random.default_rng(0))
    assert result.score == pytest.approx(expected, abs=1e-9)


def test_the_naive_of_locked_rows_is_their_parent_group_among_development_rows():
    cases = prepared(quick(), reference_tables())
    kept, locked = cases.development, cases.locked
    code = next(p for p in locked.data.parents if p in set(kept.data.parents))
    expected = kept.judged[kept.data.parents == code].mean()
    assert locked.naive[locked.data.parents == code] == pytest.approx(expected)


@pytest.mark.parametrize("model", [Ridge([0.3]), PartialLeastSquares([3]), GaussianProcess(0, 3)])
def test_a_target_fitted_alone_is_forecast_as_beside_the_others(model):
    data = prepared(quick(), reference_tables()).development.data
    y, place = data.y[:, [5, 2, 9]], 2  # the first has gaps
    common = {"groups": data.families, "weights": data.weights, "rng": np.random.default_rng(0)}
    every = model.fit(data.x, y, **common).predict(data.x)[:, place]
    alone = model.fit(data.x, y[:, [place]], **common).predict(data.x)[:, 0]
    assert model.separate_targets
    np.testing.assert_allclose(alone, every, atol=1e-9)


@pytest.mark.parametrize("model", [Boosting(2, 3), GaussianProcess(50, 2)])
def test_models_that_draw_fit_the_first_target_as_if_it_were_alone(model):
    data = prepared(quick(), reference_tables()).development.data

    def first(y):
        fitted = model.fit(data.x, y, groups=data.families, rng=np.random.default_rng(0))
        return fitted.predict(data.x)[:, 0]

    assert model.separate_targets
    assert not NetworkEnsemble().separate_targets
    assert first(data.y[:, [0, 1]]).tobytes() == first(data.y[:, [0]]).tobytes()


def test_models_that_share_targets_are_given_all_of_them(spy):
    score()
    assert all(y.shape[1] == 10 for *_, y in spy.seen)


def test_equal_settings_are_fitted_once(monkeypatch):
    calls = []
    fit = Ridge.cross_predict
    monkeypatch.setattr(
        Ridge, "cross_predict", lambda self, *a, **k: calls.append(1) or fit(self, *a, **k)
    )
    score(quick(model=BEST))
    assert len(calls) == 1


def test_the_same_seed_gives_the_same_bytes_with_or_without_what_was_kept():
    boosting = {"_target_": "forecast.models.boosting.Boosting", "trees": 5}
    chosen = quick(model=boosting)
    first = score(chosen)
    assert same_losses(first, score(chosen))
    for kept in (trial_cases._panel, trial_cases._prepared):
        kept.cache_clear()
    fresh = {name: table.copy() for name, table in reference_tables().items()}
    assert same_losses(first, score(chosen, fresh))
    assert first.loss.tobytes() != score(chosen, seed=1).loss.tobytes()
    assert first.fit_seconds > 0


def test_what_the_model_does_not_change_is_prepared_once(monkeypatch):
    score()
    monkeypatch.setattr(trial_cases, "training_set", None)  # whoever calls it now fails
    score(quick(model=PLS), seed=3)


def test_scores_compare_only_where_rows_folds_and_target_are_the_same():
    def split(**changes):
        return prepared(quick(**changes), reference_tables()).development.split

    plain = split()
    features = FeatureOptions(domains=["skill"])
    assert plain == split(model=PLS, seed=4, features=features)
    others = [
        split(exposure=ExposureOptions(folds=FOLDS + 1)),
        split(exposure=ExposureOptions(folds=FOLDS, indices=["human_beta", "ilo_2023"])),
        split(sweep=SweepOptions(target="gpt4_beta")),
        split(sweep=SweepOptions(locked_share=0.25)),
        prepared(quick(), reference_tables()).locked.split,
    ]
    assert len({plain, *others}) == len(others) + 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"sweep": SweepOptions(target="daioe_genai")}, "weighted sum of O\\*NET abilities"),
        ({"sweep": SweepOptions(target="nonsense")}, "sweep.target='nonsense'"),
        ({"sweep": SweepOptions(locked_share=0.6)}, "sweep.locked_share=0.6"),
        ({"exposure": ExposureOptions(folds=1)}, "exposure.folds is 1"),
        ({"at_risk": AtRiskOptions(preset="nonsense")}, "at_risk.preset"),
        ({"model": {**RIDGE, "alpha": 1.0}}, "model.alpha is unknown"),
        ({"model": {"_target_": "forecast.models.task_text.TaskText"}}, "labelled tasks"),
    ],
)
def test_a_wrong_trial_is_refused_before_anything_is_read(changes, message):
    with pytest.raises(ConfigError, match=message):
        check_trial(quick(**changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": FeatureOptions(domains=["nonsense"])}, "features.domains"),
        ({"exposure": ExposureOptions(folds=500)}, "exposure.folds is 500"),
        ({"exposure": ExposureOptions(indices=["nonsense", "ilo_2023"])}, "exposure.indices"),
        ({"sweep": SweepOptions(target="sml")}, "sweep.target='sml'"),
        ({"sweep": SweepOptions(locked_share=0.001)}, "sweep.locked_share=0.001"),
    ],
)
def test_names_and_numbers_are_held_against_the_tables(changes, message):
    check_trial(quick(**changes))
    check_trial(quick(), reference_tables())
    with pytest.raises(ConfigError, match=message):
        check_trial(quick(**changes), reference_tables())
