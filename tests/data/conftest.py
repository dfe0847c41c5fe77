"""What tests of the reference tables share: the build script and the policy documents."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def script() -> ModuleType:
    """The build script as a module: it reads the hand-written tables."""
    path = REPOSITORY / "scripts" / "build_reference.py"
    spec = importlib.util.spec_from_file_location("build_reference", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def policy(sources_root: Path) -> Path:
    """Folder of the policy documents, beside the sources; required in CI."""
    folder = sources_root.resolve().parent / "policy"
    if not folder.is_dir():
        reason = f"the policy documents are not in {folder}"
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI must not skip: {reason}")
        pytest.skip(reason)
    return folder
