"""What a trial of a sweep hands back: losses by case, on cases that its model had not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class TrialScore:
    """Losses of one trial by case; a score is 1 less the share of the reference loss.

    Cases are what errs together and is therefore resampled as one: families of occupations for
    exposure, origins for forecasts. Losses of all trials of a sweep are of the same cases.

    Parameters
    ----------
    objective, metric : str
        What was scored, and what the score is called: ``r2`` for squared errors against the
        variance, ``crps_skill`` for CRPS against the declared naive model.
    cases : tuple of str
    folds : ndarray of int, shape (n_case,)
        Part of the split that each case was left out with.
    loss, reference, naive : ndarray of shape (n_case,)
        Summed over the rows of a case: of the trial, of what a score is relative to, and of the
        declared naive model.
    rows : ndarray of int, shape (n_case,)
        How many rows each sum is over.
    split : str
        Fingerprint of cases and folds: scores compare only where it is equal.
    fit_seconds : float
        Spent in fit and predict; not part of the result.

    Examples
    --------
    >>> one = np.ones(2)
    >>> folds, rows = np.array([0, 1]), np.array([3, 4])
    >>> score = TrialScore("exposure", "r2", ("21", "22"), folds, one / 4, one, one / 2, rows, "ab")
    >>> score.score, score.naive_score
    (0.75, 0.5)
    """

    objective: str
    metric: str
    cases: tuple[str, ...]
    folds: NDArray[np.int64]
    loss: Floats
    reference: Floats
    naive: Floats
    rows: NDArray[np.int64]
    split: str
    fit_seconds: float = 0.0

    def __post_init__(self) -> None:
        arrays = (self.folds, self.loss, self.reference, self.naive, self.rows)
        if not self.cases or any(array.shape != (len(self.cases),) for array in arrays):
            shapes = [array.shape for array in arrays]
            raise InputError(f"a trial score needs one value a case: {len(self.cases)}, {shapes}.")
        if not all(np.isfinite(array).all() for array in arrays) or (self.loss < 0).any():
            raise InputError("losses of a trial must be finite and not negative.")
        if not self.reference.sum() > 0:
            raise InputError("the reference losses of a trial sum to nothing; scores need some.")

    @property
    def score(self) -> float:
        """Score over all cases; 1 is perfect, 0 as good as the reference."""
        return float(1.0 - self.loss.sum() / self.reference.sum())

    @property
    def naive_score(self) -> float:
        """Score of the declared naive model on the same cases."""
        return float(1.0 - self.naive.sum() / self.reference.sum())
