"""What a published number asks of each planning year: the whole of it, or its part of a sum."""

from __future__ import annotations

from collections.abc import Sequence

from forecast.errors import ConfigError

SEMANTICS = ("annual", "cumulative")


def published_per_year(published: int, years: Sequence[int], semantics: str) -> dict[int, int]:
    """Return the whole number that a published one asks of each year.

    Parameters
    ----------
    published : int
        As printed, in any unit.
    years : sequence of int
        Planning years in order.
    semantics : str
        ``annual``: it holds in every year. ``cumulative``: the years sum to it, as evenly as
        whole numbers allow; earlier years have the odd ones.

    Examples
    --------
    >>> published_per_year(500, (2026, 2027, 2028), "cumulative")
    {2026: 167, 2027: 167, 2028: 166}
    """
    if semantics not in SEMANTICS:
        raise ConfigError(f"cohorts.goal_semantics is {semantics!r}; expected one of {SEMANTICS}.")
    if not years or len(set(years)) != len(years):
        raise ConfigError(f"cohorts.years is {list(years)}; expected years, each once.")
    if semantics == "annual":
        return dict.fromkeys(years, published)
    each, odd = divmod(published, len(years))
    return {year: each + (place < odd) for place, year in enumerate(years)}
