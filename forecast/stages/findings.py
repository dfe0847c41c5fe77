"""What is found out about one occupation's exposure before it is put into words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

FAR, NEAR = 0.15, 0.05  # exposure off the average worker's: far from it, or much the same
COUNTER = 0.02  # a push the other way is named from here (share)
OFF_THE_INDICES = 0.03  # the indices are said to see it otherwise than the job's traits from here
MOSTLY_ALONE = 0.75  # share of an activity's tasks that AI does whole: most of them
MUCH = 0.5  # share of tasks: much of the work

# index -> name with its kind, in Korean and English
INDEX_NAMES: Mapping[str, tuple[str, str]] = {
    "gpt4_alpha": ("GPT-4의 좁은 평가", "the narrow GPT-4 rating"),
    "gpt4_beta": ("GPT-4 평가", "the GPT-4 rating"),
    "human_alpha": ("사람의 좁은 평가", "the narrow human rating"),
    "human_beta": ("사람 평가", "the human rating"),
    "automation": ("자동화 평가", "the automation rating"),
    "ilo_2023": ("ILO 지표", "the ILO index"),
    "daioe_genai": ("DAIOE 생성형 AI 지표", "the DAIOE index of generative AI"),
    "daioe_allapps": ("DAIOE 종합 지표", "the DAIOE index of all applications"),
    "aioe": ("AIOE 지표", "the AIOE index"),
    "aioe_lm": ("AIOE 언어 모형 지표", "the AIOE index of language models"),
    "frey_osborne": ("프레이·오즈번 지표", "the index of Frey and Osborne"),
    "sml": ("기계 학습 적합도 지표", "the index of suitability for machine learning"),
}


@dataclass(frozen=True)
class Push:
    """Something that moves an occupation's exposure.

    Parameters
    ----------
    name_ko, name_en : str
    contribution : float
        In exposure (share); positive pushes up.
    share : float or None
        Share of the occupation's tasks, if it is a work activity.
    done_whole : float
        Share of these tasks that AI does whole.
    more : bool
        Of a bundle of descriptors: whether the work asks for more of it than that of others.
    """

    name_ko: str
    name_en: str
    contribution: float
    share: float | None = None
    done_whole: float = 0.0
    more: bool = True


@dataclass(frozen=True)
class Findings:
    """All that a sentence may say about one occupation; exposures are shares.

    Parameters
    ----------
    name_ko : str
    exposure, lower, upper : float
        Mean and central 80 % interval.
    average : float
        Exposure of the average worker.
    sure : str
        ``high``, ``medium`` or ``low``.
    tasks, bundles : sequence of Push
    open_share : float
        Share of tasks in activities that are more exposed than tasks on average.
    n_index : int
        Indices that cover at least half of the occupation.
    discordant : mapping
        Index to its difference from the others, the most discordant first.
    own_indices : float
        How far its indices move the score beyond what its descriptors say.
    """

    name_ko: str
    exposure: float
    lower: float
    upper: float
    average: float
    sure: str
    tasks: Sequence[Push]
    bundles: Sequence[Push]
    open_share: float
    n_index: int
    discordant: Mapping[str, float]
    own_indices: float

    @property
    def side(self) -> int:
        """1 above the average worker, -1 below, 0 much the same."""
        gap = self.exposure - self.average
        return 0 if abs(gap) < NEAR else (1 if gap > 0 else -1)

    @property
    def far(self) -> bool:
        """Whether the exposure is far from the average worker's."""
        return abs(self.exposure - self.average) >= FAR

    @property
    def much(self) -> bool:
        """Whether much of the work leans to the side of the occupation."""
        return (self.open_share if self.side > 0 else 1.0 - self.open_share) >= MUCH

    @property
    def against(self) -> Push | None:
        """The largest push to the other side, if it is worth a word."""
        found = pushing([*self.tasks, *self.bundles], -self.side)
        return found[0] if found and abs(found[0].contribution) >= COUNTER else None

    def leading(self, side: int) -> list[Push]:
        """Return the first task and the first bundle of a side, the larger before the other."""
        return pushing([*pushing(self.tasks, side)[:1], *pushing(self.bundles, side)[:1]], side)


def pushing(pushes: Sequence[Push], side: int) -> list[Push]:
    """Return the pushes to one side, the largest first."""
    chosen = [push for push in pushes if push.contribution * side > 0]
    return sorted(chosen, key=lambda push: -abs(push.contribution))


def index_names(index: str) -> tuple[str, str]:
    """Return how an index is called in Korean and English.

    >>> index_names("ilo_2023"), index_names("mine")
    (('ILO 지표', 'the ILO index'), ('mine 지표', 'the index mine'))
    """
    return INDEX_NAMES.get(index, (f"{index} 지표", f"the index {index}"))


def percent(share: float) -> str:
    """Write a share as whole percent.

    >>> percent(0.284)
    '28%'
    """
    return f"{round(100 * share)}%"


def points(share: float) -> int:
    """Return the size of a difference in percentage points."""
    return round(100 * abs(share))
