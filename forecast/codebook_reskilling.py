"""Columns of the reskilling tables beside demand and ledger themselves."""

from __future__ import annotations

from forecast.codebook_columns import SCENARIO, SUB_MAJOR, YEAR, Column, number, text
from forecast.types import AGE_GROUPS, GROUPS, NEEDS

AGE = text("age in years", *AGE_GROUPS)
NEED = text("training needed", *NEEDS)
SIDO = text("시도 code", pattern=r"\d{2}")
SIDO_OR_ALL = text("시도 code; 00 is the country", pattern=r"\d{2}")
_TO = text("KSCO-7 sub-major group moved to", pattern=r"[1-9]\d")
_LOWER = "lower end of the central 80 % interval"
_UPPER = "upper end of the central 80 % interval"


def interval(kind: str) -> dict[str, Column]:
    """Describe the two ends of a central 80 % interval."""
    return {"lower80": number(kind, _LOWER), "upper80": number(kind, _UPPER)}


RESKILLING_TABLES: dict[str, dict[str, Column]] = {
    "reskilling_cells": {
        "year": YEAR,
        "scenario": SCENARIO,
        "sido": SIDO,
        "ksco7": SUB_MAJOR,
        "age_group": AGE,
        "opening_persons": number("persons", "employed at the end of the year before"),
        "touched_persons": number(
            "persons", "kept in work that AI newly touches, and not yet trained for it"
        ),
        "separated_persons": number("persons", "separated by AI, net of ordinary turnover"),
        "returned_persons": number("persons", "of these, back in the old occupation in the year"),
        "adapted_persons": number(
            "persons",
            "of touched + separated - returned, those who adapt without a programme; what is left "
            "is the sum of the three needs",
        ),
    },
    "ledger_province": {
        "year": YEAR,
        "scenario": SCENARIO,
        "sido": SIDO,
        "age_group": AGE,
        "flow": text("opening, closing, or a named flow of the ledger"),
        "persons": number("signed_persons", "stock or flow, all occupations"),
    },
    "displaced_ledger": {
        "year": YEAR,
        "scenario": SCENARIO,
        "ksco7": SUB_MAJOR,
        "age_group": AGE,
        "flow": text(
            "account of people separated by AI and not employed since, by the occupation they left",
            "opening",
            "separated",
            "reemployed_same",
            "reemployed_other",
            "withdrawn",
            "ageing_out",
            "ageing_in",
            "closing",
        ),
        "persons": number("signed_persons", "stock or flow: opening + flows = closing"),
    },
    "mechanism_steps": {
        "year": YEAR,
        "scenario": SCENARIO,
        "ksco7": SUB_MAJOR,
        "age_group": text("age in years; all where the step knows no age", *AGE_GROUPS, "all"),
        "step": text("step of the mechanism, in its order"),
        "unit": text("unit of the value"),
        "value": number("number", "mean over draws, the country"),
        **interval("number"),
    },
    "transition_groups": {
        "year": YEAR,
        "scenario": SCENARIO,
        "sido": SIDO_OR_ALL,
        "group": text(
            "all: everybody in need; midlife: 중장년, 40-64; movers: 이·전직자, who left or "
            "changed their employer in the year; midlife_movers: both; transition: at least one",
            *GROUPS,
        ),
        "need": NEED,
        "persons": number("persons", "people newly in need (mean of draws)"),
        **interval("persons"),
    },
    "take_up": {
        "year": YEAR,
        "scenario": SCENARIO,
        "need": text("training needed, or all needs together", *NEEDS, "all"),
        "persons": number("persons", "people newly in need (mean of draws)"),
        **interval("persons"),
        "baseline": text("published take-up that the demand is read against"),
        "baseline_persons": number("persons", "persons of that take-up"),
        "ratio": number("number", "demand over take-up"),
        "probability_above": number("share", "share of draws in which demand exceeds it"),
        "flagged": text("whether demand exceeds it in most draws", "yes", "no"),
    },
    "occupation_moves": {
        "ksco7": SUB_MAJOR,
        "ksco7_to": _TO,
        "rank": number("count", "1 = where most of those who move would go"),
        "distance": number("number", "of descriptors; 1 = median of all pairs"),
        "zone_rise": number("number", "job zones to climb, 0 if none"),
        "wage_change": number("number", "wage there relative to here, less 1 (major groups)"),
        "licensed_share": number("share", "of the jobs there that the law restricts to licensees"),
        "vacancies": number("persons", "openings there in a half-year, the country"),
        "feasibility": number("share", "mean over draws; 1 = no cost"),
        **interval("share"),
        "move_share": number("share", "of movers who go there, by feasibility and openings"),
    },
    "skill_gaps": {
        "ksco7": SUB_MAJOR,
        "ksco7_to": _TO,
        "rank": number("count", "1 = widest gap of the move"),
        "descriptor": text("O*NET skill or knowledge"),
        "name_ko": text("Korean name"),
        "name_en": text("English name"),
        "gap_sd": number("number", "need there above here, standard deviations of occupations"),
    },
    "move_fit": {
        "cost": text("cost of a move", "distance", "zone_rise", "wage_fall", "licence"),
        "weight": number("number", "conditional logit on O*NET's related occupations"),
        "standard_error": number("number", "clustered by origin"),
        "used": number("number", "mean of the draws used"),
        "pseudo_r2": number("number", "McFadden, against size alone"),
        "attainable_r2": number("number", "pseudo R2 of a fit that hits every share"),
        "auc_fitted": number(
            "share", "related pairs ranked above others by the fitted weights", required=False
        ),
        "auc_used": number("share", "the same by the mean of the draws used", required=False),
    },
    "opportunity": {
        "ksco7": SUB_MAJOR,
        "sido": SIDO_OR_ALL,
        "displaced_share": number("share", "separated by AI over all years, central scenario"),
        "destinations": number("number", "effective number of feasible destinations"),
        "openings_per_100": number(
            "number", "vacancies of a half-year per 100 workers, shared by all within reach"
        ),
        "wage_ratio": number("number", "expected wage after a move, relative to here"),
        "opportunity": number("share", "mean of the three as shares of workers below"),
    },
    "adaptive_capacity": {
        "ksco7": SUB_MAJOR,
        "age_group": AGE,
        "sido": SIDO,
        "age": number("share", "re-employment of the age, as share of workers below"),
        "education": number("share", "tertiary education, as share of workers below"),
        "wage": number("share", "wage, as share of workers below"),
        "moves": number("share", "diversity of feasible moves, as share of workers below"),
        "local_demand": number("share", "vacancies there, as share of workers below"),
        "capacity": number("share", "weighted mean of the five over drawn weights"),
        **interval("share"),
    },
    "reskilling_priority": {
        "year": YEAR,
        "scenario": SCENARIO,
        "sido": SIDO,
        "ksco7": SUB_MAJOR,
        "age_group": AGE,
        "displaced_share": number("share", "P(displaced) up to the year, of the employed"),
        "adaptive_capacity": number("share", "0 = adapts least"),
        "expected_gain": number(
            "number", "association: completion x (placement - re-employment without a course)"
        ),
        "priority": number("number", "displaced_share x (1 - adaptive_capacity) x expected_gain"),
        "rank": number("count", "1 = first"),
        "employed_persons": number("persons", "people the shares are of"),
    },
    "variance_shares": {
        "need": NEED,
        "source": text(
            "what is redrawn",
            "index",
            "model",
            "crosswalk",
            "adoption",
            "employment",
            "mechanism",
            "transitions",
        ),
        "first_order": number("number", "share of variance that the source explains alone"),
        "first_order_se": number("number", "its standard error"),
        "total_effect": number("number", "share of variance with all its interactions"),
        "total_effect_se": number("number", "its standard error"),
        "draws": number("count", "draws it was computed from"),
    },
    "parameter_sensitivity": {
        "name": text("parameter of conf/scenario"),
        "need": NEED,
        "low": number("number", "10 % quantile of the parameter"),
        "high": number("number", "90 % quantile of the parameter"),
        "base_persons": number("persons", "all years, central scenario, mean of draws"),
        "at_low": number("persons", "with the parameter at its 10 % quantile in every draw"),
        "at_high": number("persons", "with the parameter at its 90 % quantile in every draw"),
        "at_neutral": number("persons", "with the parameter switched off"),
    },
    "age_pattern": {
        "age_group": AGE,
        "observed_persons": number(
            "number", "change of pension members 2022-2025, persons; 50s stop at 59", required=False
        ),
        "observed_high_exposure": number(
            "number", "the same in highly exposed industries", required=False
        ),
        "observed_low_exposure": number("number", "the same in the others", required=False),
        "ai_effect": number("number", "employment of the central scenario less no_ai, persons"),
        **interval("number"),
        "baseline_change": number("number", "change of employment without AI, persons"),
        "source": text("of the observed figures", required=False),
    },
    "flow_comparison": {
        "year": YEAR,
        "scenario": SCENARIO,
        "model": text("which model", "ledger", "labour_flow_network"),
        "outcome": text(
            "employed; separated (by AI, above the baseline); not_employed (separated by AI and "
            "not employed at the end of the year); long_term (for more than half a year)",
            "employed",
            "separated",
            "not_employed",
            "long_term",
        ),
        "persons": number("number", "mean over draws, the country, against the same without AI"),
        **interval("number"),
        "draws": number("count", "first draws of the run, which the row is made of"),
    },
    "flow_comparison_occupation": {
        "ksco7": SUB_MAJOR,
        "year": YEAR,
        "scenario": SCENARIO,
        "shock": number("number", "labour demand under the scenario relative to no_ai, less 1"),
        "ledger_not_employed": number("number", "share of the baseline's workers"),
        "network_not_employed": number("number", "share of the baseline's workers"),
        "draws": number("count", "first draws of the run, which the row is made of"),
    },
}
