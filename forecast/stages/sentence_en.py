"""One English sentence that says why an occupation is exposed as it is."""

from __future__ import annotations

from collections.abc import Sequence

from forecast.stages.findings import (
    MOSTLY_ALONE,
    OFF_THE_INDICES,
    Findings,
    Push,
    index_names,
    percent,
    points,
    pushing,
)

UNKNOWN = (
    "No reason can be given: no source describes the work of the armed forces and hardly any index "
    "rates it, so any exposure shown for them is imputed."
)


def sentence_en(findings: Findings) -> str:
    """Say it in English, in the order of the Korean sentence.

    Examples
    --------
    >>> body = Push("체력·손동작", "strength and handwork", -0.09)
    >>> fixer = Findings("철근공", 0.05, 0.03, 0.07, 0.28, "high", [], [body], 0.1, 3, {}, 0.0)
    >>> sentence_en(fixer).split(", ")[:2]
    ['Exposure is 5% (80% interval 3–7%)', "well below the average worker's 28%"]
    >>> sentence_en(fixer).split(", ")[2]
    'because the job relies more on strength and handwork than most; the 3 indices agree.'
    """
    low, high = percent(findings.lower)[:-1], percent(findings.upper)
    value = f"Exposure is {percent(findings.exposure)} (80% interval {low}–{high})"
    return f"{value}, {_place(findings)}, because {_because(findings)}; {_tail(findings)}."


def _place(findings: Findings) -> str:
    average = f"the average worker's {percent(findings.average)}"
    if findings.side == 0:
        return f"much like {average}"
    return f"{'well ' if findings.far else ''}{'above' if findings.side > 0 else 'below'} {average}"


def _because(findings: Findings) -> str:
    if findings.side == 0:
        clauses = []
        for side, verb in ((1, "raise"), (-1, "lower")):
            items = [_item(push) for push in findings.leading(side)]
            if items:
                clauses.append(f"{' and '.join(items)} {verb}{'s' * (len(items) == 1)} it")
        return " while ".join(clauses) or "nothing in the work clearly raises or lowers it"
    parts = []
    tasks = pushing(findings.tasks, findings.side)[:2]
    if tasks:
        amount = "much" if findings.much else "some work"
        kind = "can readily do or help with" if findings.side > 0 else "can hardly help with"
        parts.append(f"there is {amount} that AI {kind}, such as {_tasks(tasks)}")
    bundles = pushing(findings.bundles, findings.side)[: 1 if tasks else 2]
    if bundles:
        relies = [f"{'more' if b.more else 'less'} on {b.name_en}" for b in bundles]
        parts.append(f"the job relies {' and '.join(relies)} than most")
    said = ", and ".join(parts) or "many small things add up"
    against = findings.against
    if against is not None:
        verb = "lowers" if findings.side > 0 else "raises"
        said += f", although {_item(against)} {verb} it somewhat"
    return said


def _tail(findings: Findings) -> str:
    if findings.n_index == 0:
        return "no index measures it, so it is inferred from similar occupations"
    if findings.discordant:
        index, size = next(iter(findings.discordant.items()))
        name = index_names(index)[1]
        return f"{name} reads {points(size)} points {_direction(size)} than the other indices"
    if findings.sure == "low":
        return "the interval is wide, so read it with care"
    size = findings.own_indices
    if abs(size) >= OFF_THE_INDICES:
        return f"its indices read {points(size)} points {_direction(size)} than its traits suggest"
    if findings.n_index == 1:
        return "only one index measures it directly"
    return f"the {findings.n_index} indices agree"


def _tasks(tasks: Sequence[Push]) -> str:
    first, *rest = tasks
    more = [f"{task.name_en.lower()} ({percent(task.share or 0.0)})" for task in rest]
    return " and ".join([_item(first, alone=True), *more])


def _item(push: Push, *, alone: bool = False) -> str:
    if push.share is None:
        return f"{'more' if push.more else 'less'} reliance on {push.name_en}"
    most = ", most of which AI can do alone" if alone and push.done_whole >= MOSTLY_ALONE else ""
    return f"{push.name_en.lower()} ({percent(push.share)} of tasks{most})"


def _direction(size: float) -> str:
    return "higher" if size > 0 else "lower"
