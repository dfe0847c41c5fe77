"""What it costs to move between occupations, and how feasible that leaves the move.

Four costs: work of another kind, job zones to climb, wage lost, and jobs that the law keeps for
licensees. No Korean source counts moves between occupations at this level: feasibility is a
construct of the costs and their weights, not an observed chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from forecast.errors import InputError

Floats = NDArray[np.float64]
COSTS = ("distance", "zone_rise", "wage_fall", "licence")
GAP_DOMAINS = ("skill", "knowledge")
JOB_ZONE = "job_zone"
_NOT_DESCRIPTORS = ("isco08", "n_soc", "source")


def profiles(
    isco_descriptors: pd.DataFrame, ksco7_isco08: pd.DataFrame, occupations: Sequence[str]
) -> pd.DataFrame:
    """Average the descriptors of ISCO-08 unit groups up to sub-major groups.

    Parameters
    ----------
    isco_descriptors : DataFrame
        isco08 and one column a descriptor, on the O*NET scales.
    ksco7_isco08 : DataFrame
        ksco7 (minor group), isco08, weight.
    occupations : sequence of str
        KSCO-7 sub-major groups, in order.

    Returns
    -------
    DataFrame (occupation, descriptor)
        On the O*NET scales; every minor group of a sub-major group counts the same.

    Raises
    ------
    InputError
        If a sub-major group has no link with descriptors.

    Examples
    --------
    >>> described = pd.DataFrame({"isco08": ["1111", "1112"], "reading": [2.0, 4.0]})
    >>> links = pd.DataFrame({"ksco7": "111", "isco08": ["1111", "1112"], "weight": [0.75, 0.25]})
    >>> profiles(described, links, ["11"])["reading"].tolist()
    [2.5]
    """
    columns = [name for name in isco_descriptors.columns if name not in _NOT_DESCRIPTORS]
    links = ksco7_isco08.merge(
        isco_descriptors[["isco08", *columns]], on="isco08", how="inner", validate="many_to_one"
    ).dropna(subset=columns)
    sub_major = links["ksco7"].str[:2]
    missing = sorted(set(occupations) - set(sub_major))
    if missing:
        raise InputError(
            f"ksco7_isco08: no link with descriptors for sub-major group(s) {missing}; "
            "link their minor groups to ISCO-08."
        )
    per_minor = links.groupby("ksco7")["weight"].transform("sum")
    weight = (links["weight"] / per_minor).to_numpy()[:, None]
    summed = (links[columns] * weight).groupby(links["ksco7"]).sum()
    return summed.groupby(summed.index.str[:2]).mean().loc[list(occupations)]


def standardised(profile: pd.DataFrame) -> pd.DataFrame:
    """Return each descriptor in standard deviations over occupations; constant ones are left out.

    Examples
    --------
    >>> standardised(pd.DataFrame({"reading": [1.0, 3.0], "same": [2.0, 2.0]})).to_dict("list")
    {'reading': [-1.0, 1.0]}
    """
    values = profile.to_numpy()
    spread = values.std(axis=0)
    standard = (values - values.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    return pd.DataFrame(standard, index=profile.index, columns=profile.columns[spread > 0])


def move_costs(
    tables: Mapping[str, pd.DataFrame], occupations: Sequence[str], *, minor_share: pd.Series
) -> xr.Dataset:
    """Cost of every move between sub-major groups.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``isco_descriptors``, ``ksco7_isco08``, ``wages``, ``licensed_minors``.
    occupations : sequence of str
        KSCO-7 sub-major groups, in order.
    minor_share : Series
        Minor group to its share (0-1) of the people of its sub-major group.

    Returns
    -------
    Dataset of (origin, destination)
        ``distance`` of descriptors, 1 = median of all pairs. ``zone_rise``: O*NET job zones to
        climb. ``wage_fall``: log wage here less log wage there, if above 0; wages are published by
        major group, so it is 0 within one. ``licence``: share of the jobs there that the law keeps
        for licensees. Minor groups belong to one sub-major group, so nobody brings the licence of
        the destination along: it counts for every origin alike. 0 on the diagonal.
    """
    profile = profiles(tables["isco_descriptors"], tables["ksco7_isco08"], occupations)
    if JOB_ZONE not in profile:
        raise InputError(f"isco_descriptors lacks column {JOB_ZONE}; rebuild the reference.")
    zone = profile[JOB_ZONE].to_numpy()
    log_wage = np.log(monthly_wage(tables["wages"], occupations))
    licensed = _licensed_share(tables["licensed_minors"], minor_share, occupations)
    costs = {
        "distance": _relative_distance(profile),
        "zone_rise": np.maximum(zone[None, :] - zone[:, None], 0.0),
        "wage_fall": np.maximum(log_wage[:, None] - log_wage[None, :], 0.0),
        "licence": np.where(np.eye(len(licensed), dtype=bool), 0.0, licensed[None, :]),
    }
    dims, codes = ("origin", "destination"), list(occupations)
    return xr.Dataset(
        {name: (dims, costs[name]) for name in COSTS}, coords={dim: codes for dim in dims}
    )


def feasibility(costs: xr.Dataset, weights: Mapping[str, Floats]) -> Floats:
    """Feasibility of moves: exp(-sum of weight x cost) per draw, 0 to the own occupation.

    Parameters
    ----------
    costs : Dataset of (origin, destination)
        From :func:`move_costs`.
    weights : mapping of str to ndarray (draw)
        One for each of :data:`COSTS`; 0 = the cost does not matter.

    Returns
    -------
    ndarray (draw, origin, destination)
        1 = no cost.

    Examples
    --------
    >>> cost = xr.DataArray([[0.0, 2.0], [0.0, 0.0]], dims=("origin", "destination"))
    >>> weights = dict.fromkeys(COSTS, np.array([0.0, 0.5]))
    >>> feasibility(xr.Dataset(dict.fromkeys(COSTS, cost / 4)), weights).round(3).tolist()
    [[[0.0, 1.0], [1.0, 0.0]], [[0.0, 0.368], [1.0, 0.0]]]
    """
    absent = [name for name in COSTS if name not in weights or name not in costs]
    if absent:
        raise InputError(f"moves need a cost and a weight for each of {COSTS}; {absent} missing.")
    cost = np.stack([costs[name].to_numpy() for name in COSTS])
    weight = np.stack([np.asarray(weights[name], dtype=float) for name in COSTS], axis=1)
    feasible = np.exp(-np.tensordot(weight, cost, axes=1))
    own = np.arange(cost.shape[1])
    feasible[:, own, own] = 0.0
    return np.asarray(feasible)


def skill_gaps(
    tables: Mapping[str, pd.DataFrame],
    occupations: Sequence[str],
    *,
    moves: pd.DataFrame,
    n_gap: int,
) -> pd.DataFrame:
    """List the skills and knowledge that a move asks for most beyond the present work.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``isco_descriptors``, ``ksco7_isco08``, ``descriptors`` (names).
    occupations : sequence of str
        All sub-major groups: the standard deviations are over them.
    moves : DataFrame
        ksco7, ksco7_to.
    n_gap : int
        Gaps a move; a move with fewer needs above the present work has fewer rows.

    Returns
    -------
    DataFrame
        ksco7, ksco7_to, rank, descriptor, name_ko, name_en, gap_sd (importance there less here, in
        standard deviations over occupations; above 0), in the order of `moves`.
    """
    names = tables["descriptors"]
    names = names[names["domain"].isin(GAP_DOMAINS)].set_index("descriptor")
    profile = standardised(
        profiles(tables["isco_descriptors"], tables["ksco7_isco08"], occupations)
    )
    asked = sorted(set(profile.columns) & set(names.index))
    if not asked:
        raise InputError(
            f"descriptors names no {' or '.join(GAP_DOMAINS)} of isco_descriptors; "
            "rebuild the reference."
        )
    need = profile[asked]
    here, there = need.loc[moves["ksco7"]].to_numpy(), need.loc[moves["ksco7_to"]].to_numpy()
    gap = there - here
    widest = np.argsort(-gap, axis=1, kind="stable")[:, :n_gap]
    move, rank = np.divmod(np.arange(widest.size), widest.shape[1])
    column = widest.ravel()
    found = names.loc[np.asarray(asked)[column]]
    rows = pd.DataFrame(
        {
            "ksco7": moves["ksco7"].to_numpy()[move],
            "ksco7_to": moves["ksco7_to"].to_numpy()[move],
            "rank": rank + 1,
            "descriptor": found.index,
            "name_ko": found["name_ko"].to_numpy(),
            "name_en": found["name"].to_numpy(),
            "gap_sd": gap[move, column],
        }
    )
    return rows[rows["gap_sd"] > 0].reset_index(drop=True)


def monthly_wage(wages: pd.DataFrame, occupations: Sequence[str]) -> Floats:
    """Return the monthly wage (krw, last year) of each occupation's major group.

    Examples
    --------
    >>> wages = pd.DataFrame({"year": [2021, 2022], "ksco7": "2", "wage_krw_month": [3.9e6, 4e6]})
    >>> monthly_wage(wages, ["21", "22"]).tolist()
    [4000000.0, 4000000.0]
    """
    last = wages[wages["year"] == wages["year"].max()]
    by_major = last.set_index("ksco7")["wage_krw_month"].astype(float)
    if not by_major.index.is_unique:
        raise InputError("wages: a group has two wages in the last year; keep one.")
    majors = [code[0] for code in occupations]
    missing = sorted(set(majors) - set(by_major[by_major > 0].index))
    if missing:
        raise InputError(f"wages: no wage above 0 for major group(s) {missing} in the last year.")
    return by_major.loc[majors].to_numpy()


def _relative_distance(profile: pd.DataFrame) -> Floats:
    """Root mean square difference of standardised descriptors, 1 = median of all pairs."""
    standard = standardised(profile).to_numpy()
    gap = np.sqrt(((standard[:, None, :] - standard[None, :, :]) ** 2).mean(axis=-1))
    between = gap[~np.eye(len(gap), dtype=bool)]
    return np.asarray(gap / np.median(between)) if between.size and between.any() else gap


def _licensed_share(
    licensed_minors: pd.DataFrame, minor_share: pd.Series, occupations: Sequence[str]
) -> Floats:
    """Return the share of each group's people who stand in minor groups that need a licence."""
    unknown = sorted(set(licensed_minors["ksco7"]) - set(minor_share.index))
    if unknown:
        raise InputError(f"licensed_minors: {unknown} are no minor groups of ksco7.")
    licensed = minor_share[minor_share.index.isin(licensed_minors["ksco7"])]
    by_group = licensed.groupby(licensed.index.str[:2]).sum()
    return by_group.reindex(list(occupations), fill_value=0.0).to_numpy(dtype=float).clip(0.0, 1.0)
