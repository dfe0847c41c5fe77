"""Published rates and counts that the reskilling steps and the report cite, by stable key."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from forecast.data.figures import Figure, figure, read_figures
from forecast.data.files import read_text_table
from forecast.data.published import FIGURES
from forecast.errors import InputError

POLICY_SOURCE = "moel_ai_upskilling_2025"
BY_YEAR = "korea/employment_occupation_sex_annual.csv"
_COLUMNS = ("key", "value", "unit", "year", "population", "source", "note")
_MOVES = "transition_midlife"
_COURSES = "programmes"
_BOK = "bok_exposure"
_JOBS = "projections"

# key -> file, then (population, row) pairs.
_KEYS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "job_mobility_rate": (
        _MOVES,
        (
            ("all", "0203"),
            ("all", "0202"),
            ("all", "0062"),
            ("all", "0045"),
            ("all", "0024"),
            ("age_29_or_less", "0210"),
            ("age_30s", "0212"),
            ("age_50s", "0211"),
            ("age_29_or_less", "0051"),
            ("age_30s", "0052"),
            ("age_60_plus", "0053"),
            ("age_29_or_less", "0026"),
            ("age_30s", "0027"),
            ("age_60_plus", "0028"),
            ("men", "0057"),
            ("women", "0058"),
            ("industry_F", "0206"),
            ("industry_N", "0207"),
            ("industry_I", "0208"),
            ("industry_Q", "0209"),
        ),
    ),
    "job_retention_rate": (
        _MOVES,
        (
            ("all", "0205"),
            ("all", "0064"),
            ("all", "0049"),
            ("age_30s", "0070"),
            ("age_40s", "0068"),
            ("age_50s", "0069"),
            ("age_30s", "0056"),
            ("age_40s", "0054"),
            ("age_50s", "0055"),
            ("age_30s", "0031"),
            ("age_40s", "0029"),
            ("age_50s", "0030"),
        ),
    ),
    "job_entry_rate": (_MOVES, (("all", "0204"), ("all", "0063"), ("all", "0047"))),
    "registered_workers": (_MOVES, (("all", "0060"), ("all", "0043"), ("all", "0020"))),
    "job_movers": (_MOVES, (("all", "0061"), ("all", "0044"), ("all", "0021"))),
    "job_entrants": (_MOVES, (("all", "0046"), ("all", "0022"))),
    "job_leavers": (_MOVES, (("all", "0050"), ("all", "0023"))),
    "job_stayers": (_MOVES, (("all", "0048"), ("all", "0025"))),
    "jobs_total": (_MOVES, (("all", "0148"),)),
    "jobs_continuing": (_MOVES, (("all", "0150"),)),
    "jobs_replaced": (_MOVES, (("all", "0151"),)),
    "jobs_new": (_MOVES, (("all", "0152"),)),
    "jobs_destroyed": (_MOVES, (("all", "0153"),)),
    "reemployment_rate_1y_wage": (_MOVES, (("age_25_54", "0179"), ("age_55_74", "0183"))),
    "reemployment_rate_1y_nonwage": (_MOVES, (("age_25_54", "0180"), ("age_55_74", "0184"))),
    "reemployment_rate_1y_regular": (_MOVES, (("age_25_54", "0181"), ("age_55_74", "0185"))),
    "reemployment_rate_1y_temporary": (_MOVES, (("age_25_54", "0182"), ("age_55_74", "0186"))),
    "reemployment_rate_1y": (_MOVES, (("age_55_74", "0187"),)),
    "no_reemployment_rate_5y": (_MOVES, (("age_55_74", "0188"),)),
    "reemployment_ever": (_MOVES, (("midlife_job_seekers", "0134"),)),
    "occupation_change_rate": (_MOVES, (("midlife_job_seekers_reemployed", "0137"),)),
    "reemployment_wage_level": (_MOVES, (("midlife_job_seekers_reemployed", "0136"),)),
    "reemployment_wage_fall_share": (_MOVES, (("midlife_job_seekers_reemployed", "0135"),)),
    "involuntary_exit_share": (_MOVES, (("midlife_job_seekers", "0131"),)),
    "regular_retirement_share": (_MOVES, (("midlife_job_seekers", "0132"),)),
    "main_job_exit_mean_age": (
        _MOVES,
        (("midlife_job_seekers", "0130"), ("age_55_79", "0076")),
    ),
    "pension_members_change_2022_2025": (
        _BOK,
        (
            ("age_15_29", "0061"),
            ("age_30s", "0064"),
            ("age_40s", "0067"),
            ("age_50s", "0070"),
            ("age_15_29_high_exposure", "0059"),
            ("age_30s_high_exposure", "0062"),
            ("age_40s_high_exposure", "0065"),
            ("age_50s_high_exposure", "0068"),
            ("age_15_29_low_exposure", "0060"),
            ("age_30s_low_exposure", "0063"),
            ("age_40s_low_exposure", "0066"),
            ("age_50s_low_exposure", "0069"),
        ),
    ),
    "employment_response_per_exposure_percentile": (
        _BOK,
        (("age_15_29_against_50s", "0078"), ("age_50s", "0079")),
    ),
    "employment_share_change_20y_per_10_percentiles": (_BOK, (("all", "0005"),)),
    "wage_growth_change_20y_per_10_percentiles": (_BOK, (("all", "0006"),)),
    "hours_saved_share": (
        _BOK,
        (
            ("tenure_5y_or_less", "0080"),
            ("tenure_6_10y", "0081"),
            ("tenure_11_20y", "0082"),
            ("tenure_21y_plus", "0083"),
        ),
    ),
    "employment_projection": (_JOBS, (("peak", "0007"), ("base", "0006"))),
    "employment_change_2024_2029": (_JOBS, (("all", "0002"),)),
    "employment_change_2029_2034": (_JOBS, (("all", "0003"),)),
    "employment_change_2024_2034": (_JOBS, (("all", "0001"),)),
    "polytech_midlife_seats": (
        _COURSES,
        (("midlife_courses", "0068"), ("midlife_courses", "0069"), ("midlife_courses", "0070")),
    ),
    "polytech_midlife_employment_rate": (_COURSES, (("midlife_courses", "0072"),)),
    "polytech_midlife_intake_age": (
        _COURSES,
        (("age_40s", "0073"), ("age_50s", "0074"), ("age_60_plus", "0075")),
    ),
    "polytech_midlife_intake_sex": (_COURSES, (("men", "0076"), ("women", "0077"))),
    "polytech_midlife_certificate_rate": (_COURSES, (("three_trades", "0078"),)),
    "polytech_midlife_applicants_per_seat": (_COURSES, (("midlife_courses", "0142"),)),
    "polytech_midlife_seats_half_year_course": (_COURSES, (("16_campuses", "0089"),)),
    "polytech_intake_seats": (
        _COURSES,
        (
            ("all_courses", "0092"),
            ("high_tech", "0093"),
            ("technician", "0094"),
            ("midlife_long", "0095"),
        ),
    ),
    "polytech_employment_rate": (_COURSES, (("technician_and_high_tech", "0098"),)),
    "polytech_job_retention_rate": (_COURSES, (("technician_and_high_tech", "0099"),)),
    "polytech_ax_seats": (_COURSES, (("all", "0138"),)),
    "kdt_employment_rate_6m": (_COURSES, (("all", "0114"), ("all", "0115"))),
    "kdt_cost_per_trainee": (_COURSES, (("six_months", "0116"),)),
    "training_card_employment_rate": (_COURSES, (("unemployed_completers", "0121"),)),
    "training_card_completion_rate": (_COURSES, (("unemployed", "0123"),)),
    "ai_training_budget": (_COURSES, (("all", "0023"),)),
    "ai_training_cost_per_person": (_COURSES, (("all", "0024"),)),
    "domain_ai_training_cost_per_person": (
        _COURSES,
        (
            ("msit", "0045"),
            ("msit", "0048"),
            ("msit", "0051"),
            ("msit", "0054"),
            ("motie", "0057"),
            ("motie", "0060"),
            ("motie", "0063"),
        ),
    ),
}
# key, population, row of the policy document figures.csv, printed unit.
_POLICY: tuple[tuple[str, str, str, str], ...] = (
    ("ai_training_workplaces", "training_workplaces", "F0010", "workplaces"),
    ("ai_training_participants", "trained_workers", "F0011", "persons"),
    ("ai_training_workplace_share", "training_workplaces", "F0013", "%"),
    ("ai_training_participant_share", "trained_workers", "F0015", "%"),
    ("ai_training_intent_3y", "firms", "F0016", "%"),
    ("kdt_allowance_max", "capital_region", "F0007", "KRW/month"),
    ("kdt_allowance_max", "other_regions", "F0008", "KRW/month"),
    ("kdt_allowance_max", "shrinking_areas", "F0009", "KRW/month"),
)
_POLICY_UNITS = {
    "%": "percent",
    "workplaces": "sites",
    "persons": "persons",
    "KRW/month": "krw_per_month",
}
# Quoted from the literature, not in the data: key, value, unit, year, population, source, note.
_LITERATURE: tuple[tuple[str, float, str, str, str, str, str], ...] = (
    (
        "cost_effective_share",
        23.0,
        "percent",
        "2024",
        "us_vision_task_wages",
        "svanberg_2024",
        "share of wages of vision tasks that would be worth automating at present cost",
    ),
    (
        "adaptable_share_of_exposed",
        71.0,
        "percent",
        "2026",
        "us_workers_highly_exposed",
        "manning_aguirre_2026",
        "share of highly exposed workers with above-median adaptive capacity",
    ),
    (
        "hours_saved_share",
        3.8,
        "percent",
        "2025",
        "all",
        "bok_2025_generative_ai_use",
        "working hours saved by generative AI, all workers surveyed",
    ),
)


def table(root: Path, from_policy: pd.DataFrame) -> pd.DataFrame:
    """Return the evidence: key, value, unit, year, population, source, note.

    One row per (key, population, year). The yearly exit rate is derived here: people registered
    as working one year and not the next, over those registered the year before. `from_policy`
    holds the rows of :func:`policy_rows`.
    """
    topics = {name: read_figures(root, name) for name in (_MOVES, _COURSES, _BOK, _JOBS)}
    rows = [
        _row(key, population, figure(topics[topic], f"{topic}-{number}"))
        for key, (topic, pairs) in _KEYS.items()
        for population, number in pairs
    ]
    rows += [dict(zip(_COLUMNS, values, strict=True)) for values in _LITERATURE]
    rows.append(_exit_rate(pd.DataFrame(rows)))
    rows += _yearly_employment(root)
    evidence = pd.concat([pd.DataFrame(rows, columns=list(_COLUMNS)), from_policy])
    evidence = evidence.sort_values(["key", "population", "year"], ignore_index=True)
    repeated = evidence[evidence.duplicated(["key", "population", "year"])]
    if len(repeated):
        raise InputError(f"evidence {tuple(repeated.iloc[0, [0, 4, 3]])} occurs twice.")
    return evidence


def policy_rows(policy: Path) -> pd.DataFrame:
    """Return the rows that the policy documents print, in the columns of :func:`table`."""
    figures = read_text_table(policy, FIGURES, columns=("id", "value", "unit", "year"))
    figures = figures.set_index("id")
    rows = []
    for key, population, row, unit in _POLICY:
        if row not in figures.index or figures.loc[row, "unit"] != unit:
            raise InputError(f"{FIGURES}: row {row} in {unit} is missing. Restore the file.")
        rows.append(
            {
                "key": key,
                "value": float(str(figures.loc[row, "value"])),
                "unit": _POLICY_UNITS[unit],
                "year": figures.loc[row, "year"],
                "population": population,
                "source": POLICY_SOURCE,
                "note": "",
            }
        )
    return pd.DataFrame(rows, columns=list(_COLUMNS))


def _yearly_employment(root: Path) -> list[dict[str, object]]:
    """Employed persons as the mean of the months of a year: the level that projections speak of."""
    columns = ("year", "code", "group", "value", "unit")
    rows = read_text_table(root, BY_YEAR, columns=columns)
    rows = rows[(rows["code"] == "TOT") & (rows["group"] == "계")]
    if rows.empty or set(rows["unit"]) != {"천명"}:
        raise InputError(f"{BY_YEAR}: no rows of all occupations and both sexes in 천명; add them.")
    return [
        {
            "key": "employment_yearly_mean",
            "value": 1_000.0 * float(row["value"]),
            "unit": "persons",
            "year": row["year"],
            "population": "all",
            "source": "kosis_employment_year",
            "note": "",
        }
        for _, row in rows.iterrows()
    ]


def _row(key: str, population: str, found: Figure) -> dict[str, object]:
    return {
        "key": key,
        "value": found.amount,
        "unit": found.unit,
        "year": found.year,
        "population": population,
        "source": found.source,
        "note": found.note,
    }


def _exit_rate(rows: pd.DataFrame) -> dict[str, object]:
    everyone = rows[rows["population"] == "all"]
    leavers = everyone[(everyone["key"] == "job_leavers") & (everyone["year"] == "2023")].iloc[0]
    workers = everyone[everyone["key"] == "registered_workers"].set_index("year")["value"]
    before = workers["2022"]
    return {
        "key": "job_exit_rate",
        "value": round(100 * leavers["value"] / before, 2),
        "unit": "percent",
        "year": "2023",
        "population": "all",
        "source": leavers["source"],
        "note": "computed here: job_leavers 2023 / registered_workers 2022",
    }
