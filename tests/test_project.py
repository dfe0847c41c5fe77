"""The project's own files agree with each other: locks, generated pages, sizes."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
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
    run, test = locked("requirements.lock"), locked("requirements-test.lock")
    assert required(PROJECT["dependencies"]) <= set(run)
    assert required(PROJECT["optional-dependencies"]["test"]) <= set(test) | set(run)
    assert not [package for package in [*run, *test] if DEVICE.match(package)]
    assert not set(run) & set(test)


def test_every_dependency_has_its_line_of_reason():
    record = (REPOSITORY / "docs/decisions/0003-dependencies.md").read_text(encoding="utf-8")
    everything = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["test"]
    assert [name for name in required(everything) if name not in record.lower()] == []


def test_the_codebook_page_is_up_to_date():
    command = [sys.executable, "scripts/build_docs.py", "--check"]
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0, "run `make docs`"


def test_versions_agree():
    from forecast import __version__

    citation = (REPOSITORY / "CITATION.cff").read_text(encoding="utf-8")
    assert f"version: {__version__}" in citation
    assert f"## {__version__} " in (REPOSITORY / "CHANGELOG.md").read_text(encoding="utf-8")
