"""An outside check of the weights of moving costs: what experts call related occupations.

O*NET lists for each US occupation the ones that experts judge nearest in work, knowledge and
title. That is relatedness in the United States, not a move that a Korean worker made: fitted
weights are reported beside the declared ranges and do not replace them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import xlogy

from forecast.errors import InputError
from forecast.features.moves import COSTS, feasibility
from forecast.models.base import Floats
from forecast.models.choice import concordance, fit_choice


def move_fit(
    tables: Mapping[str, pd.DataFrame], costs: xr.Dataset, *, used: Mapping[str, float]
) -> pd.DataFrame:
    """Fit the weights of the four costs on related occupations by a conditional logit.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``related_occupations``, ``ksco7_isco08`` and ``isco_descriptors`` (size).
    costs : Dataset of (origin, destination)
        From :func:`forecast.features.moves.move_costs`.
    used : mapping of str to float
        Mean weight of each cost in the run.

    Returns
    -------
    DataFrame
        cost, weight (positive: the cost deters), standard_error (clustered by origin), used,
        pseudo_r2 (McFadden, beyond size), attainable_r2 (of shares hit exactly: links spread, so
        that 1 is out of reach), auc_fitted and auc_used (chance that a related destination is more
        feasible than one that is not, under the fitted and the used weights).
    """
    codes = [str(code) for code in costs["origin"].to_numpy()]
    share = related_shares(tables["related_occupations"], codes)
    judged = share.sum(axis=1) > 0
    log_size = np.tile(np.log(_size(tables, codes)), (len(codes), 1))
    np.fill_diagonal(log_size, -np.inf)
    cost = np.stack([costs[name].to_numpy() for name in COSTS], axis=2)
    fit = fit_choice(-cost[judged], share[judged], log_size=log_size[judged], names=COSTS)

    def auc(weights: Mapping[str, float]) -> float:
        drawn = {name: np.array([weights[name]]) for name in COSTS}
        feasible = feasibility(costs, drawn)[0]
        return concordance(feasible[judged], share[judged], log_size=log_size[judged])

    fitted = dict(zip(COSTS, fit.coefficients, strict=True))
    return pd.DataFrame(
        {
            "cost": list(COSTS),
            "weight": fit.coefficients,
            "standard_error": fit.standard_errors,
            "used": [float(used[name]) for name in COSTS],
            "pseudo_r2": fit.pseudo_r2,
            "attainable_r2": 1.0 - float(xlogy(share, share).sum()) / fit.log_likelihood_size,
            "auc_fitted": auc(fitted),
            "auc_used": auc(used),
        }
    )


def related_shares(related: pd.DataFrame, occupations: Sequence[str]) -> Floats:
    """Return the shares of related links (origin, destination); a row without links is 0.

    Examples
    --------
    >>> related = pd.DataFrame({"ksco7": ["11", "11"], "ksco7_to": ["12", "13"],
    ...                         "weight": [0.75, 0.25]})
    >>> related_shares(related, ["11", "12"]).tolist()
    [[0.0, 1.0], [0.0, 0.0]]
    """
    inside = related[related["ksco7"].isin(occupations) & related["ksco7_to"].isin(occupations)]
    if (inside["ksco7"] == inside["ksco7_to"]).any() or (inside["weight"] < 0).any():
        raise InputError(
            "related_occupations: an occupation is related to itself, or a weight < 0."
        )
    table = inside.pivot(index="ksco7", columns="ksco7_to", values="weight").astype(float)
    share = table.reindex(index=list(occupations), columns=list(occupations)).fillna(0.0)
    total = share.to_numpy().sum(axis=1, keepdims=True)
    return np.divide(share.to_numpy(), total, out=np.zeros(share.shape), where=total > 0)


def _size(tables: Mapping[str, pd.DataFrame], occupations: Sequence[str]) -> Floats:
    """US occupations behind each group: how many could have been named as related."""
    counted = tables["isco_descriptors"][["isco08", "n_soc"]]
    links = tables["ksco7_isco08"].assign(group=tables["ksco7_isco08"]["ksco7"].str[:2])
    links = links[["group", "isco08"]].drop_duplicates()
    links = links.merge(counted, on="isco08", how="inner", validate="many_to_one")
    shared = links.groupby("isco08")["group"].transform("size")
    size = (links["n_soc"] / shared).groupby(links["group"]).sum().reindex(list(occupations))
    if size.isna().any() or (size <= 0).any():
        wrong = list(size.index[~(size > 0)])
        raise InputError(
            f"ksco7_isco08: no US occupation stands behind sub-major group(s) {wrong}."
        )
    return size.to_numpy(dtype=float)
