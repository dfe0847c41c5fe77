"""Tasks of US occupations: text, weight, labels and detailed work activities, one row a task."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data.files import locate, read_table, read_text_table
from forecast.data.indices import TASKS
from forecast.data.ratings import refuse_repeated
from forecast.data.revisions import require_system
from forecast.data.task_labels import AUTOMATION, EXPOSURES
from forecast.errors import InputError

ACTIVITIES = "onet/Tasks to DWAs.xlsx"
_LABELS = {
    "gpt4_exposure": ("gpt4_exposure", EXPOSURES),
    "gpt4_automation": ("gpt4_automation", tuple(AUTOMATION)),
    "human_exposure": ("human_labels", EXPOSURES),
}


def soc_tasks(root: Path) -> pd.DataFrame:
    """Return the labelled tasks of every occupation (Eloundou et al. 2024; O*NET 27 texts).

    Returns
    -------
    DataFrame
        soc2018, onetsoc (8 digits), task_id, task (text), core (bool; other tasks weigh half),
        gpt4_exposure and human_exposure (E0 none, E1 direct, E2 with software around the model),
        gpt4_automation (T0 none to T4 full), dwa_ids (O*NET detailed work activities, separated
        by a space; empty where O*NET links the task to none).

    Raises
    ------
    InputError
        If a task occurs twice, a label is unknown or a code is not in SOC-2018.
    """
    code, task_id, text, kind = "O*NET-SOC Code", "Task ID", "Task", "Task Type"
    given = tuple(column for column, _ in _LABELS.values())
    table = read_text_table(
        root, TASKS, columns=(code, task_id, text, kind, *given), separator="\t"
    )
    tasks = pd.DataFrame(
        {
            "soc2018": require_system(table[code], root, file=TASKS, system="soc2018"),
            "onetsoc": table[code],
            "task_id": _whole(table[task_id]),
            "task": table[text].str.strip(),
            "core": table[kind] == "Core",
        }
    )
    refuse_repeated(tasks, ["task_id"], file=TASKS)
    for name, (column, allowed) in _LABELS.items():
        wrong = ~table[column].isin(allowed)
        if wrong.any():
            raise InputError(
                f"{TASKS}, row {int(wrong.to_numpy().argmax()) + 2}, column {column}: "
                f"{table.loc[wrong, column].iloc[0]!r}; expected one of {', '.join(allowed)}."
            )
        tasks[name] = table[column]
    tasks["dwa_ids"] = tasks["task_id"].map(_activities(root)).fillna("")
    return tasks.sort_values(["onetsoc", "task_id"], ignore_index=True)


def _activities(root: Path) -> pd.Series:
    """Return the detailed work activities of each task, in order."""
    links = read_table(root, ACTIVITIES, columns=("Task ID", "DWA ID"))
    refuse_repeated(links, ["Task ID", "DWA ID"], file=locate(root, ACTIVITIES))
    links["Task ID"] = _whole(links["Task ID"])
    return links.sort_values("DWA ID").groupby("Task ID")["DWA ID"].agg(" ".join)


def _whole(numbers: pd.Series) -> pd.Series:
    """Write task numbers alike: one file prints 8823, the other 8823.0."""
    return numbers.str.strip().str.removesuffix(".0")
