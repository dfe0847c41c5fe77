"""Stock-flow accounts of one year, per draw x occupation x age: nobody is lost or counted twice.

A year starts with the people employed at the end of the last one. Ordinary turnover (exits,
job changes, ageing) is a rate times that stock. The baseline's closing stock is the employment
forecast, and labour-market entry balances its account. Under a scenario the closing stock is the
baseline times the employment factor, entry stays what it was, and everything that AI changes has
a flow of its own; the change in hiring from outside employment (``ai_hiring``) balances.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from forecast.errors import InputError

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
NOISE_PERSONS = 1e-6  # below a millionth of a person a gap is rounding, not a separation

Flows = dict[str, np.ndarray]  # flow -> (draw, occupation, age_group), outflows negative


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
    """

    exit: np.ndarray
    job_change: np.ndarray
    ageing: np.ndarray
    reemployed: np.ndarray
    changes_occupation: np.ndarray
    likeness: np.ndarray

    def __post_init__(self) -> None:
        leaving = self.exit + self.job_change + self.ageing
        if (leaving > 1.0 + 1e-12).any():
            raise InputError(
                f"exit, job change and ageing take {leaving.max():.3f} of the opening stock in "
                "some draw: nobody can leave twice. Lower the rates in scenario.parameters."
            )
        if (np.einsum("dii->di", self.likeness) != 0).any() or (self.likeness < 0).any():
            raise InputError("likeness must be at least 0, and 0 from an occupation to itself.")


def baseline_year(opening: np.ndarray, closing: np.ndarray, turnover: Turnover) -> Flows:
    """Account for a year without AI: entry (or, where employment collapses, exit) balances.

    Parameters
    ----------
    opening, closing : ndarray (draw, occupation, age_group)
        Employed persons at the end of the last year and of this one.
    turnover : Turnover

    Returns
    -------
    dict of str to ndarray
        Every name of :data:`FLOWS`; the AI flows are exactly zero.

    Examples
    --------
    >>> still = Turnover(*(np.zeros((1, 2)),) * 4, np.zeros(1), np.zeros((1, 1, 1)))
    >>> flows = baseline_year(np.array([[[10.0, 5.0]]]), np.array([[[12.0, 4.0]]]), still)
    >>> flows["entry"].tolist(), flows["retirement"].tolist()
    ([[[2.0, 0.0]]], [[[0.0, -1.0]]])
    """
    exits, moved, arrived, aged_out, aged_in = _ordinary(opening, turnover)
    hires = closing - opening + exits + moved - arrived + aged_out - aged_in
    exits = exits + np.maximum(0.0 - hires, 0.0)
    zero = np.zeros_like(opening)
    flows = _ordinary_flows(exits, moved, arrived, aged_out, aged_in)
    return {"entry": np.maximum(hires, 0.0), **flows, **{name: zero for name in AI_FLOWS}}


def scenario_year(
    opening: np.ndarray,
    closing: np.ndarray,
    *,
    baseline: Mapping[str, np.ndarray],
    baseline_opening: np.ndarray,
    separation: np.ndarray,
    reinstatement: np.ndarray,
    turnover: Turnover,
) -> Flows:
    """Account for a year with AI beside the same year of the baseline.

    Separated people return only where somebody is hired, so that total employment follows labour
    demand and no occupation gains a job because another one lost it.

    Parameters
    ----------
    opening, closing : ndarray (draw, occupation, age_group)
        Employed persons under the scenario.
    baseline : mapping
        Flows of the same year without AI, from :func:`baseline_year`.
    baseline_opening : ndarray (draw, occupation, age_group)
        Opening stock of the baseline.
    separation, reinstatement : ndarray (draw, occupation, age_group)
        Persons that the mechanism separates, and jobs that return as new tasks, at least 0.
    turnover : Turnover

    Returns
    -------
    dict of str to ndarray
        Every name of :data:`FLOWS`.
    """
    exits, moved, arrived, aged_out, aged_in = _ordinary(opening, turnover)
    hires = closing - opening + exits + moved - arrived + aged_out - aged_in
    # People whom the baseline loses beyond ordinary turnover leave here too, in proportion.
    base_exits = -(baseline["exit"] + baseline["retirement"])
    beyond = np.maximum(base_exits - baseline_opening * turnover.exit[:, None, :], 0.0)
    leaving = np.minimum(beyond * _ratio(opening, baseline_opening), np.maximum(-hires, 0.0))
    exits, hires = exits + leaving, hires + leaving

    # More jobs gone than vacancies can absorb: the rest are separations, whatever was planned.
    missing = np.where(hires < -NOISE_PERSONS, -hires, 0.0)
    present = np.maximum(opening - exits - moved - aged_out, 0.0)
    separated = np.minimum(np.maximum(separation, missing), present)
    not_yet_gone = np.maximum(missing - separated, 0.0)
    exits, hires = exits + not_yet_gone, hires + not_yet_gone

    vacancies = hires + separated
    again = turnover.reemployed[:, None, :] * separated
    change = turnover.changes_occupation[:, None, None]
    same = np.minimum(again * (1.0 - change), np.maximum(vacancies, 0.0))
    vacancies = vacancies - same
    open_jobs = np.maximum(vacancies, 0.0)
    _, wanted = place(again * change, open_jobs, turnover.likeness)
    other = np.minimum(wanted, open_jobs)
    vacancies = vacancies - other
    new_tasks = np.minimum(reinstatement, np.maximum(vacancies, 0.0))
    return {
        "entry": baseline["entry"],
        **_ordinary_flows(exits, moved, arrived, aged_out, aged_in),
        "ai_separation": 0.0 - separated,
        "reemployment_same": same,
        "reemployment_other": other,
        "reinstatement": new_tasks,
        "ai_hiring": vacancies - new_tasks - baseline["entry"],
    }


def place(
    movers: np.ndarray, attraction: np.ndarray, likeness: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Send movers to other occupations of their age, by openings and likeness of work.

    Parameters
    ----------
    movers, attraction : ndarray (draw, occupation, age_group)
        Persons leaving an occupation; size (stock or vacancies) of each destination.
    likeness : ndarray (draw, occupation, occupation)

    Returns
    -------
    left, arrived : ndarray (draw, occupation, age_group)
        Movers who found a destination, by origin; and by destination. Their sums over
        occupations are equal.

    Examples
    --------
    >>> left, arrived = place(
    ...     np.array([[[3.0], [0.0]]]), np.array([[[5.0], [1.0]]]), np.array([[[0, 1.0], [1, 0]]])
    ... )
    >>> left.ravel().tolist(), arrived.ravel().tolist()
    ([3.0, 0.0], [0.0, 3.0])
    """
    pull = likeness @ attraction
    per_pull = np.divide(movers, pull, out=np.zeros_like(movers), where=pull > 0)
    arrived = attraction * (np.swapaxes(likeness, 1, 2) @ per_pull)
    return np.where(pull > 0, movers, 0.0), arrived


def closing_error(ledger: xr.DataArray) -> float:
    """Largest gap of ``opening + flows = closing``, relative to the larger of the two stocks."""
    gap = ledger.sel(flow=["opening", *FLOWS]).sum("flow") - ledger.sel(flow="closing")
    stock = ledger.sel(flow=["opening", "closing"]).max("flow").clip(min=1.0)
    return float(np.abs(gap / stock).max())


def account(opening: np.ndarray, flows: Mapping[str, np.ndarray]) -> np.ndarray:
    """Stock at the end of the year: opening plus every flow."""
    closing = opening.copy()
    for name in FLOWS:
        closing = closing + flows[name]
    return closing


def _ordinary(opening: np.ndarray, turnover: Turnover) -> tuple[np.ndarray, ...]:
    exits = opening * turnover.exit[:, None, :]
    moved, arrived = place(opening * turnover.job_change[:, None, :], opening, turnover.likeness)
    aged_out = opening * turnover.ageing[:, None, :]
    aged_out[:, :, -1] = 0.0  # the oldest group has no next one
    aged_in = np.zeros_like(opening)
    aged_in[:, :, 1:] = aged_out[:, :, :-1]
    return exits, moved, arrived, aged_out, aged_in


def _ordinary_flows(
    exits: np.ndarray,
    moved: np.ndarray,
    arrived: np.ndarray,
    aged_out: np.ndarray,
    aged_in: np.ndarray,
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


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)
