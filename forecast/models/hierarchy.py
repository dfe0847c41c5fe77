"""Hierarchies of cells classified in two ways: which cells add up to which node.

A node is a group of the first classification crossed with a group of the second, such as a major
occupation group over all ages. Levels are declared, so occupation x age, industry x occupation and
province x occupation are one construction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.classifications import ksco7_parent
from forecast.errors import InputError

Floats = NDArray[np.float64]
Grouping = Callable[[str], str]

ALL = "all"


def own(code: str) -> str:
    """Keep a code: every code is a group of its own."""
    return code


def everything(code: str) -> str:
    """Put every code into one group, labelled ``all``."""
    return ALL


def major_group(code: str) -> str:
    """Put a KSCO-7 code into its major group, the first character."""
    return ksco7_parent(code, level="major")


# Level to the grouping of the first and of the second classification; finest first.
OCCUPATION_AGE_LEVELS: Mapping[str, tuple[Grouping, Grouping]] = {
    "cells": (own, own),
    "majors_by_age": (major_group, own),
    "occupations": (own, everything),
    "majors": (major_group, everything),
    "ages": (everything, own),
    "total": (everything, everything),
}
SCOPE_LEVELS: Mapping[str, tuple[Grouping, Grouping]] = {
    "cells": (own, own),
    "scopes": (own, everything),
    "majors": (everything, own),
    "total": (everything, everything),
}


@dataclass(frozen=True)
class Hierarchy:
    """Nodes as sums of bottom cells.

    Parameters
    ----------
    summing : ndarray (n_node, n_bottom)
        Ones where a cell belongs to a node.
    levels : tuple of str
        Level of each node.
    codes : tuple of (str, str)
        Group of each node in both classifications; ``all`` where it is summed over.
    """

    summing: Floats
    levels: tuple[str, ...]
    codes: tuple[tuple[str, str], ...]

    def __post_init__(self) -> None:
        if not len(self.summing) == len(self.levels) == len(self.codes):
            raise InputError(
                f"a hierarchy of {len(self.summing)} nodes has {len(self.levels)} levels and "
                f"{len(self.codes)} codes; give one of each per node."
            )

    @property
    def shape(self) -> tuple[int, int]:
        """Numbers of nodes and of bottom cells."""
        return len(self.summing), self.summing.shape[1]

    def rows(self, level: str) -> NDArray[np.int_]:
        """Return the rows of the nodes of one level."""
        rows = np.flatnonzero(np.array(self.levels) == level)
        if not rows.size:
            raise InputError(f"level {level!r} is unknown; expected one of {self._known_levels()}.")
        return rows

    def row(self, level: str, first: str = ALL, second: str = ALL) -> int:
        """Return the row of one node."""
        found = [row for row in self.rows(level) if self.codes[row] == (first, second)]
        if not found:
            raise InputError(f"level {level!r} has no node {(first, second)}.")
        return int(found[0])

    def aggregate(self, bottom: Floats) -> Floats:
        """Sum cells to nodes.

        Parameters
        ----------
        bottom : ndarray (..., n_bottom, n_time)

        Returns
        -------
        ndarray (..., n_node, n_time)
        """
        if bottom.ndim < 2 or bottom.shape[-2] != self.shape[1]:
            raise InputError(
                f"cells of shape {bottom.shape} do not fit a hierarchy of {self.shape[1]} cells; "
                "give (..., n_bottom, n_time)."
            )
        return np.asarray(self.summing @ bottom)

    def _known_levels(self) -> list[str]:
        return list(dict.fromkeys(self.levels))


def crossed(
    first: Sequence[str],
    second: Sequence[str],
    *,
    levels: Mapping[str, tuple[Grouping, Grouping]],
) -> Hierarchy:
    """Build the hierarchy of the cells `first` x `second`, the second classification fastest.

    Parameters
    ----------
    first, second : sequence of str
        Codes of the two classifications, each once.
    levels : mapping of str to (callable, callable)
        Level to the groupings of both codes.

    Returns
    -------
    Hierarchy
        Nodes level by level, in the order of `levels` and of the codes.

    Examples
    --------
    >>> crossed(["A", "B"], ["1", "2"], levels=SCOPE_LEVELS).summing.astype(int).tolist()[4:]
    [[1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 1, 0], [0, 1, 0, 1], [1, 1, 1, 1]]
    """
    for codes in (first, second):
        if not len(codes) or len(set(codes)) < len(codes):
            raise InputError(f"codes {list(codes)} are empty or repeat; give each code once.")
    cells = [(a, b) for a in first for b in second]
    nodes: list[tuple[str, tuple[str, str]]] = []
    rows: list[Floats] = []
    for level, (group_first, group_second) in levels.items():
        groups = [(group_first(a), group_second(b)) for a, b in cells]
        for node in dict.fromkeys(groups):
            nodes.append((level, node))
            rows.append(np.array([group == node for group in groups], dtype=float))
    return Hierarchy(
        np.array(rows), tuple(level for level, _ in nodes), tuple(codes for _, codes in nodes)
    )


def occupation_age(occupations: Sequence[str], age_groups: Sequence[str]) -> Hierarchy:
    """Build the hierarchy of KSCO-7 sub-major groups by age.

    Examples
    --------
    >>> tree = occupation_age(["11", "12", "21"], ["15-29", "60+"])
    >>> tree.shape, tree.codes[tree.row("majors", "1")]
    ((18, 6), ('1', 'all'))
    >>> tree.aggregate(np.ones((6, 1)))[tree.row("total")]
    array([6.])
    """
    return crossed(occupations, age_groups, levels=OCCUPATION_AGE_LEVELS)
