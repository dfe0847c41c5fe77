"""From seats per province and cell to seats per site and cell, in whole people that add up.

Knows nothing of ministries: arrays in, long arrays out. Axes are province, occupation, age.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError
from forecast.stages.rounding import round_under_margins

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

IN_NEED, BEYOND_NEED = 0, 1


@dataclass(frozen=True)
class SeatRows:
    """Seats of one programme and year, one row for each cell with somebody in it.

    Parameters
    ----------
    site, province, occupation, age : ndarray of int (row,)
        Indices; `province` is where the people live.
    basis : ndarray of int (row,)
        ``IN_NEED`` or ``BEYOND_NEED``.
    persons : ndarray of int (row,)
        Whole persons, at least 1.
    fractional : ndarray (row,)
        Persons before the rounding: the cell's people in proportion to the seats of the sites.
    """

    site: Ints
    province: Ints
    occupation: Ints
    age: Ints
    basis: Ints
    persons: Ints
    fractional: Floats


def split_over_sites(
    in_need: Ints,
    beyond: Ints,
    at_site: Ints,
    *,
    site_province: Ints,
    served_by: Ints,
    time_limit_seconds: float = 30.0,
) -> SeatRows:
    """Send the people of every province to the sites that serve it.

    Parameters
    ----------
    in_need, beyond : ndarray of int (province, occupation, age)
        Seats for people in need, and above the need.
    at_site : ndarray of int (site,)
        Seats at each site.
    site_province : ndarray of int (site,)
        Province in which a site stands.
    served_by : ndarray of int (province,)
        Province whose sites serve it.

    Returns
    -------
    SeatRows
        Exact at every site and in every cell; each cell at a site is its proportional share
        rounded up or down, and so are site x occupation and, where possible, site x age.

    Raises
    ------
    InputError
        If a province's sites have more or fewer seats than the people they serve.

    Examples
    --------
    >>> people = np.array([[[4, 0], [0, 2]]])  # one province, two occupations, two ages
    >>> rows = split_over_sites(
    ...     people, 0 * people, np.array([3, 3]), site_province=np.array([0, 0]),
    ...     served_by=np.array([0]))
    >>> np.column_stack([rows.site, rows.occupation, rows.age, rows.persons]).tolist()
    [[0, 0, 0, 2], [0, 1, 1, 1], [1, 0, 0, 2], [1, 1, 1, 1]]
    """
    _check_sites(in_need, beyond, at_site, site_province, served_by)
    both = np.stack([in_need, beyond])
    parts = []
    for home in np.unique(served_by):
        sites = np.flatnonzero((site_province == home) & (at_site > 0))
        basis, province, occupation, age = np.nonzero(both * (served_by == home)[:, None, None])
        if not len(sites):
            continue
        people = both[basis, province, occupation, age]
        share = at_site[sites] / at_site[sites].sum()
        target = np.outer(share, people)
        whole = _whole(target, people, occupation, age, time_limit_seconds)
        where, cell = np.nonzero(whole)
        columns = (sites[where], province[cell], occupation[cell], age[cell], basis[cell])
        parts.append((*columns, whole[where, cell], target[where, cell]))
    if not parts:
        none = np.zeros(0, dtype=np.int64)
        return SeatRows(none, none, none, none, none, none, np.zeros(0))
    *joined, fractional = (np.concatenate(column) for column in zip(*parts, strict=True))
    site, province, occupation, age, basis, persons = joined
    order = np.lexsort((age, occupation, province, basis, site))
    return SeatRows(
        site[order],
        province[order],
        occupation[order],
        age[order],
        basis[order],
        persons[order],
        fractional[order],
    )


def spread_beyond(
    total_by_province: Ints,
    eligible: Floats,
    taken: Ints,
    *,
    time_limit_seconds: float = 30.0,
) -> Ints:
    """Spread seats above the need evenly over those who are eligible and have none yet.

    Parameters
    ----------
    total_by_province : ndarray of int (province,)
        Seats to be given out exactly.
    eligible : ndarray (province, occupation, age)
        People whom the programme is open to, persons.
    taken : ndarray of int (province, occupation, age)
        Of these, people who have been given a seat.

    Returns
    -------
    ndarray of int (province, occupation, age)
        In proportion to ``eligible - taken``, each cell rounded up or down and at most the whole
        people left in it; occupations and ages are nationally within one person of
        proportional wherever whole numbers allow.

    Raises
    ------
    InputError
        Naming the first province that has fewer eligible people than seats.

    Examples
    --------
    >>> eligible = np.array([[[20.0, 0.0], [5.5, 4.5]]])
    >>> spread_beyond(np.array([3]), eligible, np.zeros((1, 2, 2), dtype=int)).tolist()
    [[[2, 0], [1, 0]]]
    """
    seats = np.asarray(total_by_province, dtype=np.int64)
    shape = eligible.shape
    room = np.clip(eligible - taken, 0.0, None).reshape(len(seats), -1)
    short = np.flatnonzero(seats > np.floor(room.sum(axis=1) + 1e-6))
    if (seats < 0).any() or len(short):
        at = int(short[0]) if len(short) else int(np.argmin(seats))
        raise InputError(
            f"seats beyond the need: province {at} has {room[at].sum():,.1f} eligible people "
            f"without a seat for {int(seats[at]):,} seats. Give it fewer seats or open the "
            "programme to more people."
        )
    target = _level(seats, room)
    province, cell = (index.ravel() for index in np.indices(target.shape))
    ages = shape[2]
    occupation, age = cell // ages, cell % ages
    # Province and {occupation x age within occupation} are a network: the last always works.
    for margins in ([province, cell, occupation, age], [province, occupation, age]):
        whole = round_under_margins(target.ravel(), margins, time_limit_seconds=time_limit_seconds)
        if whole is not None:
            return whole.reshape(shape)
    whole = round_under_margins(target.ravel(), [province, cell, occupation])
    if whole is None:  # pragma: no cover - two families of nested margins never conflict
        raise InputError("seats beyond the need: no whole numbers found; report this.")
    return whole.reshape(shape)


def _whole(target: Floats, people: Ints, occupation: Ints, age: Ints, seconds: float) -> Ints:
    """Whole people at (site, cell), exact in both margins."""
    if len(target) == 1:
        return people[None, :].astype(np.int64)
    site, cell = (index.ravel() for index in np.indices(target.shape))
    by_occupation, by_age = (
        np.unique(site * (codes.max(initial=0) + 1) + codes[cell], return_inverse=True)[1]
        for codes in (occupation, age)
    )
    nested = [cell, site, by_occupation]
    for margins in ([*nested, by_age], nested):
        whole = round_under_margins(target.ravel(), margins, time_limit_seconds=seconds)
        if whole is not None:
            return whole.reshape(target.shape)
    raise InputError("seats by site: no whole numbers found; report this.")  # pragma: no cover


def _level(seats: Ints, room: Floats) -> Floats:
    """Shares of `seats` in proportion to `room`, none above the whole people in a cell."""
    most = np.floor(room + 1e-9)
    # Fewer whole people than seats, all fractions counted: a fraction may become a person.
    most = np.where((seats > most.sum(axis=1))[:, None], room, most)
    given, left = np.zeros_like(room), seats.astype(float)
    is_open = most > 0
    while (left > 1e-9).any() and is_open.any():
        wish = np.where(is_open, room, 0.0)
        total = wish.sum(axis=1)
        rate = np.divide(left, total, out=np.zeros_like(left), where=total > 0)
        now = given + wish * rate[:, None]
        full = is_open & (now >= most)
        given = np.where(is_open, now, given)
        if not full.any():
            break
        # Those that are full leave with their fill; the others start again from nothing.
        given = np.where(full, most, np.where(is_open, 0.0, given))
        is_open &= ~full
        left = seats - given.sum(axis=1)
    return given


def _check_sites(
    in_need: Ints, beyond: Ints, at_site: Ints, site_province: Ints, served_by: Ints
) -> None:
    if in_need.shape != beyond.shape or len(in_need) != len(served_by):
        raise InputError(f"seats by site: {in_need.shape} against {beyond.shape}.")
    if min(in_need.min(initial=0), beyond.min(initial=0), at_site.min(initial=0)) < 0:
        raise InputError("seats by site: expected people and seats of at least 0.")
    size = len(served_by)
    people = (in_need + beyond).sum(axis=(1, 2))
    people = np.bincount(served_by, weights=people, minlength=size)
    seats = np.bincount(site_province, weights=at_site, minlength=size)
    wrong = np.flatnonzero(people != seats)
    if len(wrong):
        raise InputError(
            f"seats by site: province {wrong[0]} has {int(seats[wrong[0]]):,} seats at its sites "
            f"for {int(people[wrong[0]]):,} people whom they serve. They must be equal."
        )
