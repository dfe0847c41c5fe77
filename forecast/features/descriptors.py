"""Descriptor columns by domain, and what stands in for an occupation that has none."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from forecast.errors import ConfigError, InputError


def descriptor_columns(descriptors: pd.DataFrame, domains: Iterable[str]) -> list[str]:
    """Return the descriptor columns of some domains, sorted.

    Parameters
    ----------
    descriptors : DataFrame
        Reference table ``descriptors``: descriptor, domain, ...
    domains : iterable of str
        For example ``["skill", "ability"]``; see ``conf/features``.

    Raises
    ------
    ConfigError
        If a domain is unknown or none is named.

    Examples
    --------
    >>> table = pd.DataFrame({"descriptor": ["b", "a", "c"], "domain": ["skill", "skill", "zone"]})
    >>> descriptor_columns(table, ["skill"])
    ['a', 'b']
    """
    wanted, known = sorted(set(domains)), sorted(set(descriptors["domain"]))
    unknown = [domain for domain in wanted if domain not in known]
    if unknown or not wanted:
        raise ConfigError(f"features.domains is {wanted}; choose one or more of {known}.")
    return sorted(descriptors.loc[descriptors["domain"].isin(wanted), "descriptor"])


def descriptor_matrix(wide: pd.DataFrame, columns: list[str], *, key: str) -> pd.DataFrame:
    """Return occupation x descriptor in O*NET units, gaps kept; a repeated code is refused."""
    missing = [column for column in columns if column not in wide]
    if missing:
        raise InputError(f"descriptor table lacks column(s) {missing[:5]}; rebuild the reference.")
    repeated = wide[key][wide[key].duplicated()]
    if len(repeated):
        raise InputError(f"descriptor table: {key} {repeated.iloc[0]} occurs twice; keep one row.")
    return wide.set_index(key)[columns].astype(float).sort_index()


def fill_from_relatives(
    matrix: pd.DataFrame, *, families: pd.Series, parents: pd.Series
) -> tuple[pd.DataFrame, pd.Series]:
    """Fill gaps by the mean of the family, else of the parent group, else of all: an imputation.

    Parameters
    ----------
    matrix : DataFrame (occupation, descriptor)
        Descriptors of every occupation to be scored, missing where O*NET has none.
    families, parents : Series
        Occupation to minor and to sub-major group.

    Returns
    -------
    filled : DataFrame
        Without gaps.
    described : Series of bool
        False where at least half of a row was filled: the forecast must be widened there.

    Examples
    --------
    >>> matrix = pd.DataFrame({"x": [1.0, None, 5.0]}, index=["2111", "2112", "3111"])
    >>> filled, described = fill_from_relatives(
    ...     matrix, families=pd.Series(["211", "211", "311"], matrix.index),
    ...     parents=pd.Series(["21", "21", "31"], matrix.index))
    >>> filled["x"].tolist(), described.tolist()
    ([1.0, 1.0, 5.0], [True, False, True])
    """
    described = matrix.notna().mean(axis=1) > 0.5
    if matrix.columns.size and not matrix.notna().any().all():
        empty = list(matrix.columns[~matrix.notna().any()])
        raise InputError(f"descriptor(s) {empty[:5]} are missing for every occupation.")
    filled = matrix.copy()
    for groups in (families, parents, pd.Series("all", index=matrix.index)):
        means = matrix.groupby(groups.reindex(matrix.index).to_numpy()).transform("mean")
        filled = filled.where(filled.notna(), means)
    return filled, described.rename("described")
