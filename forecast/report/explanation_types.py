"""What an explanation of one figure holds: plain, frozen facts, ready to print or to dump."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TOLERANCE = 1e-6  # relative gap up to which two figures of a run count as equal


@dataclass(frozen=True)
class Figure:
    """One number with its unit, the table it stands in and, where one is known, an interval."""

    name: str
    value: float | None
    unit: str
    table: str
    lower80: float | None = None
    upper80: float | None = None
    note: str = ""


@dataclass(frozen=True)
class Check:
    """Two figures of the run that must be equal; `gap` is relative to the larger of them."""

    name: str
    left: float
    right: float
    gap: float

    @property
    def holds(self) -> bool:
        """Say whether rounding explains the gap."""
        return self.gap <= TOLERANCE


@dataclass(frozen=True)
class People:
    """From the employed to the people in need, in persons.

    ``touched + separated - returned - adapted`` is the sum of the three `needs`. `ax_of_touched`
    is ``ax / (ai_basic + ax)``, None where nobody is touched.
    """

    opening: float
    touched: float
    separated: float
    returned: float
    adapted: float
    needs: Mapping[str, float]
    ax_of_touched: float | None


@dataclass(frozen=True)
class ParameterFigure:
    """A parameter as it was used: mean and 80 % range over draws, and what it rests on."""

    name: str
    meaning: str
    value: float
    lower80: float
    upper80: float
    neutral: float
    source: str


@dataclass(frozen=True)
class StepFigure:
    """One step of the mechanism.

    `value` is the mean over draws; `product` what the `formula` gives with means put in, and
    `difference` is value less product: means of products are not products of means where draws
    move together. None where a step is no product of figures shown.
    """

    name: str
    unit: str
    value: float | None
    lower80: float | None
    upper80: float | None
    formula: str
    product: float | None
    difference: float | None
    parameters: tuple[ParameterFigure, ...]


@dataclass(frozen=True)
class ScopeFigure:
    """Adoption of one scope, and the share of the occupation's people who work in it."""

    scope: str
    name_ko: str
    measure: str
    worker_share: float | None
    last_observed_year: int
    last_observed_percent: float
    year: int
    median_percent: float
    lower80_percent: float
    upper80_percent: float


@dataclass(frozen=True)
class InputFile:
    """A file the run read, what it is for, and the ids of the sources that its rows name."""

    name: str
    sha256: str
    used_for: str
    sources: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class RunFacts:
    """What the run was made with, as its manifest says."""

    folder: str
    name: str
    seed: int
    draws: int
    provenance: str
    commit: str | None
    schema_version: int
    versions: Mapping[str, str]


@dataclass(frozen=True)
class Explanation:
    """The chain of figures, parameters and sources behind one cell, or one sum of cells."""

    run: RunFacts
    target: Mapping[str, str]
    names: Mapping[str, str]  # key of the target -> name of its value
    summed_over: tuple[str, ...]
    n_cells: int
    figure: Figure
    people: People
    checks: tuple[Check, ...]
    exposure: tuple[Figure, ...]
    adoption: tuple[ScopeFigure, ...]
    adoption_note: str
    steps: tuple[StepFigure, ...]
    steps_note: str
    after_steps: Mapping[str, tuple[ParameterFigure, ...]]
    baseline: tuple[Figure, ...]
    capacity: tuple[Figure, ...]
    inputs: tuple[InputFile, ...]
    citations: Mapping[str, str]
