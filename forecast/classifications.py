"""Codes of KSCO-7, ISCO-08, KSIC-10 and the provinces, and crosswalks between classifications.

Pure: it takes tables and reads no file. A crosswalk keeps two normalised matrices because people
are split and scores are averaged; copying instead of splitting would multiply employment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import InputError

KSCO7_LEVELS = {1: "major", 2: "sub_major", 3: "minor", 4: "unit"}
# Unit groups of ISCO-08 that have no counterpart in KSCO-7: village chiefs, midwifery associates,
# drivers of animal-drawn vehicles, collectors of water and firewood.
ISCO08_NOT_IN_KOREA = ("1113", "3222", "9332", "9624")
_SAME_TOTAL = 1e-9


def ksco7_parent(code: str, *, level: str) -> str:
    """Cut a KSCO-7 code to a higher level.

    >>> ksco7_parent("2221", level="sub_major")
    '22'
    """
    length = {name: size for size, name in KSCO7_LEVELS.items()}[level]
    if len(code) < length:
        raise InputError(f"KSCO-7 code {code!r} has no parent at level {level}: it is above it.")
    return code[:length]


def is_military(code: str) -> bool:
    """Tell whether a KSCO-7 code (A...) or an ISCO-08 unit group (0...) is military.

    >>> is_military("A01"), is_military("0110"), is_military("222")
    (True, True, False)
    """
    return code.startswith("A") or (len(code) == 4 and code.startswith("0"))


def require_codes(codes: Iterable[str], known: Iterable[str], *, what: str) -> None:
    """Refuse codes that a classification does not have.

    >>> require_codes(["11", "99"], ["11", "26"], what="sido")
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: sido: unknown code(s) ['99']; expected one of ['11', '26'].
    """
    allowed = sorted(set(known))
    unknown = sorted(set(codes) - set(allowed))
    if unknown:
        shown = allowed if len(allowed) <= 10 else [*allowed[:10], "..."]
        raise InputError(f"{what}: unknown code(s) {unknown}; expected one of {shown}.")


@dataclass(frozen=True)
class Crosswalk:
    """Weighted links from the groups of one classification to those of another.

    Parameters
    ----------
    sources, targets : tuple of str
        Codes, in the order of the matrices.
    weights : ndarray of shape (n_target, n_source)
        Non-negative; zero is no link.

    Examples
    --------
    >>> links = pd.DataFrame({"a": ["x", "y", "y"], "b": ["1", "1", "2"], "weight": [1, 1, 3.0]})
    >>> walk = Crosswalk.from_links(links, source="a", target="b")
    >>> walk.split_people(pd.Series({"x": 10.0, "y": 8.0})).tolist()
    [12.0, 6.0]
    >>> walk.average_scores(pd.Series({"x": 0.2, "y": 0.4})).round(2).tolist()
    [0.3, 0.4]
    """

    sources: tuple[str, ...]
    targets: tuple[str, ...]
    weights: NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.weights.shape != (len(self.targets), len(self.sources)):
            raise InputError(
                f"crosswalk weights have shape {self.weights.shape}; expected "
                f"{(len(self.targets), len(self.sources))}."
            )
        if not np.isfinite(self.weights).all() or (self.weights < 0).any():
            raise InputError("crosswalk weights must be finite and not negative.")
        self.weights.setflags(write=False)

    @classmethod
    def from_links(
        cls,
        links: pd.DataFrame,
        *,
        source: str,
        target: str,
        weight: str = "weight",
        sources: Iterable[str] | None = None,
        targets: Iterable[str] | None = None,
    ) -> Crosswalk:
        """Build from a table with one row a link; `sources`, `targets` list all codes there are."""
        rows = tuple(sorted(set(targets if targets is not None else links[target])))
        columns = tuple(sorted(set(sources if sources is not None else links[source])))
        require_codes(links[source], columns, what=f"crosswalk column {source}")
        require_codes(links[target], rows, what=f"crosswalk column {target}")
        repeated = links[links.duplicated([source, target])]
        if len(repeated):
            pair = tuple(repeated[[source, target]].iloc[0])
            raise InputError(f"crosswalk link {pair} occurs twice; give its weight once.")
        weights = np.zeros((len(rows), len(columns)))
        place = pd.Index(rows).get_indexer(links[target])
        weights[place, pd.Index(columns).get_indexer(links[source])] = links[weight]
        return cls(columns, rows, weights)

    @property
    def lost_sources(self) -> tuple[str, ...]:
        """Source groups that reach no target."""
        reached = self.weights.sum(axis=0) > 0
        return tuple(code for code, ok in zip(self.sources, reached, strict=True) if not ok)

    @property
    def lost_targets(self) -> tuple[str, ...]:
        """Target groups that no source reaches."""
        reached = self.weights.sum(axis=1) > 0
        return tuple(code for code, ok in zip(self.targets, reached, strict=True) if not ok)

    def require_no_source_lost(self) -> None:
        """Refuse a crosswalk that would drop people."""
        if self.lost_sources:
            raise InputError(f"crosswalk: source(s) {list(self.lost_sources)} reach no target.")

    def require_no_target_lost(self) -> None:
        """Refuse a crosswalk that leaves a group without a score."""
        if self.lost_targets:
            raise InputError(f"crosswalk: target(s) {list(self.lost_targets)} have no source.")

    def split(self) -> NDArray[np.float64]:
        """Return shares of people, (n_source, n_target): a linked source's row sums to 1."""
        return _rows_to_one(self.weights.T)

    def average(self) -> NDArray[np.float64]:
        """Return weights of scores, (n_source, n_target): a linked target's column sums to 1."""
        return _rows_to_one(self.weights).T

    def split_people(self, persons: pd.Series) -> pd.Series:
        """Split persons by source over targets; the total stays what it was.

        Raises
        ------
        InputError
            If a code is unknown or people stand in a group without a link.
        """
        require_codes(persons.index, self.sources, what="crosswalk source")
        aligned = persons.reindex(list(self.sources), fill_value=0.0).to_numpy(dtype=float)
        moved = np.einsum("s,st->t", aligned, self.split())
        if abs(moved.sum() - aligned.sum()) > _SAME_TOTAL * max(1.0, abs(aligned.sum())):
            stuck = [code for code in self.lost_sources if persons.get(code, 0)]
            raise InputError(f"crosswalk: people in {stuck} reach no target; link these groups.")
        return pd.Series(moved, index=list(self.targets), name=persons.name)

    def average_scores(self, scores: pd.Series) -> pd.Series:
        """Average scores of sources to targets; sources without a score leave the average.

        A target none of whose sources has a score is NaN: the caller decides, nothing is imputed.
        """
        require_codes(scores.index, self.sources, what="crosswalk source")
        values = scores.reindex(list(self.sources)).to_numpy(dtype=float)
        present = np.isfinite(values)
        share = _rows_to_one(self.weights * present)
        mean = np.einsum("ts,s->t", share, np.where(present, values, 0.0))
        mean[share.sum(axis=1) == 0] = np.nan
        return pd.Series(mean, index=list(self.targets), name=scores.name)

    def reversed(self) -> Crosswalk:
        """Return the same links read from the targets to the sources.

        Examples
        --------
        >>> walk = Crosswalk(("x", "y"), ("1",), np.array([[1.0, 3.0]]))
        >>> walk.reversed().split_people(pd.Series({"1": 8.0})).to_dict()
        {'x': 2.0, 'y': 6.0}
        """
        return Crosswalk(self.targets, self.sources, self.weights.T.copy())

    def weighted(self, persons: pd.Series) -> Crosswalk:
        """Turn averaging weights into people: each target's weights sum to its `persons`.

        People of a source are then split by where they work, not by the number of links.
        """
        require_codes(self.targets, persons.index, what="persons by crosswalk target")
        people = persons.reindex(list(self.targets)).to_numpy(dtype=float)
        return Crosswalk(self.sources, self.targets, _rows_to_one(self.weights) * people[:, None])

    def restricted(self, sources: Iterable[str]) -> Crosswalk:
        """Keep only some sources, for example those that have descriptors."""
        kept = sorted(set(sources))
        require_codes(kept, self.sources, what="crosswalk source")
        columns = pd.Index(self.sources).get_indexer(pd.Index(kept))
        return Crosswalk(tuple(kept), self.targets, self.weights[:, columns].copy())

    def draw(
        self, rng: np.random.Generator, n_draw: int, concentration: float | NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Draw averaging weights, shape (n_draw, n_target, n_source).

        Each target's weights are Dirichlet around their stated values: the weight of a link in a
        draw has mean w and variance w(1 - w) / (concentration x n_link + 1).

        Parameters
        ----------
        rng : Generator
            Source of randomness.
        n_draw : int
            Number of draws.
        concentration : float or ndarray of shape (n_target,)
            Mean Dirichlet parameter per link (> 0): 1 is uniform where weights are equal, large
            is nearly fixed. An assumption of the caller, not an estimate.

        Examples
        --------
        >>> walk = Crosswalk(("x", "y"), ("1",), np.array([[1.0, 1.0]]))
        >>> walk.draw(np.random.default_rng(0), 3, concentration=2.0).sum(axis=2).round(6).tolist()
        [[1.0], [1.0], [1.0]]
        """
        per_target = np.broadcast_to(np.asarray(concentration, dtype=float), len(self.targets))
        if not (per_target > 0).all():
            raise InputError(f"crosswalk concentration is {concentration}; expected above 0.")
        linked = self.weights > 0
        shape = _rows_to_one(self.weights) * (linked.sum(axis=1) * per_target)[:, None]
        gammas = np.zeros((n_draw, *self.weights.shape))
        gammas[:, linked] = rng.standard_gamma(shape[linked], size=(n_draw, int(linked.sum())))
        total = gammas.sum(axis=2, keepdims=True)
        # Tiny shapes can underflow to an all-zero row: such a draw keeps the stated weights.
        mean = np.broadcast_to(_rows_to_one(self.weights), gammas.shape)
        return np.divide(gammas, total, out=mean.copy(), where=total > 0)


def _rows_to_one(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale each row to sum to 1; an empty row stays zero."""
    total = matrix.sum(axis=1, keepdims=True)
    return np.divide(matrix, total, out=np.zeros_like(matrix, dtype=float), where=total > 0)
