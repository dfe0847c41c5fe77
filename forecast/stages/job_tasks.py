"""How far the jobs inside an occupation differ in what AI does of their tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.stages.carried import isco_to_minor

# column of isco_task_profile behind each share of tasks
PROFILE_COLUMNS = {
    "task_substitution_share": "substitution_share",
    "task_assistance_share": "assistance_share",
}


@dataclass(frozen=True)
class TaskSpread:
    """Standard deviations of a share of tasks by minor group, each of shape (n_minor,).

    `sampling` is how far the group's own mean may be off because some 20 tasks an occupation were
    labelled; `between_jobs` how far the jobs inside the group lie from that mean.
    """

    sampling: Floats
    between_jobs: Floats


def task_spread(tables: Mapping[str, pd.DataFrame], share: str, minors: pd.Index) -> TaskSpread:
    """Derive both spreads from the task profiles of the linked ISCO groups.

    A job is taken to be a sample of its occupation's work: as many work activities as the
    occupation effectively has (1 / sum of squared shares), and in them as many tasks as O*NET
    lists for one occupation. Jobs also differ because a minor group holds several ISCO groups.
    That jobs sample tasks in this way is an assumption; no public file shows single jobs.

    Parameters
    ----------
    tables : mapping
        ``isco_task_profile``, ``isco_indices``, ``isco08`` and ``ksco7_isco08``.
    share : str
        A key of :data:`PROFILE_COLUMNS`.
    minors : Index
        Codes of the minor groups.
    """
    jobs = job_variance(tables["isco_task_profile"], _occupations(tables, share), share)
    walk = isco_to_minor(tables, minors).restricted(jobs.index)
    walk.require_no_target_lost()
    weight = walk.average().T
    mean, variance = (jobs.loc[list(walk.sources), name].to_numpy() for name in ("mean", "job"))
    between_isco = np.maximum(weight @ mean**2 - (weight @ mean) ** 2, 0.0)
    return TaskSpread(
        sampling=np.sqrt(weight**2 @ variance),
        between_jobs=np.sqrt(weight @ variance + between_isco),
    )


def job_variance(profile: pd.DataFrame, occupations: pd.Series, share: str) -> pd.DataFrame:
    """Return the variance of a share of tasks between the jobs of each ISCO group.

    Parameters
    ----------
    profile : DataFrame
        Table ``isco_task_profile``.
    occupations : Series
        ISCO group to the number of O*NET occupations whose tasks it pools.
    share : str
        A key of :data:`PROFILE_COLUMNS`.

    Returns
    -------
    DataFrame
        Indexed by isco08: mean (0-1) and job (variance, above 0: also a share of 0 or 1 out of n
        tasks leaves room for a job that differs, as (n s + 1/2) / (n + 1) says).

    Examples
    --------
    >>> profile = pd.DataFrame({"isco08": "1111", "task_share": [0.5, 0.5], "n_task": [10, 10],
    ...     "substitution_share": [0.0, 1.0]})
    >>> found = job_variance(profile, pd.Series({"1111": 1}), "task_substitution_share")
    >>> found.round(3).loc["1111"].to_dict()  # two activities, each of its own kind
    {'mean': 0.5, 'job': 0.125}
    """
    value, weight = profile[PROFILE_COLUMNS[share]], profile["task_share"]
    groups = profile["isco08"]
    mean = (weight * value).groupby(groups).sum()
    effective = 1.0 / (weight**2).groupby(groups).sum()
    between = (weight * (value - groups.map(mean)) ** 2).groupby(groups).sum()
    pooled = occupations.reindex(mean.index)
    if pooled.isna().any():
        raise InputError(
            f"isco_task_profile: {list(pooled[pooled.isna()].index)[:5]} are not in isco_indices "
            f"({share}). Rebuild the reference."
        )
    tasks = (profile["n_task"].groupby(groups).sum() / pooled.clip(lower=1)).clip(lower=1.0)
    smoothed = (tasks * mean + 0.5) / (tasks + 1.0)
    within = (smoothed * (1.0 - smoothed) - between).clip(lower=0.0)
    return pd.DataFrame({"mean": mean, "job": between / effective + within / tasks})


def _occupations(tables: Mapping[str, pd.DataFrame], share: str) -> pd.Series:
    rows = tables["isco_indices"]
    return rows[rows["index"] == share].set_index("isco08")["n_soc"]
