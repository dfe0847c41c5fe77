"""Many writers at one store: ``python tests/store_cases.py URI ARTIFACTS [--writers 8 --runs 1]``.

Every writer is a process; all begin at the same moment, also where there is no store yet. The last
line says what was logged, how often a request was repeated, and the seconds.
"""

import argparse
import json
import multiprocessing
import sys
import time
from itertools import chain
from pathlib import Path

import pandas as pd
from mlflow.entities import Dataset, DatasetInput, Metric, Param
from mlflow.exceptions import MlflowException

from forecast.errors import ConfigError
from forecast.options import TrackingOptions
from forecast.tracking import store

N_METRICS, N_PARAMS, N_INPUTS = 400, 200, 20
FILES = {
    "표/위험_일자리.csv": "직업,일자리\n사무 종사자,3270000\n",
    "그림/01_노출.png": "\x89PNG 그림",
    "report.html": "<p>노출은 대체가 아니다</p>",
}


def log_whole_run(options, name):
    """Log what a run of the chain logs, with small values."""
    client, experiment = store.open_experiment(options)
    run_id = client.create_run(experiment, run_name=name, tags={"scenario": "중립"}).info.run_id
    metrics = [Metric(f"headline/{i}", i / 2, 1, 0) for i in range(N_METRICS)]
    params = [Param(f"key.{i}", f"값 {i}") for i in range(N_PARAMS)]
    for start in range(0, N_METRICS, 100):
        part = slice(start, start + 100)
        client.log_batch(run_id, metrics=metrics[part], params=params[part])
    client.log_inputs(
        run_id,
        [
            DatasetInput(
                Dataset(name=f"자료_{i}.csv", digest=f"{i:036d}", source_type="local", source="{}")
            )
            for i in range(N_INPUTS)
        ],
    )
    for path, text in FILES.items():
        client.log_text(run_id, text, path)
    client.log_table(run_id, pd.DataFrame({"직업": ["사무", "판매"], "n": [3, 2]}), "headline.json")
    try:
        client.create_registered_model("ai-exposure")
    except MlflowException as error:
        if "already exists" not in str(error):
            raise
    client.create_model_version("ai-exposure", f"runs:/{run_id}/model", run_id)
    client.set_terminated(run_id)
    return run_id


def write(options, number, runs, start, answers):
    store.time = clock = CountingClock()  # in this process alone
    start.wait()
    began, logged, errors = time.monotonic(), [], []
    for run in range(runs):
        try:
            with store.explained(options, ""):
                logged.append(log_whole_run(options, f"writer {number} run {run}"))
        except ConfigError as error:
            errors.append(str(error))
    answers.put((logged, errors, clock.pauses, round(time.monotonic() - began, 1)))


class CountingClock:
    """Time as it is, and how often a refused request waited to be repeated."""

    monotonic = staticmethod(time.monotonic)

    def __init__(self):
        self.pauses = 0

    def sleep(self, seconds):
        self.pauses += 1
        time.sleep(seconds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("uri")
    parser.add_argument("artifacts", type=Path)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--runs", type=int, default=1)
    chosen = parser.parse_args()
    options = TrackingOptions(uri=chosen.uri, artifacts=str(chosen.artifacts))
    processes = multiprocessing.get_context("fork")  # what was imported is not imported again
    start, answers = processes.Barrier(chosen.writers), processes.Queue()
    writers = [
        processes.Process(target=write, args=(options, i, chosen.runs, start, answers))
        for i in range(chosen.writers)
    ]
    for writer in writers:
        writer.start()
    each = [answers.get() for _ in writers]
    for writer in writers:
        writer.join()
    logged, errors, repeated, seconds = zip(*each, strict=True)
    said = {
        "runs": [*chain.from_iterable(logged)],
        "errors": [*chain.from_iterable(errors)],
        "repeated": sum(repeated),
        "seconds": max(seconds),
    }
    sys.stdout.write(json.dumps(said, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
