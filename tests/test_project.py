"""The project's own files agree with each other: locks, generated pages, sizes."""

import re
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCKS = ("", "-comparators", "-test")
DEVICE = re.compile(r"^(nvidia|cuda|triton|pytorch-triton)")


def locked(name: str) -> dict[str, str]:
    lines = (REPOSITORY / name).read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if line and not line.startswith("#")]
    assert all(len(pin) == 2 for pin in pins), f"{name} has a line that pins nothing"
    return {re.sub(r"[-_.]+", "-", package).lower(): version for package, version in pins}


def required(requirements: list[str]) -> set[str]:
    names = (re.split(r"[<>=!~ \[]", text)[0] for text in requirements)
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


def test_every_dependency_is_locked_and_no_device_package_is():
    run, comparators, test = (locked(f"requirements{part}.lock") for part in LOCKS)
    extras = PROJECT["optional-dependencies"]
    assert required(PROJECT["dependencies"]) <= set(run)
    assert required(extras["comparators"]) <= set(comparators)
    assert required(extras["test"]) <= {*test, *comparators, *run}
    everything = [*run, *comparators, *test]
    assert not [package for package in everything if DEVICE.match(package)]
    assert len(everything) == len(set(everything))


def test_the_comparators_lock_holds_all_they_need_and_exceeds_two_bounds_only():
    run, comparators = locked("requirements.lock"), locked("requirements-comparators.lock")
    exceeded = set()
    for package in comparators:
        for text in requires(package) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                (name,) = required([needed.name])
                assert name in {*run, *comparators}, f"{package} needs {text}: lock it"
                if not needed.specifier.contains({**run, **comparators}[name]):
                    exceeded.add((package, str(needed)))
    assert exceeded == {  # docs/decisions/0003 says why
        ("statsforecast", "pandas<3.0.0"),
        ("ortools", "protobuf<6.34,>=6.33.1"),
    }


def test_every_dependency_has_its_line_of_reason():
    record = (REPOSITORY / "docs/decisions/0003-dependencies.md").read_text(encoding="utf-8")
    extras = PROJECT["optional-dependencies"]
    named = required([*PROJECT["dependencies"], *extras["comparators"], *extras["test"]])
    reasons = record.lower().split("\nnot taken")[0]
    everything = named | set(locked("requirements-comparators.lock"))
    assert [name for name in everything if name not in reasons] == []


def test_the_codebook_page_is_up_to_date():
    command = [sys.executable, "scripts/build_docs.py", "--check"]
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0, "run `make docs`"


def test_versions_agree():
    from forecast import __version__

    citation = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {__version__}" in citation
    assert f"## {__version__} " in (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
