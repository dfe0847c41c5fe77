"""The tables of programmes together: what is derived anew, and what stays as it ships."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from forecast.data import published
from forecast.data.beside_programmes import beside_programmes
from forecast.data.contradictions import Published, contradictions, read_documents
from forecast.data.programme_figures import of_policy, policy_figures, table

NAMES = (
    "beside_programmes",
    "contradictions",
    "programme_figures",
    "programmes",
    "stage_totals",
)
WRITTEN = ("beside_programmes", "contradictions", "programme_figures")


def programme_tables(
    root: Path,
    campuses: pd.DataFrame,
    *,
    embedded: Callable[[str], pd.DataFrame],
    policy: Path | None = None,
    written: Mapping[str, pd.DataFrame] | None = None,
) -> dict[str, pd.DataFrame]:
    """Derive the tables of :data:`NAMES` from a data root, as far as their sources are there.

    Parameters
    ----------
    root : Path
        Data root: its figures of programmes are always read.
    campuses : DataFrame
        The table of that name.
    embedded : callable
        From a name of :data:`NAMES` to the table as it ships.
    policy : Path, optional
        Folder of the policy documents; without it what they print stays as it ships.
    written : mapping, optional
        The hand-written files of ``scripts/`` that :data:`WRITTEN` names; without them what rests
        on them stays as it ships.
    """
    if policy is None or written is None:
        tables = {
            "programmes": embedded("programmes"),
            "stage_totals": embedded("stage_totals"),
            "contradictions": embedded("contradictions"),
        }
        printed = of_policy(embedded("programme_figures"))
    else:
        tables = {}
        printed = policy_figures(policy, written["programme_figures"])
    if policy is not None:
        tables["programmes"] = published.programmes(policy)
        tables["stage_totals"] = published.stage_totals(policy)
    tables["programme_figures"] = table(root, printed)
    tables["beside_programmes"] = (
        embedded("beside_programmes")
        if written is None
        else beside_programmes(written["beside_programmes"], tables["programme_figures"])
    )
    if policy is not None and written is not None:
        looked_up = Published(
            programmes=pd.concat([tables["programmes"], tables["beside_programmes"]]),
            programme_figures=tables["programme_figures"],
            campuses=campuses,
            documents=read_documents(policy),
        )
        tables["contradictions"] = contradictions(written["contradictions"], looked_up)
    return tables
