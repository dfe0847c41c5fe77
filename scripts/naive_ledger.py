"""The ledger of :mod:`forecast.stages.ledger` as a loop over pandas rows, to be measured beside it.

Accounts alone: the mechanism before them is given, and needs after them are left out. A year of
one draw is a table of occupation x age x province; people who look for work meet in markets of one
age and province.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from forecast.stages.effect import Effect
from forecast.stages.ledger import DISPLACED_FLOWS, FLOWS, NOISE_PERSONS
from forecast.stages.world import World
from forecast.types import AGE_GROUPS

CELL = ["occupation", "age_group", "sido"]
PLACE = ["age_group", "sido"]


def naive_year(cells: pd.DataFrame, likeness: pd.DataFrame) -> pd.DataFrame:
    """Account for one year of one draw.

    Parameters
    ----------
    cells : DataFrame
        From :func:`year_of_cells`, oldest age last.
    likeness : DataFrame
        Feasibility of a move, origin by destination.

    Returns
    -------
    DataFrame
        Flows of employment, then those of the displaced as ``displaced_*``, with both closings.
    """
    base = _ordinary(cells, likeness, opening="base_opening", closing="base_closing")
    base_hires = base["hires"]
    cells = _ordinary(cells, likeness, opening="opening", closing="closing").assign(
        entry=base_hires.clip(lower=0.0), base_leaving=base["left"] + (-base_hires).clip(lower=0.0)
    )
    cells = _aged(cells, "idle")
    cells = cells.join(pd.DataFrame({row: _separate(cell) for row, cell in cells.iterrows()}).T)
    found = [_look_for_work(market, likeness) for _, market in cells.groupby(PLACE)]
    cells = cells.join(pd.concat(found))
    return pd.DataFrame({row: _accounts(cell) for row, cell in cells.iterrows()}).T


def _ordinary(
    cells: pd.DataFrame, likeness: pd.DataFrame, *, opening: str, closing: str
) -> pd.DataFrame:
    """Add who leaves, changes occupation and ages, and the hires that balance the account."""
    cells = _aged(cells, opening).assign(left=cells[opening] * cells["exit"])
    moves = []
    for _, market in cells.groupby(PLACE):
        movers, size = market[opening] * market["job_change"], market[opening] * market["pull"]
        per_pull, arrived = _sent(movers, size, _between(market, likeness))
        moves.append(pd.DataFrame({"moved": movers.where(per_pull > 0, 0.0), "arrived": arrived}))
    cells = cells.join(pd.concat(moves))
    out = cells["left"] + cells["moved"] + cells[f"{opening}_aged_out"]
    into = cells["arrived"] + cells[f"{opening}_aged_in"]
    return cells.assign(hires=cells[closing] - cells[opening] + out - into)


def _aged(cells: pd.DataFrame, stock: str) -> pd.DataFrame:
    """Add who reaches the next age group; the oldest has none."""
    out = (cells[stock] * cells["ageing"]).where(cells["age_group"] != AGE_GROUPS[-1], 0.0)
    into = out.groupby([cells["occupation"], cells["sido"]]).shift(fill_value=0.0)
    return cells.assign(**{f"{stock}_aged_out": out, f"{stock}_aged_in": into})


def _between(market: pd.DataFrame, likeness: pd.DataFrame) -> pd.DataFrame:
    """Feasibility between the rows of a market."""
    known = likeness.loc[market["occupation"], market["occupation"]]
    return known.set_axis(market.index, axis=0).set_axis(market.index, axis=1)


def _sent(
    movers: pd.Series, attraction: pd.Series, likeness: pd.DataFrame
) -> tuple[pd.Series, pd.Series]:
    """Send movers to other occupations: movers per pull by origin, and movers by destination."""
    per_pull, arrived = 0.0 * movers, 0.0 * movers
    for origin in list(likeness.index):
        weight = likeness.loc[origin]
        pull = (weight * attraction).sum()
        if pull > 0:
            per_pull[origin] = movers[origin] / pull
            arrived += weight * attraction * per_pull[origin]
    return per_pull, arrived


def _separate(cell: pd.Series) -> dict[str, float]:
    hires, exits = cell["hires"], cell["left"]
    beyond = max(cell["base_leaving"] - cell["base_opening"] * cell["exit"], 0.0)
    leaving = min(beyond * _ratio(cell["opening"], cell["base_opening"]), max(-hires, 0.0))
    exits, hires = exits + leaving, hires + leaving
    missing = -hires if hires < -NOISE_PERSONS else 0.0
    present = max(cell["opening"] - exits - cell["moved"] - cell["opening_aged_out"], 0.0)
    separated = min(max(cell["separation"], missing), present)
    not_yet_gone = max(missing - separated, 0.0)
    now, later = cell["reemployed"] * separated, cell["later"] * cell["idle"]
    return {
        "exits": exits + not_yet_gone,
        "separated": separated,
        "vacancies": hires + not_yet_gone + separated,
        "now": now,
        "looking": now + later,
    }


def _look_for_work(market: pd.DataFrame, likeness: pd.DataFrame) -> pd.DataFrame:
    """Find who of the displaced of one age and province is employed again, and where."""
    like, openings = _between(market, likeness), market["vacancies"].clip(lower=0.0)
    change = market["looking"] * market["changes_occupation"]
    same = market["looking"] - change
    per_pull, wanted = _sent(change, openings, like)
    finding = {}
    for row in list(market.index):
        seekers = same[row] + wanted[row]
        tightness = min(_ratio(openings[row], market["entry"][row] + seekers), 1.0)
        chance = tightness ** market["congestion"][row]
        finding[row] = min(chance, _ratio(openings[row], seekers))
    found = pd.Series(finding)
    hired = {row: (like.loc[row] * openings * found).sum() for row in list(like.index)}
    away = per_pull * pd.Series(hired)
    return pd.DataFrame({"back": same * found, "other": wanted * found, "away": away})


def _accounts(cell: pd.Series) -> dict[str, float]:
    """Name the flows of both accounts; outflows are negative."""
    vacancies = cell["vacancies"] - cell["back"] - cell["other"]
    new_tasks = min(cell["reinstatement"], max(vacancies, 0.0))
    retires = cell["age_group"] == AGE_GROUPS[-1]
    employed = {
        "entry": cell["entry"],
        "exit": 0.0 if retires else -cell["exits"],
        "retirement": -cell["exits"] if retires else 0.0,
        "job_change_out": -cell["moved"],
        "job_change_in": cell["arrived"],
        "ageing_out": -cell["opening_aged_out"],
        "ageing_in": cell["opening_aged_in"],
        "ai_separation": -cell["separated"],
        "reemployment_same": cell["back"],
        "reemployment_other": cell["other"],
        "reinstatement": new_tasks,
        "ai_hiring": vacancies - new_tasks - cell["entry"],
    }
    displaced = {
        "separated": cell["separated"],
        "reemployed_same": -cell["back"],
        "reemployed_other": -cell["away"],
        "withdrawn": -cell["withdrawn"] * cell["idle"],
        "ageing_out": -cell["idle_aged_out"],
        "ageing_in": cell["idle_aged_in"],
    }
    return {
        **employed,
        "closing": cell["opening"] + sum(employed[name] for name in FLOWS),
        **{f"displaced_{name}": flow for name, flow in displaced.items()},
        "displaced_closing": cell["idle"] + sum(displaced[name] for name in DISPLACED_FLOWS),
    }


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole > 0 else 1.0


def rates_of_cells(world: World, draw: int) -> pd.DataFrame:
    """Rows of one draw with their codes and the rates of their turnover."""
    labels = [world.occupations, list(AGE_GROUPS), world.provinces.codes]
    shape = tuple(len(codes) for codes in labels)
    cells = pd.MultiIndex.from_product(labels, names=CELL).to_frame(index=False)
    for name, rates in vars(world.turnover).items():
        if name != "likeness":
            rate = rates[draw]
            placed = rate[:, None, :] if name == "pull" else np.reshape(rate, (1, -1, 1))
            cells[name] = np.broadcast_to(placed, shape).ravel()
    return cells


def year_of_cells(
    world: World, effect: Effect, rates: pd.DataFrame, *, draw: int, year: int
) -> pd.DataFrame:
    """Add what the year of a draw starts from, but for the stock of the displaced.

    Parameters
    ----------
    world : World
    effect : Effect
        Of the scenario, by province.
    rates : DataFrame
        From :func:`rates_of_cells`.
    draw, year : int
        Positions.
    """

    def share(values: xr.DataArray, year: int) -> np.ndarray:
        return values.isel(draw=draw, year=year).transpose(*CELL).to_numpy().ravel()

    def baseline(year: int) -> np.ndarray:
        placed = world.provinces.share[year, draw][:, None, :]
        return np.ravel(world.stock[year, draw][:, :, None] * placed)

    before = share(effect.factor, year - 1) if year else 1.0
    opening = baseline(year) * before
    return rates.assign(
        base_opening=baseline(year),
        base_closing=baseline(year + 1),
        opening=opening,
        closing=baseline(year + 1) * share(effect.factor, year),
        separation=share(effect.separated, year) * opening,
        reinstatement=share(effect.reinstated, year) * opening,
    )
