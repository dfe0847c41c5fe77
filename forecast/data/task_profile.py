"""What the tasks of an ISCO-08 group are: shares of its work by O*NET work activity.

A task counts for the work activities (41 elements 4.A) that its detailed work activities belong
to, in equal parts; a task that O*NET links to none keeps its share under the activity ``""``.
Task weights and the steps to ISCO-08 are those of :mod:`forecast.data.indices`, so the shares of
a group sum to 1 and the mean exposure over its activities is its ``gpt4_beta``.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data.crosswalks import average_to_isco, weights_soc2018
from forecast.data.files import read_table
from forecast.data.indices import task_scores
from forecast.data.onet_tasks import ACTIVITIES, soc_tasks
from forecast.data.ratings import refuse_repeated
from forecast.data.task_labels import task_weights
from forecast.errors import InputError

DETAILED = "onet/DWA Reference.xlsx"
NO_ACTIVITY = ""
EXPOSURE = {"E0": 0.0, "E1": 1.0, "E2": 0.5}  # beta of Eloundou et al.: E1 + E2 / 2
_MEANS = ("exposure", "substitution_share", "assistance_share")
# Enough for a group's mean over 5 to 33 activities to come back to 1e-6.
_SHARE_DECIMALS, _MEAN_DECIMALS, _COUNT_DECIMALS = 7, 6, 2


def isco_task_profile(root: Path) -> pd.DataFrame:
    """Return work activities by ISCO-08 group.

    Returns
    -------
    DataFrame
        isco08; activity (O*NET element id, ``""`` where O*NET links the task to none); task_share
        (sums to 1 per group); exposure (mean GPT-4 beta of these tasks, 0-1), substitution_share
        and assistance_share (shares of these tasks, 0-1); n_task (labelled tasks behind the row:
        core 1, others 0.5, shared by their activities); source.
    """
    tasks = task_activities(soc_tasks(root), activity_of_detailed(root))
    weights = weights_soc2018(root)
    averages, _ = average_to_isco(soc_profile(tasks), weights)
    long = averages.stack("activity", future_stack=True)
    long = long[long["task_share"] > 0].reset_index()
    for name in _MEANS:
        long[name] = (long[name] / long["task_share"]).round(_MEAN_DECIMALS)
    long["task_share"] = long["task_share"].round(_SHARE_DECIMALS)
    long = long.merge(
        _task_counts(tasks, weights), on=["isco08", "activity"], how="left", validate="one_to_one"
    )
    columns = ["isco08", "activity", "task_share", *_MEANS, "n_task"]
    long = long[columns].assign(source="isco_task_profile")
    return long.sort_values(["isco08", "activity"], ignore_index=True)


def activity_of_detailed(root: Path) -> pd.Series:
    """Return the work activity (element id 4.A) of every detailed work activity, by its id."""
    known = read_table(root, DETAILED, columns=("DWA ID", "Element ID"))
    refuse_repeated(known, ["DWA ID"], file=DETAILED)
    return known.set_index("DWA ID")["Element ID"]


def task_activities(tasks: pd.DataFrame, activity_of: pd.Series) -> pd.DataFrame:
    """Return every labelled task once per work activity it belongs to.

    Parameters
    ----------
    tasks : DataFrame
        As :func:`forecast.data.onet_tasks.soc_tasks` returns.
    activity_of : Series
        Work activity by detailed work activity.

    Returns
    -------
    DataFrame
        soc2018, onetsoc, task_id, activity, weight (task weight over number of activities),
        exposure, substitution_share, assistance_share (of the task: 0 to 1).
    """
    # A task alone is an occupation of one task: its shares say what the task itself is.
    single = pd.DataFrame({"O*NET-SOC Code": tasks["task_id"], "Task Type": "Core"})
    scores = task_scores(single.join(tasks[["gpt4_exposure", "gpt4_automation"]]))
    one = tasks[["soc2018", "onetsoc", "task_id"]].assign(
        weight=task_weights(tasks["core"]),
        exposure=tasks["gpt4_exposure"].map(EXPOSURE),
        substitution_share=tasks["task_id"].map(scores["task_substitution_share"]),
        assistance_share=tasks["task_id"].map(scores["task_assistance_share"]),
    )
    links = tasks[["task_id"]].assign(detailed=tasks["dwa_ids"].str.split()).explode("detailed")
    links = links.dropna()
    links["activity"] = links["detailed"].map(activity_of)
    if links["activity"].isna().any():
        unknown = links.loc[links["activity"].isna(), "detailed"].iloc[0]
        raise InputError(
            f"{ACTIVITIES}: {unknown} is not in {DETAILED}. `forecast data pull` takes both anew."
        )
    links = links[["task_id", "activity"]].drop_duplicates()
    long = one.merge(links, on="task_id", how="left", validate="one_to_many")
    long["activity"] = long["activity"].fillna(NO_ACTIVITY)
    long["weight"] = long["weight"] / long.groupby("task_id")["activity"].transform("size")
    return long


def soc_profile(tasks: pd.DataFrame) -> pd.DataFrame:
    """Average tasks to 6-digit occupations; an activity an occupation lacks has share 0.

    Parameters
    ----------
    tasks : DataFrame
        As :func:`task_activities` returns.

    Returns
    -------
    DataFrame (n_soc, 4 x n_activity)
        Indexed by soc2018; columns (score, activity): task_share, and exposure,
        substitution_share and assistance_share times that share.

    Examples
    --------
    >>> tasks = pd.DataFrame({"soc2018": "11-1011", "onetsoc": "11-1011.00",
    ...     "activity": ["", "4.A.1.a.1"], "weight": [0.5, 1.5], "exposure": [0.0, 1.0],
    ...     "substitution_share": [0.0, 1.0], "assistance_share": 0.0})
    >>> soc_profile(tasks).loc["11-1011", "task_share"].to_dict()
    {'': 0.25, '4.A.1.a.1': 0.75}
    """
    share = tasks["weight"] / tasks.groupby("onetsoc")["weight"].transform("sum")
    parts = tasks[["soc2018", "onetsoc", "activity"]].assign(task_share=share)
    parts[list(_MEANS)] = tasks[list(_MEANS)].mul(share, axis=0)
    shares = parts.pivot_table(
        index=["soc2018", "onetsoc"], columns="activity", aggfunc="sum", fill_value=0.0
    )
    shares.columns = shares.columns.set_names(["score", "activity"])
    return shares.groupby(level="soc2018").mean()


def _task_counts(tasks: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    """Count the labelled tasks behind each cell: isco08, activity, n_task."""
    counts = tasks.groupby(["soc2018", "activity"])["weight"].sum().rename("n_task").reset_index()
    linked = weights[["isco08", "soc2018"]].merge(counts, on="soc2018", validate="many_to_many")
    summed = linked.groupby(["isco08", "activity"])["n_task"].sum()
    return summed.round(_COUNT_DECIMALS).reset_index()
