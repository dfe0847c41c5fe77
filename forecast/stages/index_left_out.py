"""What the other indices of an occupation say about one: never seen at all, or not for it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from forecast.features.panel import ANCESTORS, RELATIVES, OccupationPanel, unrelated_to
from forecast.models.base import Regressor
from forecast.models.design import Design, Floats
from forecast.stages.naive import mean_rank, mean_rank_forecast
from forecast.validation.scores import r2, spearman
from forecast.validation.splits import grouped_folds

# The language and ability indices that METHOD takes for one factor.
ONE_FACTOR = ("gpt4_beta", "human_beta", "aioe", "aioe_lm", "ilo_2023", "daioe_genai")
SPLIT = "index_left_out"


def index_left_out_scores(
    panel: OccupationPanel,
    more: pd.DataFrame | None,
    *,
    model: Regressor,
    n_fold: int,
    stage: str,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Leave each index of the one factor out in turn, with every relative of it.

    Parameters
    ----------
    panel : OccupationPanel
    more : DataFrame (occupation, index), optional
        Indices that the panel does not have (pull-only ones).
    model : Regressor
        Forecasts the consensus of the others for families that it has not seen.
    n_fold : int
    stage : str
    rng : Generator

    Returns
    -------
    DataFrame
        Rows of contract table ``scores``, model ``consensus_and_descriptors``: rank correlation
        with the index left out, on the occupations that have all of them. The naive value is the
        mean rank of the same others. An index without two unrelated ones is not tried.

    Notes
    -----
    Indices with a common ancestor count once: standardised indices are averaged within an
    ancestor, then between ancestors. The estimate is this consensus plus what descriptors make
    of it for an unseen family, in equal parts. The index left out is used nowhere; what it was
    computed from may be: AIOE and DAIOE weigh O*NET abilities, which are descriptors too, so for
    them a run with ``features=no_abilities`` is the strict test.
    """
    wide = panel.indices if more is None else panel.indices.join(more, how="left")
    present = [name for name in ONE_FACTOR if name in wide]
    rows = []
    for target in present:
        others = unrelated_to(target, present)
        kept = np.flatnonzero(
            wide[[target, *others]].notna().all(axis=1).to_numpy() & panel.described.to_numpy()
        )
        if len(others) < 2 or len(kept) < 10 * n_fold:
            continue
        families = panel.families.to_numpy(dtype=str)[kept]
        consensus = balanced_consensus(wide[others].iloc[kept])
        forecast = model.cross_predict(
            panel.design()[kept],
            consensus[:, None],
            folds=grouped_folds(list(families), n_fold=n_fold)[None],
            groups=families,
            rng=rng,
        )[0, :, 0]
        left_out = wide[target].to_numpy(dtype=float)[kept]
        rows.append(
            {
                "stage": stage,
                "model": "consensus_and_descriptors",
                "split": SPLIT,
                "target": target,
                "metric": "spearman",
                "value": spearman(left_out, consensus + forecast),
                "n": len(kept),
                "naive_value": spearman(left_out, mean_rank(wide[others].iloc[kept])),
            }
        )
    return pd.DataFrame(rows)


def given_indices_scores(
    panel: OccupationPanel, *, model: Regressor, n_fold: int, stage: str, rng: np.random.Generator
) -> pd.DataFrame:
    """Forecast each index of unseen families from descriptors and the occupations' other indices.

    A measured occupation has other indices; what they add to the descriptors is the information
    that the measurement model lives on. Relatives of the target are not used.

    Returns
    -------
    DataFrame
        Rows of contract table ``scores``, model ``descriptors_and_indices``, split ``grouped``:
        the mean of `model` on the descriptors and `model` on the unrelated indices (gaps filled
        by the mean of the sub-major group), on the occupations that have one of these indices. The
        naive value is the mean rank of the same indices on the same occupations.
    """
    rows: list[dict[str, object]] = []
    indices = panel.indices.drop(columns=[n for n in RELATIVES if n in panel.indices])
    for target in [str(name) for name in indices]:
        others = unrelated_to(target, [str(name) for name in indices])
        if not others:
            continue
        known = indices[target].notna() & indices[others].notna().any(axis=1)
        kept = np.flatnonzero(known.to_numpy() & panel.described.to_numpy())
        families = panel.families.to_numpy(dtype=str)[kept]
        folds = grouped_folds(list(families), n_fold=n_fold)[None]
        means = indices[others].groupby(panel.parents.to_numpy()).transform("mean")
        filled = indices[others].fillna(means).fillna(indices[others].mean()).to_numpy()
        y = indices[[target]].to_numpy(dtype=float)[kept]
        designs = (
            panel.design()[kept],
            Design(filled[kept], parents=panel.parents.to_numpy(dtype=str)[kept]),
        )
        forecast = np.mean(
            [
                model.cross_predict(design, y, folds=folds, groups=families, rng=rng)[0, :, 0]
                for design in designs
            ],
            axis=0,
        )
        naive = mean_rank_forecast(y, [target], indices.iloc[kept], folds=folds)[0, :, 0]
        for metric, score in (("r2", r2), ("spearman", spearman)):
            row: dict[str, object] = {"stage": stage, "model": "descriptors_and_indices"}
            row |= {"split": "grouped", "target": target, "metric": metric, "n": len(kept)}
            row["value"] = score(y[:, 0], forecast)
            row["naive_value"] = score(y[:, 0], naive)
            rows.append(row)
    return pd.DataFrame(rows)


def balanced_consensus(indices: pd.DataFrame) -> Floats:
    """Average standardised indices within an ancestor, then between ancestors, to variance 1.

    Examples
    --------
    >>> table = pd.DataFrame({"aioe": [0.0, 1.0], "aioe_lm": [0.0, 1.0], "ilo_2023": [1.0, 0.0]})
    >>> balanced_consensus(table).tolist()
    [0.0, 0.0]
    """
    standard = (indices - indices.mean()) / indices.std(ddof=0)
    ancestor = [ANCESTORS.get(str(name), str(name)) for name in indices]
    within = standard.T.groupby(np.array(ancestor)).mean().T
    mean = within.mean(axis=1).to_numpy(dtype=float)
    spread = mean.std()
    return np.asarray(mean / spread if spread > 0 else mean)
