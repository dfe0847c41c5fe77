"""What a model may look at: descriptors and, where they are known, groups and labelled tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from forecast.errors import InputError

Floats = NDArray[np.float64]
Texts = NDArray[np.str_]


@dataclass(frozen=True)
class Tasks:
    """The tasks that occupations consist of.

    Parameters
    ----------
    terms : csr_array of shape (n_task, n_term)
        Words and activities of each task, weighted (TF-IDF).
    occupation : ndarray of int, shape (n_task,)
        Row of the design that a task belongs to.
    weights : ndarray of shape (n_task,)
        Share of its occupation; sums to 1 per occupation.
    labels : ndarray of shape (n_task, n_label)
        Published label of each task, 0 to 1; missing where there is none.
    names : tuple of str
        Which score each label averages to.
    """

    terms: sparse.csr_array
    occupation: NDArray[np.int64]
    weights: Floats
    labels: Floats
    names: tuple[str, ...]

    def for_targets(self, targets: Sequence[str]) -> Tasks:
        """Put the labels in the order of `targets`; a target without labels is missing."""
        labels = np.full((len(self.labels), len(targets)), np.nan)
        for place, target in enumerate(targets):
            if target in self.names:
                labels[:, place] = self.labels[:, self.names.index(target)]
        return replace(self, labels=labels, names=tuple(targets))

    def of(self, rows: NDArray[np.int64], n_occ: int) -> Tasks:
        """Keep the tasks of some occupations, renumbered in the order of `rows`."""
        if len(np.unique(rows)) < len(rows):
            raise InputError("an occupation is taken twice, but its tasks can follow one row only.")
        place = np.full(n_occ, -1)
        place[rows] = np.arange(len(rows))
        kept = np.flatnonzero(place[self.occupation] >= 0)
        return replace(
            self,
            terms=self.terms[kept],
            occupation=place[self.occupation[kept]],
            weights=self.weights[kept],
            labels=self.labels[kept],
        )

    def mean_terms(self, n_occ: int) -> sparse.csr_array:
        """Average the terms over the tasks of each occupation, (n_occ, n_term); empty if none."""
        shape = (n_occ, len(self.weights))
        share = sparse.csr_array(
            (self.weights, (self.occupation, np.arange(len(self.weights)))), shape=shape
        )
        return sparse.csr_array(share @ self.terms)


@dataclass(frozen=True)
class Design:
    """Occupations as a model sees them; it can be cut by rows like an array.

    Parameters
    ----------
    values : ndarray of shape (n_occ, n_descriptor)
        Descriptors, complete, in any unit.
    parents : ndarray of str, shape (n_occ,), optional
        Group above the family (sub-major group), whose first character names the major group.
    tasks : Tasks, optional

    Examples
    --------
    >>> design = Design(np.arange(6.0).reshape(3, 2), parents=np.array(["21", "21", "31"]))
    >>> len(design), design[np.array([True, False, True])].parents.tolist()
    (3, ['21', '31'])
    """

    values: Floats
    parents: Texts | None = None
    tasks: Tasks | None = None

    def __len__(self) -> int:
        return len(self.values)

    def __getitem__(self, rows: ArrayLike) -> Design:
        places = np.arange(len(self))[np.asarray(rows)]
        return Design(
            values=self.values[places],
            parents=None if self.parents is None else self.parents[places],
            tasks=None if self.tasks is None else self.tasks.of(places, len(self)),
        )


def as_design(x: Design | ArrayLike) -> Design:
    """Wrap plain descriptors; a design stays as it is.

    Raises
    ------
    InputError
        If a descriptor is missing.
    """
    design = x if isinstance(x, Design) else Design(np.asarray(x, dtype=float))
    if not np.isfinite(design.values).all():
        raise InputError("descriptors have gaps; fill them knowingly before fitting.")
    return design


def values_of(x: Design | ArrayLike) -> Floats:
    """Return the descriptors alone, shape (n_occ, n_descriptor)."""
    return as_design(x).values
