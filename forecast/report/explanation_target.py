"""Which cell is asked for: ``year=2026,scenario=central,...`` parsed and held to a run's codes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from itertools import takewhile

from forecast.errors import ConfigError

NO_AI = "no_ai"
KEYS = ("year", "scenario", "sido", "ksco7", "age_group", "need")


def parse_target(text: str) -> dict[str, str]:
    """Read a target, its keys in the order of the table.

    Raises
    ------
    ConfigError
        Naming the part that is no ``KEY=VALUE``, or the key that is unknown or given twice.

    Examples
    --------
    >>> parse_target("scenario=central, year=2026")
    {'year': '2026', 'scenario': 'central'}
    >>> parse_target("years=2026")
    Traceback (most recent call last):
    ...
    forecast.errors.ConfigError: --target: no key 'years'. Did you mean year? ...
    """
    given: dict[str, str] = {}
    for part in text.split(","):
        key, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or not value:
            raise ConfigError(f"--target: {part.strip()!r} is no KEY=VALUE, e.g. year=2026.")
        if key not in KEYS:
            raise ConfigError(
                f"--target: no key {key!r}.{did_you_mean(key, dict.fromkeys(KEYS, ''))} "
                f"Choose from {', '.join(KEYS)}."
            )
        if key in given:
            raise ConfigError(f"--target: {key} is given twice; a key left out is summed over.")
        given[key] = value
    return {key: given[key] for key in KEYS if key in given}


def check_target(
    target: Mapping[str, str],
    known: Mapping[str, Sequence[str]],
    *,
    names: Mapping[str, Mapping[str, str]],
) -> None:
    """Refuse a value that the run has no row for, and a sum over scenarios.

    Parameters
    ----------
    target : mapping
        From :func:`parse_target`.
    known : mapping
        Key to the values that the run holds.
    names : mapping
        Key to the name of each value, where it has one: a name typed for a code is recognised.

    Raises
    ------
    ConfigError

    Examples
    --------
    >>> check_target({"scenario": "centrl"}, {"scenario": ["central", "fast"]}, names={})
    Traceback (most recent call last):
    ...
    forecast.errors.ConfigError: --target: scenario=centrl is not in this run. Did you mean ...
    """
    if target.get("scenario") == NO_AI:
        raise ConfigError(
            "--target: scenario=no_ai is the baseline without AI: nobody is newly in need in it "
            "and no chain leads there. Name another scenario."
        )
    for key, value in target.items():
        if value not in known[key]:
            here = {code: names.get(key, {}).get(code, "") for code in known[key]}
            raise ConfigError(
                f"--target: {key}={value} is not in this run.{did_you_mean(value, here)} "
                f"It has {_listed(known[key])}."
            )
    if "scenario" not in target:
        raise ConfigError(
            f"--target: name a scenario, {' or '.join(known['scenario'])}: they are alternatives "
            "and are never added up."
        )


def did_you_mean(typed: str, names: Mapping[str, str]) -> str:
    """Suggest the nearest of some codes, found by code or by name; empty if none is near.

    Examples
    --------
    >>> did_you_mean("서울", {"11": "서울특별시", "26": "부산광역시"})
    ' Did you mean 11 서울특별시?'
    """
    within = [code for code, name in names.items() if len(typed) > 1 and typed in name]
    by_code = [code for code in names if _alike(typed, code) >= 0.5]
    # The same beginning counts first: codes are read from the left, 40-50 is meant as 40-49.
    by_code.sort(key=lambda code: (_same_beginning(typed, code), _alike(typed, code)))
    by_name = [code for code, name in names.items() if _alike(typed, name) >= 0.6]
    nearest = [*within, *by_code[::-1], *by_name][:1]
    return f" Did you mean {f'{nearest[0]} {names[nearest[0]]}'.strip()}?" if nearest else ""


def _same_beginning(typed: str, known: str) -> int:
    pairs = zip(typed, known, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _alike(typed: str, known: str) -> float:
    return SequenceMatcher(None, typed, known).ratio()


def _listed(values: Sequence[str]) -> str:
    """List short lists whole, long ones by their ends."""
    if len(values) <= 20:
        return ", ".join(values)
    return f"{len(values)} values, {values[0]} to {values[-1]}"
