"""An explanation as plain text for a terminal, and as JSON; Korean letters take two columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from unicodedata import east_asian_width

from forecast.report.explanation_types import (
    Check,
    Explanation,
    Figure,
    ParameterFigure,
    ScopeFigure,
    StepFigure,
)

WIDTH = 110  # columns
MEANT = {
    "ai_basic": "job remains, AI helps: AI 기초",
    "ax": "domain and AI together: AX",
    "job_change": "job goes: 직무 전환",
}
AFTER = {
    "adapted": "who adapts without a programme",
    "ordinary_turnover": "ordinary turnover, which separations are net of",
    "reemployment": "who of the separated returns",
    "moves": "where they can go",
}


def as_json(explanation: Explanation) -> str:
    """Dump an explanation as JSON, every figure in full; what is not known is null."""
    content = asdict(explanation)
    for check, facts in zip(explanation.checks, content["checks"], strict=True):
        facts["holds"] = check.holds
    return json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)


def as_text(explanation: Explanation) -> str:
    """Compose the explanation: figure, people, mechanism, baseline, capacity, sources."""
    parts = [
        _figure(explanation),
        _people(explanation),
        _mechanism(explanation),
        ["Baseline: who was employed", *_figures(explanation.baseline)],
        [
            "Adaptive capacity (0 = adapts least) and its components",
            *_figures(explanation.capacity),
        ],
        _sources(explanation),
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def number(value: float | None, unit: str = "") -> str:
    """Write a figure: persons with one decimal, anything else with four digits.

    Examples
    --------
    >>> number(1234.56, "persons"), number(0.0123456), number(None)
    ('1,234.6', '0.01235', '-')
    """
    if value is None:
        return "-"
    return f"{value:,.1f}" if unit == "persons" else f"{value:.4g}"


def columns(rows: Iterable[Sequence[str]], *, align: str, indent: int = 2) -> list[str]:
    """Align rows of cells, every column as `align` says: ``l`` to the left, ``r`` to the right.

    Examples
    --------
    >>> columns([["서울", "1.0"], ["11", "12.5"]], align="lr")
    ['  서울   1.0', '  11    12.5']
    """
    listed = [list(row) for row in rows]
    widths = [max(_wide(cell) for cell in column) for column in zip(*listed, strict=True)]
    lines = []
    for row in listed:
        cells = []
        for cell, width, side in zip(row, widths, align, strict=True):
            blank = " " * (width - _wide(cell))
            cells.append(cell + blank if side == "l" else blank + cell)
        lines.append(" " * indent + "  ".join(cells).rstrip())
    return lines


def wrapped(text: str, *, indent: int) -> list[str]:
    """Break a text at blanks so that no line is wider than the page.

    Examples
    --------
    >>> wrapped("one two", indent=2)
    ['  one two']
    """
    lines, line = [], ""
    for word in text.split():
        if line and _wide(line) + 1 + _wide(word) > WIDTH - indent:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return [" " * indent + each for each in [*lines, line] if each]


def _figure(e: Explanation) -> list[str]:
    asked = [f"{key}={value} {e.names.get(key, '')}".strip() for key, value in e.target.items()]
    figure = e.figure
    lines = [f"{figure.name[:1].upper()}{figure.name[1:]}"]
    lines += wrapped(", ".join(asked), indent=2)
    if e.summed_over:
        lines.append(f"  summed over {', '.join(e.summed_over)}: {e.n_cells:,} cells")
    lines.append(f"  {number(figure.value, figure.unit)} persons{_interval(figure)}")
    lines.append(f"  table {figure.table}, mean over {e.run.draws} draws")
    return lines + wrapped(figure.note, indent=2)


def _people(e: Explanation) -> list[str]:
    people = e.people
    rows = [
        ("opening_persons", people.opening, "employed at the end of the year before"),
        ("+ touched", people.touched, "kept in work that AI newly touches, not yet trained"),
        ("+ separated", people.separated, "separated by AI, net of ordinary turnover"),
        ("- returned", people.returned, "of these, back in the old occupation in the year"),
        ("- adapted", people.adapted, "adapt without a programme"),
        ("= in need", sum(people.needs.values()), "sum of the three needs"),
        *((f"    {need}", persons, MEANT[need]) for need, persons in people.needs.items()),
    ]
    lines = ["People: from the employed to those in need (reskilling_cells, reskilling_demand)"]
    lines += columns(
        (
            [name, number(value, "persons"), _percent(value, people.opening), what]
            for name, value, what in rows
        ),
        align="lrrl",
    )
    if people.ax_of_touched is not None:
        lines.append(f"  of those touched (ai_basic + ax), ax: {_percent(people.ax_of_touched)}")
    return lines + [line for check in e.checks for line in _check(check)]


def _check(check: Check) -> list[str]:
    said = "holds" if check.holds else "DOES NOT HOLD"
    words = (
        f"check: {check.name}: {check.left:,.6f} and {check.right:,.6f}, "
        f"gap {check.gap:.1e} of the sum: {said}"
    )
    return wrapped(words, indent=2)


def _mechanism(e: Explanation) -> list[str]:
    lines = ["Mechanism: from exposure through adoption to hours, jobs and separations"]
    lines += ["  Exposure (it is not displacement)", *_figures(e.exposure, indent=4)]
    year = e.adoption[0].year if e.adoption else ""
    lines += [f"  Adoption, % of firms, {year}", *_scopes(e.adoption)]
    lines += wrapped(e.adoption_note, indent=4)
    lines += ["  Steps", *wrapped(e.steps_note, indent=4)]
    if e.steps:
        lines += wrapped(
            "product: the formula with means put in; difference: mean less product, because draws "
            "move together (and are cut where a share ends)",
            indent=4,
        )
    return [*lines, *_steps(e.steps), *_after(e)]


def _scopes(scopes: tuple[ScopeFigure, ...]) -> list[str]:
    if not scopes:
        return []
    head = ["scope", "industry", "of people", "observed", "year", "median", "80 % interval"]
    rows = [
        [
            scope.scope,
            scope.name_ko,
            "-" if scope.worker_share is None else _percent(scope.worker_share),
            f"{scope.last_observed_percent:.2f}",
            str(scope.last_observed_year),
            f"{scope.median_percent:.2f}",
            f"{scope.lower80_percent:.2f} to {scope.upper80_percent:.2f}",
        ]
        for scope in scopes
    ]
    return columns([head, *rows], align="llrrrrr", indent=4)


def _steps(steps: tuple[StepFigure, ...]) -> list[str]:
    if not steps:
        return []
    head = ["step", "unit", "mean", "80 % interval", "product", "difference"]
    rows = [
        [
            step.name,
            step.unit,
            number(step.value),
            _ends(step.lower80, step.upper80),
            number(step.product),
            number(step.difference),
        ]
        for step in steps
    ]
    first, *others = columns([head, *rows], align="llrrrr", indent=4)
    lines = [first]
    for step, line in zip(steps, others, strict=True):
        lines += [line, *wrapped(f"= {step.formula}", indent=8)]
        lines += [text for each in step.parameters for text in _parameter(each, indent=8)]
    return lines


def _after(e: Explanation) -> list[str]:
    lines = ["  After the steps: parameters of the ledger and of needs"]
    for group, parameters in e.after_steps.items():
        lines.append(f"    {group}: {AFTER.get(group, '')}".rstrip(": "))
        lines += [text for each in parameters for text in _parameter(each, indent=8)]
    return lines


def _parameter(each: ParameterFigure, *, indent: int) -> list[str]:
    words = (
        f"{each.name} {number(each.value)} ({number(each.lower80)} to {number(each.upper80)}; "
        f"neutral {number(each.neutral)}): {each.meaning}"
    )
    return [*wrapped(words, indent=indent), *wrapped(f"source: {each.source}", indent=indent + 4)]


def _figures(figures: tuple[Figure, ...], *, indent: int = 2) -> list[str]:
    rows = [
        [
            figure.name,
            figure.table,
            number(figure.value, figure.unit),
            _ends(figure.lower80, figure.upper80, figure.unit),
            figure.unit,
        ]
        for figure in figures
    ]
    said = []
    for line, figure in zip(columns(rows, align="llrrl", indent=indent), figures, strict=True):
        said += [line, *wrapped(figure.note, indent=indent + 4)]
    return said


def _sources(e: Explanation) -> list[str]:
    lines = ["Sources: files the run read, sha256 from its manifest, ids of what they cite"]
    for file in e.inputs:
        lines.append(f"  {file.name}  {file.sha256}")
        cited = ", ".join(file.sources)
        lines += wrapped("; ".join(filter(None, [file.used_for, cited, file.note])), indent=6)
    lines.append("  Citations")
    for source, citation in e.citations.items():
        lines += wrapped(f"[{source}] {citation}", indent=4)
    run = e.run
    lines += ["", f"Run {run.folder}", f"  seed {run.seed}, {run.draws} draws, {run.provenance}"]
    lines.append(f"  commit {run.commit or 'unknown (not run from a repository)'}")
    versions = ", ".join(f"{name} {version}" for name, version in sorted(run.versions.items()))
    return [*lines, *wrapped(f"versions {versions}", indent=2)]


def _interval(figure: Figure) -> str:
    if figure.lower80 is None:
        return ""
    return f", 80 % interval {_ends(figure.lower80, figure.upper80, figure.unit)}"


def _ends(lower: float | None, upper: float | None, unit: str = "") -> str:
    return "" if lower is None else f"{number(lower, unit)} to {number(upper, unit)}"


def _percent(part: float, whole: float = 1.0) -> str:
    return f"{100 * part / whole:.3g} %" if whole else ""


def _wide(text: str) -> int:
    return sum(2 if east_asian_width(letter) in "WF" else 1 for letter in text)
