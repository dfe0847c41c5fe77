"""What every join loses: codes left out on either side, and the employment that is still covered.

A join is measured in people, not codes: its coverage is the share of employment in the groups of
the right side that something reaches. Where a source rates too few occupations, those for which
something stands in (a relative in the same minor group; for an index also own descriptors, from
which the model predicts it) count in a second row, marked ``imputed``: the gate may be passed by
it, but never unseen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from forecast.errors import InputError

GATE = 0.995  # share of employment that a join must cover
MEASURED, IMPUTED, ABSENT = "measured", "imputed", "absent"
_SHOWN = 20
_NAMED_IN_MESSAGE = 5


@dataclass(frozen=True)
class Join:
    """One join before it is judged.

    Parameters
    ----------
    left, right : str
        What is joined to what.
    codes : frozenset of str
        Codes of the left side that carry a value.
    lost : frozenset of str
        Those of them that reach no code of the right side.
    reached : frozenset of str
        Codes of the right side that a value reaches.
    persons : Series
        Employed persons by code of the right side; it lists them all.
    family : int
        Leading characters that relatives have in common (their minor group).
    described : frozenset of str
        Codes of the right side whose value a model can predict from their own descriptors.
    optional : bool
        The left side may be absent altogether: that is reported, not refused.
    """

    left: str
    right: str
    codes: frozenset[str]
    lost: frozenset[str]
    reached: frozenset[str]
    persons: pd.Series
    family: int
    described: frozenset[str] = frozenset()
    optional: bool = False

    @property
    def name(self) -> str:
        """Name of the join in reports."""
        return f"{self.left} -> {self.right}"


def report_of(joins: Iterable[Join], *, gate: float = GATE) -> pd.DataFrame:
    """Judge joins: one row each, and one more where only imputation passes the gate.

    Returns
    -------
    DataFrame
        join, left, right, n_left, n_right, n_matched, left_only, right_only (codes, those with
        most people first, at most 20 and then ``+n``), employment_share (0-1), gate, passed (yes or
        no), basis (``measured``; ``imputed``: with those that something stands in for; ``absent``:
        the file is not there).

    Examples
    --------
    >>> persons = pd.Series({"11-1011": 90.0, "11-1021": 9.0, "13-1011": 1.0})
    >>> join = Join("scores", "soc2018", frozenset({"11-1011", "99-9999"}), frozenset({"99-9999"}),
    ...             frozenset({"11-1011"}), persons, family=4)
    >>> report_of([join])[["right_only", "employment_share", "passed", "basis"]].values.tolist()
    [['11-1021 13-1011', 0.9, 'no', 'measured'], ['13-1011', 0.99, 'no', 'imputed']]
    """
    rows: list[dict[str, object]] = []
    for join in joins:
        if join.optional and not join.codes:
            rows.append(_row(join, frozenset(), gate=0.0, basis=ABSENT))
            continue
        rows.append(_row(join, join.reached, gate=gate, basis=MEASURED))
        if rows[-1]["passed"] == "no":
            families = {code[: join.family] for code in join.reached}
            kin = frozenset(c for c in join.persons.index if c[: join.family] in families)
            rows.append(_row(join, kin | join.described, gate=gate, basis=IMPUTED))
    return pd.DataFrame(rows)


def require_coverage(report: pd.DataFrame) -> None:
    """Refuse a join that covers too little employment even with what is imputed.

    Raises
    ------
    InputError
        Naming the join, its coverage and the largest codes that are missing.
    """
    for name, rows in report.groupby("join", sort=False):
        if (rows["passed"] == "yes").any():
            continue
        best = rows.iloc[-1]
        missing = str(best["right_only"]).split()[:_NAMED_IN_MESSAGE]
        raise InputError(
            f"join {name} covers {best['employment_share']:.2%} of employment, below "
            f"{best['gate']:.1%}; the largest without a value are {', '.join(missing)}. Pull the "
            f"files of {best['left']} again: `forecast data verify` names those that changed."
        )


def korean_join_report(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Report the joins to KSCO-7, weighed by Korean employment of the last half-year.

    Employment is published by sub-major group; its minor groups weigh equally.

    Parameters
    ----------
    tables : mapping
        ``ksco7``, ``ksco7_isco08``, ``isco08``, ``isco_descriptors``, ``isco_indices`` and
        ``employment_age``; ``isco_indices_pull_only`` where it is there.
    """
    links = tables["ksco7_isco08"]
    persons, published = _korean_persons(tables)
    parts: dict[str, Iterable[str]] = {
        "isco08": tables["isco08"]["isco08"],
        "isco_descriptors": tables["isco_descriptors"]["isco08"],
        **codes_by_source(tables),
    }
    described = frozenset(
        links.loc[links["isco08"].isin(tables["isco_descriptors"]["isco08"]), "ksco7"]
    )
    joins = []
    for name, codes in parts.items():
        known = frozenset(codes)
        reached = frozenset(links.loc[links["isco08"].isin(known), "ksco7"])
        lost = known - frozenset(links["isco08"])
        own = frozenset() if name.startswith("isco") else described
        joins.append(Join(name, "ksco7 minor", known, lost, reached, persons, 2, own))
    groups = frozenset(links["ksco7"].str[:2])
    codes = frozenset(published.index)
    employed = published.reindex(sorted(codes | groups), fill_value=0.0)
    joins.append(
        Join(
            "employment_age", "ksco7 sub_major", codes, codes - groups, codes & groups, employed, 1
        )
    )
    return report_of(joins)


def codes_by_source(tables: Mapping[str, pd.DataFrame]) -> dict[str, frozenset[str]]:
    """Return the ISCO-08 groups that have every index of a source, by source."""
    parts = [tables[n] for n in ("isco_indices", "isco_indices_pull_only") if n in tables]
    return {
        str(source): complete_codes(long.pivot(index="isco08", columns="index", values="value"))
        for source, long in pd.concat(parts).groupby("source")
    }


def complete_codes(values: pd.DataFrame) -> frozenset[str]:
    """List the codes (index) that have every column."""
    return frozenset(str(code) for code in values.dropna().index)


def _row(join: Join, reached: frozenset[str], *, gate: float, basis: str) -> dict[str, object]:
    everyone = float(join.persons.sum())
    if not everyone > 0:
        raise InputError(f"join {join.name}: nobody is employed; check the employment table.")
    covered = float(join.persons[join.persons.index.isin(reached)].sum())
    share = min(1.0, covered / everyone)
    by_size = join.persons.sort_index().sort_values(ascending=False, kind="stable")
    return {
        "join": join.name,
        "left": join.left,
        "right": join.right,
        "n_left": len(join.codes),
        "n_right": len(join.persons),
        "n_matched": len(reached & frozenset(join.persons.index)),
        "left_only": _listed(sorted(join.lost)),
        "right_only": _listed([code for code in by_size.index if code not in reached]),
        "employment_share": share,
        "gate": gate,
        "passed": "yes" if share >= gate else "no",
        "basis": basis,
    }


def _listed(codes: list[str]) -> str:
    more = [f"+{len(codes) - _SHOWN}"] if len(codes) > _SHOWN else []
    return " ".join([*codes[:_SHOWN], *more])


def _korean_persons(tables: Mapping[str, pd.DataFrame]) -> tuple[pd.Series, pd.Series]:
    """Return persons by KSCO-7 minor group (equal parts) and as published by sub-major group."""
    table = tables["employment_age"]
    rows = table[(table["level"] == "sub_major") & (table["age_group"] == "all")]
    rows = rows[rows["period"] == rows["period"].max()]
    published = rows.set_index("ksco7")["employed_persons"].astype(float)
    ksco7 = tables["ksco7"]
    minors = ksco7.loc[ksco7["level"] == "minor", "ksco7"].sort_values()
    parents = minors.str[:2]
    persons = parents.map(published).fillna(0.0) / parents.groupby(parents).transform("size")
    return pd.Series(persons.to_numpy(), index=pd.Index(minors), name="persons"), published
