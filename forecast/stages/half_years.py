"""Half-years as labels such as ``2022H2`` and as numbers that can be counted with."""

from __future__ import annotations

import re
from collections.abc import Sequence

from forecast.errors import InputError
from forecast.models.naive import HALVES


def half_number(period: str, *, key: str = "period") -> int:
    """Count half-years, so that differences are distances in time.

    >>> half_number("2023H1") - half_number("2021H2")
    3
    """
    match = re.fullmatch(r"(\d{4})H([12])", str(period))
    if match is None:
        raise InputError(f"{key}: {period!r} is not a half-year; write it like 2022H2.")
    return HALVES * int(match[1]) + int(match[2]) - 1


def half_label(half: int) -> str:
    """Write the label of a half-year number.

    >>> half_label(half_number("2022H2") + 1)
    '2023H1'
    """
    return f"{half // HALVES}H{half % HALVES + 1}"


def missing_halves(periods: Sequence[str], *, key: str = "period") -> list[str]:
    """Return the half-years between the first and the last of `periods` that are not there.

    >>> missing_halves(["2021H1", "2022H1"])
    ['2021H2']
    """
    halves = {half_number(period, key=key) for period in periods}
    return [half_label(half) for half in range(min(halves), max(halves)) if half not in halves]
