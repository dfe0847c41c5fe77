"""Resolve the dependencies of pyproject.toml in a fresh environment and write the lock files.

PyTorch's build tag and CUDA packages are left out, so the lock holds for CPU wheels everywhere.
statsforecast and ortools come without their own bounds (docs/decisions/0003-dependencies.md); what
they import is resolved within the versions of a run.
Run it with the pip options that reach a CPU wheel: ``TORCH_ARGS="..." make lock``.
"""

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DEVICE_PACKAGES = ("nvidia-", "cuda-", "triton", "pytorch-triton", "forecast-kr", "setuptools")
UNBOUND = ("ortools", "statsforecast")
IMPORTED_BY_THEM = (
    *("coreforecast", "fugue", "statsmodels", "utilsforecast"),
    *("absl-py", "immutabledict"),
)
HEADER = "# Written by scripts/lock.py from pyproject.toml ({extra}); do not edit.\n"


def main() -> None:
    """Write the lock files of a run, of the comparators and of the tests."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        python = str(Path(folder) / "bin" / "python")
        torch = shlex.split(os.environ.get("TORCH_ARGS", ""))
        pip_install(python, *torch, "torch==2.13.0")
        pip_install(python, str(ROOT))
        run = freeze(python)
        bounds = Path(folder) / "run.txt"
        bounds.write_text("\n".join(run), encoding="utf-8")
        pip_install(python, "--constraint", str(bounds), *IMPORTED_BY_THEM)
        pip_install(python, "--no-deps", *UNBOUND)
        comparators = [line for line in freeze(python) if line not in run]
        pip_install(python, f"{ROOT}[test]")
        test = [line for line in freeze(python) if line not in run + comparators]
    write("requirements.lock", run, "what a run needs")
    write("requirements-comparators.lock", comparators, "extra comparators, without dependencies")
    write("requirements-test.lock", test, "extra test")


def pip_install(python: str, *what: str) -> None:
    """Install into the fresh environment."""
    subprocess.run([python, "-m", "pip", "install", "--quiet", *what], check=True)


def freeze(python: str) -> list[str]:
    """List what is installed as name==version without build tags."""
    done = subprocess.run(
        [python, "-m", "pip", "list", "--format=freeze", "--exclude", "pip"],
        check=True,
        capture_output=True,
        text=True,
    )
    lines = [line.split("+")[0] for line in done.stdout.splitlines()]
    return sorted(line for line in lines if not line.startswith(DEVICE_PACKAGES))


def write(name: str, lines: list[str], extra: str) -> None:
    """Write one lock file."""
    (ROOT / name).write_text(HEADER.format(extra=extra) + "\n".join(lines) + "\n", encoding="utf-8")
    print(f"{name}: {len(lines)} packages")


if __name__ == "__main__":
    main()
