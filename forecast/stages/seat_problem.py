"""Who could be given a seat, where, when: the seat problem as checked arrays.

Knows nothing of ministries or file names. People stand in pools: a pool is a group of people with
one need (employed people in need of AI basics, say), counted in whole persons by year, province,
occupation and age. A programme seats people of one pool. Arrays have the axes year, province,
occupation, age in this order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from forecast.errors import InputError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Pool:
    """People with one need.

    Parameters
    ----------
    name : str
        ``people/need``, e.g. ``employed/ai_basic``.
    new : ndarray of int (year, province, occupation, age)
        People who come to need a seat in the year; the first year has the backlog too.
    priority : ndarray (province, occupation, age)
        Gain of a seat for one of them, at least 0; 1 is the mean over those in need.
    waits : bool
        People without a seat come back next year (True), or do not (people who enter).
    """

    name: str
    new: Ints
    priority: Floats
    waits: bool = True

    def __post_init__(self) -> None:
        if self.new.ndim != 4 or self.priority.shape != self.new.shape[1:]:
            raise InputError(f"pool {self.name}: new {self.new.shape}, {self.priority.shape}.")
        if self.new.size and (self.new.min() < 0 or not np.isfinite(self.priority).all()):
            raise InputError(f"pool {self.name}: people below 0 or a priority that is no number.")


@dataclass(frozen=True)
class Sites:
    """Where a programme is taught.

    Parameters
    ----------
    province : ndarray of int (site,)
        Province of each site.
    smallest_class, largest_class : int
        Seats in a class; the seats of a site are whole classes of a size between them.
    most : int
        Most seats of this programme at one site in a year.
    every_site : bool
        Each site teaches at least one class a year.
    months : float
        Duration of a class, for the room a site has; 0 where it is not published.
    """

    province: Ints
    smallest_class: int
    largest_class: int
    most: int
    every_site: bool = False
    months: float = 0.0

    @property
    def most_classes(self) -> int:
        """Most classes at one site."""
        return self.most // self.smallest_class


@dataclass(frozen=True)
class Programme:
    """A programme that seats people of one pool.

    Parameters
    ----------
    name : str
        Its code.
    pool : int
        Index of its pool.
    seats : ndarray of int (year,)
        To be given out exactly.
    open_to : ndarray of bool (occupation, age)
        Whom it takes.
    weight : ndarray (age,)
        Multiplies the priority; 1 leaves it.
    beyond : ndarray (year, province) or None
        Shares, summing to 1 a year, of the seats above the need; None: no seat may be above it.
    beyond_most : ndarray of int (year,) or None
        People the programme is open to beyond those in need; None: more than there are seats.
    sites : Sites or None
        None: no site list, people are taught in their province or at a distance.
    unit_cost : ndarray (province,)
        Published cost of a seat, KRW; 0 where none is published.
    """

    name: str
    pool: int
    seats: Ints
    open_to: NDArray[np.bool_]
    weight: Floats
    beyond: Floats | None = None
    beyond_most: Ints | None = None
    sites: Sites | None = None
    unit_cost: Floats | None = None


@dataclass(frozen=True)
class Fairness:
    """Least coverage of a group relative to the average coverage of its pool, 0 to 1.

    Coverage is the share of the people in need so far, open to any programme of the pool, who
    have been given a seat so far. 0 asks nothing, 1 asks for equal coverage.
    """

    age: float = 0.0
    sex: float = 0.0
    province: float = 0.0


@dataclass(frozen=True)
class SeatProblem:
    """All programmes at once.

    Parameters
    ----------
    years : tuple of int
        Planning years in order.
    pools, programmes : tuple
        See :class:`Pool` and :class:`Programme`.
    women : ndarray (occupation,)
        Share of women.
    served_by : ndarray of int (province,)
        Province whose sites serve it.
    fairness : Fairness
        Bounds for every pool.
    later : float
        Value of a seat next year relative to one now, above 0 to 1.
    room : ndarray (province,) or None
        Class-months that the sites of a province can teach in a year, over all programmes; sites
        of a province share their rooms.
    budget : ndarray (year,) or None
        Most that may be spent on published unit costs, KRW.
    """

    years: tuple[int, ...]
    pools: tuple[Pool, ...]
    programmes: tuple[Programme, ...]
    women: Floats
    served_by: Ints
    fairness: Fairness = field(default_factory=Fairness)
    later: float = 1.0
    room: Floats | None = None
    budget: Floats | None = None

    def __post_init__(self) -> None:
        shape = (len(self.years), len(self.served_by), len(self.women))
        for pool in self.pools:
            if pool.new.shape[:3] != shape:
                raise InputError(f"pool {pool.name}: {pool.new.shape} does not fit {shape}.")
        for programme in self.programmes:
            if len(programme.seats) != len(self.years) or (programme.seats < 0).any():
                raise InputError(f"{programme.name}: expected seats >= 0 for each of {self.years}.")

    def of_pool(self, pool: int) -> list[int]:
        """Indices of the programmes that seat people of a pool."""
        return [i for i, programme in enumerate(self.programmes) if programme.pool == pool]

    def open_in(self, pool: int) -> NDArray[np.bool_]:
        """Whom any programme of the pool takes, (occupation, age)."""
        members = [self.programmes[i].open_to for i in self.of_pool(pool)]
        return (
            np.any(members, axis=0) if members else np.zeros(self.pools[pool].new.shape[2:], bool)
        )


@dataclass(frozen=True)
class SeatPlan:
    """Whole seats of every programme.

    Parameters
    ----------
    in_need : tuple of ndarray of int (year, province, occupation, age)
        One per programme: seats for people of its pool.
    beyond : ndarray of int (programme, year, province)
        Seats above the need.
    at_site : tuple of (ndarray of int (year, site) or None)
        One per programme.
    gain, bound, gap : float
        Gain of the plan in priority points, proven upper bound, (bound - gain) / bound.
    """

    in_need: tuple[Ints, ...]
    beyond: Ints
    at_site: tuple[Ints | None, ...]
    gain: float
    bound: float
    gap: float
