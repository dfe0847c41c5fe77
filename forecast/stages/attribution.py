"""What the exposure of each Korean occupation is made of, in two decompositions that add up.

Both are taken at ISCO-08 against the average worker of Korea and averaged with the weights that
the scores were averaged with:

* score: baseline + descriptors + own_indices + korea = the printed exposure. Descriptors are what
  the model makes of them; own_indices is what the indices of the occupation and its siblings move
  beyond that; korea is what carrying the score there adds: the mean effect of the shift between
  US and Korean work, and the sampling noise of the draws.
* tasks: the activities sum to the GPT-4 rating of the occupation's tasks less that of the average
  worker's tasks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.features.bundles import BUNDLES, bundle_of
from forecast.features.contributions import path_contributions, task_contributions
from forecast.features.panel import OccupationPanel
from forecast.models.base import Floats
from forecast.models.exposure import ExposureModel
from forecast.types import OccupationScores

OTHER_TASKS = ("other_tasks", "업무 활동에 연결되지 않은 과업", "Tasks linked to no activity")
MEASURES = ("difference_sd", "task_share", "task_exposure", "substitution_share")


@dataclass(frozen=True)
class KoreanGroups:
    """Groups of both levels and the ISCO-08 groups that they are made of.

    Parameters
    ----------
    codes, names, levels : tuple of str
        Sub-major groups first.
    exposure : ndarray of shape (n_draw, n_group)
    weights : ndarray of shape (n_isco, n_group)
        Columns sum to 1.
    worker : ndarray of shape (n_isco,)
        Where the average worker is; sums to 1.
    average : float
        Mean exposure of all workers.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    levels: tuple[str, ...]
    exposure: Floats
    weights: Floats
    worker: Floats
    average: float

    def __post_init__(self) -> None:
        if not np.allclose(self.weights.sum(axis=0), 1.0):
            raise InputError("crosswalk weights of a Korean group must sum to 1: use the averages.")


def korean_groups(
    minor: OccupationScores,
    sub_major: OccupationScores,
    *,
    minor_weights: Floats,
    share: Floats,
    employment: pd.DataFrame,
) -> KoreanGroups:
    """Put both levels side by side, with the average worker of the last half-year.

    Parameters
    ----------
    minor, sub_major : OccupationScores
    minor_weights : ndarray of shape (n_isco, n_minor)
    share : ndarray of shape (n_sub_major, n_minor)
        Rows sum to 1.
    employment : DataFrame
        Reference table ``employment_age``.
    """
    expected = (len(sub_major.titles), len(minor.titles))
    if share.shape != expected or minor_weights.shape[1] != expected[1]:
        raise InputError(
            f"share has shape {share.shape} and minor_weights {minor_weights.shape}; expected "
            f"{expected} and (n_isco, {expected[1]})."
        )
    whole = employment[(employment["level"] == "sub_major") & (employment["age_group"] == "all")]
    last = whole[whole["period"] == whole["period"].max()].set_index("ksco7")["employed_persons"]
    persons = last.reindex(sub_major.titles.index)
    if persons.isna().any():
        raise InputError(f"employment_age lacks {list(persons[persons.isna()].index)}.")
    people = (persons / persons.sum()).to_numpy(dtype=float)
    upper = minor_weights @ share.T
    titles = pd.concat([sub_major.titles, minor.titles])
    return KoreanGroups(
        codes=tuple(str(code) for code in titles.index),
        names=tuple(str(name) for name in titles),
        levels=("sub_major",) * expected[0] + ("minor",) * expected[1],
        exposure=np.hstack([sub_major.exposure.to_numpy(), minor.exposure.to_numpy()]),
        weights=np.hstack([upper, minor_weights]),
        worker=upper @ people,
        average=float(sub_major.exposure.mean("draw").to_numpy() @ people),
    )


def contribution_table(
    panel: OccupationPanel,
    groups: KoreanGroups,
    *,
    isco: OccupationScores,
    model: ExposureModel,
    tables: Mapping[str, pd.DataFrame],
    n_step: int,
) -> pd.DataFrame:
    """Return contract table ``exposure_contributions``.

    Parameters
    ----------
    panel : OccupationPanel
        Of ISCO-08, in the order of the weights.
    groups : KoreanGroups
    isco : OccupationScores
    model : ExposureModel
    tables : mapping
        ``descriptors`` and ``isco_task_profile``.
    n_step : int
        See :func:`forecast.features.contributions.path_contributions`.

    Returns
    -------
    DataFrame
        One row a group, kind and item; the largest contribution of a kind first.
    """
    listed = tables["descriptors"].set_index("descriptor")
    parts = [
        *_score_parts(panel, groups, isco=isco, model=model, listed=listed, n_step=n_step),
        _task_parts(panel, groups, tables["isco_task_profile"], listed=listed),
    ]
    return pd.concat(parts).sort_values("ksco7", kind="stable", ignore_index=True)


def _score_parts(
    panel: OccupationPanel,
    groups: KoreanGroups,
    *,
    isco: OccupationScores,
    model: ExposureModel,
    listed: pd.DataFrame,
    n_step: int,
) -> list[pd.DataFrame]:
    columns = list(model.columns)
    x = panel.descriptors[columns].to_numpy(dtype=float)

    def exposure(values: Floats) -> Floats:
        # Not clipped to 0-1, unlike ExposureModel.predict: parts of a clipped score do not add up.
        latent = model.regressor.predict_target(values, model.target)
        return np.asarray(model.centre + model.scale * latent)

    average = groups.worker @ x
    pushes = groups.weights.T @ path_contributions(exposure, x, baseline=average, n_step=n_step)
    spread = x.std(axis=0)
    away = groups.weights.T @ ((x - average) / np.where(spread > 0, spread, 1.0))
    baseline = exposure(average[None])
    carried = groups.weights.T @ isco.exposure.mean("draw").to_numpy()
    own = carried - baseline - pushes.sum(axis=1)
    korea = groups.exposure.mean(axis=0) - carried
    bundle = np.array([bundle_of(str(code)) for code in listed["element_id"].fillna("")[columns]])
    held = [name for name in BUNDLES if (bundle == name).any()]
    inside = np.stack([bundle == name for name in held], axis=1).astype(float)
    # How far a bundle is from the average: its members count as they contribute.
    size = np.abs(pushes) @ inside
    bundle_away = _ratio((np.abs(pushes) * away) @ inside, size)
    constant = np.tile(baseline, (len(own), 1))
    bundles = [(name, BUNDLES[name].name_ko, BUNDLES[name].name_en) for name in held]
    names = [(c, str(listed["name_ko"][c]), str(listed["name"][c])) for c in columns]
    worker = [("average_worker", "취업자 평균", "the average worker")]
    indices = [("own_indices", "자체 지표", "its own indices")]
    here = [("korea", "한국 직무 차이와 표본 오차", "work in Korea, and sampling noise")]
    return [
        _long(groups, "baseline", worker, constant),
        _long(groups, "own_indices", indices, own[:, None]),
        _long(groups, "korea", here, korea[:, None]),
        _long(groups, "bundle", bundles, pushes @ inside, difference_sd=bundle_away),
        _long(groups, "descriptor", names, pushes, difference_sd=away),
    ]


def _task_parts(
    panel: OccupationPanel, groups: KoreanGroups, profile: pd.DataFrame, *, listed: pd.DataFrame
) -> pd.DataFrame:
    """Activities; ISCO groups without task labels leave the average, as in the crosswalk."""
    share, exposure, whole = (
        profile.pivot(index="isco08", columns="activity", values=name).reindex(panel.codes)
        for name in ("task_share", "exposure", "substitution_share")
    )
    known = share.notna().any(axis=1).to_numpy(dtype=float)
    shares = share.fillna(0.0).to_numpy()
    exposed = shares * exposure.fillna(0.0).to_numpy()
    done = shares * whole.fillna(0.0).to_numpy()
    labelled_weights = groups.weights * known[:, None]
    weights = _ratio(labelled_weights, labelled_weights.sum(axis=0)).T
    carried = weights @ shares
    mean = float(groups.worker @ exposed.sum(axis=1) / (groups.worker @ known))
    task_exposure = _ratio(weights @ exposed, carried)
    named = listed[listed["domain"] == "activity"].set_index("element_id")
    items = [
        (code, str(named["name_ko"][code]), str(named["name"][code])) if code else OTHER_TASKS
        for code in share.columns
    ]
    table = _long(
        groups,
        "activity",
        items,
        task_contributions(carried, task_exposure, mean=mean),
        task_share=carried,
        task_exposure=task_exposure,
        substitution_share=_ratio(weights @ done, carried),
    )
    return table[table["task_share"] > 0]


def _long(
    groups: KoreanGroups,
    kind: str,
    items: Sequence[tuple[str, str, str]],
    contributions: Floats,
    **measures: Floats,
) -> pd.DataFrame:
    """Flatten (n_group, n_item) to one row each, the largest contribution of a group first."""
    n_group, n_item = contributions.shape
    labels = np.asarray(items, dtype=object).reshape(n_item, 3)
    columns: dict[str, object] = {
        "ksco7": np.repeat(np.asarray(groups.codes, dtype=object), n_item),
        "level": np.repeat(np.asarray(groups.levels, dtype=object), n_item),
        "kind": kind,
        "item": np.tile(labels[:, 0], n_group),
        "name_ko": np.tile(labels[:, 1], n_group),
        "name_en": np.tile(labels[:, 2], n_group),
        "contribution": contributions.ravel(),
    }
    columns |= {
        name: measures[name].ravel() if name in measures else np.full(n_group * n_item, np.nan)
        for name in MEASURES
    }
    order = np.argsort(-np.abs(contributions).round(12), axis=1, kind="stable")
    rows = order + n_item * np.arange(n_group)[:, None]
    return pd.DataFrame(columns).iloc[rows.ravel()]


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Divide; nothing of nothing is nothing."""
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
