"""A regression tree as a rule: groups in the order of their mean, with words made from the tree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecast.stages.integer_program import Floats, Ints

_AGE, _MAJOR, _CAPITAL, _WOMEN = range(4)
_Path = dict[int, tuple[float, float]]  # feature -> above, at most


def tree_groups(
    *,
    people: Floats,
    value: Floats,
    age: Ints,
    major: NDArray[np.str_],
    capital: NDArray[np.bool_],
    women: Floats,
    ages: Sequence[str],
    majors: Mapping[str, str],
    depth: int | None,
) -> tuple[Ints, tuple[str, ...]]:
    """Fit a tree of `value` weighted by `people`; leaves by mean value, highest first.

    Parameters
    ----------
    people, value, women : ndarray (cell,)
    age : ndarray of int (cell,)
    major : ndarray of str (cell,)
        KSCO-7 major group.
    capital : ndarray of bool (cell,)
    ages : sequence of str
        Codes of age groups, e.g. ``30-39``, youngest first.
    majors : mapping of str to str
        Korean names of major groups.
    depth : int or None

    Returns
    -------
    group : ndarray of int (cell,)
        0 is the first.
    words : tuple of str
        Of each group.

    Examples
    --------
    >>> group, words = tree_groups(
    ...     people=np.ones(3), value=np.array([1.0, 1.0, 3.0]), age=np.array([0, 0, 1]),
    ...     major=np.array(["3", "5", "3"]), capital=np.zeros(3, bool), women=np.full(3, 0.5),
    ...     ages=("15-29", "30-39"), majors={"3": "사무 종사자", "5": "판매 종사자"}, depth=1)
    >>> group.tolist(), words
    ([1, 1, 0], ('30세 이상이면', '30세 미만이면'))
    """
    from sklearn.tree import DecisionTreeRegressor  # a second: only when a rule is asked for

    codes, index = np.unique(major, return_inverse=True)
    size = np.bincount(index, weights=people)
    mean = np.bincount(index, weights=people * value) / size
    order = np.argsort(mean, kind="stable")
    rank = np.empty(len(codes), dtype=np.int64)
    rank[order] = np.arange(len(codes))
    named = [majors.get(str(codes[i]), str(codes[i])) for i in order]
    features = np.column_stack([age, rank[index], capital, women]).astype(np.float64)
    tree = DecisionTreeRegressor(max_depth=depth, random_state=0)
    tree.fit(features, value, sample_weight=people)
    leaf = tree.apply(features)
    leaves, position = np.unique(leaf, return_inverse=True)
    height = tree.tree_.value[leaves, 0, 0]
    first = np.argsort(-height, kind="stable")
    place = np.empty(len(leaves), dtype=np.int64)
    place[first] = np.arange(len(leaves))
    paths = _paths(tree.tree_)
    words = tuple(_words(paths[leaves[i]], ages, named) for i in first)
    return place[position], words


def _paths(tree: Any) -> dict[int, _Path]:
    """Bounds on the features at every leaf."""
    paths: dict[int, _Path] = {}
    open_nodes: list[tuple[int, _Path]] = [(0, {})]
    while open_nodes:
        node, path = open_nodes.pop()
        left, right = int(tree.children_left[node]), int(tree.children_right[node])
        if left < 0:
            paths[node] = path
            continue
        feature, cut = int(tree.feature[node]), float(tree.threshold[node])
        above, most = path.get(feature, (-np.inf, np.inf))
        open_nodes.append((left, path | {feature: (above, min(most, cut))}))
        open_nodes.append((right, path | {feature: (max(above, cut), most)}))
    return paths


def _words(path: _Path, ages: Sequence[str], majors: Sequence[str]) -> str:
    """Say a leaf in Korean."""
    parts = []
    if _AGE in path:
        parts.append(_age(*path[_AGE], ages))
    if _MAJOR in path:
        above, most = path[_MAJOR]
        parts.append(", ".join(n for i, n in enumerate(majors) if above < i <= most))
    if _CAPITAL in path:
        parts.append("수도권" if path[_CAPITAL][0] > 0 else "비수도권")
    if _WOMEN in path:
        above, most = path[_WOMEN]
        ends = [f"{above:.1%} 초과"] if above > -np.inf else []
        ends += [f"{most:.1%} 이하"] if most < np.inf else []
        parts.append(f"여성 비중 {' '.join(ends)} 직업")
    return f"{'이고 '.join(parts)}이면" if parts else "누구나"


def _age(above: float, most: float, ages: Sequence[str]) -> str:
    inside = [i for i in range(len(ages)) if above < i <= most]
    start = ages[inside[0]].rstrip("+").split("-")[0]
    if inside[-1] == len(ages) - 1:
        return f"{start}세 이상"
    end = int(ages[inside[-1] + 1].rstrip("+").split("-")[0])
    return f"{end}세 미만" if inside[0] == 0 else f"{start}~{end - 1}세"
