"""A pulled file is whole and right or it is not there, whatever the server does."""

import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote

import pandas as pd
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forecast.cli import main
from forecast.data import pull as pulling
from forecast.data import sources
from forecast.data.pull import pull
from forecast.errors import ConfigError, InputError

LONG = bytes(range(256)) * 2_000  # eight blocks of a transfer
CONTENTS = {
    "a/long.bin": LONG,
    "a/Education, Training, and Experience.xlsx": b"names may have blanks and commas",
    "b/ungated.csv": b"x\n1\n",
    "b/by_hand.csv": b"x\n2\n",
}
PAGE = "https://publisher.example/data"


class Publisher(ThreadingHTTPServer):
    """A server on loopback that can ignore ranges and break off after so many bytes."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.files, self.ranges, self.cuts, self.asked = dict(CONTENTS), True, [], []
        self.address = f"http://127.0.0.1:{self.server_port}"


class Answer(BaseHTTPRequestHandler):
    """Answer one request as the publisher is set to."""

    def do_GET(self):
        server, path = self.server, unquote(self.path.removeprefix("/"))
        wanted = self.headers["Range"] if server.ranges else None
        server.asked.append((path, self.headers["Range"]))
        if path not in server.files:
            return self.send_error(404)
        body = server.files[path]
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if wanted and start >= len(body):
            return self.send_error(416)
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        self.send_header("Content-Length", str(len(body) - start))
        self.end_headers()
        self.wfile.write(body[start:][: server.cuts.pop(0) if server.cuts else None])

    def log_message(self, *arguments):
        pass


@pytest.fixture
def publisher(monkeypatch):
    """A publisher of CONTENTS, registered; ``b/by_hand.csv`` has no direct address."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = Publisher()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    register(monkeypatch, server.address)
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def register(monkeypatch, address):
    rows = [
        {
            "path": path,
            "bytes": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "source": "made up for the test",
            "licence": "none stated" if "ungated" in path else "CC0",
            "url": PAGE,
            "file_url": "" if "by_hand" in path else f"{address}/{quote(path)}",
        }
        for path, content in sorted(CONTENTS.items())
    ]
    table = pd.DataFrame(rows, columns=list(sources.COLUMNS))
    monkeypatch.setattr(sources, "registry", lambda: table)


def states(done):
    return done.set_index("path")["state"].to_dict()


def message(done, path):
    return done.set_index("path").loc[path, "message"]


def whole(root):
    """What lies below a root under its real name."""
    found = (path for path in Path(root).rglob("*") if path.is_file() and path.suffix != ".part")
    return {str(path.relative_to(root)): path.read_bytes() for path in found}


@pytest.fixture
def mirror(tmp_path):
    folder = tmp_path / "a mirror"
    for path, content in CONTENTS.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    return folder


def test_what_is_missing_or_changed_is_pulled_and_what_is_right_is_left(publisher, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/long.bin").write_bytes(b"changed")
    assert states(pull(tmp_path, paths=["a/", "b/ungated.csv"])) == {
        "a/Education, Training, and Experience.xlsx": "pulled",
        "a/long.bin": "pulled",
        "b/ungated.csv": "pulled",
    }
    assert whole(tmp_path) == {k: v for k, v in CONTENTS.items() if k != "b/by_hand.csv"}
    publisher.asked.clear()
    assert set(states(pull(tmp_path, paths=["a"])).values()) == {"ok"}
    assert publisher.asked == []


def test_a_broken_connection_is_resumed_where_it_broke(publisher, tmp_path):
    publisher.cuts = [200_000, 100_000]
    assert states(pull(tmp_path, paths=["a/long.bin"])) == {"a/long.bin": "pulled"}
    assert (tmp_path / "a/long.bin").read_bytes() == LONG
    starts = [wanted and int(wanted[6:-1]) for _, wanted in publisher.asked]
    assert starts[0] is None and 0 < starts[1] <= 200_000 < starts[2] <= 300_000


def test_a_server_that_ignores_ranges_sends_everything_again(publisher, tmp_path):
    publisher.ranges, publisher.cuts = False, [200_000]
    assert states(pull(tmp_path, paths=["a/long.bin"])) == {"a/long.bin": "pulled"}
    assert (tmp_path / "a/long.bin").read_bytes() == LONG


def test_a_server_that_always_breaks_leaves_a_part_that_the_next_pull_completes(
    publisher, tmp_path
):
    publisher.ranges, publisher.cuts = False, [200_000] * 9
    failed = pull(tmp_path, paths=["a/long.bin"])
    assert states(failed) == {"a/long.bin": "failed"}
    assert "pull again to resume" in message(failed, "a/long.bin")
    assert len(publisher.cuts) > 4  # it gave up when nothing more came
    assert whole(tmp_path) == {}
    kept = (tmp_path / "a/long.bin.part").stat().st_size
    publisher.ranges, publisher.cuts, publisher.asked = True, [], []
    assert states(pull(tmp_path, paths=["a/long.bin"])) == {"a/long.bin": "pulled"}
    assert publisher.asked == [("a/long.bin", f"bytes={kept}-")]
    assert whole(tmp_path) == {"a/long.bin": LONG}
    assert not list(tmp_path.rglob("*.part"))


def test_an_interrupted_pull_leaves_only_a_part(publisher, tmp_path):
    def interrupt(text):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pull(tmp_path, paths=["a/long.bin"], progress=interrupt)
    assert [path.name for path in tmp_path.rglob("*.*")] == ["long.bin.part"]
    publisher.asked.clear()
    pull(tmp_path, paths=["a/long.bin"])
    assert publisher.asked[0][1] is not None
    assert whole(tmp_path) == {"a/long.bin": LONG}


@pytest.mark.parametrize("left", [b"of another version", b"\0" * len(LONG), b"\1" * 600_000])
def test_a_part_of_another_version_is_given_up(publisher, tmp_path, left):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/long.bin.part").write_bytes(left)
    assert states(pull(tmp_path, paths=["a/long.bin"])) == {"a/long.bin": "pulled"}
    assert whole(tmp_path) == {"a/long.bin": LONG}


def test_a_part_that_is_complete_needs_no_network(publisher, tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a/long.bin.part").write_bytes(LONG)
    assert states(pull(tmp_path, paths=["a/long.bin"])) == {"a/long.bin": "pulled"}
    assert publisher.asked == []


@pytest.mark.parametrize("wrong", [b"\0" * len(LONG), b"<html>moved</html>", LONG + b"more"])
@pytest.mark.parametrize("left", [None, 100_000], ids=["nothing before", "a part before"])
def test_a_file_with_another_digest_is_named_and_never_kept(publisher, tmp_path, wrong, left):
    publisher.files["a/long.bin"] = wrong
    (tmp_path / "a").mkdir()
    if left:
        (tmp_path / "a/long.bin.part").write_bytes(LONG[:left])
    done = pull(tmp_path, paths=["a"])
    assert states(done) == {
        "a/Education, Training, and Experience.xlsx": "pulled",
        "a/long.bin": "failed",
    }
    said = message(done, "a/long.bin")
    for digest in (LONG, wrong):
        assert hashlib.sha256(digest).hexdigest() in said
    assert said.startswith("a/long.bin: ") and "--mirror DIR" in said and PAGE in said
    assert list(whole(tmp_path)) == ["a/Education, Training, and Experience.xlsx"]
    assert not list(tmp_path.rglob("*.part"))


def test_a_changed_file_stays_as_it_was_when_no_better_one_comes(publisher, tmp_path):
    publisher.files["a/long.bin"] = b"wrong"
    (tmp_path / "a").mkdir()
    (tmp_path / "a/long.bin").write_bytes(b"edited by hand")
    assert states(pull(tmp_path, paths=["a/long.bin"])) == {"a/long.bin": "failed"}
    assert whole(tmp_path) == {"a/long.bin": b"edited by hand"}


def test_a_missing_page_a_closed_port_and_no_address_say_what_to_do(
    publisher, tmp_path, monkeypatch
):
    del publisher.files["a/long.bin"]
    done = pull(tmp_path)
    assert f"{publisher.address}/a/long.bin answers HTTP 404" in message(done, "a/long.bin")
    assert "no direct address" in message(done, "b/by_hand.csv")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        register(monkeypatch, f"http://127.0.0.1:{free.getsockname()[1]}")
        done = pd.concat([done, pull(tmp_path / "other", paths=["a/long.bin"])])
    assert "cannot be reached (NewConnectionError)" in done["message"].iloc[-1]
    for text in done.loc[done["state"] == "failed", "message"]:
        assert f"or take it by hand from {PAGE} and put it at {tmp_path}" in text
    assert len(done[done["state"] == "failed"]) == 3


def test_a_host_that_gives_no_answer_is_asked_once(publisher, tmp_path, monkeypatch):
    asked = []

    def silence(address, part, *, advance):
        asked.append(address)
        raise requests.ConnectTimeout

    monkeypatch.setattr(pulling, "transfer", silence)
    done = pull(tmp_path, paths=["a", "b/ungated.csv"])
    assert len(asked) == 1 and set(done["state"]) == {"failed"}
    assert done["message"].str.contains(r"cannot be reached \(ConnectTimeout\)").all()


@pytest.mark.parametrize("kind", ["folder", "file address", "http address"])
def test_a_mirror_serves_every_file_also_those_without_an_address(
    publisher, tmp_path, mirror, kind
):
    named = {"folder": str(mirror), "file address": mirror.as_uri()}.get(kind, publisher.address)
    done = pull(tmp_path / "root", mirror=named)
    assert set(done["state"]) == {"pulled"}
    assert whole(tmp_path / "root") == CONTENTS
    if kind != "http address":
        assert publisher.asked == []


def test_a_mirror_is_checked_like_a_publisher(publisher, tmp_path, mirror):
    (mirror / "a/long.bin").write_bytes(b"wrong")
    (mirror / "b/by_hand.csv").unlink()
    done = pull(tmp_path / "root", mirror=str(mirror))
    assert hashlib.sha256(b"wrong").hexdigest() in message(done, "a/long.bin")
    assert "by_hand.csv does not exist. Or take it by hand" in message(done, "b/by_hand.csv")
    assert set(whole(tmp_path / "root")) == set(CONTENTS) - {"a/long.bin", "b/by_hand.csv"}


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ({"mirror": "nowhere"}, ConfigError, "--mirror nowhere: no such folder"),
        ({"paths": ["a/lng.bin"]}, InputError, "Did you mean a/long.bin"),
    ],
)
def test_a_wrong_wish_is_refused_before_anything_is_made(
    publisher, tmp_path, arguments, error, says
):
    with pytest.raises(error, match=says):
        pull(tmp_path / "root", **arguments)
    assert not (tmp_path / "root").exists()


def test_a_root_that_is_a_file_is_refused(publisher, tmp_path):
    (tmp_path / "root").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be a folder"):
        pull(tmp_path / "root")


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    cuts=st.lists(st.integers(0, len(LONG)), max_size=8),
    ranges=st.booleans(),
    wrong=st.booleans(),
    part=st.one_of(st.none(), st.integers(0, len(LONG))),
)
def test_nothing_half_written_ever_has_the_real_name(publisher, cuts, ranges, wrong, part):
    publisher.cuts, publisher.ranges = cuts, ranges
    publisher.files["a/long.bin"] = LONG[::-1] if wrong else LONG
    with TemporaryDirectory() as root:
        if part is not None:
            (Path(root) / "a").mkdir()
            (Path(root) / "a/long.bin.part").write_bytes(LONG[:part])
        for _ in range(2):
            state = states(pull(Path(root), paths=["a/long.bin"]))["a/long.bin"]
            assert whole(root) == ({} if state == "failed" else {"a/long.bin": LONG})
        assert not list(Path(root).rglob("tmp*"))


def test_the_command_fetches_the_others_then_ends_with_code_2(publisher, tmp_path, capsys):
    publisher.files["a/long.bin"] = b"wrong"
    assert main(["data", "pull", "--root", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "pulled   a/Education, Training, and Experience.xlsx",
        "failed   a/long.bin",
        "failed   b/by_hand.csv",
        "pulled   b/ungated.csv",
    ]
    *said, last = shown.err.splitlines()  # silent but for what went wrong and what is asked
    assert [line.split(": ")[0] for line in said] == [
        "a/long.bin",
        "b/by_hand.csv",
        "made up for the test",
    ]
    assert last == f"forecast: {tmp_path}: 2 of 4 files could not be pulled."
    publisher.files["a/long.bin"] = LONG
    assert main(["data", "pull", "a", "b/ungated.csv", "--root", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
