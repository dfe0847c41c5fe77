"""Columns of the adoption tables beside the forecast itself."""

from __future__ import annotations

from forecast.codebook_columns import YEAR, Column, number, text

ADOPTION_TABLES: dict[str, dict[str, Column]] = {
    "adoption_observed": {
        "measure": text("which adoption was measured"),
        "scope_kind": text("what is scoped", "all", "industry", "region", "size"),
        "scope": text("KSIC section, 시도 code, size, or all"),
        "year": YEAR,
        "value_percent": number("percent", "share of firms; empty for a range", required=False),
        "low_percent": number("percent", "lower end of a printed range", required=False),
        "high_percent": number("percent", "upper end of a printed range", required=False),
    },
    "adoption_posterior": {
        "parameter": text("of the diffusion curves, in the unit of its name"),
        "prior_lower95": number("number", "lower end of the central 95 % range before the data"),
        "prior_median": number("number", "median before the data"),
        "prior_upper95": number("number", "upper end before the data"),
        "posterior_lower95": number("number", "lower end after the data, curves pooled"),
        "posterior_median": number("number", "median after the data"),
        "posterior_upper95": number("number", "upper end after the data"),
        "effective_proposals": number("number", "proposals behind the draws, least of the curves"),
        "prior_source": text("declared, or declared and informed by another population"),
    },
    "adoption_industries": {
        "ksic": text("KSIC section", pattern=r"[A-U]"),
        "scope": text("adoption that its workers are given"),
        "basis": text("whether the industry has a value", "own_value", "national_rate"),
    },
}
