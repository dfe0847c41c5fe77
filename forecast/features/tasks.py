"""Words, activities and labels of tasks, as models take them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from forecast.data.task_labels import AUTOMATION, assisted, done_whole, task_weights
from forecast.models.design import Floats, Tasks

# Score of an occupation -> label of its tasks and what each value counts: averaging the labels
# with the task weights gives the published score back.
LABELS: dict[str, tuple[str, dict[str, float]]] = {
    "gpt4_alpha": ("gpt4_exposure", {"E0": 0.0, "E1": 1.0, "E2": 0.0}),
    "gpt4_beta": ("gpt4_exposure", {"E0": 0.0, "E1": 1.0, "E2": 0.5}),
    "human_alpha": ("human_exposure", {"E0": 0.0, "E1": 1.0, "E2": 0.0}),
    "human_beta": ("human_exposure", {"E0": 0.0, "E1": 1.0, "E2": 0.5}),
    "automation": ("gpt4_automation", AUTOMATION),
}
# Done whole by AI, and not done whole but assisted: see forecast.data.indices.
SHARES = ("task_substitution_share", "task_assistance_share")


def task_set(tasks: pd.DataFrame, codes: Sequence[str], *, activities: bool = True) -> Tasks:
    """Weigh words and activities of the tasks of some occupations.

    Parameters
    ----------
    tasks : DataFrame
        ``soc_tasks``: soc2018, onetsoc, task, core, labels, dwa_ids.
    codes : sequence of str
        Occupations in the order of the design; tasks of others are left out.
    activities : bool
        Whether the O*NET work activities of a task (detailed, intermediate, general) count beside
        its words. Human raters have judged activities as well as tasks, so families that are left
        out share rated activities with families that are seen: False is the stricter test.

    Returns
    -------
    Tasks
        Terms are TF-IDF weights (Salton and Buckley 1988) of one and two words, fitted on the
        tasks without looking at any label. Tasks of an 8-digit occupation weigh as in the
        published scores (core 1, others .5); its 8-digit parts weigh alike.
    """
    places = pd.Index(codes).get_indexer(pd.Index(tasks["soc2018"]))
    kept = tasks[places >= 0].reset_index(drop=True)
    weight = task_weights(kept["core"])
    part = pd.Series(weight).groupby(kept["onetsoc"]).transform("sum")
    parts = kept.groupby("soc2018")["onetsoc"].transform("nunique")
    return Tasks(
        terms=_terms(kept, activities=activities),
        occupation=places[places >= 0].astype(np.int64),
        weights=(weight / part / parts).to_numpy(dtype=float),
        labels=np.column_stack([*_rated(kept), *_shares(kept)]),
        names=(*LABELS, *SHARES),
    )


def activity_terms(dwa_ids: str) -> list[str]:
    """List a task's detailed, intermediate and general work activities.

    >>> activity_terms("4.A.2.a.4.I09.D03")
    ['4.A.2.a.4.I09.D03', '4.A.2.a.4.I09', '4.A.2.a.4']
    """
    return [
        code
        for detailed in dwa_ids.split()
        for code in (detailed, detailed.rsplit(".", 1)[0], detailed.rsplit(".", 2)[0])
    ]


def _rated(tasks: pd.DataFrame) -> list[Floats]:
    return [np.asarray(tasks[label].map(values), dtype=float) for label, values in LABELS.values()]


def _shares(tasks: pd.DataFrame) -> list[Floats]:
    exposure, automation = tasks["gpt4_exposure"], tasks["gpt4_automation"]
    parts = (done_whole(exposure, automation), assisted(exposure, automation))
    return [np.asarray(part, dtype=float) for part in parts]


def _terms(tasks: pd.DataFrame, *, activities: bool) -> sparse.csr_array:
    # Importing scikit-learn takes a second; most commands do not need it.
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True)
    blocks = [words.fit_transform(tasks["task"])]
    if activities and (tasks["dwa_ids"] != "").any():
        codes = TfidfVectorizer(analyzer=activity_terms)
        blocks.append(codes.fit_transform(tasks["dwa_ids"]))
    return sparse.csr_array(sparse.hstack(blocks))
