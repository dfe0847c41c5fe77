"""Columns of the tables of a sweep: its trials, how they compare, and what choosing one flatters.

Scores are of cases that the model of a trial had not seen: 1 is perfect, 0 as good as what the
metric is relative to. A higher score is better.
"""

from __future__ import annotations

from forecast.codebook_columns import Column, number, text

ESTIMATES = ("cross_validation", "selection_adjusted", "nested", "locked_test")

_TRIAL = text("identity of the trial: hash of its configuration, inputs and code", pattern=r"\w+")
_NUMBER = number("count", "its place in the request, from 0")
_NAME = text("overrides in which the trials differ, joined by blanks", required=False)
_STATUS = text("whether the trial ended with a result", "finished", "failed")
_ERROR = text("what a failed trial said, or why its score is not compared", required=False)
_SCORE = number("number", "score over all cases", required=False)
_NAIVE_SCORE = number(
    "number", "score of the declared naive model on the same cases", required=False
)
_LOWER95 = number("number", "its 95 % interval, cases resampled", required=False)
_UPPER95 = number("number", "upper end of that interval", required=False)


def _headline(meaning: str) -> Column:
    return number("persons", meaning, required=False)


SWEEP_TABLES: dict[str, dict[str, Column]] = {
    "sweep_trials": {
        "trial": _TRIAL,
        "number": _NUMBER,
        "name": _NAME,
        "model": text("model of the trial", required=False),
        "status": _STATUS,
        "error": _ERROR,
        "metric": text(
            "r2: 1 less squared errors relative to the variance; crps_skill: 1 less CRPS relative "
            "to the naive model; empty: the trial has no score",
            required=False,
        ),
        "score": _SCORE,
        "lower95": number(
            "number",
            "95 % interval of this trial alone, cases resampled; not adjusted for choosing",
            required=False,
        ),
        "upper95": _UPPER95,
        "naive_score": _NAIVE_SCORE,
        "rank": number("count", "1 is the best; of equal scores the earlier; 0: not compared"),
        "won_share": number(
            "share", "resamples of the cases in which it is the best", required=False
        ),
        "comparable": Column(
            "number",
            "False: failed, a whole run, or scored on other cases than most; it is in no choice",
            (True, False),
        ),
    },
    "sweep_folds": {
        "trial": _TRIAL,
        "fold": number("count", "part of the split"),
        "score": number("number", "score on the cases of the fold", required=False),
        "naive_score": _NAIVE_SCORE,
        "n_cases": number("count", "cases of the fold: what is resampled as one"),
        "n": number("count", "rows in these cases"),
    },
    "sweep_comparison": {
        "trial": text("the trial with the best score", pattern=r"\w+"),
        "rival": text("trial that it is compared with, or naive", pattern=r"\w+"),
        "name": text("name of the rival", required=False),
        "difference": number("number", "score of the trial less that of the rival"),
        "standard_error": number(
            "number", "of the mean difference, corrected for shared training", required=False
        ),
        "lower95": number("number", "its 95 % interval, paired by fold", required=False),
        "upper95": _UPPER95,
        "p_value": number("share", "two-sided, of no difference", required=False),
        "p_value_holm": number(
            "share", "p_value adjusted for all comparisons of this table", required=False
        ),
        "folds_won": number("count", "folds in which the trial is the better one"),
        "n_folds": number("count", "folds compared"),
    },
    "sweep_selection": {
        "estimate": text(
            "how the chosen trial is scored: on the cases it was chosen by (flattering); chosen in "
            "resamples and scored outside them; chosen without each fold and scored on it; on "
            "locked cases that no trial saw",
            *ESTIMATES,
        ),
        "trial": text("the trial that was chosen", pattern=r"\w+"),
        "score": number("number", "score by this estimate"),
        "lower95": _LOWER95,
        "upper95": _UPPER95,
        "naive_score": _NAIVE_SCORE,
        "n_trials": number("count", "finished trials that the choice was among"),
        "n_cases": number("count", "cases that the score is over"),
        "note": text("what the estimate rests on", required=False),
    },
    "sweep_headlines": {
        "trial": _TRIAL,
        "number": _NUMBER,
        "name": _NAME,
        "status": _STATUS,
        "error": _ERROR,
        "preset": text("definition of jobs at risk", required=False),
        "at_risk_persons": _headline("employed persons in jobs at risk, mean over draws"),
        "lower80": _headline("lower end of its central 80 % interval"),
        "upper80": _headline("upper end of its central 80 % interval"),
        "ai_basic_persons": _headline(
            "newly in need of ai_basic in the last year, central scenario"
        ),
        "ax_persons": _headline("newly in need of ax, likewise"),
        "job_change_persons": _headline("newly in need of job_change, likewise"),
        "allocated_persons": _headline("seats of the plan in its first year"),
    },
}
