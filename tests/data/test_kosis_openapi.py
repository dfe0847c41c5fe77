"""KOSIS OpenAPI: replies give the same tables, errors say what to do, and the key stays secret."""

import json
import logging
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pandas as pd
import pytest
from kosis_cases import reply

from forecast.cli import main
from forecast.data import kosis, kosis_openapi, reference
from forecast.data.kosis_openapi import KosisQuery, fetch
from forecast.data.kosis_reply import read_reply
from forecast.data.own_tables import REPLY, read_own
from forecast.errors import ConfigError, InputError

KEY = "c2VjcmV0+key/of=="  # with what a URL must quote
QUERY = KosisQuery("101", "DT_TEST", "2022H1", "2022H2", dimensions=2)


class Kosis(ThreadingHTTPServer):
    """A service on loopback that answers from a list of (status, body), the last one forever."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Answer)
        self.answers, self.asked = [(200, b"[]")], []
        self.address = f"http://127.0.0.1:{self.server_port}/openapi/Param/data.do"

    def will_say(self, *answers):
        self.answers = [
            (status, body if isinstance(body, bytes) else json.dumps(body).encode())
            for status, body in answers
        ]


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append(parse_qs(urlsplit(self.path).query))
        status, body = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def service(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("KOSIS_API_KEY", KEY)
    server = Kosis()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def embedded(kind):
    table = reference.load(kind)
    return table[table["period"] >= "2022H1"].reset_index(drop=True)


def as_read(records):
    figures = read_reply(json.dumps(records).encode(), file="reply.json")
    return figures.table.astype({"employed_persons": "float64"})


@pytest.mark.parametrize("kind", sorted(kosis.SURVEYS))
@pytest.mark.parametrize("named", [True, False], ids=["with OBJ_NM", "without OBJ_NM"])
def test_a_reply_gives_the_reference_table(kind, named, service, tmp_path):
    records = reply(kind)
    if not named:
        records = [{k: v for k, v in r.items() if not k.endswith("OBJ_NM")} for r in records]
    service.will_say((200, records))
    path = tmp_path / "reply.json"
    path.write_bytes(fetch(QUERY, address=service.address))
    own = read_own(path)
    assert (own.layout, own.figures.kind) == (REPLY, kind)
    pd.testing.assert_frame_equal(own.figures.table, embedded(kind))


def test_the_request_is_the_documented_one(service):
    service.will_say((200, reply("employment_province")))
    fetch(QUERY, address=service.address)
    (asked,) = service.asked
    assert {name: value for name, (value,) in asked.items()} == {
        "method": "getList", "format": "json", "jsonVD": "Y", "apiKey": KEY, "orgId": "101",
        "tblId": "DT_TEST", "itmId": "ALL", "objL1": "ALL", "objL2": "ALL", "prdSe": "H",
        "startPrdDe": "202201", "endPrdDe": "202202",
    }  # fmt: skip


def test_sexes_and_ages_may_be_variables():
    records = reply("employment_province")
    for record in records:
        record |= {"C3_NM": "계"}
    men = [{**r, "C3_NM": "남자", "DT": "1"} for r in records]
    women = [{**r, "C3_NM": "여자", "DT": "1"} for r in records]
    pd.testing.assert_frame_equal(as_read(records + men + women), embedded("employment_province"))
    ages = reply("employment_age")
    for record in ages:
        item = record["ITM_NM"]
        record |= {"ITM_NM": "취업자", "C2_NM": "계" if item == "취업자" else item[3:-1]}
    pd.testing.assert_frame_equal(as_read(ages), embedded("employment_age"))


def test_a_truncated_reply_does_not_pass_as_one_with_empty_cells():
    with pytest.raises(InputError, match=r"sums over|lacks"):
        as_read(reply("employment_province")[:-5])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"PRD_SE": "A", "PRD_DE": "2022"}, "record 1: PRD_DE '2022' of PRD_SE 'A'"),
        ({"ITM_NM": "고용률"}, "record 1: ITM_NM '고용률'"),
        ({"UNIT_NM": "톤"}, "record 1: unit '톤'"),
        ({"DT": "n/a"}, "record 1: 'n/a'; expected a number"),
        (
            {"C2_NM": "돌봄 및 보건 서비스직"},
            "record 1: '돌봄 및 보건 서비스직' is group 42 of KSCO-8",
        ),
        ({"TBL_NM": "취업자(8차 KSCO)"}, "'취업자(8차 KSCO)' is of KSCO-8"),
        ({"C1_NM": "화성"}, "record 1: '화성' is no province"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unexpected_record_is_named(change, says):
    records = reply("employment_province")
    records[0] |= change
    with pytest.raises(InputError) as refusal:
        as_read(records)
    assert says in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"[]", "expected a list of records"),
        (b'{"TBL_ID": "x"}', "expected a list of records"),
        (b'[{"TBL_ID": "x"}]', "records lack ['PRD_DE'"),
        (b"[{TBL_ID: 1}]", "is no JSON"),
    ],
)
def test_what_is_no_reply_is_named(content, says):
    with pytest.raises(InputError) as refusal:
        read_reply(content, file="reply.json")
    assert says in str(refusal.value)


def test_a_table_of_other_things_is_named():
    records = reply("employment_province")
    for record in records:
        record["C1_NM"] = "사과" if record["C1"] else ""
        record["C2_NM"] = "배"
    with pytest.raises(InputError, match=r"C1_NM has \['사과'\]; expected occupations"):
        as_read(records)


@pytest.mark.parametrize(
    ("code", "remedy"),
    [
        ("10", "KOSIS_API_KEY"),
        ("11", "https://kosis.kr/openapi/"),
        ("21", "Check table and dimensions"),
        ("30", "check table, dimensions and half-years"),
        ("31", "fewer half-years"),
    ],
)
def test_an_error_reply_says_what_to_do_and_not_the_key(service, code, remedy):
    service.will_say((200, {"err": code, "errMsg": f"오류 {KEY}"}))
    with pytest.raises(InputError) as refusal:
        fetch(QUERY, address=service.address)
    assert remedy in str(refusal.value) and f"error {code}" in str(refusal.value)
    assert KEY not in str(refusal.value)


def test_a_busy_service_is_asked_again_and_the_key_is_in_no_log(service, monkeypatch, caplog):
    monkeypatch.setattr(kosis_openapi, "RETRIES", 2)
    caplog.set_level(logging.DEBUG)
    service.will_say((503, b""), (200, reply("employment_province")))
    fetch(QUERY, address=service.address)
    assert len(service.asked) == 2
    service.will_say((503, b""))
    with pytest.raises(InputError, match="HTTP 503"):
        fetch(QUERY, address=service.address)
    logged = caplog.text
    assert "apiKey=***" in logged  # urllib3 did log the request
    assert KEY not in logged and "c2VjcmV0" not in logged


def test_a_service_that_is_away_is_named_without_the_key(service, monkeypatch, caplog):
    monkeypatch.setattr(kosis_openapi, "RETRIES", 1)
    caplog.set_level(logging.DEBUG)
    with pytest.raises(InputError, match="gives no answer after 2 tries") as refusal:
        fetch(QUERY, address="http://127.0.0.1:9/nothing")
    causes, error = [], refusal.value
    while error is not None:
        causes.append(str(error))
        error = error.__cause__ or error.__context__
    assert "c2VjcmV0" not in "".join(causes) + caplog.text


def test_a_slow_service_is_not_waited_for(service, monkeypatch):
    monkeypatch.setattr(kosis_openapi, "RETRIES", 0)
    monkeypatch.setattr(kosis_openapi, "TIMEOUT_SECONDS", (0.2, 0.2))
    waiting = threading.Event()
    monkeypatch.setattr(Answer, "do_GET", lambda handler: waiting.wait(5) and None)
    with pytest.raises(InputError, match=r"gives no answer after 1 tries \(ReadTimeoutError\)"):
        fetch(QUERY, address=service.address)
    waiting.set()


def test_the_key_does_not_follow_a_redirect(service):
    service.will_say((302, b""))
    with pytest.raises(InputError, match="answers HTTP 302"):
        fetch(QUERY, address=service.address)


def test_without_a_key_or_over_an_open_address_nothing_is_asked(service, monkeypatch):
    with pytest.raises(ConfigError, match="https"):
        fetch(QUERY, address="http://kosis.example/openapi")
    monkeypatch.delenv("KOSIS_API_KEY")
    with pytest.raises(ConfigError, match="KOSIS_API_KEY"):
        fetch(QUERY, address=service.address)
    assert service.asked == []


@pytest.mark.parametrize("wrong", [{"first": "2022"}, {"last": "2021H2"}, {"dimensions": 0}])
def test_a_wrong_query_is_refused(wrong):
    with pytest.raises(ConfigError):
        KosisQuery(
            **{"organisation": "101", "table": "T", "first": "2022H1", "last": "2022H2", **wrong}
        )


def test_data_add_fetches_and_stores_the_reply_but_not_the_key(service, tmp_path, capsys):
    service.will_say((200, reply("employment_province")))
    arguments = ["data", "add", "--kosis", "101/DT_TEST", "--first", "2022H1", "--last", "2022H2"]
    arguments += ["--dimensions", "2", "--address", service.address]
    assert main([*arguments, "--vintages", str(tmp_path / "kept")]) == 0
    said = capsys.readouterr()
    assert "KOSIS OpenAPI reply 101_DT_TEST.json" in said.out
    (folder,) = (tmp_path / "kept").iterdir()
    assert folder.name.startswith("employment_province-2022H2-")
    everything = said.out + said.err + "".join(p.read_text("utf-8") for p in folder.iterdir())
    assert "c2VjcmV0" not in everything
    assert main(["data", "add", "--kosis", "101"]) == 2
    assert "orgId/tblId" in capsys.readouterr().err
