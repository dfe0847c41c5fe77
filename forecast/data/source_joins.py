"""Every join from the source files to SOC-2018 and ISCO-08, weighed by US employment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from forecast.data import crosswalks, indices, pull_only
from forecast.data.joins import Join, codes_by_source, complete_codes, report_of
from forecast.data.onet import WITH_LEVELS, Onet

_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Source:
    """Codes that one source carries in the SOC revision of its file; an index is predictable."""

    name: str
    system: str
    codes: frozenset[str]
    is_index: bool = False
    optional: bool = False
    reaches_isco: bool = True


def join_report(root: Path, onet: Onet, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Report every join from the sources to SOC-2018 and ISCO-08.

    Parameters
    ----------
    root : Path
        Data root.
    onet : Onet
        O*NET as read from it.
    tables : mapping
        Derived from the same root: ``soc_panel``, ``soc_descriptors``, ``soc_extras``,
        ``soc_tasks``, ``isco08``, ``isco_descriptors``, ``isco_indices`` and
        ``isco_indices_pull_only``.

    Returns
    -------
    DataFrame
        See :func:`forecast.data.joins.report_of`. Shares are of US employment (May 2021); the
        military and fishers are not surveyed and weigh nothing.
    """
    sources = [*_onet_sources(onet, tables), *_index_sources(root, tables)]
    return report_of([*_to_soc2018(root, tables, sources), *_to_isco08(root, tables, sources)])


def _onet_sources(onet: Onet, tables: Mapping[str, pd.DataFrame]) -> list[_Source]:
    """List the O*NET tables with the codes that have all of a table's values."""
    sources = []
    for domain, columns in onet.listed.groupby("domain")["descriptor"]:
        older = set(columns) <= set(onet.older.columns)
        ratings = (onet.older if older else onet.modern)[list(columns)]
        system = "soc2010" if older else "soc2018"
        sources.append(_Source(f"onet_{domain}", system, complete_codes(ratings)))
    extras = tables["soc_extras"].set_index("soc2018")
    for domain in WITH_LEVELS:
        levels = extras.filter(like=f"{domain}_level_")
        sources.append(_Source(f"onet_{domain}_level", "soc2018", complete_codes(levels)))
    education = complete_codes(extras[["required_education"]])
    sources.append(_Source("onet_required_education", "soc2018", education))
    tasks = frozenset(tables["soc_tasks"]["soc2018"])
    return [*sources, _Source("task_labels", "soc2018", tasks)]


def _index_sources(root: Path, tables: Mapping[str, pd.DataFrame]) -> list[_Source]:
    """List the indices, the pull-only ones even where their file is absent."""
    modern, older = indices.by_soc2018(root), indices.by_soc2010(root)
    pulled = pull_only.pull_only_indices(root)
    panel = tables["soc_panel"].set_index("soc2018").drop(columns=["title", "soc_minor"])
    scored = complete_codes(panel[panel.notna().any(axis=1)][[]])
    return [
        _Source("gpts_are_gpts", "soc2018", complete_codes(modern), True),
        _Source("daioe", "soc2010", complete_codes(older.filter(like="daioe")), True),
        _Source("complementarity", "soc2010", complete_codes(older[["theta"]]), True),
        *(
            _Source(
                name,
                "soc2010",
                complete_codes(pulled[[name]]) if name in pulled else _NONE,
                is_index=True,
                optional=True,
            )
            for name in pull_only.NAMES
        ),
        _Source("any_index", "soc2018", scored, True, reaches_isco=False),
        _Source("soc_panel", "soc2018", frozenset(panel.index), reaches_isco=False),
    ]


def _to_soc2018(
    root: Path, tables: Mapping[str, pd.DataFrame], sources: list[_Source]
) -> list[Join]:
    """Follow each source to SOC-2018, through the links where its codes are SOC-2010."""
    links = crosswalks.soc2010_to_soc2018(root)
    persons = crosswalks.surveyed_soc2018(root).fillna(0.0)
    descriptors = tables["soc_descriptors"].set_index("soc2018")
    described = frozenset(descriptors.index[descriptors.notna().mean(axis=1) > 0.5])
    # SOC-2018 codes are joined as they are.
    steps = {
        "soc2010": links.set_index("soc2010")["soc2018"],
        "soc2018": pd.Series(persons.index, index=persons.index),
    }
    return [
        _follow(source, steps[source.system], "soc2018", persons, described, family=4)
        for source in sources
    ]


def _to_isco08(
    root: Path, tables: Mapping[str, pd.DataFrame], sources: list[_Source]
) -> list[Join]:
    """Follow the codes of each source to ISCO-08; ILO's index is published there."""
    weights = {
        "soc2010": crosswalks.weights_soc2010(root),
        "soc2018": crosswalks.weights_soc2018(root),
    }
    steps = {system: table.set_index(system)["isco08"] for system, table in weights.items()}
    surveyed = crosswalks.surveyed_soc2018(root)
    counted = weights["soc2018"][weights["soc2018"]["soc2018"].isin(surveyed.dropna().index)]
    persons = counted.groupby("isco08")["weight"].sum()
    persons = persons.reindex(sorted(tables["isco08"]["isco08"]), fill_value=0.0)
    steps["isco08"] = pd.Series(persons.index, index=persons.index)
    older = frozenset(crosswalks.soc2010_to_soc2018(root)["soc2010"])
    described = frozenset(tables["isco_descriptors"]["isco08"])
    found = [
        _Source("soc2010", "soc2010", older),
        _Source("soc2018", "soc2018", frozenset(surveyed.index)),
        *(source for source in sources if source.reaches_isco),
        _Source("isco_descriptors", "isco08", described),
        _Source("ilo_2023", "isco08", codes_by_source(tables)["ilo_2023"], True),
    ]
    return [
        _follow(source, steps[source.system], "isco08", persons, described, family=3)
        for source in found
    ]


def _follow(
    source: _Source,
    step: pd.Series,
    right: str,
    persons: pd.Series,
    described: frozenset[str],
    *,
    family: int,
) -> Join:
    """Join a source's codes over `step` (index: its codes, values: codes of the right side)."""
    return Join(
        source.name,
        right,
        source.codes,
        lost=source.codes - frozenset(step.index),
        reached=frozenset(step[step.index.isin(source.codes)]),
        persons=persons,
        family=family,
        described=described if source.is_index else _NONE,
        optional=source.optional,
    )
