"""A design is cut like an array and takes its tasks along."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import sparse

from forecast.errors import InputError
from forecast.models.design import Design, Tasks, as_design, values_of


@pytest.fixture
def tasks() -> Tasks:
    """Occupation 0 has two tasks, 1 none, 2 one and 3 two; each task is its own term."""
    return Tasks(
        terms=sparse.csr_array(np.eye(5)),
        occupation=np.array([0, 3, 0, 2, 3]),
        weights=np.array([0.25, 0.5, 0.75, 1.0, 0.5]),
        labels=np.column_stack([np.arange(5.0), np.arange(5.0) / 10.0]),
        names=("ones", "tenths"),
    )


@pytest.fixture
def design(tasks: Tasks) -> Design:
    return Design(np.arange(8.0).reshape(4, 2), np.array(["11", "12", "21", "31"]), tasks)


def test_terms_of_an_occupation_are_the_weighted_mean_of_its_tasks(tasks):
    mean = tasks.mean_terms(4).toarray()
    expected = np.zeros((4, 5))
    expected[0, [0, 2]] = 0.25, 0.75
    expected[2, 3] = 1.0
    expected[3, [1, 4]] = 0.5
    assert_allclose(mean, expected)


@pytest.mark.parametrize(
    "rows",
    [np.array([3, 0]), np.array([True, False, False, True]), np.array([1]), np.array([-1, 1])],
    ids=["numbers", "mask", "one without tasks", "from the end"],
)
def test_rows_take_their_tasks_along(design, rows):
    places = np.arange(4)[rows]
    cut = design[rows]
    assert len(cut) == len(places)
    assert_array_equal(cut.values, design.values[places])
    assert_array_equal(cut.parents, design.parents[places])
    whole = design.tasks.mean_terms(4).toarray()
    assert_allclose(cut.tasks.mean_terms(len(cut)).toarray(), whole[places])
    described = set(places[np.unique(cut.tasks.occupation)].tolist())
    assert described == set(places.tolist()) & {0, 2, 3}


def test_labels_stay_with_their_task(design):
    cut = design[np.array([3, 2])]
    own = {0: {1.0, 4.0}, 1: {3.0}}  # new row to the labels of its tasks
    for row, labels in own.items():
        assert set(cut.tasks.labels[cut.tasks.occupation == row, 0]) == labels


def test_cutting_twice_is_cutting_once(design):
    twice = design[np.array([3, 2, 0])][np.array([False, True, True])]
    once = design[np.array([2, 0])]
    assert_array_equal(twice.tasks.occupation, once.tasks.occupation)
    assert_array_equal(twice.tasks.labels, once.tasks.labels)


def test_an_occupation_taken_twice_is_refused_as_its_tasks_would_be_lost(design):
    with pytest.raises(InputError, match="taken twice"):
        design[np.array([0, 0])]
    assert len(Design(design.values)[np.array([0, 0])]) == 2


def test_labels_follow_the_targets_and_a_target_without_labels_is_missing(tasks):
    aligned = tasks.for_targets(["tenths", "other"])
    assert aligned.names == ("tenths", "other")
    assert_array_equal(aligned.labels[:, 0], np.arange(5.0) / 10.0)
    assert np.isnan(aligned.labels[:, 1]).all()


def test_a_plain_array_becomes_a_design_and_gaps_are_refused(design):
    assert as_design(design) is design
    plain = as_design([[1, 2], [3, 4]])
    assert plain.values.dtype == float
    assert plain.parents is None and plain.tasks is None
    assert_array_equal(values_of(plain), values_of(plain.values))
    assert plain[np.array([1])].tasks is None
    with pytest.raises(InputError, match="gaps"):
        as_design([[1.0, np.inf]])
