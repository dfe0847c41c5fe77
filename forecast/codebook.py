"""Every column of every contract table: type, unit, range, meaning. The codebook is data.

``docs/codebook.md`` is generated from it (``make docs``) and :func:`check_table` holds each table
that leaves the system to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecast.errors import InputError
from forecast.types import AGE_GROUPS, LEVELS, NEEDS, SCENARIOS

SCHEMA_VERSION = 1
PERIOD_PATTERN = r"\d{4}H[12]"


@dataclass(frozen=True)
class Column:
    """What one column may hold."""

    kind: str  # text | share | persons | count | year | number | level
    meaning: str
    values: tuple[object, ...] | None = None
    pattern: str | None = None
    required: bool = True  # False: may be empty


def text(
    meaning: str, *values: object, pattern: str | None = None, required: bool = True
) -> Column:
    """Describe a text column, closed (`values`), patterned or free."""
    return Column("text", meaning, values or None, pattern, required)


def number(kind: str, meaning: str, *, required: bool = True) -> Column:
    """Describe a numeric column of a kind that fixes unit and range."""
    return Column(kind, meaning, LEVELS if kind == "level" else None, None, required)


# kind -> unit shown to readers, lower and upper bound
UNITS: dict[str, tuple[str, float, float]] = {
    "text": ("", -np.inf, np.inf),
    "share": ("share, 0 to 1", 0.0, 1.0),
    "percent": ("percent", 0.0, 100.0),
    "persons": ("persons", 0.0, np.inf),
    "signed_persons": ("persons, outflows negative", -np.inf, np.inf),
    "count": ("whole number", 0.0, np.inf),
    "year": ("calendar year", 1900, 2200),
    "level": ("quantile level", 0.0, 1.0),
    "number": ("as named", -np.inf, np.inf),
}

_KSCO = text("KSCO-7 code; A0x are the armed forces", pattern=r"[1-9]\d{1,2}|A\d{2}")
_KSCO_ALL = text("KSCO-7 code, armed forces included", pattern=r"[1-9A]\d{1,2}")
_SUB_MAJOR = text("KSCO-7 sub-major group", pattern=r"[1-9]\d")
_AGE = text("age in years", *AGE_GROUPS)
_AGE_ALL = text("age in years, or all", *AGE_GROUPS, "all")
_NEED = text("training needed", *NEEDS)
_SCENARIO = text("scenario; no_ai is the baseline", *SCENARIOS)
_YEAR = number("year", "calendar year")
_SCORES = {
    "exposure": number("share", "share of tasks that AI can do or help with; not displacement"),
    "exposure_lower80": number("share", "lower end of the central 80 % interval"),
    "exposure_upper80": number("share", "upper end of the central 80 % interval"),
    "complementarity": number("share", "how far context shields the work (theta)"),
    "substitution": number("share", "exposure after complementarity is taken off"),
    "substitution_lower80": number("share", "lower end of the central 80 % interval"),
    "substitution_upper80": number("share", "upper end of the central 80 % interval"),
}

_BASIS = {  # of stages/provenance.py
    "basis": text(
        "what the score rests on: own indices and descriptors; own descriptors; own indices beside "
        "descriptors of relatives; relatives; the mean of all (imputed); or several of these",
        "indices",
        "descriptors",
        "indices_alone",
        "relatives",
        "imputed",
        "mixed",
    ),
}
_N_INDICES = number("count", "published indices of the factor for this occupation")
_CROSSWALK_SD = number("share", "standard deviation of exposure from the crosswalk draws alone")

TABLES: dict[str, dict[str, Column]] = {
    "exposure_soc": {
        "soc2018": text("SOC-2018 code", pattern=r"\d{2}-\d{4}"),
        "title": text("SOC title"),
        **_SCORES,
        **_BASIS,
        "n_indices": _N_INDICES,
    },
    "exposure_isco": {
        "isco08": text("ISCO-08 unit group", pattern=r"\d{4}"),
        "title": text("ISCO title"),
        **_SCORES,
        **_BASIS,
        "n_indices": _N_INDICES,
    },
    "exposure_ksco": {
        "ksco7": _KSCO,
        "level": text("level of the code", "sub_major", "minor"),
        "name_ko": text("Korean name"),
        **_SCORES,
        **_BASIS,
        "described_share": number(
            "share", "averaging weight on occupations with own indices and descriptors"
        ),
        "crosswalk_sd": _CROSSWALK_SD,
        "p_at_risk": number(
            "share",
            "P(at risk) under the preset of the run; empty for the armed forces, never counted",
            required=False,
        ),
        "employed_persons": number("persons", "employed, at sub_major", required=False),
        "at_risk_persons": number(
            "persons", "at risk on the base of the headline, at sub_major", required=False
        ),
        "at_risk_lower80": number("persons", "lower end, at sub_major", required=False),
        "at_risk_upper80": number("persons", "upper end, at sub_major", required=False),
    },
    "exposure_reasons": {
        "ksco7": _KSCO_ALL,
        "level": text("level of the code", "sub_major", "minor"),
        "name_ko": text("Korean name"),
        "isco_titles": text("ISCO-08 groups that weigh most in it", required=False),
        "exposure": number("share", "as in exposure_ksco; empty if unknown", required=False),
        "exposure_lower80": number("share", "lower end, 80 % interval", required=False),
        "exposure_upper80": number("share", "upper end, 80 % interval", required=False),
        "sure": text("by width of the interval", "high", "medium", "low", "unknown"),
        "n_indices": number("count", "indices that cover at least half of it"),
        "up": text("what pushes up, in points: activities, bundles of descriptors", required=False),
        "down": text("what pushes down, likewise", required=False),
        "disagreeing": text(
            "indices that stand apart from the others by more than their noise, in points of "
            "exposure",
            required=False,
        ),
        "nearest": text("most alike groups of its level, by descriptors", required=False),
        "nearest_outside": text("the same outside the group one digit above", required=False),
        "reason_ko": text("one sentence; exposure is not displacement"),
        "reason_en": text("the same in English"),
    },
    "exposure_contributions": {
        "ksco7": _KSCO,
        "level": text("level of the code", "sub_major", "minor"),
        "kind": text(
            "baseline + descriptor + own_indices + korea = exposure (bundle sums descriptors); "
            "activity sums to the GPT-4 rating of its tasks less the average worker's",
            "baseline",
            "own_indices",
            "korea",
            "bundle",
            "descriptor",
            "activity",
        ),
        "item": text("descriptor, bundle, O*NET element, or the kind itself"),
        "name_ko": text("Korean name"),
        "name_en": text("English name"),
        "contribution": number("number", "in exposure (share), negative pushes down"),
        "difference_sd": number(
            "number",
            "descriptor, bundle: how much more of it than the average worker's",
            required=False,
        ),
        "task_share": number("share", "activity: share of tasks", required=False),
        "task_exposure": number("share", "activity: GPT-4 beta of these tasks", required=False),
        "substitution_share": number(
            "share", "activity: share of these tasks that AI does whole", required=False
        ),
    },
    "exposure_history": {
        "ksco7": _SUB_MAJOR,
        "year": _YEAR,
        "daioe_genai": number("number", "DAIOE, generative AI; unmeasured to 2011", required=False),
        "daioe_allapps": number("number", "DAIOE, all applications of AI"),
    },
    "exposure_trend": {
        "ksco7": _SUB_MAJOR,
        "year": _YEAR,
        "index": text("which DAIOE index", "daioe_genai", "daioe_allapps"),
        "level": number("level", "quantile"),
        "value": number("number", "units of the DAIOE index: capability, not a share of tasks"),
    },
    "exposure_by_year": {
        "ksco7": _SUB_MAJOR,
        "year": _YEAR,
        "level": number("level", "quantile"),
        "exposure": number("share", "exposure under the trend; not displacement"),
    },
    "crosswalk_sensitivity": {
        "ksco7": text("KSCO-7 code, civilian", pattern=r"[1-9]\d{1,2}"),
        "level": text("level of the code", "sub_major", "minor"),
        "name_ko": text("Korean name"),
        "exposure": number("share", "mean exposure"),
        "crosswalk_sd": _CROSSWALK_SD,
        "rank": number("count", "rank within the level, 1 = most exposed"),
        "rank_lower80": number("count", "lower end of the rank, moved by the weights alone"),
        "rank_upper80": number("count", "upper end of the rank, moved by the weights alone"),
        "share_of_variance": number("share", "crosswalk variance / variance of all draws"),
    },
    "join_report": {
        "join": text("left -> right"),
        "left": text("source that is joined"),
        "right": text("classification that it is joined to"),
        "n_left": number("count", "codes of the source that carry a value"),
        "n_right": number("count", "codes of the classification"),
        "n_matched": number("count", "codes of the classification that a value reaches"),
        "left_only": text(
            "codes of the source that reach none; at most 20, then +n", required=False
        ),
        "right_only": text("codes without a value, largest first; likewise", required=False),
        "employment_share": number(
            "share", "employment in the matched codes: US of May 2021, Korean for KSCO-7"
        ),
        "gate": number("share", "least employment that must be covered"),
        "passed": text("whether it is; a join needs one row that passes", "yes", "no"),
        "basis": text(
            "measured; imputed: counts those that a relative or the model stands in for; absent: "
            "the file, which only a user can pull, is not there",
            "measured",
            "imputed",
            "absent",
        ),
    },
    "headline": {
        "preset": text("name of the preset"),
        "definition": text("what is counted; companions say first that nobody in them is at risk"),
        "base": text("what the share is a share of"),
        "base_persons": number("persons", "denominator, in the unit of base"),
        "at_risk_persons": number("persons", "at risk, in the unit of base"),
        "lower80": number("persons", "lower end of the central 80 % interval"),
        "upper80": number("persons", "upper end of the central 80 % interval"),
        "lower95": number("persons", "lower end of the central 95 % interval"),
        "upper95": number("persons", "upper end of the central 95 % interval"),
        "share": number("share", "at_risk_persons / base_persons"),
        "threshold": number(
            "number", "cut-off that the definition implies; empty where it has none", required=False
        ),
        "published_persons": number("persons", "published figure", required=False),
        "difference_percent": number("number", "ours against published", required=False),
    },
    "at_risk_cells": {
        "preset": text("name of the preset"),
        "ksic": text("KSIC-10 section, other, or TOT"),
        "occupation_group": text("KSCO-7 code, 2x (rest of 2), !2 (not 2), or TOT"),
        "at_risk_persons": number("persons", "after raking to the published cells"),
        "before_raking_persons": number("persons", "by our scores on the level of the preset"),
        "published_persons": number("persons", "published figure", required=False),
        "multiplier": number("number", "raked / before raking", required=False),
        "flag": text("published, derived, assumed_split, raked or exceeds_employment"),
    },
    "adoption_forecast": {
        "measure": text("which adoption is measured; measures are never chained"),
        "scope_kind": text("what is scoped", "all", "industry", "region", "size"),
        "scope": text("KSIC section, 시도 code, size, or all"),
        "year": _YEAR,
        "scenario": _SCENARIO,
        "level": number("level", "quantile"),
        "value_percent": number("percent", "share of firms"),
    },
    "employment_forecast": {
        "ksco7": _SUB_MAJOR,
        "age_group": _AGE_ALL,
        "period": text("half-year", pattern=PERIOD_PATTERN),
        "scenario": _SCENARIO,
        "level": number("level", "quantile"),
        "employed_persons": number("persons", "employed persons"),
    },
    "reskilling_demand": {
        "year": _YEAR,
        "scenario": _SCENARIO,
        "sido": text("시도 code", pattern=r"\d{2}"),
        "ksco7": _SUB_MAJOR,
        "age_group": _AGE,
        "need": _NEED,
        "persons": number("persons", "people newly in need (mean of draws)"),
        "lower80": number("persons", "lower end of the central 80 % interval"),
        "upper80": number("persons", "upper end of the central 80 % interval"),
    },
    "ledger": {
        "year": _YEAR,
        "scenario": _SCENARIO,
        "ksco7": _SUB_MAJOR,
        "age_group": _AGE,
        "flow": text("opening, closing, or a named flow"),
        "persons": number("signed_persons", "stock or flow"),
    },
    "cohort_targets": {
        "year": _YEAR,
        "programme": text("programme code"),
        "stage": text("진입기, 활동기, 전환기 or 기반"),
        "site_kind": text("kind of site", "campus", "province", "national"),
        "site": text("name of the site"),
        "sido": text("시도 code", pattern=r"\d{2}"),
        "ksco7": _SUB_MAJOR,
        "age_group": _AGE,
        "need": _NEED,
        "persons": number("count", "seats, whole persons"),
    },
    "cohort_totals": {
        "year": _YEAR,
        "programme": text("programme code, or STAGE-… for a stage total"),
        "unit": text("persons, sites, firms, …: never summed across units"),
        "published": number("count", "published figure"),
        "allocated": number("count", "allocated by the plan"),
        "unallocated": number("count", "published − allocated"),
        "note": text("rounding, default or contradiction that the figure carries", required=False),
    },
    "scores": {
        "stage": text("stage"),
        "model": text("model"),
        "split": text("how train and test were cut"),
        "target": text("what was predicted"),
        "metric": text("score"),
        "value": number("number", "value of the score"),
        "n": number("count", "number of cases"),
        "naive_value": number("number", "the declared naive model's value", required=False),
    },
}


def check_table(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """Hold a contract table to the codebook and return it with its columns in order.

    Parameters
    ----------
    name : str
        A key of :data:`TABLES`.
    table : DataFrame
        Must have every column of the contract; more are allowed and follow.

    Raises
    ------
    InputError
        Naming the table, the column, what was expected and the first offending value.

    Examples
    --------
    >>> row = {"year": 2026, "programme": "P", "unit": "persons", "published": 2,
    ...        "allocated": 2, "unallocated": 0, "note": ""}
    >>> check_table("cohort_totals", pd.DataFrame([row])).shape
    (1, 7)
    """
    columns = TABLES[name]
    missing = [c for c in columns if c not in table]
    if missing:
        raise InputError(f"table {name} lacks column(s) {missing}; it has {list(table.columns)}.")
    for key, column in columns.items():
        _check_column(f"table {name}, column {key}", table[key], column)
    extra = [c for c in table.columns if c not in columns]
    return table[[*columns, *extra]]


def _check_column(where: str, values: pd.Series, column: Column) -> None:
    if column.required and values.isna().any():
        row = int(np.flatnonzero(values.isna().to_numpy())[0])
        raise InputError(f"{where}: row {row} is empty; {column.meaning} is required.")
    present = values.dropna()
    if column.kind == "text":
        _check_text(where, present, column)
        return
    if not pd.api.types.is_numeric_dtype(present):
        raise InputError(f"{where}: expected numbers, got {present.dtype}.")
    unit, low, high = UNITS[column.kind]
    outside = present[(present < low) | (present > high)]
    if len(outside):
        raise InputError(f"{where}: {outside.iloc[0]!r} is not a {unit}.")
    if column.kind in ("count", "year") and (present % 1 != 0).any():
        raise InputError(f"{where}: expected whole numbers.")
    if column.values is not None and not present.isin(column.values).all():
        raise InputError(f"{where}: expected one of {column.values}.")


def _check_text(where: str, present: pd.Series, column: Column) -> None:
    unique = pd.Series(present.unique(), dtype=object)
    wrong_type = [v for v in unique if not isinstance(v, str)]
    if wrong_type:
        raise InputError(f"{where}: expected text, got {wrong_type[0]!r}.")
    if column.values is not None:
        unknown = unique[~unique.isin(column.values)]
        if len(unknown):
            raise InputError(f"{where}: {unknown.iloc[0]!r} is none of {column.values}.")
    if column.pattern is not None:
        odd = unique[~unique.str.fullmatch(column.pattern)] if len(unique) else unique
        if len(odd):
            raise InputError(f"{where}: {odd.iloc[0]!r} does not look like {column.pattern}.")
