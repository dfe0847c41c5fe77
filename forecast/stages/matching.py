"""Who finds which work: moves along feasible links, and seekers who share openings."""

from __future__ import annotations

import numpy as np

from forecast.models.base import Floats


def find_work(
    same: Floats,
    change: Floats,
    *,
    openings: Floats,
    others: Floats,
    likeness: Floats,
    congestion: Floats,
) -> tuple[Floats, Floats, Floats]:
    """Let seekers find work beside others who look for the same openings.

    With as many openings as seekers everybody finds work who does so at the published rates. Below
    that the share who do falls with openings per seeker to the power of `congestion`, as in a
    matching function of constant returns (Petrongolo and Pissarides 2001), and never are more
    hired than there are openings.

    Parameters
    ----------
    same, change : ndarray (draw, occupation, age_group, sido)
        Persons who would find work in the occupation they left, and in another one.
    openings, others : ndarray (draw, occupation, age_group, sido)
        Jobs to fill from outside employment, and other people who look for them.
    likeness : ndarray (draw, occupation, occupation)
    congestion : ndarray (draw,)
        0 = nobody is in another's way while there are openings.

    Returns
    -------
    back, away, arrived : ndarray (draw, occupation, age_group, sido)
        Persons who found work in the old occupation; in another one, by the occupation left; and
        the same people by their new occupation.

    Examples
    --------
    >>> one = np.ones((1, 2, 1, 1))
    >>> back, away, arrived = find_work(
    ...     30 * one, 0 * one, openings=40 * one, others=50 * one,
    ...     likeness=1 - np.eye(2)[None], congestion=np.ones(1))
    >>> back.ravel().tolist()
    [15.0, 15.0]
    """
    per_pull, wanted = place(change, openings, likeness)
    seekers = same + wanted
    tightness = np.minimum(ratio(openings, others + seekers), 1.0)
    finding = tightness ** congestion[:, None, None, None]
    finding = np.minimum(finding, ratio(openings, seekers))
    away = per_pull * _times(likeness, openings * finding)
    return same * finding, away, wanted * finding


def place(movers: Floats, attraction: Floats, likeness: Floats) -> tuple[Floats, Floats]:
    """Send movers to other occupations of their age and province, by openings and likeness.

    Parameters
    ----------
    movers, attraction : ndarray (draw, occupation, age_group, sido)
        Persons leaving an occupation; size (stock or vacancies) of each destination.
    likeness : ndarray (draw, occupation, occupation)

    Returns
    -------
    per_pull : ndarray (draw, occupation, age_group, sido)
        Movers per unit of what pulls them; 0 where nothing does, and they stay.
    arrived : ndarray (draw, occupation, age_group, sido)
        Movers by destination.

    Examples
    --------
    >>> movers, size = np.array([3.0, 0.0]), np.array([5.0, 1.0])
    >>> _, arrived = place(movers.reshape(1, 2, 1, 1), size.reshape(1, 2, 1, 1),
    ...                    np.array([[[0.0, 1.0], [1.0, 0.0]]]))
    >>> arrived.ravel().tolist()
    [0.0, 3.0]
    """
    pull = _times(likeness, attraction)
    per_pull = np.divide(movers, pull, out=np.zeros_like(movers), where=pull > 0)
    return per_pull, attraction * _times(np.swapaxes(likeness, 1, 2), per_pull)


def ratio(part: Floats, whole: Floats) -> Floats:
    """Divide; nothing of nothing is everything."""
    return np.divide(part, whole, out=np.ones_like(part), where=whole > 0)


def _times(matrix: Floats, cells: Floats) -> Floats:
    """Multiply (draw, occupation, occupation) with cells, every age and province alike."""
    flat = cells.reshape(*cells.shape[:2], -1)
    return np.matmul(matrix, flat).reshape(cells.shape)
