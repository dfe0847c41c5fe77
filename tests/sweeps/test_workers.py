"""Whatever runs the payloads, all results come, from few processes, whoever dies on the way."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sweep_jobs import Answer, Job, do

from forecast.errors import ConfigError
from forecast.sweeps import workers as module
from forecast.sweeps.workers import WorkerDied, Workers, WorkerSettings, run_all

PROCESSES = {"single": 1, "joblib": 2, "submitit": 2, "ray": 2}
AWAY = [backend for backend in PROCESSES if backend != "single"]
OURS = ["joblib", "submitit"]  # Ray ends its own processes


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Workers]]:
    """One set of workers of each backend for all tests: Ray takes seconds to start."""
    opened: dict[str, Workers] = {}

    def pool(backend: str) -> Workers:
        if backend not in opened:
            folder = tmp_path_factory.mktemp(backend)
            opened[backend] = Workers(WorkerSettings(backend, PROCESSES[backend], folder))
        return opened[backend]

    yield pool
    for workers in opened.values():
        workers.close()


@pytest.mark.parametrize("backend", PROCESSES)
def test_all_results_come_equal_from_processes_that_stay_for_the_next_batch(
    backend, pools, tmp_path
):
    jobs = [Job("ok", number, tmp_path) for number in range(12)]
    batches = [dict(pools(backend).run(do, jobs)) for _ in range(2)]
    expected = [do(job).values for job in jobs]
    for answers in batches:
        assert [answers[position].values for position in range(12)] == expected
        assert {answer.threads for answer in answers.values()} == {1}
    processes = {answer.process for answers in batches for answer in answers.values()}
    assert len(processes) <= PROCESSES[backend]
    assert (os.getpid() in processes) == (backend == "single")


@pytest.mark.parametrize("backend", AWAY)
def test_results_come_when_they_are_made(backend, pools, tmp_path):
    jobs = [Job("sleep", 2, tmp_path), *(Job("ok", number, tmp_path) for number in range(5))]
    order = [position for position, _ in pools(backend).run(do, jobs)]
    assert sorted(order) == list(range(6))
    assert order[-1] == 0


@pytest.mark.parametrize("backend", AWAY)
def test_a_death_is_tried_once_more_and_ends_nothing_else(backend, pools, tmp_path):
    acts = ["ok", "die", "ok", "die once", "ok", "ok", "ok"]
    jobs = [Job(act, number, tmp_path) for number, act in enumerate(acts)]
    results = dict(pools(backend).run(do, jobs))
    assert sorted(results) == list(range(7))
    assert [p for p, result in results.items() if not isinstance(result, Answer)] == [1]
    assert isinstance(results[1], WorkerDied) and "died twice" in results[1].message
    assert str(tmp_path.parent) not in results[1].message  # records are the same everywhere
    tries = (tmp_path / "tries.txt").read_text(encoding="utf-8").split()
    assert tries.count("1") == tries.count("3") == 2


@pytest.mark.parametrize("backend", PROCESSES)
def test_an_exception_is_told_and_not_tried_again(backend, pools, tmp_path):
    results = dict(pools(backend).run(do, [Job("raise", 0, tmp_path), Job("ok", 1, tmp_path)]))
    assert results[0] == WorkerDied("ValueError: no 0")
    assert isinstance(results[1], Answer)
    assert (tmp_path / "tries.txt").read_text(encoding="utf-8").split().count("0") == 1


@pytest.mark.parametrize("backend", AWAY)
def test_workers_print_nothing_here(backend, pools, tmp_path, capfd):
    capfd.readouterr()
    jobs = [Job("print", 0, tmp_path), Job("die once", 1, tmp_path), Job("ok", 2, tmp_path)]
    assert len(list(pools(backend).run(do, jobs))) == 3
    time.sleep(1)  # Ray would tell of the death a little later
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("backend", OURS)
def test_leaving_the_loop_ends_the_workers_and_removes_their_folder(backend, tmp_path):
    jobs = [Job("ok", 0, tmp_path), *(Job("sleep", 60, tmp_path) for _ in range(4))]
    began = time.monotonic()
    with closing(run_all(do, jobs, WorkerSettings(backend, 2, tmp_path))) as results:
        next(results)
        assert _started(tmp_path)
    assert time.monotonic() - began < 30
    assert _wait(lambda: not any(map(_lives, _started(tmp_path))), seconds=10)
    assert not (tmp_path / ".workers").exists()


@pytest.mark.parametrize("backend", OURS)
@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGINT])
def test_workers_end_with_their_parent(backend, blow, tmp_path):
    parent = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("sweep_jobs.py")), backend, str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    parent.stdout.readline()  # the first result: the others sleep now
    assert _wait(lambda: len(_started(tmp_path)) == 2)
    os.killpg(parent.pid, blow) if blow == signal.SIGINT else parent.kill()  # as a terminal does
    _, said = parent.communicate(timeout=20)
    assert _wait(lambda: not any(map(_lives, _started(tmp_path))), seconds=10)
    assert "Traceback" not in said and "leaked" not in said, said


@pytest.mark.parametrize(
    ("backend", "workers", "extra", "key"),
    [
        ("threads", 2, {}, "hydra.launcher.backend"),
        ("joblib", 0, {}, "hydra.launcher.workers"),
        ("joblib", "two", {}, "hydra.launcher.workers"),
        ("single", 2, {}, "hydra.launcher.workers"),
        ("joblib", 2, {"address": "auto"}, "hydra.launcher.address"),
        ("submitit", 2, {"cluster": "pbs"}, "hydra.launcher.cluster"),
    ],
)
def test_wrong_settings_name_their_key(backend, workers, extra, key, tmp_path):
    with pytest.raises(ConfigError, match=key):
        WorkerSettings(backend, workers, tmp_path, extra)


@pytest.mark.parametrize(
    ("backend", "extra"),
    [
        ("submitit", {"mem_gb": "many"}),
        ("submitit", {"slurm_colour": 1}),
        ("ray", {"address": ":1"}),
    ],
)
def test_what_the_backend_refuses_names_the_launcher(backend, extra, monkeypatch, tmp_path):
    monkeypatch.setattr("ray.is_initialized", lambda: False)  # the other tests' Ray is up
    with pytest.raises(ConfigError, match=r"hydra\.launcher"):
        list(run_all(abs, [1], WorkerSettings(backend, 1, tmp_path, extra)))


def test_a_package_that_is_not_installed_is_named_with_the_remedy(monkeypatch, tmp_path):
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r'hydra\.launcher.*pip install "forecast-kr\[ray\]"'):
        WorkerSettings("ray", 2, tmp_path)


def test_no_payload_starts_no_worker(tmp_path):
    assert list(run_all(do, [], WorkerSettings("ray", 2, tmp_path))) == []
    assert list(tmp_path.iterdir()) == []


def _started(folder: Path) -> list[int]:
    return [int(path.name) for path in (folder / "processes").iterdir()]


def _wait(until: Callable[[], bool], seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not until() and time.monotonic() < end:
        time.sleep(0.1)
    return until()


def _lives(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"
