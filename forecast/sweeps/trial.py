"""A trial and its identity: the same configuration, inputs and code give the same results."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from forecast.options import Options

UNRELATED = ("name", "run_dir", "resume", "tracking")  # keys of options that change no result
NUMERICAL = ("numpy", "pandas", "scipy", "scikit-learn", "torch", "xarray", "highspy")
DIGITS = 12


@dataclass(frozen=True)
class Trial:
    """One combination of options of a sweep.

    Parameters
    ----------
    number : int
        Place in the request, from 0.
    overrides : tuple of str
        Those that make it differ from the other trials.
    options : Options
    identity : str
        Twelve hexadecimal digits, see :func:`identify`.

    Examples
    --------
    >>> Trial(0, ("model=ridge", "seed=1"), Options(), "0a").name
    'model=ridge seed=1'
    """

    number: int
    overrides: tuple[str, ...]
    options: Options
    identity: str

    @property
    def name(self) -> str:
        """What tables and pages call it."""
        return " ".join(self.overrides) or "as configured"


def identify(options: Options, *, inputs: Mapping[str, str], code: str) -> str:
    """Fingerprint everything that a trial's result follows from.

    Parameters
    ----------
    options : Options
        All of them but where results go and what they are called.
    inputs : mapping of str
        Input file to sha256.
    code : str
        See :func:`code_version`.

    Examples
    --------
    >>> one = identify(Options(seed=1), inputs={"a.csv": "00"}, code="x")
    >>> one == identify(Options(seed=1, run_dir="elsewhere"), inputs={"a.csv": "00"}, code="x")
    True
    >>> one == identify(Options(seed=1), inputs={"a.csv": "01"}, code="x")
    False
    """
    chosen = {key: value for key, value in asdict(options).items() if key not in UNRELATED}
    del chosen["sweep"]["resamples"]  # of the sweep's intervals, not of a trial
    content = {"options": chosen, "inputs": dict(inputs), "code": code}
    return _digest(json.dumps(content, sort_keys=True, default=str).encode())


@cache
def code_version() -> str:
    """Fingerprint the package's own files and the numerical packages it stands on."""
    home = Path(__file__).resolve().parent.parent
    lines = [f"python {platform.python_version()}"]
    for package in NUMERICAL:
        try:
            lines.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            lines.append(f"{package} not installed")
    for path in sorted(home.rglob("*.py")):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        lines.append(f"{path.relative_to(home).as_posix()} {digest}")
    return _digest("\n".join(lines).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:DIGITS]
