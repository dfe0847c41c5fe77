"""Descriptors and indices of one classification side by side, with families for the folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from forecast.errors import InputError
from forecast.features.descriptors import (
    descriptor_columns,
    descriptor_matrix,
    fill_from_relatives,
)
from forecast.features.tasks import task_set
from forecast.models.design import Design, Tasks

# An index computed from O*NET descriptors is their relative: predicting it from them shows that
# arithmetic works, not that exposure can be forecast. Such a score is refused, never reported.
RELATIVES: Mapping[str, str] = {
    "daioe_genai": "weighted sum of O*NET abilities",
    "daioe_allapps": "weighted sum of O*NET abilities",
    "aioe": "weighted sum of O*NET abilities",
    "aioe_lm": "weighted sum of O*NET abilities",
    "theta": "mean of O*NET work contexts and job zone",
}

# What an index was made from. Two indices with a common ancestor are relatives: one is no
# evidence about the other, and a score of one by the other is refused.
ANCESTORS: Mapping[str, str] = {
    "gpt4_alpha": "rubric of Eloundou et al. on O*NET tasks",
    "gpt4_beta": "rubric of Eloundou et al. on O*NET tasks",
    "human_alpha": "rubric of Eloundou et al. on O*NET tasks",
    "human_beta": "rubric of Eloundou et al. on O*NET tasks",
    "automation": "rubric of Eloundou et al. on O*NET tasks",
    "task_substitution_share": "rubric of Eloundou et al. on O*NET tasks",
    "task_assistance_share": "rubric of Eloundou et al. on O*NET tasks",
    "ilo_2023": "rating of ISCO-08 tasks by the ILO",
    "aioe": "O*NET abilities",
    "aioe_lm": "O*NET abilities",
    "daioe_genai": "O*NET abilities",
    "daioe_allapps": "O*NET abilities",
    "frey_osborne": "labels of 70 occupations by Frey and Osborne",
    "sml": "rating of O*NET activities by Brynjolfsson et al.",
}

# Other constructs than language and ability (METHOD: never averaged blindly). Frey-Osborne falls
# where the others rise, so a mean of ranks over all of them would be a straw man.
OTHER_CONSTRUCTS = frozenset({"frey_osborne", "sml", "theta"})


def unrelated_to(index: str, names: Sequence[str]) -> list[str]:
    """Return the indices that share no ancestor with `index`; an unknown one is alone.

    Examples
    --------
    >>> unrelated_to("gpt4_beta", ["human_beta", "ilo_2023", "aioe"])
    ['ilo_2023', 'aioe']
    """
    own = ANCESTORS.get(index, index)
    return [name for name in names if name != index and ANCESTORS.get(name, name) != own]


@dataclass(frozen=True)
class OccupationPanel:
    """Everything known about the occupations of one classification.

    Parameters
    ----------
    system : str
        ``isco08`` or ``soc2018``.
    titles : Series
        Code to title; its index is the order of everything else.
    descriptors : DataFrame (occupation, descriptor)
        Without gaps, in O*NET units.
    described : Series of bool
        False where the descriptors were imputed from relatives.
    indices : DataFrame (occupation, index)
        Missing where not published.
    families, parents : Series of str
        Minor group (never parted by a fold) and sub-major group (the naive forecast).
    tasks : Tasks, optional
        Words, activities and labels of the occupations' tasks.
    """

    system: str
    titles: pd.Series
    descriptors: pd.DataFrame
    described: pd.Series
    indices: pd.DataFrame
    families: pd.Series
    parents: pd.Series
    tasks: Tasks | None = None

    def __post_init__(self) -> None:
        for part in (self.descriptors, self.described, self.indices, self.families, self.parents):
            if not part.index.equals(self.titles.index):
                raise InputError(f"{self.system}: parts of the panel name different occupations.")

    @property
    def codes(self) -> list[str]:
        """Occupation codes in order."""
        return [str(code) for code in self.titles.index]

    def design(self) -> Design:
        """Return what a model may look at, one row an occupation."""
        return Design(
            self.descriptors.to_numpy(),
            parents=self.parents.to_numpy(dtype=str),
            tasks=self.tasks,
        )


def isco_panel(tables: Mapping[str, pd.DataFrame], *, domains: Sequence[str]) -> OccupationPanel:
    """Build the panel of ISCO-08 unit groups from the reference tables.

    Parameters
    ----------
    tables : mapping
        ``isco08``, ``isco_descriptors``, ``isco_indices`` and ``descriptors``.
    domains : sequence of str
        Descriptor domains that the model sees.
    """
    long = tables["isco_indices"]
    repeated = long[long.duplicated(["isco08", "index"])]
    if len(repeated):
        raise InputError(
            f"isco_indices: {repeated['isco08'].iloc[0]}, {repeated['index'].iloc[0]} occurs twice."
        )
    titles = tables["isco08"].set_index("isco08")["title"].sort_index()
    codes = pd.Series(titles.index, index=titles.index)
    return _panel(
        "isco08",
        titles=titles,
        wide=tables["isco_descriptors"],
        columns=descriptor_columns(tables["descriptors"], domains),
        indices=long.pivot(index="isco08", columns="index", values="value"),
        families=codes.str[:3],
        parents=codes.str[:2],
    )


def soc_panel(
    tables: Mapping[str, pd.DataFrame], *, domains: Sequence[str], activities: bool = True
) -> OccupationPanel:
    """Build the panel of SOC-2018 occupations: ISCO's columns, levels, education and tasks.

    Parameters
    ----------
    tables : mapping
        ``soc_panel``, ``soc_descriptors``, ``descriptors`` and, where they are, ``soc_extras``
        and ``soc_tasks``.
    domains : sequence of str
        Descriptor domains that the model sees; the extras come with any of them.
    activities : bool
        See :func:`forecast.features.tasks.task_set`.
    """
    published = tables["soc_panel"].set_index("soc2018").sort_index()
    columns = descriptor_columns(tables["descriptors"], domains)
    wide = tables["soc_descriptors"]
    if "soc_extras" in tables:
        extras = tables["soc_extras"]
        wide = wide.merge(extras, on="soc2018", how="outer", validate="one_to_one")
        columns += [str(column) for column in extras if column != "soc2018"]
    tasks = None
    if "soc_tasks" in tables:
        codes = [str(code) for code in published.index]
        tasks = task_set(tables["soc_tasks"], codes, activities=activities)
    return _panel(
        "soc2018",
        titles=published["title"],
        wide=wide,
        columns=columns,
        indices=published.drop(columns=["title", "soc_minor"]),
        families=published["soc_minor"],
        parents=pd.Series(published.index.str[:2], index=published.index),
        tasks=tasks,
    )


def _panel(
    system: str,
    *,
    titles: pd.Series,
    wide: pd.DataFrame,
    columns: list[str],
    indices: pd.DataFrame,
    families: pd.Series,
    parents: pd.Series,
    tasks: Tasks | None = None,
) -> OccupationPanel:
    matrix = descriptor_matrix(wide, columns, key=system).reindex(titles.index)
    filled, described = fill_from_relatives(matrix, families=families, parents=parents)
    return OccupationPanel(
        system=system,
        titles=titles,
        descriptors=filled,
        described=described,
        indices=indices.reindex(titles.index).astype(float).sort_index(axis=1),
        families=families,
        parents=parents,
        tasks=tasks,
    )
