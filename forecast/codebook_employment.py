"""Columns of the employment tables beside the forecast itself."""

from __future__ import annotations

from forecast.codebook_columns import PERIOD, SCENARIO, SUB_MAJOR, Column, number, text

EMPLOYMENT_TABLES: dict[str, dict[str, Column]] = {
    "employment_history": {
        "period": PERIOD,
        "ksco7": SUB_MAJOR,
        "age_group": text("age group"),
        "employed_persons": number("persons", "employed persons, observed"),
        "imputed": number("count", "true where the source left the cell empty: its total fills it"),
    },
    "employment_totals": {
        "age_group": text("age group; all is everybody"),
        "period": PERIOD,
        "scenario": SCENARIO,
        "level": number("level", "quantile of the sum over occupations, taken over its draws"),
        "employed_persons": number("persons", "employed persons"),
    },
    "employment_method": {
        "item": text(
            "weight: of a member in the combination; error_share: part of the error variance that "
            "all cells share (total), an age, an occupation, or a cell has alone; error_growth: "
            "power of the half-years ahead that the error variance grows with",
            "weight",
            "error_share",
            "error_growth",
        ),
        "name": text("member, component of the error, or exponent"),
        "value": number("number", "weights sum to 1, and so do error shares"),
    },
    "structural_breaks": {
        "period": PERIOD,
        "error_persons": number(
            "number", "observed total less its forecast from the half-year before, persons"
        ),
        "usual_errors": number("number", "that error in usual errors of the total"),
        "unusual": text("beyond 2.5 usual errors, as one in 27 is by chance", "yes", "no"),
        "declared": text("whether the options call the half-year broken", "yes", "no"),
    },
}
