"""Stock-flow accounts of a year, per draw x occupation x age x province: nobody is lost or doubled.

A year starts with the people employed at the end of the last one. Ordinary turnover (exits,
job changes, ageing) is a rate times that stock. The baseline's closing stock is the employment
forecast, and labour-market entry balances its account. Under a scenario the closing stock is the
baseline times the employment factor, entry stays what it was, and everything that AI changes has
a flow of its own; the change in hiring from outside employment (``ai_hiring``) balances.

People separated by AI have an account of their own until somebody hires them or they leave work
for good. They compete with everybody else who looks for work: the more seekers per opening, the
fewer of them find one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from forecast.errors import InputError
from forecast.stages.matching import find_work, place, ratio

FLOWS = (
    "entry",
    "exit",
    "retirement",
    "job_change_out",
    "job_change_in",
    "ageing_out",
    "ageing_in",
    "ai_separation",
    "reemployment_same",
    "reemployment_other",
    "reinstatement",
    "ai_hiring",
)
AI_FLOWS = FLOWS[7:]
ROWS = ("opening", *FLOWS, "closing")
DISPLACED_FLOWS = (
    "separated",
    "reemployed_same",
    "reemployed_other",
    "withdrawn",
    "ageing_out",
    "ageing_in",
)
DISPLACED_ROWS = ("opening", *DISPLACED_FLOWS, "closing")
NOISE_PERSONS = 1e-6  # below a millionth of a person a gap is rounding, not a separation

Cells = np.ndarray  # (draw, occupation, age_group, sido)
Flows = dict[str, Cells]  # flow -> cells, outflows negative


@dataclass(frozen=True)
class Turnover:
    """Yearly rates of ordinary turnover and of re-employment, as draws.

    Parameters
    ----------
    exit, job_change, ageing : ndarray (draw, age_group)
        Shares of the opening stock that leave employment, change occupation, and reach the next
        age group within the year.
    reemployed : ndarray (draw, age_group)
        Share of separated people employed again within the year.
    changes_occupation : ndarray (draw,)
        Share of the re-employed who do so in another occupation.
    likeness : ndarray (draw, occupation, occupation)
        Feasibility of a move from row to column, at least 0; the diagonal is 0.
    later : ndarray (draw, age_group)
        Share of those displaced in earlier years who are employed again within the year.
    withdrawn : ndarray (draw, age_group)
        Share of those displaced in earlier years who leave work for good within the year.
    congestion : ndarray (draw,)
        Elasticity of finding a job in openings per seeker; 0 = no congestion.
    pull : ndarray (draw, occupation, sido)
        What ordinary moves are drawn by besides the size of an occupation.
    mobility : ndarray (draw, age_group)
        Share of workers who change their employer; `job_change` is the part of them who change
        occupation as well. Moves no one here, but says who is a mover.
    """

    exit: np.ndarray
    job_change: np.ndarray
    ageing: np.ndarray
    reemployed: np.ndarray
    changes_occupation: np.ndarray
    likeness: np.ndarray
    later: np.ndarray
    withdrawn: np.ndarray
    congestion: np.ndarray
    pull: np.ndarray
    mobility: np.ndarray

    def __post_init__(self) -> None:
        for what, leaving, where in (
            ("exit, job change and ageing", self.exit + self.job_change + self.ageing, "opening"),
            ("re-employment, exit and ageing", self.later + self.withdrawn + self.ageing, "idle"),
        ):
            if (leaving > 1.0 + 1e-12).any():
                raise InputError(
                    f"{what} take {leaving.max():.3f} of the {where} stock in some draw: nobody "
                    "can leave twice. Lower the rates in scenario.parameters."
                )
        if (np.einsum("dii->di", self.likeness) != 0).any() or (self.likeness < 0).any():
            raise InputError("likeness must be at least 0, and 0 from an occupation to itself.")

    def of(self, draws: slice | np.ndarray) -> Turnover:
        """Return the rates of some draws, or of all in another order."""
        return Turnover(**{name: value[draws] for name, value in vars(self).items()})


def baseline_year(opening: Cells, closing: Cells, turnover: Turnover) -> Flows:
    """Account for a year without AI: entry (or, where employment collapses, exit) balances.

    Parameters
    ----------
    opening, closing : ndarray (draw, occupation, age_group, sido)
        Employed persons at the end of the last year and of this one.
    turnover : Turnover

    Returns
    -------
    dict of str to ndarray
        Every name of :data:`FLOWS`; the AI flows are exactly zero.

    Examples
    --------
    >>> rate, one = np.zeros((1, 2)), np.zeros(1)
    >>> still = Turnover(rate, rate, rate, rate, one, np.zeros((1, 1, 1)), rate, rate, one,
    ...                  np.ones((1, 1, 1)), rate)
    >>> opening, closing = np.array([[[[10.0], [5.0]]]]), np.array([[[[12.0], [4.0]]]])
    >>> flows = baseline_year(opening, closing, still)
    >>> flows["entry"].ravel().tolist(), flows["retirement"].ravel().tolist()
    ([2.0, 0.0], [0.0, -1.0])
    """
    exits, moved, arrived, aged_out, aged_in = _ordinary(opening, turnover)
    hires = closing - opening + exits + moved - arrived + aged_out - aged_in
    exits = exits + np.maximum(0.0 - hires, 0.0)
    zero = np.zeros_like(opening)
    flows = _ordinary_flows(exits, moved, arrived, aged_out, aged_in)
    return {"entry": np.maximum(hires, 0.0), **flows, **{name: zero for name in AI_FLOWS}}


def scenario_year(
    opening: Cells,
    closing: Cells,
    displaced: Cells,
    *,
    baseline: Mapping[str, Cells],
    baseline_opening: Cells,
    separation: Cells,
    reinstatement: Cells,
    turnover: Turnover,
) -> tuple[Flows, Flows]:
    """Account for a year with AI beside the same year of the baseline.

    Separated people return only where somebody is hired, so that total employment follows labour
    demand and no occupation gains a job because another one lost it.

    Parameters
    ----------
    opening, closing : ndarray (draw, occupation, age_group, sido)
        Employed persons under the scenario.
    displaced : ndarray (draw, occupation, age_group, sido)
        Separated by AI in earlier years and not employed since, by the occupation they left.
    baseline : mapping
        Flows of the same year without AI, from :func:`baseline_year`.
    baseline_opening : ndarray (draw, occupation, age_group, sido)
        Opening stock of the baseline.
    separation, reinstatement : ndarray (draw, occupation, age_group, sido)
        Persons that the mechanism separates, and jobs that return as new tasks, at least 0.
    turnover : Turnover

    Returns
    -------
    employed : dict of str to ndarray
        Every name of :data:`FLOWS`.
    idle : dict of str to ndarray
        Every name of :data:`DISPLACED_FLOWS`, by the occupation left; and ``returned``: those of
        this year's separated who found their old work again (part of ``reemployed_same``), and
        ``long_term``: those of `displaced` who are still there at the end.
    """
    exits, moved, arrived, aged_out, aged_in = _ordinary(opening, turnover)
    hires = closing - opening + exits + moved - arrived + aged_out - aged_in
    # People whom the baseline loses beyond ordinary turnover leave here too, in proportion.
    base_exits = -(baseline["exit"] + baseline["retirement"])
    beyond = np.maximum(base_exits - baseline_opening * _by_age(turnover.exit), 0.0)
    leaving = np.minimum(beyond * ratio(opening, baseline_opening), np.maximum(-hires, 0.0))
    exits, hires = exits + leaving, hires + leaving

    # More jobs gone than vacancies can absorb: the rest are separations, whatever was planned.
    missing = np.where(hires < -NOISE_PERSONS, -hires, 0.0)
    present = np.maximum(opening - exits - moved - aged_out, 0.0)
    separated = np.minimum(np.maximum(separation, missing), present)
    not_yet_gone = np.maximum(missing - separated, 0.0)
    exits, hires = exits + not_yet_gone, hires + not_yet_gone
    vacancies = hires + separated

    now = _by_age(turnover.reemployed) * separated
    later = _by_age(turnover.later) * displaced
    change = turnover.changes_occupation[:, None, None, None]
    back, away, other = find_work(
        (now + later) * (1.0 - change),
        (now + later) * change,
        openings=np.maximum(vacancies, 0.0),
        others=baseline["entry"],
        likeness=turnover.likeness,
        congestion=turnover.congestion,
    )
    vacancies = vacancies - back - other
    new_tasks = np.minimum(reinstatement, np.maximum(vacancies, 0.0))
    employed = {
        "entry": baseline["entry"],
        **_ordinary_flows(exits, moved, arrived, aged_out, aged_in),
        "ai_separation": 0.0 - separated,
        "reemployment_same": back,
        "reemployment_other": other,
        "reinstatement": new_tasks,
        "ai_hiring": vacancies - new_tasks - baseline["entry"],
    }
    return employed, _idle(displaced, separated, back, away, ratio(now, now + later), turnover)


def _idle(
    displaced: Cells,
    separated: Cells,
    back: Cells,
    away: Cells,
    this_year: Cells,
    turnover: Turnover,
) -> Flows:
    """Account of the displaced; `this_year` is the part of the re-employed separated just now."""
    gone = _by_age(turnover.withdrawn) * displaced
    aged_out, aged_in = _aged(displaced, turnover)
    earlier = 1.0 - this_year
    return {
        "separated": separated,
        "reemployed_same": 0.0 - back,
        "reemployed_other": 0.0 - away,
        "withdrawn": 0.0 - gone,
        "ageing_out": 0.0 - aged_out,
        "ageing_in": aged_in,
        "returned": back * this_year,
        "long_term": displaced - (back + away) * earlier - gone - aged_out + aged_in,
    }


def closing_error(opening: Cells, flows: Mapping[str, Cells], closing: Cells) -> float:
    """Largest gap of ``opening + flows = closing``, relative to the larger of the two stocks."""
    gap = np.abs(account(opening, flows) - closing)
    return float((gap / np.maximum(np.maximum(opening, closing), 1.0)).max(initial=0.0))


def exchange_error(flows: Mapping[str, Cells], idle: Mapping[str, Cells]) -> float:
    """Largest gap between who leaves one account and arrives in the other, relative to them.

    Separations and returns are compared cell by cell; people who change occupation leave the
    account of the displaced in one cell and enter employment in another of their age and province.
    """
    pairs = (
        (idle["separated"], -flows["ai_separation"]),
        (-idle["reemployed_same"], flows["reemployment_same"]),
        (-idle["reemployed_other"].sum(axis=1), flows["reemployment_other"].sum(axis=1)),
    )
    gaps = [np.abs(left - right) / np.maximum(np.abs(right), 1.0) for left, right in pairs]
    return float(np.max([gap.max(initial=0.0) for gap in gaps]))


def account(opening: Cells, flows: Mapping[str, Cells]) -> Cells:
    """Stock at the end of the year: opening plus every flow of either account."""
    closing = opening.copy()
    for name in FLOWS if "entry" in flows else DISPLACED_FLOWS:
        closing += flows[name]
    return closing


def _ordinary(opening: Cells, turnover: Turnover) -> tuple[Cells, ...]:
    exits = opening * _by_age(turnover.exit)
    leaving = opening * _by_age(turnover.job_change)
    size = opening * turnover.pull[:, :, None, :]
    per_pull, arrived = place(leaving, size, turnover.likeness)
    moved = np.where(per_pull > 0, leaving, 0.0)
    return exits, moved, arrived, *_aged(opening, turnover)


def _aged(stock: Cells, turnover: Turnover) -> tuple[Cells, Cells]:
    """People who reach the next age group; the oldest has none."""
    out = stock * _by_age(turnover.ageing)
    out[:, :, -1] = 0.0
    into = np.zeros_like(stock)
    into[:, :, 1:] = out[:, :, :-1]
    return out, into


def _ordinary_flows(
    exits: Cells, moved: Cells, arrived: Cells, aged_out: Cells, aged_in: Cells
) -> Flows:
    before_retirement, retirement = exits.copy(), np.zeros_like(exits)
    before_retirement[:, :, -1], retirement[:, :, -1] = 0.0, exits[:, :, -1]
    # 0.0 - x and not -x: nobody leaving is written 0.0, not -0.0.
    return {
        "exit": 0.0 - before_retirement,
        "retirement": 0.0 - retirement,
        "job_change_out": 0.0 - moved,
        "job_change_in": arrived,
        "ageing_out": 0.0 - aged_out,
        "ageing_in": aged_in,
    }


def _by_age(rate: np.ndarray) -> np.ndarray:
    """Rates (draw, age_group) against cells."""
    return rate[:, None, :, None]
