"""Carry ISCO-08 scores to KSCO-7 minor and sub-major groups, with the crosswalk as draws.

Three things are uncertain on the way and drawn apart, each from a stream of its own: the weights
of ISCO occupations inside a minor group, the people of a sub-major group in each minor group, and
how far Korean work differs from the American work that was rated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from forecast.classifications import Crosswalk, is_military, require_codes
from forecast.errors import ConfigError, InputError
from forecast.models.base import Floats
from forecast.stages.crosswalk_average import average_in_draws
from forecast.stages.estimation import occupation_scores
from forecast.stages.korea_shift import move_by, shift_to_korea
from forecast.stages.minor_shares import draw_shares, printed_shares
from forecast.stages.provenance import IMPUTED, carried_provenance
from forecast.types import OccupationScores

WEIGHTS_ALONE = "weights_alone"
CONFIDENCES = {"high", "medium", "low"}


@dataclass(frozen=True)
class KoreanScores:
    """Scores of the two Korean levels and how minor groups make up sub-major groups.

    Parameters
    ----------
    minor, sub_major : OccupationScores
        Without the armed forces, for whom no employment is published.
    share : ndarray of shape (n_draw, n_sub_major, n_minor)
        Share of a sub-major group's people in each minor group; rows sum to 1. See
        :mod:`forecast.stages.minor_shares`.
    extras : dict of ndarray of shape (n_draw, n_minor)
        Further ISCO scores by name, carried the same way.
    military : OccupationScores
        The three minor groups of the armed forces, apart: no threshold, rank or count sees them.
    minor_weights_alone, sub_major_weights_alone : ndarray of shape (n_draw, n_group)
        Exposure under the drawn weights with every ISCO occupation at its mean: how much of a
        score's spread comes from the crosswalk.
    beside : dict of OccupationScores
        Other draws of ISCO scores by name, carried to sub-major groups by the same draws of
        weights, people and shift; `spread` is that of the scores themselves.
    """

    minor: OccupationScores
    sub_major: OccupationScores
    share: Floats
    extras: dict[str, Floats]
    military: OccupationScores
    minor_weights_alone: Floats
    sub_major_weights_alone: Floats
    beside: dict[str, OccupationScores] = field(default_factory=dict)


def carry_to_korea(
    scores: OccupationScores,
    extras: Mapping[str, Floats],
    tables: Mapping[str, pd.DataFrame],
    *,
    concentration: float | Mapping[str, float],
    smallest_spread: float,
    rng: np.random.Generator,
    share_concentration: float = 1.0,
    shift_sd: Sequence[float] = (0.0, 0.0),
    beside: Mapping[str, OccupationScores] | None = None,
) -> KoreanScores:
    """Average ISCO scores to minor groups, and these to the 51 sub-major groups.

    Parameters
    ----------
    scores : OccupationScores
        Of ISCO-08 unit groups.
    extras : mapping of ndarray of shape (n_draw, n_isco)
        Shares of tasks by name that exclude one another (done whole, assisted).
    tables : mapping
        ``ksco7``, ``ksco7_isco08``, ``employment_age`` and ``minor_employment``; where a user's
        own table stands in for ``employment_age``, ``employment_published`` is the embedded one.
    concentration : float or mapping
        Dirichlet parameter per link, or one for every `confidence` of the links.
    smallest_spread : float
        Lower bound of the spread inside an occupation: what task sampling alone leaves.
    rng : Generator
    share_concentration : float
        Dirichlet parameter per minor group whose share of people is not printed.
    shift_sd : sequence of two floats
        Standard deviation, on the logit of exposure, of the difference between Korean and US work
        that all occupations share and of the one that each minor group has for itself.
    beside : mapping of OccupationScores, optional
        Other draws of the ISCO scores, as many, that meet the same draws of the way to Korea.
    """
    streams = rng.spawn(4)
    minors, units = _minor_groups(tables["ksco7"])
    walk = _isco_links(tables["ksco7_isco08"], scores, minors)
    n_civilian = sum(not is_military(str(code)) for code in minors.index)
    exposure = scores.exposure.to_numpy()
    parts = {
        **_parts(scores),
        **extras,
        WEIGHTS_ALONE: np.broadcast_to(exposure.mean(axis=0), exposure.shape),
    }
    others = beside or {}
    carried, *more = average_in_draws(
        walk,
        [parts, *(_parts(other) for other in others.values())],
        concentration=link_concentration(tables["ksco7_isco08"], walk, concentration),
        rng=streams[0],
    )
    alone = carried.pop(WEIGHTS_ALONE)
    basis = carried_provenance(walk, _sources(scores), weights_alone=alone)
    odds = shift_to_korea(carried, shift_sd, rng=streams[2], tasks=list(extras))
    typical = parts["substituted"].mean(axis=0)
    spread = np.maximum(_spread(walk.average().T, typical), smallest_spread)

    def part(places: slice) -> OccupationScores:
        return occupation_scores(
            "ksco7_minor",
            minors.iloc[places],
            exposure=carried["exposure"][:, places],
            complementarity=carried["complementarity"][:, places],
            substituted=carried["substituted"][:, places],
            spread=spread[places],
            provenance=basis.iloc[places],
        )

    civilian = slice(0, n_civilian)  # codes are sorted: A01, A02, A09 come last
    minor, military = part(civilian), part(slice(n_civilian, None))
    groups = sub_major_groups(tables)
    share = draw_shares(
        printed_shares({**tables, "employment_age": _published(tables)}),
        units.iloc[civilian],
        groups.index,
        n_draw=len(exposure),
        concentration=share_concentration,
        rng=streams[1],
    )

    def upward(values: Floats) -> Floats:
        return np.einsum("dsm,dm->ds", share, values[:, civilian]).clip(0.0, 1.0)

    weight = share.mean(axis=0)
    between = _spread(weight, minor.substitution.mean("draw").to_numpy())
    within = np.sqrt(weight @ spread[civilian] ** 2)
    alone_upward = upward(alone)
    sub_major = occupation_scores(
        "ksco7_sub_major",
        groups,
        exposure=upward(carried["exposure"]),
        complementarity=upward(carried["complementarity"]),
        substituted=upward(carried["substituted"]),
        spread=np.sqrt(between**2 + within**2).clip(0.0, 1.0),
        provenance=carried_provenance(
            Crosswalk(tuple(minor.titles.index), tuple(groups.index), weight.copy()),
            basis.iloc[civilian],
            weights_alone=alone_upward,
        ),
    )

    def redrawn(values: dict[str, Floats]) -> OccupationScores:
        move_by(odds, values)
        return occupation_scores(
            "ksco7_sub_major",
            groups,
            exposure=upward(values["exposure"]),
            complementarity=upward(values["complementarity"]),
            substituted=upward(values["substituted"]),
            spread=sub_major.spread.to_numpy(),
        )

    return KoreanScores(
        minor=minor,
        sub_major=sub_major,
        share=share,
        extras={name: carried[name][:, civilian] for name in extras},
        military=military,
        minor_weights_alone=alone[:, civilian],
        sub_major_weights_alone=alone_upward,
        beside={name: redrawn(values) for name, values in zip(others, more, strict=True)},
    )


def link_concentration(
    links: pd.DataFrame, walk: Crosswalk, concentration: float | Mapping[str, float]
) -> Floats:
    """Return the Dirichlet parameter per link of every target: the weighted mean of its links'.

    Links of one target share a parameter, because otherwise the mean of the drawn weights would
    no longer be the weights that were written down.

    Parameters
    ----------
    links : DataFrame
        ``ksco7_isco08``: ksco7, isco08, weight, confidence.
    walk : Crosswalk
    concentration : float or mapping
        One value, or one for each `confidence` that occurs.

    Examples
    --------
    >>> links = pd.DataFrame({"ksco7": ["111", "111"], "isco08": ["1111", "1112"],
    ...                       "weight": [0.75, 0.25], "confidence": ["high", "low"]})
    >>> walk = Crosswalk.from_links(links, source="isco08", target="ksco7")
    >>> link_concentration(links, walk, {"high": 1.0, "low": 0.2}).tolist()
    [0.8]
    """
    if not isinstance(concentration, Mapping):
        return np.full(len(walk.targets), float(concentration))
    found = set(links["confidence"])
    unknown = found - set(concentration) | set(concentration) - found - CONFIDENCES
    if unknown or not all(value > 0 for value in concentration.values()):
        raise ConfigError(
            f"exposure.crosswalk_concentration is {dict(concentration)}; give a number above 0 "
            f"for each of {sorted(found)} and for nothing else."
        )
    value = links["confidence"].map(dict(concentration)).astype(float)
    mean = (links["weight"] * value).groupby(links["ksco7"]).sum()
    mean = mean / links.groupby("ksco7")["weight"].sum()
    return mean.reindex(list(walk.targets)).to_numpy(dtype=float)


def sub_major_groups(tables: Mapping[str, pd.DataFrame]) -> pd.Series:
    """Return code to Korean name of the sub-major groups, in the order of the employment table."""
    employment = tables["employment_age"]
    codes = employment.loc[employment["level"] == "sub_major", "ksco7"].drop_duplicates()
    listed = tables["ksco7"].query("level == 'sub_major'").set_index("ksco7")["name_ko"]
    require_codes(codes, listed.index, what="employment_age ksco7")
    return listed.loc[sorted(codes)]


def _published(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return official employment: printed counts are shares of it, not of a user's own table."""
    return tables.get("employment_published", tables["employment_age"])


def _minor_groups(ksco7: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return code to name of the minor groups, and how many unit groups each has."""
    minors = ksco7.query("level == 'minor'").set_index("ksco7")["name_ko"].sort_index()
    counts = ksco7.query("level == 'unit'").groupby("parent").size().reindex(minors.index)
    if counts.isna().any():
        raise InputError(f"ksco7: minor group(s) {list(counts[counts.isna()].index)} have no unit.")
    return minors, counts


def _isco_links(links: pd.DataFrame, scores: OccupationScores, minors: pd.Series) -> Crosswalk:
    walk = Crosswalk.from_links(
        links,
        source="isco08",
        target="ksco7",
        sources=list(scores.titles.index),
        targets=list(minors.index),
    )
    walk.require_no_target_lost()
    return walk


def _sources(scores: OccupationScores) -> pd.DataFrame:
    """Return what the ISCO scores rest on; scores that do not say count as imputed."""
    if scores.provenance is not None:
        return scores.provenance
    return pd.DataFrame({"basis": IMPUTED}, index=scores.titles.index)


def _parts(scores: OccupationScores) -> dict[str, Floats]:
    return {
        "exposure": scores.exposure.to_numpy(),
        "complementarity": scores.complementarity.to_numpy(),
        "substituted": scores.substitution.to_numpy(),
    }


def _spread(weight: Floats, values: Sequence[float] | Floats) -> Floats:
    """Return the weighted standard deviation of `values` inside each row's group."""
    values = np.asarray(values, dtype=float)
    mean = weight @ values
    return np.sqrt(np.maximum(weight @ values**2 - mean**2, 0.0))
