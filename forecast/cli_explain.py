"""The verb ``forecast explain``; everything heavy is imported inside it."""

from __future__ import annotations

import argparse

EXAMPLE = "year=2026,scenario=central,sido=11,ksco7=31,age_group=40-49,need=job_change"
DESCRIPTION = f"""\
Prints the chain of figures, parameters and sources behind one cell of reskilling demand:

  forecast explain --run latest --target {EXAMPLE}

A key left out is summed over; a scenario must be named. It reads the run folder only, and the
citations inside the package.
"""


def add_verbs(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the verb ``explain``."""
    verb = verbs.add_parser(
        "explain",
        help="the chain of figures, parameters and sources behind one cell of demand",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.add_argument(
        "--run",
        required=True,
        metavar="RUN",
        help="a run folder, a name below runs/ (its newest run), or latest",
    )
    verb.add_argument(
        "--target",
        required=True,
        metavar="KEY=VALUE,...",
        help="year, scenario, sido, ksco7, age_group, need; a key left out is summed over",
    )
    verb.add_argument("--format", choices=("text", "json"), default="text", help="default text")
    verb.set_defaults(act=_explain)


def _explain(chosen: argparse.Namespace) -> int:
    from forecast.errors import InputError
    from forecast.report.explanation import explain
    from forecast.report.explanation_target import parse_target
    from forecast.report.explanation_text import as_json, as_text
    from forecast.report.finished_run import FinishedRun, find_run

    target = parse_target(chosen.target)
    run = FinishedRun(find_run(chosen.run))
    explanation = explain(run, target)
    print(as_json(explanation) if chosen.format == "json" else as_text(explanation))
    broken = [check.name for check in explanation.checks if not check.holds]
    if broken:
        raise InputError(
            f"{run.folder}: tables contradict each other: {'; '.join(broken)}. Run the chain again."
        )
    return 0
