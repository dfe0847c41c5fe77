"""How jobs inside an occupation differ: what the task profiles say, and that it is a spread."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from exposure_cases import reference_tables, ridge_result
from hypothesis import given
from hypothesis import strategies as st

from forecast.errors import InputError
from forecast.stages.job_tasks import PROFILE_COLUMNS, job_variance, task_spread

SHARE = "task_substitution_share"


def profile(values: list[float], *, n_task: float = 20.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "isco08": "1111",
            "task_share": 1 / len(values),
            "n_task": n_task / len(values),
            "substitution_share": values,
        }
    )


def variance(values: list[float], *, n_task: float = 20.0, occupations: int = 1) -> float:
    found = job_variance(profile(values, n_task=n_task), pd.Series({"1111": occupations}), SHARE)
    return float(found.loc["1111", "job"])


@given(value=st.floats(0, 1), n_task=st.floats(1, 200))
def test_jobs_of_an_occupation_whose_activities_are_alike_differ_by_their_tasks_alone(
    value, n_task
):
    expected = (n_task * value + 0.5) / (n_task + 1)
    expected *= (1 - expected) / n_task
    assert variance([value] * 4, n_task=n_task) == pytest.approx(expected)


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_jobs_always_differ_a_little_and_never_by_more_than_a_single_task_would(values):
    assert 0 < variance(values) <= 0.25 + 0.25 / 20


def test_activities_that_differ_set_jobs_apart():
    assert variance([0.0, 1.0, 0.0, 1.0]) > 4 * variance([0.5, 0.5, 0.5, 0.5])


def test_tasks_of_several_occupations_are_not_all_done_in_one_job():
    alone, pooled = (variance([0.4] * 5, n_task=60.0, occupations=n) for n in (1, 3))
    assert pooled == pytest.approx(3 * alone, rel=0.05)


def test_profiles_of_unknown_occupations_are_refused():
    with pytest.raises(InputError, match="1111"):
        job_variance(profile([0.5]), pd.Series({"2222": 1}), SHARE)


@pytest.mark.parametrize("share", PROFILE_COLUMNS)
def test_every_minor_group_has_a_spread_and_a_smaller_sampling_error(share):
    minors = ridge_result().minor.titles.index
    spread = task_spread(reference_tables(), share, minors)
    assert spread.between_jobs.shape == spread.sampling.shape == (len(minors),)
    assert (spread.sampling > 0).all()
    assert (spread.sampling <= spread.between_jobs + 1e-12).all()
    assert 0.05 < np.median(spread.between_jobs) < 0.3


@pytest.mark.parametrize(("share", "column"), PROFILE_COLUMNS.items())
def test_profiles_average_to_the_published_share(share, column):
    table = reference_tables()["isco_task_profile"]
    ours = (table["task_share"] * table[column]).groupby(table["isco08"]).sum()
    rows = reference_tables()["isco_indices"]
    known = rows[rows["index"] == share].set_index("isco08")["value"]
    assert (ours - known).abs().max() < 1e-5
