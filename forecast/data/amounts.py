"""Read the amount out of printed words: Korean multiples, ranges, bounds."""

from __future__ import annotations

import re
from decimal import Decimal

from forecast.errors import InputError

_MULTIPLE = {"": 1, "천": 10**3, "만": 10**4, "억": 10**8, "조": 10**12}
_NUMBER = r"(\d[\d,]*(?:\.\d+)?)(?:\s?([천만억조]))?"
_AMOUNT = re.compile(rf"{_NUMBER}(?:(?: to |~|/|\+){_NUMBER})*")
_BOUNDS = (
    ("at_least", r">=|이상|최소|%\+"),
    ("at_most", r"<=|\bmax\b|within|up to|이내|최대|상한|한도"),
    ("about", r"about|rounded|내외|약 |\d여|가량"),
)


def amount(printed: str, *, year: str = "") -> tuple[float, float]:
    """Return the lowest and highest number that words print, in units; equal where it is one.

    Parameters
    ----------
    printed : str
        Words with one number or one range, which may be followed by a remark with more numbers.
    year : str
        A year that the words print as well and that is not meant.

    Examples
    --------
    >>> amount("2021 79.3억", year="2021"), amount("2.8만명")
    ((7930000000.0, 7930000000.0), (28000.0, 28000.0))
    >>> amount("20억 to 30억 per school"), amount("prizes 30/20/10억"), amount("3~6개월")
    ((2000000000.0, 3000000000.0), (1000000000.0, 3000000000.0), (3.0, 6.0))
    >>> amount("118 to 218"), amount("100~120")
    ((118.0, 218.0), (100.0, 120.0))
    >>> amount("4+2 years")  # four years, and then two more
    (4.0, 6.0)
    >>> amount("not stated")
    Traceback (most recent call last):
    ...
    forecast.errors.InputError: 'not stated' prints no number; expected one, as in '2.8만명'.
    """
    found = _AMOUNT.search(printed.replace(year, "", 1) if year else printed)
    if found is None:
        raise InputError(f"{printed!r} prints no number; expected one, as in '2.8만명'.")
    parts = re.findall(_NUMBER, found.group())
    last = parts[-1][1]
    numbers = [
        Decimal(digits.replace(",", "")) * _MULTIPLE[multiple or last] for digits, multiple in parts
    ]
    if "+" in found.group():
        return float(numbers[0]), float(sum(numbers))
    return float(min(numbers)), float(max(numbers))


def bound(printed: str) -> str:
    """Return how the words limit their number: at_least, at_most, about, or nothing.

    >>> bound(">= 18 hours"), bound("2026 max 400000"), bound("600 (600여)"), bound("39 campuses")
    ('at_least', 'at_most', 'about', '')
    """
    return next((name for name, words in _BOUNDS if re.search(words, printed)), "")
