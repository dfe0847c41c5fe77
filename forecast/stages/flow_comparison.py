"""The same shock through two models: our ledger, and the published labour-flow network.

Both are told the same labour demand by occupation. The network works in shares of the labour
demand without AI: its labour force, fixed by construction, so follows the employment baseline,
with everybody's stocks growing alike, in the run with AI and in the run without. Its results are
put back into persons and read against its own run without AI, so that frictional unemployment and
the restlessness of the baseline cancel; what is left is due to AI.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.models.labour_flow import FlowPaths, simulate, steady_state
from forecast.models.labour_flow_rates import FlowRates

Floats = NDArray[np.float64]

OUTCOMES = ("employed", "separated", "not_employed", "long_term")
BASELINE = "no_ai"
LOWER, UPPER = 0.1, 0.9


@dataclass(frozen=True)
class LedgerOutcomes:
    """The shock, and what our ledger makes of it: the country, all ages, persons.

    Parameters
    ----------
    scenarios, years, occupations : sequence of str, int, str
    baseline : ndarray (draw, 1 + year, occupation)
        Employed persons without AI at the end of each year, the opening stock first.
    factor : ndarray (scenario, draw, year, occupation)
        Labour demand under the scenario relative to the baseline; 1 under ``no_ai``.
    separated, not_employed, long_term : ndarray (scenario, draw, year, occupation)
        People separated by AI in the year; separated and not employed at its end; and the part of
        the latter who were separated in an earlier year.
    """

    scenarios: tuple[str, ...]
    years: tuple[int, ...]
    occupations: tuple[str, ...]
    baseline: Floats
    factor: Floats
    separated: Floats
    not_employed: Floats
    long_term: Floats

    def __post_init__(self) -> None:
        n_draw = len(self.baseline)
        years, occupations = len(self.years), len(self.occupations)
        shape = (len(self.scenarios), n_draw, years, occupations)
        wanted: dict[str, tuple[int, ...]] = {"baseline": (n_draw, 1 + years, occupations)}
        wanted |= dict.fromkeys(("factor", "separated", "not_employed", "long_term"), shape)
        for name, expected in wanted.items():
            if (given := getattr(self, name).shape) != expected:
                raise InputError(f"flow comparison: {name} is {given}, expected {expected}.")
        without = [row for row, name in enumerate(self.scenarios) if name == BASELINE]
        if (self.factor[without] != 1.0).any():
            raise InputError(f"flow comparison: {BASELINE} must have a factor of exactly 1.")
        if len(without) == len(self.scenarios):
            raise InputError(f"flow comparison: no scenario beside {BASELINE}; give at least one.")

    def compared(self, draws: int) -> LedgerOutcomes:
        """Leave out ``no_ai`` and all but the first draws: none is better than another."""
        rows = [row for row, name in enumerate(self.scenarios) if name != BASELINE]
        return LedgerOutcomes(
            scenarios=tuple(self.scenarios[row] for row in rows),
            years=self.years,
            occupations=self.occupations,
            baseline=self.baseline[:draws],
            factor=self.factor[rows, :draws],
            separated=self.separated[rows, :draws],
            not_employed=self.not_employed[rows, :draws],
            long_term=self.long_term[rows, :draws],
        )


def compare_flow_models(
    ledger: LedgerOutcomes, network: Floats, *, rates: FlowRates, draws: int = 100
) -> dict[str, pd.DataFrame]:
    """Compare our ledger with the network of del Rio-Chanona et al. (2021) on one shock.

    Parameters
    ----------
    ledger : LedgerOutcomes
    network : ndarray (draw or 1, origin, destination)
        From :func:`forecast.models.labour_flow.mobility_network`, draws paired with the ledger's.
    rates : FlowRates
    draws : int
        The first so many draws are used, of both models; column ``draws`` says how many there were.

    Returns
    -------
    dict of str to DataFrame
        ``flow_comparison`` and ``flow_comparison_occupation``, see the codebook; every scenario
        but ``no_ai``, which both are read against.

    Notes
    -----
    The network opens where it would stay without a shock, at the employment of the opening stock;
    jobs it wants then include the vacancies it keeps open. Baseline and factor move in straight
    lines from year end to year end, and year ends lie between two steps of the network. Its
    ``separated`` are the layoffs above those without AI: the part of separations that depends on
    demand. They stay zero while turnover, which opens fewer vacancies than it empties jobs, shrinks
    an occupation as fast as AI does. Its ``not_employed`` are therefore all whom AI keeps from
    work, separated or not, and minus its ``employed`` by construction; where AI raises demand,
    all of them can be negative.

    Examples
    --------
    >>> none = np.zeros((1, 1, 2, 2))
    >>> ledger = LedgerOutcomes(
    ...     ("slow",), (2023, 2024), ("21", "22"), np.full((1, 3, 2), 5e5),
    ...     np.array([[[[0.9, 1.0], [0.8, 1.0]]]]), none, none, none,
    ... )
    >>> tables = compare_flow_models(ledger, np.full((1, 2, 2), 0.5), rates=FlowRates())
    >>> table = tables["flow_comparison"].query("year == 2024 and outcome == 'employed'")
    >>> table.set_index("model")["persons"].round(-3).to_dict()
    {'ledger': -100000.0, 'labour_flow_network': -65000.0}
    """
    if draws < 1:
        raise InputError(f"flow comparison: {draws} draws; use 1 or more.")
    ledger = ledger.compared(draws)
    # A network of one draw serves every draw of the ledger.
    if len(network[:draws]) not in (1, len(ledger.baseline)):
        raise InputError(
            f"flow comparison: the network has {len(network)} draws, the ledger "
            f"{len(ledger.baseline)}; give one for each, or a single one for all."
        )
    ours = {
        "employed": ledger.baseline[:, 1:] * (ledger.factor - 1.0),
        "separated": ledger.separated,
        "not_employed": ledger.not_employed,
        "long_term": ledger.long_term,
    }
    theirs = _network_outcomes(ledger, network[:draws], rates)
    return {
        "flow_comparison": _country(ledger, {"ledger": ours, "labour_flow_network": theirs}),
        "flow_comparison_occupation": _by_occupation(ledger, theirs["not_employed"]),
    }


def _network_outcomes(
    ledger: LedgerOutcomes, network: Floats, rates: FlowRates
) -> dict[str, Floats]:
    """Return what AI changes in the network: outcome -> (scenario, draw, year, occupation)."""
    clock = _Clock(len(ledger.years), rates.steps_per_year)
    people = ledger.baseline.sum(axis=2, keepdims=True)
    wanted = clock.at_steps(ledger.baseline) / clock.at_steps(people)
    start = steady_state(wanted[:, 0], network, rates)
    # Persons for one unit of the network, which employs the opening stock where it starts.
    persons = people / start.employed.sum(axis=1)[:, None, None]

    def outcomes(target: Floats) -> dict[str, Floats]:
        # A step answers the demand at its end, as a year of the ledger does.
        paths = simulate(start, target[:, 1:], network=network, rates=rates)
        return _at_year_ends(paths, persons, clock)

    without = outcomes(wanted)
    before_ai = np.ones_like(ledger.factor[0, :, :1])
    runs = []
    for factor in ledger.factor:
        shock = clock.at_steps(np.concatenate([before_ai, factor], axis=1))
        runs.append(outcomes(wanted * shock))
    return {name: np.stack([run[name] - without[name] for run in runs]) for name in OUTCOMES}


@dataclass(frozen=True)
class _Clock:
    """Steps of the network beside years: a year is no whole number of steps."""

    n_year: int
    steps_per_year: float

    @property
    def n_step(self) -> int:
        return int(np.ceil(self.n_year * self.steps_per_year))

    def at_steps(self, year_ends: Floats) -> Floats:
        """Interpolate (draw, 1 + year, occupation) at every step, the opening first."""
        years = np.minimum(np.arange(self.n_step + 1) / self.steps_per_year, self.n_year)
        return _between(year_ends, years)

    def at_year_ends(self, steps: Floats) -> Floats:
        """Interpolate (draw, 1 + step, occupation) at the opening and every year end."""
        return _between(steps, np.arange(self.n_year + 1) * self.steps_per_year)


def _between(values: Floats, position: NDArray[np.floating]) -> Floats:
    """Interpolate linearly along axis 1 at fractional positions."""
    below = np.minimum(position.astype(int), values.shape[1] - 2)
    weight = (position - below)[None, :, None]
    return np.asarray(values[:, below] * (1.0 - weight) + values[:, below + 1] * weight)


def _at_year_ends(paths: FlowPaths, persons: Floats, clock: _Clock) -> dict[str, Floats]:
    """Return persons (draw, year, occupation); `persons` are those of one unit at year ends."""
    stocks = {
        "employed": paths.employed,
        "not_employed": paths.unemployed,
        "long_term": paths.long_term,
    }
    ends = {name: (clock.at_year_ends(path) * persons)[:, 1:] for name, path in stocks.items()}
    laid_off = np.zeros_like(paths.employed)
    laid_off[:, 1:] = np.cumsum(paths.laid_off * clock.at_steps(persons)[:, 1:], axis=1)
    return {**ends, "separated": np.diff(clock.at_year_ends(laid_off), axis=1)}


def _country(ledger: LedgerOutcomes, models: Mapping[str, Mapping[str, Floats]]) -> pd.DataFrame:
    tables = []
    for model, outcomes in models.items():
        for outcome in OUTCOMES:
            persons = outcomes[outcome].sum(axis=3)  # (scenario, draw, year)
            lower, upper = np.quantile(persons, [LOWER, UPPER], axis=1)
            index = pd.MultiIndex.from_product(
                [ledger.scenarios, ledger.years], names=["scenario", "year"]
            )
            columns = {"persons": persons.mean(axis=1), "lower80": lower, "upper80": upper}
            table = pd.DataFrame({name: value.ravel() for name, value in columns.items()}, index)
            tables.append(table.reset_index().assign(model=model, outcome=outcome))
    order = ["year", "scenario", "model", "outcome", "persons", "lower80", "upper80"]
    return pd.concat(tables, ignore_index=True)[order].assign(draws=len(ledger.baseline))


def _by_occupation(ledger: LedgerOutcomes, network_not_employed: Floats) -> pd.DataFrame:
    workers = ledger.baseline[:, 1:].mean(axis=0)  # (year, occupation)
    persons = {
        "shock": ledger.baseline[:, 1:] * (ledger.factor - 1.0),
        "ledger_not_employed": ledger.not_employed,
        "network_not_employed": network_not_employed,
    }
    index = pd.MultiIndex.from_product(
        [ledger.scenarios, ledger.years, ledger.occupations], names=["scenario", "year", "ksco7"]
    )
    # Where nobody works nobody is a share of anything: 0, not a gap.
    shares = {
        name: np.divide(
            value.mean(axis=1),
            workers,
            where=workers > 0,
            out=np.zeros((len(ledger.scenarios), *workers.shape)),
        ).ravel()
        for name, value in persons.items()
    }
    table = pd.DataFrame(shares, index).reset_index()
    return table[["ksco7", "year", "scenario", *shares]].assign(draws=len(ledger.baseline))
