"""Why each Korean occupation is exposed as it is: pushes, certainty, dissent and neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from forecast.classifications import is_military
from forecast.errors import InputError
from forecast.features.disagreement import LEAST_COVERED, discordant_indices
from forecast.features.likeness import nearest_codes
from forecast.features.panel import OccupationPanel
from forecast.models.base import Floats
from forecast.models.exposure import ExposureModel
from forecast.models.measurement import OneFactor
from forecast.stages.attribution import (
    OTHER_TASKS,
    KoreanGroups,
    contribution_table,
    korean_groups,
)
from forecast.stages.findings import Findings, Push, pushing
from forecast.stages.sentence_en import UNKNOWN, sentence_en
from forecast.stages.sentence_ko import sentence_ko, unknown_ko
from forecast.types import OccupationScores

SURE_WIDTHS = (0.15, 0.3)  # 80 % interval: up to here high, from here low (assumption)
NAMED = 0.01  # a push of less than one point is not named (assumption)
NAMED_SD = 0.2  # nor a bundle of which the work asks about as much as that of others (assumption)
DISSENT_SDS, DISSENT = 1.5, 0.05  # noise, and exposure, an index must stand apart by (assumption)
N_LISTED, N_NEAREST = 3, 3
_OWN_KIND = {"sub_major": 1, "minor": 2}  # digits of a code that make a group a sibling


def explain_occupations(
    panel: OccupationPanel,
    *,
    model: ExposureModel,
    factor: OneFactor,
    index_names: Sequence[str],
    isco: OccupationScores,
    minor: OccupationScores,
    sub_major: OccupationScores,
    minor_weights: Floats,
    share: Floats,
    tables: Mapping[str, pd.DataFrame],
    n_step: int = 4,
) -> dict[str, pd.DataFrame]:
    """Explain the exposure of every Korean occupation.

    Parameters
    ----------
    panel : OccupationPanel
        Of ISCO-08.
    model, factor : ExposureModel, OneFactor
        The fitted model, and the measurement model of `index_names`.
    index_names : sequence of str
        Columns of the panel's indices, in the order of the factor.
    isco, minor, sub_major : OccupationScores
    minor_weights : ndarray of shape (n_isco, n_minor)
        Mean averaging weights of the crosswalk; columns sum to 1.
    share : ndarray of shape (n_sub_major, n_minor)
        Mean share of a sub-major group's people in each minor group; rows sum to 1.
    tables : mapping
        ``descriptors``, ``isco_task_profile``, ``employment_age`` and ``ksco7``.
    n_step : int
        Parts of the way from the average worker to an occupation, even: the model is asked
        `n_step` x n_descriptor times (with 4, single parts are off by at most .001).

    Returns
    -------
    dict of DataFrame
        Contract tables ``exposure_reasons`` (one row an occupation, the armed forces included,
        of whom nothing is known) and ``exposure_contributions``.
    """
    if list(isco.titles.index) != panel.codes or len(minor_weights) != len(panel.codes):
        raise InputError("panel, scores and crosswalk weights name different ISCO-08 groups.")
    groups = korean_groups(
        minor,
        sub_major,
        minor_weights=minor_weights,
        share=share,
        employment=tables["employment_age"],
    )
    contributions = contribution_table(
        panel, groups, isco=isco, model=model, tables=tables, n_step=n_step
    )
    dissent, n_index = _dissent(panel, groups, factor, index_names, model.scale)
    found = _findings(groups, contributions, dissent=dissent, n_index=n_index)
    rows = pd.DataFrame(
        {
            "ksco7": groups.codes,
            "level": groups.levels,
            "name_ko": groups.names,
            "isco_titles": _main_parts(groups.weights, panel.titles),
            **{name: [getattr(f, name) for f in found] for name in ("exposure", "sure")},
            "exposure_lower80": [f.lower for f in found],
            "exposure_upper80": [f.upper for f in found],
            "n_indices": n_index,
            "up": [_listed(f, 1) for f in found],
            "down": [_listed(f, -1) for f in found],
            "disagreeing": [_signed(f.discordant) for f in found],
            **_neighbours(panel, groups),
            "reason_ko": [sentence_ko(f) for f in found],
            "reason_en": [sentence_en(f) for f in found],
        }
    )
    return {
        "exposure_reasons": pd.concat([rows, _unknown(tables["ksco7"])], ignore_index=True),
        "exposure_contributions": contributions,
    }


def _dissent(
    panel: OccupationPanel,
    groups: KoreanGroups,
    factor: OneFactor,
    index_names: Sequence[str],
    scale: float,
) -> tuple[list[dict[str, float]], Floats]:
    """Return, by group, indices that stand apart (in exposure) and how many cover half of it."""
    indices = panel.indices[list(index_names)].to_numpy(dtype=float)
    readings = scale * (indices - factor.intercepts) / factor.loadings
    variances = (scale * factor.noise_sds / factor.loadings) ** 2
    named = [
        discordant_indices(
            readings, variances, weights, least_sds=DISSENT_SDS, least_difference=DISSENT
        )
        for weights in groups.weights.T
    ]
    covered = groups.weights.T @ np.isfinite(indices) >= LEAST_COVERED
    return (
        [{str(index_names[j]): size for j, size in found.items()} for found in named],
        covered.sum(axis=1),
    )


def _findings(
    groups: KoreanGroups,
    contributions: pd.DataFrame,
    *,
    dissent: Sequence[Mapping[str, float]],
    n_index: Floats,
) -> list[Findings]:
    mean = groups.exposure.mean(axis=0)
    lower, upper = np.quantile(groups.exposure, (0.1, 0.9), axis=0)
    kinds = dict(list(contributions.groupby("kind")))
    tasks, bundles = _tasks(kinds["activity"]), _bundles(kinds["bundle"])
    own = kinds["own_indices"].set_index("ksco7")["contribution"]
    leaning = kinds["activity"][kinds["activity"]["contribution"] > 0]
    open_share = leaning.groupby("ksco7")["task_share"].sum()
    return [
        Findings(
            name_ko=groups.names[place],
            exposure=float(mean[place]),
            lower=float(lower[place]),
            upper=float(upper[place]),
            average=groups.average,
            sure=_sure(float(upper[place] - lower[place])),
            tasks=tasks.get(code, ()),
            bundles=bundles.get(code, ()),
            open_share=float(open_share.get(code, 0.0)),
            n_index=int(n_index[place]),
            discordant=dissent[place],
            own_indices=float(own[code]),
        )
        for place, code in enumerate(groups.codes)
    ]


def _tasks(activities: pd.DataFrame) -> dict[str, list[Push]]:
    """Return the work activities worth naming, by group, the largest contribution first."""
    large = (activities["contribution"].abs() >= NAMED) & (activities["item"] != OTHER_TASKS[0])
    columns = ["ksco7", "name_ko", "name_en", "contribution", "task_share", "substitution_share"]
    named: dict[str, list[Push]] = {}
    for code, *parts in zip(*(activities.loc[large, c].tolist() for c in columns), strict=True):
        named.setdefault(code, []).append(Push(*parts))
    return named


def _bundles(bundles: pd.DataFrame) -> dict[str, list[Push]]:
    """Return the bundles worth naming, by group, the largest contribution first."""
    large = (bundles["contribution"].abs() >= NAMED) & (bundles["difference_sd"].abs() >= NAMED_SD)
    columns = ["ksco7", "name_ko", "name_en", "contribution", "difference_sd"]
    named: dict[str, list[Push]] = {}
    rows = zip(*(bundles.loc[large, c].tolist() for c in columns), strict=True)
    for code, name_ko, name_en, size, away in rows:
        push = Push(name_ko, name_en, contribution=size, more=away > 0)
        named.setdefault(code, []).append(push)
    return named


def _sure(width: float) -> str:
    narrow, wide = SURE_WIDTHS
    return "high" if width <= narrow else "low" if width >= wide else "medium"


def _listed(findings: Findings, side: int) -> str:
    """List tasks, then bundles: name, what it amounts to, contribution in points."""
    words = []
    for pushes in (findings.tasks, findings.bundles):
        for push in pushing(pushes, side)[:N_LISTED]:
            if push.share is None:
                what = f"{push.name_ko} 비중 {'큼' if push.more else '작음'}"
            else:
                what = f"{push.name_ko} (업무 {push.share:.0%}, AI 단독 {push.done_whole:.0%})"
            words.append(f"{what} {100 * push.contribution:+.1f}")
    return "; ".join(words)


def _signed(differences: Mapping[str, float]) -> str:
    return "; ".join(f"{index} {100 * size:+.0f}" for index, size in differences.items())


def _main_parts(weights: Floats, titles: pd.Series) -> list[str]:
    names = titles.to_numpy(dtype=str)
    order = np.argsort(-weights, axis=0, kind="stable")[:N_LISTED]
    return [
        "; ".join(names[i] for i in rows if weights[i, group] > 0)
        for group, rows in enumerate(order.T)
    ]


def _neighbours(panel: OccupationPanel, groups: KoreanGroups) -> dict[str, list[str]]:
    """List the nearest groups of the same level: anywhere, and outside the group above."""
    x = panel.descriptors.to_numpy(dtype=float)
    spread = x.std(axis=0)
    place = groups.weights.T @ ((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0))
    found: dict[str, list[str]] = {"nearest": [], "nearest_outside": []}
    levels = np.asarray(groups.levels)
    for level, length in _OWN_KIND.items():
        rows = np.flatnonzero(levels == level)
        codes = [groups.codes[row] for row in rows]
        for name, outside in (("nearest", 0), ("nearest_outside", length)):
            lists = nearest_codes(place[rows], codes, n=N_NEAREST, outside_length=outside)
            found[name] += [" ".join(nearest) for nearest in lists]
    return found


def _unknown(ksco7: pd.DataFrame) -> pd.DataFrame:
    """Return rows of the armed forces, whom no source describes."""
    rows = ksco7[ksco7["ksco7"].map(is_military) & ksco7["level"].isin(list(_OWN_KIND))]
    known = rows[["ksco7", "level", "name_ko"]].assign(n_indices=0, sure="unknown")
    texts = ("isco_titles", "up", "down", "disagreeing", "nearest", "nearest_outside")
    return known.assign(
        **dict.fromkeys(texts, ""),
        reason_ko=[unknown_ko(str(name)) for name in rows["name_ko"]],
        reason_en=UNKNOWN,
    )
