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

# An index computed from O*NET descriptors is their relative: predicting it from them shows that
# arithmetic works, not that exposure can be forecast. Such a score is refused, never reported.
RELATIVES: Mapping[str, str] = {
    "daioe_genai": "weighted sum of O*NET abilities",
    "daioe_allapps": "weighted sum of O*NET abilities",
    "aioe": "weighted sum of O*NET abilities",
    "aioe_lm": "weighted sum of O*NET abilities",
    "theta": "mean of O*NET work contexts and job zone",
}


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
    """

    system: str
    titles: pd.Series
    descriptors: pd.DataFrame
    described: pd.Series
    indices: pd.DataFrame
    families: pd.Series
    parents: pd.Series

    def __post_init__(self) -> None:
        for part in (self.descriptors, self.described, self.indices, self.families, self.parents):
            if not part.index.equals(self.titles.index):
                raise InputError(f"{self.system}: parts of the panel name different occupations.")

    @property
    def codes(self) -> list[str]:
        """Occupation codes in order."""
        return [str(code) for code in self.titles.index]


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


def soc_panel(tables: Mapping[str, pd.DataFrame], *, domains: Sequence[str]) -> OccupationPanel:
    """Build the panel of SOC-2018 occupations from ``soc_panel`` and ``soc_descriptors``."""
    published = tables["soc_panel"].set_index("soc2018").sort_index()
    return _panel(
        "soc2018",
        titles=published["title"],
        wide=tables["soc_descriptors"],
        columns=descriptor_columns(tables["descriptors"], domains),
        indices=published.drop(columns=["title", "soc_minor"]),
        families=published["soc_minor"],
        parents=pd.Series(published.index.str[:2], index=published.index),
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
    )
