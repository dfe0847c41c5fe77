"""Columns of the tables of the exposure stage."""

from __future__ import annotations

from forecast.codebook_columns import SUB_MAJOR, YEAR, Column, number, text

_KSCO = text("KSCO-7 code; A0x are the armed forces", pattern=r"[1-9]\d{1,2}|A\d{2}")
_KSCO_ALL = text("KSCO-7 code, armed forces included", pattern=r"[1-9A]\d{1,2}")
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

EXPOSURE_TABLES: dict[str, dict[str, Column]] = {
    "threshold_sweep": {
        "threshold": number("share", "substitution above which a draw of an occupation counts"),
        "at_risk_persons": number("persons", "mean over draws"),
        "lower80": number("persons", "lower end of the central 80 % interval"),
        "upper80": number("persons", "upper end of the central 80 % interval"),
        "share": number("share", "of the base of the preset"),
    },
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
        "ksco7": SUB_MAJOR,
        "year": YEAR,
        "daioe_genai": number("number", "DAIOE, generative AI; unmeasured to 2011", required=False),
        "daioe_allapps": number("number", "DAIOE, all applications of AI"),
    },
    "exposure_trend": {
        "ksco7": SUB_MAJOR,
        "year": YEAR,
        "index": text("which DAIOE index", "daioe_genai", "daioe_allapps"),
        "level": number("level", "quantile"),
        "value": number("number", "units of the DAIOE index: capability, not a share of tasks"),
    },
    "exposure_by_year": {
        "ksco7": SUB_MAJOR,
        "year": YEAR,
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
    "leaderboard": {
        "stage": text("classification that is scored", "exposure", "exposure_soc"),
        "target": text("what was predicted"),
        "model": text(
            "candidate; auto_nested chooses anew without each fold; mean_rank and "
            "descriptors_and_indices know other indices of the occupation"
        ),
        "n": number("count", "occupations predicted"),
        "r2_grouped": number("number", "R2 on families left out whole"),
        "r2_random": number("number", "R2 on random folds, siblings seen", required=False),
        "inflation": number("number", "r2_random - r2_grouped", required=False),
        "spearman_grouped": number("number", "rank correlation on families left out"),
        "coverage80": number("share", "left out ones in their 80 % interval", required=False),
        "coverage95": number("share", "left out ones in their 95 % interval", required=False),
        "naive_group_mean_r2": number("number", "R2 of the parent group's mean", required=False),
        "naive_group_mean_spearman": number("number", "its rank correlation", required=False),
        "naive_mean_rank_r2": number("number", "of unrelated indices' mean rank", required=False),
        "naive_mean_rank_spearman": number("number", "its rank correlation", required=False),
        "settings_tried": number("count", "settings looked at; auto_nested: those of all"),
        "chosen": text("whether the stage goes on with it", "yes", "no"),
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
    "quadrants": {
        "ksco7": _KSCO,
        "level": text("level of the code", "sub_major", "minor"),
        "name_ko": text("Korean name"),
        "exposure": _SCORES["exposure"],
        "complementarity": _SCORES["complementarity"],
        "task_substitution_share": number("share", "tasks that AI does whole (E1, T3, T4)"),
        "task_assistance_share": number("share", "tasks that AI speeds up (E2, T2), not whole"),
        "quadrant": text(
            "exposure, then complementarity", "high_high", "high_low", "low_high", "low_low"
        ),
        "probability": number("share", "share of draws in that quadrant"),
        "p_high_high": number("share", "share of draws in high exposure, high complementarity"),
        "p_high_low": number("share", "share of draws in high exposure, low complementarity"),
        "p_low_high": number("share", "share of draws in low exposure, high complementarity"),
        "p_low_low": number("share", "share of draws in low exposure, low complementarity"),
        "exposure_cut": number("share", "median over minor groups, mean of draws"),
        "complementarity_cut": number("share", "median over minor groups, mean of draws"),
        "employed_persons": number("persons", "employed, at sub_major", required=False),
    },
    "headline_variants": {
        "preset": text("name of the preset"),
        "variant": text("what is changed: index=, median=, bar= or count="),
        "at_risk_persons": number("persons", "counted, in the unit of the preset's base"),
        "lower80": number("persons", "lower end of the central 80 % interval"),
        "upper80": number("persons", "upper end of the central 80 % interval"),
        "share": number("share", "at_risk_persons / base"),
        "threshold": number("number", "cut-off, on the scale of what is cut", required=False),
        "published_persons": number("persons", "published figure"),
        "difference_percent": number("number", "ours against published"),
    },
    "triangulation": {
        "index": text("index, carried raw; exposure and substitution are ours"),
        "construct": text(
            "what it measures", "language_ability", "machine_learning", "computerisation", "other"
        ),
        "level": text("level of the code", "sub_major", "minor"),
        "ksco7": _KSCO,
        "value": number("number", "crosswalk mean on the index's own scale", required=False),
        "percentile": number("percent", "employed persons below, ties halved", required=False),
        "at_risk_share": number("share", "part of the group at risk under the common rule"),
        "at_risk_persons": number("persons", "at risk; minor groups rest on imputed employment"),
        "covered_share": number("share", "crosswalk weight that has the index"),
    },
    "triangulation_pairs": {
        "level": text("level of the groups", "sub_major", "minor"),
        "index_a": text("index"),
        "index_b": text("another index"),
        "construct_a": text("what index_a measures"),
        "construct_b": text("what index_b measures"),
        "n_groups": number("count", "groups that have both"),
        "spearman": number("number", "rank correlation over groups"),
        "spearman_weighted": number("number", "rank correlation over employed persons"),
        "overlap_persons": number("persons", "called at risk by both"),
        "overlap_share": number("share", "overlap_persons / persons that one calls at risk"),
    },
    "triangulation_occupations": {
        "level": text("level of the code", "sub_major", "minor"),
        "ksco7": _KSCO,
        "name_ko": text("Korean name"),
        "employed_persons": number("persons", "employed; imputed at minor"),
        "exposure_percentile": number("percent", "our exposure"),
        "n_indices": number("count", "published indices with a value"),
        "n_indices_at_risk": number("count", "of these, how many call most of the group at risk"),
        "lowest_index": text("language index that ranks the group lowest", required=False),
        "lowest_percentile": number("percent", "its percentile", required=False),
        "highest_index": text("language index that ranks the group highest", required=False),
        "highest_percentile": number("percent", "its percentile", required=False),
        "disagreement": number(
            "number", "standard deviation of the language indices' percentiles", required=False
        ),
    },
}
