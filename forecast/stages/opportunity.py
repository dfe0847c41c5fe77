"""Opportunity beside risk: how many ways out an occupation has in a province, and how good.

Three measures, all from feasibility and openings: how many destinations there effectively are, how
many openings there are per worker when everybody within reach shares them, and what they pay. A
place among workers, not a chance to find a job: that is left to the ledger.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import xlogy

from forecast.checked import require
from forecast.errors import InputError
from forecast.models.base import Floats
from forecast.stages.ranking import share_below
from forecast.stages.transitions import Transitions

COUNTRY = "00"
MEASURES = ("destinations", "openings_per_100", "wage_ratio")


def opportunity_table(
    transitions: Transitions, stock: xr.DataArray, displaced_share: xr.DataArray
) -> pd.DataFrame:
    """Set the ways out of each occupation beside the risk to be separated by AI.

    Parameters
    ----------
    transitions : Transitions
    stock : DataArray (occupation, age_group, sido)
        Workers, ``persons``.
    displaced_share : DataArray (occupation, sido)
        Share (0-1) of the workers separated by AI; without ``00`` the country is the mean of its
        provinces, weighted by workers.

    Returns
    -------
    DataFrame
        ksco7, sido (``00`` = country), displaced_share, destinations, openings_per_100, wage_ratio
        (means over draws) and opportunity: mean of the three as share of workers below, among the
        cells of all provinces, and for the country among its occupations. Cells without a worker
        have no row.
    """
    workers = _workers(transitions, stock)
    names = [COUNTRY, *transitions.provinces]
    people = np.column_stack([workers.sum(axis=1), workers])
    values = _measures(transitions, people)
    displaced = _with_country(transitions, displaced_share, workers)
    standing = [_standing(values[name], people) for name in MEASURES]
    occupation, sido = (side.ravel() for side in np.indices(people.shape))
    table = pd.DataFrame(
        {
            "ksco7": np.asarray(transitions.occupations)[occupation],
            "sido": np.asarray(names)[sido],
            "displaced_share": displaced.ravel(),
            **{name: values[name].ravel() for name in MEASURES},
            "opportunity": np.mean(standing, axis=0).ravel(),
        }
    )
    return table[people.ravel() > 0].reset_index(drop=True)


def move_measures(
    feasible: Floats, openings: Floats, wage: Floats, *, people: Floats
) -> tuple[Floats, Floats, Floats]:
    """Destinations, openings per 100 workers and wage after a move, in every draw.

    Parameters
    ----------
    feasible : ndarray (draw, origin, destination)
    openings : ndarray (destination, place)
        Persons.
    wage : ndarray (destination)
    people : ndarray (origin, place)
        Workers, who share the openings.

    Returns
    -------
    destinations : ndarray (draw, origin, place)
        exp(entropy) of the shares feasibility x openings: 1 = a single one, 0 = none.
    per_100 : ndarray (draw, origin, place)
        Openings per 100 workers: every opening is shared among the workers of other occupations in
        proportion to feasibility, so none counts twice (Luo and Wang 2003, of places to reach).
    wage_ratio : ndarray (draw, origin, place)
        Expected wage after a move relative to the present one; 0 where there is no move.

    Examples
    --------
    >>> feasible = np.array([[[0.0, 1.0, 0.5], [1.0, 0.0, 1.0], [1.0, 1.0, 0.0]]])
    >>> openings, people = np.array([[8.0], [5.0], [10.0]]), np.array([[50.0], [25.0], [50.0]])
    >>> found = move_measures(feasible, openings, np.array([2.0, 1.0, 4.0]), people=people)
    >>> [values[0, 0, 0].round(2).item() for values in found]
    [2.0, 15.0, 1.25]
    """
    pulled = feasible @ openings
    # Entropy of shares fv / Z is log Z - sum(fv log f + fv log v) / Z: matrix products alone.
    spread = xlogy(feasible, feasible) @ openings + feasible @ xlogy(openings, openings)
    some = pulled > 0
    whole = np.where(some, pulled, 1.0)
    destinations = np.where(some, np.exp(np.log(whole) - spread / whole), 0.0)
    ratio = np.where(some, feasible @ (openings * wage[:, None]) / whole, 0.0) / wage[:, None]
    crowd = feasible.transpose(0, 2, 1) @ people
    each = np.divide(openings[None], crowd, out=np.zeros_like(crowd), where=crowd > 0)
    return np.asarray(destinations), 100.0 * (feasible @ each), np.asarray(ratio)


def _measures(transitions: Transitions, people: Floats) -> dict[str, Floats]:
    open_ = np.column_stack([transitions.country_openings, transitions.openings.to_numpy()])
    found = move_measures(transitions.feasibility, open_, transitions.wage, people=people)
    return {name: values.mean(axis=0) for name, values in zip(MEASURES, found, strict=True)}


def _standing(values: Floats, people: Floats) -> Floats:
    """Place the country among its occupations, and provinces among the cells of all provinces."""
    by_province = share_below(values[:, 1:].ravel(), people[:, 1:].ravel())
    country = share_below(values[:, 0], people[:, 0])
    return np.column_stack([country, by_province.reshape(values[:, 1:].shape)])


def _workers(transitions: Transitions, stock: xr.DataArray) -> Floats:
    require(stock, ("occupation", "age_group", "sido"), unit="persons", low=0.0)
    _same_codes(transitions, stock, provinces=list(transitions.provinces))
    by_province = stock.sum("age_group").sel(sido=list(transitions.provinces))
    return np.asarray(by_province.to_numpy())


def _with_country(transitions: Transitions, displaced: xr.DataArray, workers: Floats) -> Floats:
    provinces = list(transitions.provinces)
    has_country = COUNTRY in displaced["sido"].to_numpy()
    _same_codes(transitions, displaced, provinces=[COUNTRY, *provinces][not has_country :])
    by_province = displaced.sel(sido=provinces).transpose("occupation", "sido").to_numpy()
    if has_country:
        country = displaced.sel(sido=COUNTRY).to_numpy()
    else:
        total = workers.sum(axis=1)
        country = np.divide(
            (by_province * workers).sum(axis=1), total, out=np.zeros_like(total), where=total > 0
        )
    return np.column_stack([country, by_province])


def _same_codes(transitions: Transitions, array: xr.DataArray, *, provinces: list[str]) -> None:
    found = list(array["occupation"].to_numpy()), sorted(array["sido"].to_numpy())
    if found != (list(transitions.occupations), sorted(provinces)):
        raise InputError(
            f"opportunity: {array.name or 'array'} has {len(found[0])} occupations and provinces "
            f"{found[1]}; expected those of the transitions, in their order."
        )
