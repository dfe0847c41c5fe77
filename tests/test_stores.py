"""Many writers at once, PostgreSQL, servers, Korean names of artifacts, and who may enter.

The PostgreSQL is a real one, started here on a free port of loopback and removed afterwards.
"""

import base64
import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from importlib.util import find_spec
from pathlib import Path

import mlflow
import pytest
import store_cases

from forecast import store_address as address
from forecast import tracking
from forecast.errors import ConfigError
from forecast.options import TrackingOptions
from forecast.tracking import server, store

PASSWORD = "p@ss:w/ord%41"  # every character that an address has to quote
QUOTED = "p%40ss%3Aw%2Ford%2541"
CHOSEN = "correct horse battery"  # of the UI
WRITERS = 8


def required(reason):
    if os.environ.get("CI") == "true":
        pytest.fail(f"CI must not skip: {reason}")
    pytest.skip(reason)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def postgresql():
    """Address of a running PostgreSQL, as SQLAlchemy and users write it, less the database."""
    if find_spec("psycopg") is None:
        required("no psycopg: pip install 'forecast-kr[postgresql]'")
    found = [*map(Path, os.get_exec_path()), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
    programs = next((path for path in found if (path / "initdb").is_file()), None)
    if programs is None:
        required("PostgreSQL is not here; Debian's package is postgresql")
    root = os.geteuid() == 0  # PostgreSQL refuses to be root
    user = next((u.pw_name for u in pwd.getpwall() if u.pw_name == "postgres"), "nobody")
    owner = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if root else {}
    home = Path(tempfile.mkdtemp(prefix="forecast-postgresql-"))
    (home / "password").write_text(PASSWORD, encoding="utf-8")
    if root:
        for path in (home, home / "password"):
            shutil.chown(path, user)
    make = [programs / "initdb", "-D", home / "data", "-U", "forecaster", "--no-sync"]
    make += ["-A", "scram-sha-256", "--pwfile", home / "password", "-E", "UTF8", "--locale=C"]
    subprocess.run(make, check=True, capture_output=True, cwd=home, **owner)
    port = free_port()
    serve = [programs / "postgres", "-D", home / "data", "-p", str(port)]
    serve += ["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    serve += ["-c", "fsync=off"]  # nor would it outlive the machine
    with subprocess.Popen(
        serve, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **owner
    ) as running:
        uri = f"postgresql://forecaster:{QUOTED}@127.0.0.1:{port}"
        try:
            wait_until(lambda: asked(port, "SELECT 1"), running)
            yield uri
        finally:
            running.send_signal(signal.SIGQUIT)  # at once: nothing of it is needed again
            running.wait(timeout=30)
            shutil.rmtree(home)


def asked(port, statement, database="postgres"):
    import psycopg

    with (
        contextlib.suppress(psycopg.OperationalError),
        psycopg.connect(
            host="127.0.0.1",
            port=port,
            user="forecaster",
            password=PASSWORD,
            dbname=database,
            autocommit=True,
        ) as connection,
    ):
        return connection.execute(statement).rowcount is not None
    return False


@pytest.fixture
def database(postgresql, request):
    """Address of an empty database of its own."""
    name = f"d{abs(hash(request.node.nodeid))}"
    assert asked(int(postgresql.rpartition(":")[2]), f"CREATE DATABASE {name}")
    return f"{postgresql}/{name}"


def wait_until(ready, process, seconds=240):
    until = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < until:
        if ready():
            return
        time.sleep(0.2)
    pytest.fail(f"{process.args} did not answer; exit code {process.poll()}")


def answer(url, credentials=None):
    """HTTP status of an address; 0 where nothing listens."""
    request = urllib.request.Request(url)
    if credentials:
        said = base64.b64encode(":".join(credentials).encode()).decode()
        request.add_header("Authorization", f"Basic {said}")
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@contextlib.contextmanager
def started(command, port, cwd, **environment):
    """Start a server in its own group of processes, and end all of them."""
    with subprocess.Popen(
        command,
        cwd=cwd,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as running:
        try:
            wait_until(lambda: answer(f"http://127.0.0.1:{port}/health") in (200, 401), running)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(running.pid, signal.SIGTERM)
            try:
                running.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(running.pid, signal.SIGKILL)


def ui(uri, cwd, *flags, **environment):
    port = free_port()
    command = [sys.executable, "-m", "forecast", "ui", "--port", str(port), "--uri", uri, *flags]
    return started(command, port, cwd, **environment)


def write_at_once(uri, artifacts):
    done = subprocess.run(
        [sys.executable, store_cases.__file__, uri, artifacts, "--writers", str(WRITERS)],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def check_whole(options, run_ids):
    """Every run is finished and holds all of what was logged, character for character."""
    client, experiment = store.open_experiment(options)
    runs = client.search_runs([experiment])
    assert {run.info.run_id for run in runs} == set(run_ids) and len(runs) == len(run_ids)
    for run in runs:
        assert run.info.status == "FINISHED"
        assert len(run.data.metrics) == store_cases.N_METRICS
        assert len(run.data.params) == store_cases.N_PARAMS
        assert run.data.params["key.7"] == "값 7" and run.data.tags["scenario"] == "중립"
        assert len(client.get_run(run.info.run_id).inputs.dataset_inputs) == store_cases.N_INPUTS
        listed = {a.path for a in client.list_artifacts(run.info.run_id)}
        assert listed == {"표", "그림", "report.html", "headline.json"}
    for path, text in store_cases.FILES.items():
        uri = f"runs:/{run_ids[0]}/{path}"
        assert mlflow.artifacts.load_text(uri) == text
    versions = client.search_model_versions("name='ai-exposure'")
    assert sorted(int(v.version) for v in versions) == list(range(1, len(run_ids) + 1))


def test_eight_processes_write_to_one_new_sqlite_store(tmp_path):
    options = TrackingOptions(
        uri=f"sqlite:///{tmp_path / '자료' / 'mlflow.db'}", artifacts=str(tmp_path / "산출물")
    )
    said = write_at_once(options.uri, options.artifacts)
    assert said["errors"] == [] and len(said["runs"]) == WRITERS
    check_whole(options, said["runs"])
    assert not (tmp_path / "자료" / ".mlflow.db-new").exists()
    with contextlib.closing(sqlite3.connect(tmp_path / "자료" / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_eight_processes_write_to_one_new_postgresql_store(database, tmp_path, monkeypatch):
    options = TrackingOptions(uri=database, artifacts=str(tmp_path / "산출물"))
    said = write_at_once(options.uri, options.artifacts)
    assert said["errors"] == [] and len(said["runs"]) == WRITERS
    monkeypatch.setenv("PGPASSWORD", PASSWORD)  # the address need not hold it
    options.uri = database.replace(f":{QUOTED}", "")
    assert PASSWORD not in options.uri != database
    check_whole(options, said["runs"])


def test_a_store_that_is_killed_while_it_is_made_is_made_by_the_next(tmp_path):
    (tmp_path / ".mlflow.db-new").mkdir()
    (tmp_path / ".mlflow.db-new" / "mlflow.db").write_text("half a store")
    options = TrackingOptions(
        uri=f"sqlite:///{tmp_path / 'mlflow.db'}", artifacts=str(tmp_path / "artifacts")
    )
    tracking.require_store(options)
    assert sorted(path.name for path in tmp_path.glob("*mlflow.db*"))[:2] == [
        "mlflow.db",
        "mlflow.db-lock",
    ]
    assert not (tmp_path / ".mlflow.db-new").exists()


@pytest.mark.parametrize("said", store.COLLISIONS)
def test_a_refused_request_is_repeated_and_any_other_failure_is_not(said, monkeypatch):
    monkeypatch.setattr(store.time, "sleep", lambda seconds: None)
    calls = []

    def write(failure):
        calls.append(failure)
        if len(calls) < 3:
            raise mlflow.exceptions.MlflowException(failure)
        return "written"

    assert store.patiently(write)(f"(driver) {said} x") == "written" and len(calls) == 3
    calls.clear()
    with pytest.raises(mlflow.exceptions.MlflowException):
        store.patiently(write)("no such run")
    assert len(calls) == 1
    calls.clear()
    monkeypatch.setattr(store, "PATIENCE_SECONDS", -1.0)
    with pytest.raises(mlflow.exceptions.MlflowException):
        store.patiently(write)(said)
    assert len(calls) == 1


def test_each_request_of_the_client_is_patient_also_those_inside_others(monkeypatch):
    monkeypatch.setattr(store.time, "sleep", lambda seconds: None)
    calls = []

    def refused_once(self, run_id, key, value, synchronous=None):
        calls.append(key)
        if len(calls) == 1:
            raise mlflow.exceptions.MlflowException("database is locked")

    monkeypatch.setattr(mlflow.MlflowClient, "set_tag", refused_once)
    monkeypatch.setattr(
        mlflow.MlflowClient, "log_table", lambda self, run_id: self.set_tag(run_id, "table", "")
    )
    store.PatientClient("sqlite:///:memory:").log_table("run")
    assert calls == ["table", "table"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ((QUOTED, "wrong-horse"), "Correct user and password"),
        (("127.0.0.1:", "127.0.0.1:1"), "Correct the address"),
        (("/d", "/absent_d"), "does not exist"),
        (("postgresql://", "postgresql+psycopg_of_none://"), "Correct the address"),
    ],
)
def test_what_postgresql_refuses_is_explained_without_the_password(
    database, tmp_path, change, expected
):
    uri = database.replace(*change)
    options = TrackingOptions(uri=uri, artifacts=str(tmp_path))
    if change[0] == "127.0.0.1:":
        options.uri = uri = f"postgresql://kim:{QUOTED}@127.0.0.1:{free_port()}/forecast"
    before = time.monotonic()
    with pytest.raises(ConfigError, match=r"tracking\.uri=postgresql") as caught:
        tracking.require_store(options)
    message = str(caught.value)
    assert time.monotonic() - before < 15  # MLflow alone asks an absent server for 100 seconds
    assert expected in message and ":***@" in message and "\n" not in message
    assert not [s for s in (PASSWORD, QUOTED, "wrong-horse") if s in message]


def test_a_missing_driver_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    options = TrackingOptions(uri=f"postgresql://kim:{QUOTED}@localhost/x", artifacts=str(tmp_path))
    with pytest.raises(ConfigError, match=r"Install .* 'forecast-kr\[postgresql\]'") as caught:
        tracking.require_store(options)
    assert QUOTED not in str(caught.value)


def test_no_password_is_left_in_a_text():
    uri = f"postgresql://kim:{QUOTED}@host:5432/x?sslmode=require"
    assert address.masked(uri) == "postgresql://kim:***@host:5432/x?sslmode=require"
    said = address.without_secrets(f"no entry: {uri} with {PASSWORD!r}", uri)
    assert PASSWORD not in said and QUOTED not in said and said.count("***") == 2


def test_a_server_keeps_artifacts_itself_and_is_not_served_again(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    command += ["--port", str(port), "--backend-store-uri", f"sqlite:///{tmp_path / 'server.db'}"]
    command += ["--artifacts-destination", str(tmp_path / "kept")]
    with started(command, port, tmp_path) as uri:
        options = TrackingOptions(uri=uri, artifacts=str(tmp_path / "ours"))
        run_id = store_cases.log_whole_run(options, "원격 run")
        check_whole(options, [run_id])
        kept = {path.name for path in (tmp_path / "kept").rglob("*") if path.is_file()}
        assert {"위험_일자리.csv", "01_노출.png", "report.html"} <= kept
        assert not (tmp_path / "ours").exists()
        with pytest.raises(ConfigError, match=f"open {uri}"):
            server.serve(options, port=port + 1)


@pytest.fixture
def extra_of_authentication():
    if find_spec("flask_wtf") is None:
        required("no Flask-WTF: pip install 'forecast-kr[auth]'")


@pytest.mark.usefixtures("extra_of_authentication")
def test_ui_is_on_loopback_only_and_lets_in_who_knows_the_password(database, tmp_path, monkeypatch):
    options = TrackingOptions(uri=database, artifacts=str(tmp_path / "artifacts"))
    tracking.require_store(options)
    with ui(database, tmp_path, "--auth", FORECAST_UI_PASSWORD=CHOSEN) as url:
        page = f"{url}/api/2.0/mlflow/experiments/search?max_results=1"
        assert answer(page) == answer(url) == 401
        assert answer(page, ("admin", "password1234")) == 401
        assert answer(page, ("admin", CHOSEN)) == answer(url, ("admin", CHOSEN)) == 200
        # All of 127.0.0.0/8 is this machine: whoever listens everywhere listens there too.
        assert answer(page.replace("127.0.0.1", "127.0.0.2"), ("admin", CHOSEN)) == 0
        assert not [words for words in arguments_of_mlflow() if QUOTED in words]
        remote = TrackingOptions(uri=url, artifacts=str(tmp_path / "ours"))
        with pytest.raises(ConfigError, match="Set MLFLOW_TRACKING_USERNAME"):
            tracking.require_store(remote)
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "admin")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", CHOSEN)
        run_id = store_cases.log_whole_run(remote, "with a password")
    check_whole(options, [run_id])
    key = tmp_path / "mlauth" / "secret.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600 and len(key.read_text()) == 64
    assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
    assert CHOSEN not in "".join(p.read_text("utf-8", "replace") for p in key.parent.iterdir())


def arguments_of_mlflow():
    """Read what every user of this machine can: the arguments of the server's processes."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_text("utf-8", "replace").split("\0")
            if {"mlflow", "uvicorn"} & set(words):
                yield " ".join(words)


@pytest.mark.usefixtures("extra_of_authentication")
@pytest.mark.parametrize("password", ["", "short", "password1234"])
def test_authentication_refuses_to_start_without_a_password_of_ones_own(
    password, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORECAST_UI_PASSWORD", password)
    (tmp_path / "mlflow.db").touch()
    with pytest.raises(ConfigError, match="FORECAST_UI_PASSWORD"):
        server.serve(TrackingOptions(), port=free_port(), auth=True)
    assert not (tmp_path / "mlauth").exists()
