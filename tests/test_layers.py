"""Imports go downwards only, and heavy packages stay where they belong."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "forecast"
ROWS = {
    "errors": 0, "checked": 0, "types": 0, "types_exposure": 0, "options": 0,
    "codebook": 0, "codebook_adoption": 0, "codebook_cohorts": 0, "codebook_columns": 0,
    "codebook_employment": 0,
    "codebook_exposure": 0, "codebook_reskilling": 0, "codebook_scoreboard": 0,
    "codebook_sweeps": 0, "types_sweep": 0, "store_address": 0,
    "classifications": 1,
    "models": 2, "features": 2, "data": 2, "reference": 2,
    "validation": 3,
    "stages": 4,
    "report": 5, "tracking": 5, "run_folder": 5, "pipeline": 6, "publishing": 6,
    "config": 6, "launching": 6, "console": 6, "sweeps": 7,
    "cli_data": 8, "cli_explain": 8, "cli": 8, "__main__": 9,
}  # fmt: skip
ALLOWED_UPWARD = {"__init__"}  # the package page resolves public names lazily
ONLY_HERE = {
    "torch": {"models/network.py", "models/lightning.py"},
    "pytorch_lightning": {"models/network.py", "models/lightning.py"},
    "mlflow": {
        f"tracking/{name}.py"
        for name in ("champion", "lineage", "models", "runs", "server", "store", "sweeps")
    },
    "ray": {"sweeps/workers_ray.py"},
    "submitit": {"sweeps/workers_submitit.py"},
    "hydra": {"config.py", "launching.py", "models/base.py"},
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_module_imports_only_from_its_own_or_lower_rows(path):
    home = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if home in ALLOWED_UPWARD:
        return
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "forecast" and len(parts) > 1 and parts[1] in ROWS:
            assert ROWS[parts[1]] <= ROWS[home], f"{home} must not import {name}"


@pytest.mark.parametrize("package", ONLY_HERE)
def test_heavy_package_is_imported_only_where_it_belongs(package):
    users = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if any(name.split(".")[0] == package for name in imported(path))
    }
    assert users <= ONLY_HERE[package]


def test_importing_the_package_and_its_command_line_loads_nothing_heavy():
    heavy = ["torch", "mlflow", "pandas", "sklearn", "hydra", "matplotlib"]
    code = f"import sys, forecast, forecast.cli; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_public_names_are_frozen():
    import forecast

    assert forecast.__all__ == [
        "ConfigError", "ForecastError", "InfeasiblePlan", "InputError", "Options", "RunResult",
        "compose",
        "run_experiment",
    ]  # fmt: skip
    assert all(getattr(forecast, name) is not None for name in forecast.__all__)
