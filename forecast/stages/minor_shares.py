"""How the people of a sub-major group split over its minor groups, as draws.

Employment is published by sub-major group; of minor groups only the largest are printed. A printed
group keeps its share, known up to how far such shares move in the years since; one that is printed
for one sex keeps within bounds; all others follow the number of their unit groups, as Dirichlet
draws. Every draw of a group sums to 1.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import betainc, betaincc, betainccinv, betaincinv

from forecast.errors import InputError
from forecast.models.base import Floats

SEXES = ("men", "women")
PRINTED_STEP = 1_000  # persons: the last printed digit
_KEYS = ["ksco7", "period", "sex"]


@dataclass(frozen=True)
class PrintedShares:
    """What the printed counts say about the share of a minor group in its sub-major group.

    Parameters
    ----------
    share : Series
        Minor group to share (0-1) in the last half-year that it was printed for both sexes.
    bounds : DataFrame
        low, high (0-1) of minor groups printed for one sex only: at least these people; and at
        most as many of the other sex as the smallest group printed for it, because the printed
        groups are the largest.
    pseudo_counts : float
        A share p has variance p(1 - p) / (pseudo_counts + 1): rounding, sampling and drift.
    """

    share: pd.Series
    bounds: pd.DataFrame
    pseudo_counts: float


def printed_shares(tables: Mapping[str, pd.DataFrame]) -> PrintedShares:
    """Read ``minor_employment`` against ``employment_age`` of the same half-year.

    Raises
    ------
    InputError
        If a half-year has no employment, shares do not fit into their group, or no group is
        printed in two half-years (how fast shares move would be unknown).
    """
    counts, whole = tables["minor_employment"], _whole(tables["employment_age"])
    repeated = counts[counts.duplicated(_KEYS)]
    if len(repeated):
        raise InputError(
            f"minor_employment: {tuple(repeated[_KEYS].iloc[0])} occurs twice; keep one row."
        )
    counts = counts.assign(group=counts["ksco7"].str[:2]).merge(
        whole, on=["group", "period"], how="left", validate="many_to_one"
    )
    if counts["group_persons"].isna().any():
        row = counts[counts["group_persons"].isna()].iloc[0]
        raise InputError(
            f"employment_age has no sub-major group {row['group']} in {row['period']}, for which "
            f"minor_employment prints {row['ksco7']}; add that half-year or drop the row."
        )
    both = counts[counts["sex"] == "all"].sort_values(["ksco7", "period"])
    both = both.assign(share=both["employed_persons"] / both["group_persons"])
    share = both.groupby("ksco7")["share"].last()
    bounds = _bounds(counts[~counts["ksco7"].isin(share.index)], counts)
    _require_room(share, bounds)
    since = _years(both["period"].max(), whole["period"].max())
    return PrintedShares(share, bounds, 1.0 / (_yearly_change(both) * since) - 1.0)


def draw_shares(
    printed: PrintedShares,
    units: pd.Series,
    groups: pd.Index,
    *,
    n_draw: int,
    concentration: float,
    rng: np.random.Generator,
) -> Floats:
    """Draw the share of every minor group in its sub-major group.

    Parameters
    ----------
    printed : PrintedShares
    units : Series
        Minor group to number of unit groups: the prior where nothing is printed.
    groups : Index
        Sub-major groups.
    n_draw : int
    concentration : float
        Mean Dirichlet parameter per minor group whose share is not printed (> 0).
    rng : Generator

    Returns
    -------
    ndarray of shape (n_draw, n_group, n_minor)
        Rows sum to 1; zero outside the group.

    Examples
    --------
    >>> nothing = pd.DataFrame(columns=["low", "high"])
    >>> printed = PrintedShares(pd.Series({"521": 0.98}), nothing, pseudo_counts=1e9)
    >>> units = pd.Series({"521": 4, "522": 1})
    >>> rng = np.random.default_rng(0)
    >>> draws = draw_shares(printed, units, pd.Index(["52"]), n_draw=2, concentration=1.0, rng=rng)
    >>> draws.round(3).tolist()
    [[[0.98, 0.02]], [[0.98, 0.02]]]
    """
    if not concentration > 0:
        raise InputError(f"exposure.share_concentration is {concentration}; expected above 0.")
    drawn = np.zeros((n_draw, len(groups), len(units)))
    for row, group in enumerate(groups):
        inside = np.flatnonzero(units.index.str[:2] == group)
        if not len(inside):
            raise InputError(f"ksco7: sub-major group {group} has no minor group.")
        drawn[:, row, inside] = _draw_group(
            printed, units.iloc[inside], n_draw=n_draw, concentration=concentration, rng=rng
        )
    return drawn


def expected_shares(printed: PrintedShares, units: pd.Series) -> pd.Series:
    """Return minor group to its central share of its sub-major group, where no draw is wanted.

    A printed group has its printed share, a group with bounds the middle of them; the others
    share the rest by their unit groups. Sums to 1 over each sub-major group.

    Examples
    --------
    >>> nothing = pd.DataFrame(columns=["low", "high"])
    >>> printed = PrintedShares(pd.Series({"521": 0.6}), nothing, pseudo_counts=1e9)
    >>> units = pd.Series({"521": 4, "522": 1, "523": 3})
    >>> expected_shares(printed, units).round(3).to_dict()
    {'521': 0.6, '522': 0.1, '523': 0.3}
    """
    central = pd.concat([printed.share, printed.bounds.mean(axis=1)]).astype(float)
    known, group = central.reindex(units.index), units.index.str[:2]
    rest = units.where(known.isna(), 0).astype(float)
    taken = known.fillna(0.0).groupby(group).transform("sum")
    others = rest.groupby(group).transform("sum")
    full = (others == 0) | (taken > 1.0)
    left = (1.0 - taken).mask(full, 0.0)
    return known.mask(full, known / taken).fillna(left * rest / others.mask(others == 0, 1.0))


def _draw_group(
    printed: PrintedShares,
    units: pd.Series,
    *,
    n_draw: int,
    concentration: float,
    rng: np.random.Generator,
) -> Floats:
    """Break a stick: printed groups first, then the bounded, then all others together."""
    drawn = np.zeros((n_draw, len(units)))
    known = np.flatnonzero(units.index.isin(printed.share.index))
    rest = np.flatnonzero(~units.index.isin(printed.share.index))
    left: Floats = np.ones(n_draw)
    if len(known):
        share = printed.share.loc[units.index[known]].to_numpy(dtype=np.float64)
        whole: Floats = share / share.sum()
        if len(rest):
            whole = np.append(share, 1.0 - share.sum())
        pieces = _dirichlet(whole * printed.pseudo_counts, n_draw, rng)
        drawn[:, known] = pieces[:, : len(known)]
        left = pieces[:, -1] if len(rest) else np.zeros(n_draw)
    if not len(rest):
        return drawn
    prior = units.iloc[rest].astype(float)
    weight: Floats = np.asarray(prior, dtype=np.float64)
    shape: Floats = weight / weight.sum() * (len(rest) * concentration)
    bounded = [i for i, code in enumerate(prior.index) if code in printed.bounds.index]
    limits = printed.bounds.loc[prior.index[bounded]].to_numpy(dtype=float)
    open_ = np.ones(len(rest), dtype=bool)
    for place, i in enumerate(bounded):
        open_[i] = False
        others = shape[open_].sum()
        if others == 0.0:  # the last piece of the stick
            drawn[:, rest[i]], left = left, np.zeros(n_draw)
            break
        later = limits[place + 1 :, 0].sum()  # room that later bounds need
        low, high, later = (_part_of(left, limit) for limit in (*limits[place], later))
        high = np.maximum(np.minimum(high, 1.0 - later), low)
        piece = left * _beta_between(shape[i], others, low, high, rng)
        drawn[:, rest[i]], left = piece, left - piece
    if open_.any():
        drawn[:, rest[open_]] = left[:, None] * _dirichlet(shape[open_], n_draw, rng)
    return drawn


def _part_of(left: Floats, limit: float) -> Floats:
    """Return `limit` as a part of the stick that is left, 0-1; of nothing it is nothing."""
    part = np.divide(limit, left, out=np.zeros_like(left), where=left > 0)
    return np.asarray(part.clip(0.0, 1.0))


def _dirichlet(shape: Floats, n_draw: int, rng: np.random.Generator) -> Floats:
    """Draw shares that sum to 1; tiny shapes that underflow together keep their mean."""
    gammas = rng.standard_gamma(shape, size=(n_draw, len(shape)))
    total = gammas.sum(axis=1, keepdims=True)
    mean = np.broadcast_to(shape / shape.sum(), gammas.shape)
    return np.divide(gammas, total, out=mean.copy(), where=total > 0)


def _beta_between(
    a: float, b: float, low: Floats, high: Floats, rng: np.random.Generator
) -> Floats:
    """Draw a Beta(a, b) known to lie between `low` and `high`, from whichever tail is exact."""
    u = rng.uniform(size=len(low))
    lower, upper = betainc(a, b, low), betainc(a, b, high)
    above_low, above_high = betaincc(a, b, low), betaincc(a, b, high)
    from_left = betaincinv(a, b, lower + u * (upper - lower))
    from_right = betainccinv(a, b, above_high + u * (above_low - above_high))
    return np.clip(np.where(lower < 0.5, from_left, from_right), low, high)


def _whole(employment: pd.DataFrame) -> pd.DataFrame:
    rows = employment[(employment["level"] == "sub_major") & (employment["age_group"] == "all")]
    names = {"ksco7": "group", "employed_persons": "group_persons"}
    return rows.rename(columns=names)[["group", "period", "group_persons"]]


def _bounds(one_sex: pd.DataFrame, counts: pd.DataFrame) -> pd.DataFrame:
    """Return low, high of groups printed for one sex (or for each sex apart) only."""
    smallest = counts.groupby(["period", "sex"])["employed_persons"].min()
    rows = {}
    for (code, period), part in one_sex.groupby(["ksco7", "period"], sort=True):
        printed = part.set_index("sex")["employed_persons"]
        at_least = float(printed.sum())
        at_most = at_least + sum(
            float(smallest.get((period, sex), np.inf)) for sex in SEXES if sex not in printed
        )
        # Not among the largest of both sexes: no larger than the smallest of those.
        at_most = min(at_most, float(smallest.get((period, "all"), np.inf)))
        base = float(part["group_persons"].iloc[0])
        rows[code] = (at_least / base, min(max(at_most, at_least) / base, 1.0))  # last period wins
    return pd.DataFrame.from_dict(rows, orient="index", columns=["low", "high"])


def _require_room(share: pd.Series, bounds: pd.DataFrame) -> None:
    taken = pd.concat([share, bounds["low"]])
    total = taken.groupby(taken.index.str[:2]).sum()
    if (total > 1.0).any():
        group = total.idxmax()
        raise InputError(
            f"minor_employment: the minor groups of {group} hold {total[group]:.3f} of its people "
            "in employment_age; expected at most 1. Are both tables in persons?"
        )


def _yearly_change(both: pd.DataFrame) -> float:
    """Return the mean squared yearly change of a share p, in units of p(1 - p)."""
    before = both.groupby("ksco7")["share"].shift()
    when = both.groupby("ksco7")["period"].shift()
    pairs = both.assign(before=before, when=when).dropna(subset=["before"])
    if pairs.empty:
        raise InputError(
            "minor_employment prints no minor group in two half-years for both sexes: how far "
            "shares move is unknown. Add a second half-year."
        )
    middle = ((pairs["share"] + pairs["before"]) / 2.0).clip(upper=1.0 - 1e-6)
    years = [_years(a, b) for a, b in zip(pairs["when"], pairs["period"], strict=True)]
    rounding = (PRINTED_STEP / pairs["group_persons"]) ** 2 / 12.0
    change = (pairs["share"] - pairs["before"]) ** 2 + rounding
    return float((change / (middle * (1.0 - middle)) / years).mean())


def _years(first: str, last: str) -> float:
    """Return years between two half-years, at least half a year."""
    half_years = 2 * (int(last[:4]) - int(first[:4])) + int(last[5]) - int(first[5])
    return max(half_years, 1) / 2.0
