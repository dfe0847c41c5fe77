"""Labour flows on an occupational network: the published model, re-implemented.

Workers hold jobs (employed) or none (unemployed) and belong to the occupation they last worked in;
jobs are held or open (vacancies). Firms want a target number of jobs per occupation. Where there
are more jobs than that, workers are separated faster; where there are fewer, vacancies open faster.
Each unemployed person sends one application a step along the network, and each vacancy that
received any hires one of them. The labour force is fixed: it has no ages, exits or newcomers.

This is the deterministic approximation for large populations, vectorised over draws.

References
----------
del Rio-Chanona, Mealy, Beguerisse-Diaz, Lafond and Farmer (2021), Occupational mobility and
automation: a data-driven network model, Journal of the Royal Society Interface 18: 20200898.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components

from forecast.errors import InputError
from forecast.models.labour_flow_rates import FlowRates

Floats = NDArray[np.float64]

STEADY = 1e-12  # change of any stock in a step, relative to the labour force, that counts as none
MOST_STEPS = 20_000  # some 2,600 years: what has not settled by then never will


@dataclass(frozen=True)
class FlowState:
    """Stocks at one moment.

    Parameters
    ----------
    employed, vacancies : ndarray (draw, occupation)
    unemployed : ndarray (draw, duration, occupation)
        By the occupation last worked in and full steps without work since the step of separation:
        0, 1, ..., and in the last row `long_term_steps` or more.
    """

    employed: Floats
    vacancies: Floats
    unemployed: Floats

    @property
    def labour_force(self) -> Floats:
        """Employed and unemployed of all occupations (draw,)."""
        return np.asarray(self.employed.sum(axis=1) + self.unemployed.sum(axis=(1, 2)))


@dataclass(frozen=True)
class FlowPaths:
    """What happened, in the unit of the stocks that were given.

    Parameters
    ----------
    employed, unemployed, long_term, vacancies : ndarray (draw, step + 1, occupation)
        Stocks; the first is where the path started. `long_term` is a part of `unemployed`.
    separated, laid_off, hired : ndarray (draw, step, occupation)
        Flows of each step. `laid_off` is the part of `separated` that is there only because the
        occupation had more jobs than its target; `hired` is by the occupation they now work in.
    """

    employed: Floats
    unemployed: Floats
    long_term: Floats
    vacancies: Floats
    separated: Floats
    laid_off: Floats
    hired: Floats


def mobility_network(feasibility: Floats, openings: Floats, *, self_loop: float) -> Floats:
    """Build the network along which people apply.

    Parameters
    ----------
    feasibility : ndarray (draw or 1, origin, destination)
        Of moves, at least 0; its diagonal is not used.
    openings : ndarray (destination,)
        Size of each destination in any unit. The paper's network is of observed transitions, which
        grow with the size of the destination too.
    self_loop : float
        Weight of the own occupation, 0 to 1.

    Returns
    -------
    ndarray (draw or 1, origin, destination)
        Rows sum to 1; where no other occupation can be reached they hold the self-loop alone.

    Examples
    --------
    >>> mobility_network(np.ones((1, 3, 3)), np.array([1.0, 3.0, 1.0]), self_loop=0.5)[0, 0]
    array([0.5  , 0.375, 0.125])
    """
    if (feasibility < 0).any() or (openings < 0).any():
        raise InputError("feasibility and openings of the labour-flow network must be at least 0.")
    size = len(openings)
    weight = feasibility * openings * (1.0 - np.eye(size))
    total = weight.sum(axis=2, keepdims=True)
    others = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    return np.asarray((1.0 - self_loop) * others + self_loop * np.eye(size))


def steady_state(target: Floats, network: Floats, rates: FlowRates) -> FlowState:
    """Run the model without a shock until no stock changes any more.

    Parameters
    ----------
    target : ndarray (draw, occupation)
        Jobs that firms want: held and vacant together.
    network : ndarray (draw or 1, origin, destination)
        From :func:`mobility_network`.
    rates : FlowRates

    Returns
    -------
    FlowState
        Its labour force is `rates.people_per_job` times the target, in every draw.

    Raises
    ------
    InputError
        If nobody is wanted anywhere, or people can leave an occupation for others from where there
        is no way back: it would empty for ever.
    ArithmeticError
        If the stocks still move after :data:`MOST_STEPS` steps.

    Examples
    --------
    >>> found = steady_state(np.array([[60.0, 40.0]]), np.full((1, 2, 2), 0.5), FlowRates())
    >>> found.labour_force.round(9), (found.unemployed.sum(axis=1) / found.employed).round(3)
    (array([100.]), array([[0.043, 0.043]]))
    """
    jobs = target.sum(axis=1, keepdims=True)
    if not (jobs > 0).all() or (target < 0).any():
        raise InputError("target demand must be at least 0, and not 0 in all occupations.")
    _require_ways_back(target, network)
    people, share = rates.people_per_job * jobs, target / jobs
    # Any start settles; the one near the end is where in- and outflow of an occupation balance.
    employed, vacancies = 0.95 * people * share, 0.02 * people * share
    unemployed = people * share - employed
    for _ in range(MOST_STEPS):
        before = employed, unemployed, vacancies
        step = _step(*before, target, network, rates)
        separated, opened = step.separated, step.opened
        employed = employed - separated + step.hired
        unemployed = unemployed + separated - step.left
        vacancies = vacancies + opened - step.hired
        moved = max(
            float(np.abs((now - then) / people).max())
            for now, then in zip((employed, unemployed, vacancies), before, strict=True)
        )
        if moved < STEADY:
            return FlowState(employed, vacancies, _durations(unemployed, separated, rates))
    raise ArithmeticError(
        f"the labour-flow network has no steady state after {MOST_STEPS} steps; the stocks still "
        f"move by {moved:.1e} of the labour force a step."
    )


def simulate(start: FlowState, target: Floats, *, network: Floats, rates: FlowRates) -> FlowPaths:
    """Follow stocks and flows while the target demand changes.

    Parameters
    ----------
    start : FlowState
        Usually of :func:`steady_state`.
    target : ndarray (draw, step, occupation)
        Jobs that firms want in each step.
    network : ndarray (draw or 1, origin, destination)
        From :func:`mobility_network`.
    rates : FlowRates

    Returns
    -------
    FlowPaths
        Employed and unemployed add up to the same number of people in every step of a draw.

    Examples
    --------
    >>> rates, network = FlowRates(), np.full((1, 2, 2), 0.5)
    >>> start = steady_state(np.array([[60.0, 40.0]]), network, rates)
    >>> shock = np.tile([50.0, 50.0], (1, 30, 1))
    >>> paths = simulate(start, shock, network=network, rates=rates)
    >>> paths.employed[0, [0, -1]].round(1)
    array([[57.5, 38.4],
           [48. , 47.9]])
    """
    if start.unemployed.shape[1] != rates.long_term_steps + 1:
        raise InputError(
            f"the start has {start.unemployed.shape[1]} classes of duration, the rates ask for "
            f"{rates.long_term_steps + 1}. Use the same rates for both."
        )
    employed, vacancies, unemployed = start.employed, start.vacancies, start.unemployed
    n_draw, n_step, n_occupation = target.shape
    stocks = np.empty((4, n_draw, n_step + 1, n_occupation))
    flows = np.empty((3, n_draw, n_step, n_occupation))
    stocks[:, :, 0] = employed, unemployed.sum(axis=1), unemployed[:, -1], vacancies
    for t in range(n_step):
        seekers = unemployed.sum(axis=1)
        step = _step(employed, seekers, vacancies, target[:, t], network, rates)
        employed = employed - step.separated + step.hired
        vacancies = vacancies + step.opened - step.hired
        unemployed = _aged(unemployed, seekers, step)
        stocks[:, :, t + 1] = employed, unemployed.sum(axis=1), unemployed[:, -1], vacancies
        flows[:, :, t] = step.separated, step.laid_off, step.hired
    return FlowPaths(*stocks, *flows)


def _require_ways_back(target: Floats, network: Floats) -> None:
    for draw, wanted in enumerate(target > 0):
        reach = network[draw % len(network)][np.ix_(wanted, wanted)] > 0
        if reach.all():
            continue
        parts = {
            kind: connected_components(reach, connection=kind)[0] for kind in ("weak", "strong")
        }
        if parts["weak"] != parts["strong"]:
            raise InputError(
                f"labour-flow network, draw {draw}: some occupation can be left but never reached. "
                "Give every occupation openings, and every move some feasibility."
            )


@dataclass(frozen=True)
class _Step:
    """Flows of one step (draw, occupation)."""

    separated: Floats
    laid_off: Floats
    opened: Floats
    hired: Floats  # by the occupation they now work in
    left: Floats  # the same people by the occupation they last worked in


def _step(
    employed: Floats,
    unemployed: Floats,
    vacancies: Floats,
    target: Floats,
    network: Floats,
    rates: FlowRates,
) -> _Step:
    gap = employed + vacancies - target
    too_many = rates.separation_response * np.maximum(gap, 0.0)
    too_few = rates.opening_response * np.maximum(-gap, 0.0)
    # The paper's probability can exceed 1 where most jobs are vacant: nobody is separated twice.
    laid_off = (1.0 - rates.separation) * np.minimum(too_many, employed)
    hired, left = _matches(unemployed, vacancies, network)
    return _Step(
        separated=np.minimum(rates.separation * employed + laid_off, employed),
        laid_off=laid_off,
        opened=rates.opening * employed + (1.0 - rates.opening) * too_few,
        hired=hired,
        left=np.minimum(left, unemployed),  # rounding must not send away more than there are
    )


def _matches(unemployed: Floats, vacancies: Floats, network: Floats) -> tuple[Floats, Floats]:
    """Return hires by new and by last occupation; the flow matrix itself is never needed.

    ``applications_ij = u_i v_j A_ij / sum_l v_l A_il``, and of the s_j applications for v_j
    vacancies ``v_j (1 - exp(-s_j / v_j))`` succeed, each with the same chance.
    """
    pull = (network @ vacancies[..., None])[..., 0]
    per_pull = _safe_ratio(unemployed, pull)
    applications = vacancies * (per_pull[:, None, :] @ network)[:, 0, :]
    hired = -vacancies * np.expm1(-_safe_ratio(applications, vacancies))
    success = _safe_ratio(hired, applications)
    return hired, per_pull * (network @ (vacancies * success)[..., None])[..., 0]


def _aged(unemployed: Floats, seekers: Floats, step: _Step) -> Floats:
    """Everybody who found nothing is a step longer without work; the separated begin."""
    staying = 1.0 - _safe_ratio(step.left, seekers)
    kept = unemployed * staying[:, None, :]
    longest = kept[:, -2:].sum(axis=1, keepdims=True)
    return np.concatenate([step.separated[:, None, :], kept[:, :-2], longest], axis=1)


def _durations(unemployed: Floats, separated: Floats, rates: FlowRates) -> Floats:
    """Split unemployment that in- and outflow keep as it is: survival is geometric."""
    staying = np.clip(1.0 - _safe_ratio(separated, unemployed), 0.0, 1.0)
    reached = staying[:, None, :] ** np.arange(rates.long_term_steps + 1)[:, None]
    alive = unemployed[:, None, :] * reached  # without work for at least so many steps
    return np.concatenate([alive[:, :-1] - alive[:, 1:], alive[:, -1:]], axis=1)


def _safe_ratio(part: Floats, whole: Floats) -> Floats:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)
