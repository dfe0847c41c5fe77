"""A wheel works in an empty folder: configuration, experiments and reference ride along."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Site folder that holds the built wheel and nothing else."""
    work = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    build = [*pip, "wheel", "--no-deps", "--wheel-dir", str(work), str(REPOSITORY)]
    subprocess.run(build, check=True, capture_output=True, timeout=300)
    (wheel,) = work.glob("*.whl")
    install = [*pip, "install", "--no-deps", "--target", str(work / "site"), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=300)
    return work / "site"


def run_in(folder, site, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "forecast", *arguments],
        cwd=folder, env={**os.environ, "PYTHONPATH": str(site)}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip


def test_the_wheel_carries_configuration_experiments_and_reference(installed):
    inside = {
        str(p.relative_to(installed / "forecast"))
        for p in installed.rglob("*.*")
        if "forecast/" in str(p)
    }
    repository = {
        f"conf/{p.relative_to(REPOSITORY / 'conf')}" for p in (REPOSITORY / "conf").rglob("*.yaml")
    }
    assert repository <= inside
    assert {"experiments/smoke.yaml", "reference/ksco7.csv", "py.typed"} <= inside
    assert not {"tests", "scripts"} & {entry.name for entry in installed.iterdir()}


def test_the_wheel_runs_the_chain_in_an_empty_folder_with_the_users_own_experiment(
    installed, quick, tmp_path
):
    where = run_in(tmp_path, installed, "run", "--cfg", "job", "--resolve")
    assert where.returncode == 0 and "draws: 500" in where.stdout
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments/mine.yaml").write_text("# @package _global_\nname: mine\ndraws: 20\n")
    arguments = ("run", "experiment=mine", *quick, "model=ridge", "run_dir=out")
    done = run_in(tmp_path, installed, *arguments)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out/manifest.json").exists() and (tmp_path / "out/report.html").exists()
    code = "import forecast; print(forecast.__file__)"
    home = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(installed)},
        check=True,
    )
    assert str(installed) in home.stdout
