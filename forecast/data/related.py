"""Which occupations O*NET calls related, carried from the US occupations to KSCO-7.

Every O*NET occupation names 20 related ones. An origin's 20 count equally; they travel like
descriptors at the origin (averages over the US employment behind a group) and like people at the
destination (split over the groups it links to).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from forecast.classifications import Crosswalk, is_military
from forecast.data.crosswalks import average_to_isco, weights_soc2018
from forecast.data.files import locate, read_table
from forecast.data.ratings import refuse_repeated
from forecast.data.revisions import require_system
from forecast.errors import InputError

RELATED = "onet/Related Occupations.xlsx"
_FROM, _TO = "O*NET-SOC Code", "Related O*NET-SOC Code"
_DECIMALS = 8


def related_occupations(root: Path, ksco7_isco08: pd.DataFrame) -> pd.DataFrame:
    """Return the related occupations of every civil KSCO-7 sub-major group.

    Parameters
    ----------
    root : Path
        Data root.
    ksco7_isco08 : DataFrame
        ksco7 (minor group), isco08, weight (sums to 1 per minor group).

    Returns
    -------
    DataFrame
        ksco7, ksco7_to (sub-major), weight (share of the origin's related links that lead to the
        other group; the own group is left out, as are soldiers and what Korea lacks, so the weights
        of an origin sum to 1), source. A minor group counts as any other of its sub-major group.
    """
    by_isco = isco_related(root)
    civil = ksco7_isco08[~ksco7_isco08["ksco7"].map(is_military)]
    walk = Crosswalk.from_links(civil, source="isco08", target="ksco7")
    walk = walk.restricted(set(walk.sources) & set(by_isco.columns))
    walk.require_no_target_lost()
    share = related_shares(by_isco.reindex(columns=list(walk.sources)), walk)
    upper = share.T.groupby(share.columns.str[:2]).sum().T
    return _others(upper.groupby(upper.index.str[:2]).mean())


def isco_related(root: Path) -> pd.DataFrame:
    """Return shares of related links between ISCO-08 groups: index origin, columns destination.

    A destination of O*NET is split over the ISCO-08 groups by the US persons of it that count in
    each. Rows of groups that O*NET describes sum to 1.
    """
    links = soc_related(root)
    weights = weights_soc2018(root)
    wide = links.pivot(index="soc2018", columns="soc2018_to", values="share").fillna(0.0)
    averages, _ = average_to_isco(wide, weights)
    split = weights.pivot(index="soc2018", columns="isco08", values="weight").fillna(0.0)
    missing = sorted(set(averages.columns) - set(split.index))
    if missing:
        raise InputError(f"{RELATED}: {missing[:5]} reach no ISCO-08 group.")
    split = split.div(split.sum(axis=1), axis=0).loc[averages.columns]
    # A fixed order of summation: the same bytes everywhere, as in average_to_isco.
    carried = np.einsum("is,sj->ij", averages.to_numpy(), split.to_numpy())
    return pd.DataFrame(carried, index=averages.index, columns=split.columns)


def soc_related(root: Path) -> pd.DataFrame:
    """Return soc2018, soc2018_to, share: of an occupation's related links, by SOC-2018.

    8-digit occupations count equally within their 6-digit code.
    """
    file = locate(root, RELATED)
    table = read_table(root, RELATED, columns=(_FROM, _TO))
    refuse_repeated(table, [_FROM, _TO], file=file)
    links = pd.DataFrame(
        {
            "soc2018": require_system(table[_FROM], root, file=file, system="soc2018"),
            "soc2018_to": require_system(table[_TO], root, file=file, system="soc2018"),
            "share": 1.0 / table.groupby(_FROM)[_TO].transform("size"),
        }
    )
    origins = table[_FROM].groupby(links["soc2018"]).nunique()
    summed = links.groupby(["soc2018", "soc2018_to"])["share"].sum().reset_index()
    summed["share"] = summed["share"] / summed["soc2018"].map(origins)
    return summed


def related_shares(by_isco: pd.DataFrame, walk: Crosswalk) -> pd.DataFrame:
    """Carry shares between ISCO-08 groups to the targets of a crosswalk.

    Parameters
    ----------
    by_isco : DataFrame (isco08, isco08)
        Shares of an origin's links, columns in the order of the crosswalk's sources. A group that
        is no origin leaves the average.
    walk : Crosswalk
        From ISCO-08, averaging weights.

    Returns
    -------
    DataFrame (target, target)
        Averages at the origin, splits at the destination: a row sums to the mean of the sums of
        the rows that it averages.

    Examples
    --------
    >>> walk = Crosswalk(("x", "y"), ("1", "2"), np.array([[1.0, 0.0], [1.0, 3.0]]))
    >>> codes = ["x", "y"]
    >>> by_isco = pd.DataFrame([[0.2, 0.8], [1.0, 0.0]], index=codes, columns=codes)
    >>> related_shares(by_isco, walk).to_numpy().round(3).tolist()
    [[0.1, 0.9], [0.4, 0.6]]
    """
    if list(by_isco.columns) != list(walk.sources):
        raise InputError("related_shares: columns and crosswalk have different ISCO-08 groups.")
    origins = walk.restricted(set(walk.sources) & set(by_isco.index))
    origins.require_no_target_lost()
    rows = by_isco.loc[list(origins.sources)].to_numpy()
    # A fixed order of summation gives the same bytes on every machine.
    averaged = np.einsum("im,ij->mj", origins.average(), rows)
    shares = np.einsum("mj,jn->mn", averaged, walk.split())
    return pd.DataFrame(shares, index=list(walk.targets), columns=list(walk.targets))


def _others(shares: pd.DataFrame) -> pd.DataFrame:
    """Leave the own group out and scale what is left to 1 per origin: one row a link."""
    values = shares.to_numpy(copy=True)
    np.fill_diagonal(values, 0.0)
    total = values.sum(axis=1, keepdims=True)
    if not (total > 0).all():
        alone = list(shares.index[(total <= 0).ravel()])
        raise InputError(f"{RELATED}: KSCO-7 group(s) {alone} have no related occupation.")
    wide = pd.DataFrame(values / total, index=shares.index, columns=shares.columns)
    wide = wide.round(_DECIMALS).rename_axis("ksco7").reset_index()
    long = wide.melt("ksco7", var_name="ksco7_to", value_name="weight")
    long = long[long["weight"] > 0].assign(source="onet_related_at_ksco7")
    return long.sort_values(["ksco7", "ksco7_to"], ignore_index=True)
