"""The API over its real sockets: whoever asks, what he may, what is written down."""

import contextlib
import json
import threading

import pytest
from starlette.routing import Route
from tests.support.commanded import (
    OWN,
    Commanded,
    commanded,
    pause,
    stamp,
    until,
)

from route112.access import RULES
from route112.adapters.clock import utc_now
from route112.apps.planner.auditing import AuditError, AuditLog
from route112.apps.planner.desk import AccessDesk
from route112.apps.planner.engine import JournalError
from route112.apps.planner.web.routes import DOCUMENT_PATH, ROUTES
from route112.change.asking import Refusal

API_VERBS = {
    *("activate", "approve", "change abort", "change adopt", "change resume", "history"),
    *(
        "order alternative",
        "order divert",
        "order list",
        "order pause",
        "order prefect",
        "order resume",
    ),
    *("plan build", "site evacuate", "site maintain", "site upgrade", "status"),
}
"""What the planner serves."""
NO_PERSON = {"/stations/{station}/report", "/snapshots/{content_hash}", DOCUMENT_PATH}


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    with commanded(tmp_path_factory.mktemp("api")) as running:
        yield running


def test_each_route_has_verbs_and_each_verb_of_the_planner_a_route(planner):
    verbs = [verb for route in ROUTES for verb in route.verbs]
    assert set(verbs) == API_VERBS
    assert set(verbs) <= set(RULES)
    assert {route.path for route in ROUTES if not route.verbs} == NO_PERSON - {DOCUMENT_PATH}
    served = {
        (method, route.path)
        for route in planner.app.routes
        if isinstance(route, Route)
        for method in route.methods - {"HEAD"}
    }
    assert served == {(each.method, each.path) for each in ROUTES} | {("GET", DOCUMENT_PATH)}


def test_an_order_is_given_by_two_persons(planner):
    asked = planner.ask("POST", "/orders", pause(psap="CTA18-29"))
    assert asked.status == 202, asked.content
    waiting = asked.json
    assert (waiting["verb"], waiting["author"]) == ("order pause", "first")
    assert waiting["approvers"] == ["crisis", "operator"]
    assert planner.last == ("waiting", "", "order pause", f"system-user:{OWN}")
    listed = planner.ask("GET", "/waiting").json["waiting"]
    assert [each["hash"] for each in listed] == [waiting["hash"]]
    assert not planner.engine.state.orders
    own = planner.ask("POST", "/approvals", {"hash": waiting["hash"]})
    assert (own.status, own.reason) == (403, "own-request")
    assert planner.last == ("refused", "own-request", "order pause", f"system-user:{OWN}")
    done = planner.ask("POST", "/approvals", {"hash": waiting["hash"]}, via="second")
    assert done.status == 200, done.content
    order = planner.engine.state.orders[done.json["order"]]
    assert (order.psap, order.author, order.approver) == ("CTA18-29", "first", "second")
    assert planner.last == (
        "allowed", "", "order pause", "certificate:CN=second,O=prefecture",
    )  # fmt: skip
    again = planner.ask("POST", "/approvals", {"hash": waiting["hash"]}, via="second")
    assert (again.status, again.reason) == (409, "replayed")
    shown = planner.ask("GET", "/orders", via="reader").json["orders"]
    assert [each["id"] for each in shown] == [order.id]
    ended = planner.ask("POST", "/orders", stamp(kind="resume", psap="CTA18-29", order=order.id))
    done = planner.ask("POST", "/approvals", {"hash": ended.json["hash"]}, via="second")
    assert done.json["withdrawn"] == [order.id]
    assert not planner.engine.state.orders


def test_an_answering_point_pauses_and_resumes_itself_alone(planner):
    other = planner.ask("POST", "/orders", pause(psap="CTA18-29"), via="desk-29")
    assert (other.status, other.reason) == (403, "not-your-role")
    given = planner.ask("POST", "/orders", pause(), via="desk-29")
    assert given.status == 200, given.content
    assert planner.engine.state.orders[given.json["order"]].author == "desk-29"
    ended = planner.ask("POST", "/orders", stamp(kind="resume", psap="CRRA15-29"), via="desk-29")
    assert ended.json["withdrawn"] == [given.json["order"]]


def test_an_answering_point_ends_nobody_elses_order(planner):
    waiting = planner.ask("POST", "/orders", pause()).json["hash"]
    order = planner.ask("POST", "/approvals", {"hash": waiting}, via="second").json["order"]
    asked = stamp(kind="resume", psap="CRRA15-29", order=order)
    ended = planner.ask("POST", "/orders", asked, via="desk-29")
    assert (ended.status, ended.reason) == (409, "nothing-to-end")
    assert planner.last == ("refused", "impossible", "order resume", "certificate:CN=desk-29")
    assert order in planner.engine.state.orders


def test_two_persons_end_an_order_of_others(planner):
    given = planner.ask("POST", "/orders", pause(psap="CRRA15-29"), via="desk-29").json["order"]
    asked = planner.ask("POST", "/orders", stamp(kind="resume", psap="CRRA15-29", order=given))
    assert asked.status == 202, asked.content
    assert given in planner.engine.state.orders, "one person alone ends nothing of others"
    done = planner.ask("POST", "/approvals", {"hash": asked.json["hash"]}, via="second")
    assert done.json["withdrawn"] == [given]
    divert = planner.ask(
        "POST", "/orders", pause(psap="CRRA15-29", kind="divert", to_psap="CRRA15-75")
    )
    done = planner.ask("POST", "/approvals", {"hash": divert.json["hash"]}, via="second")
    resume = stamp(kind="resume", psap="CRRA15-29", order=done.json["order"])
    asked = planner.ask("POST", "/orders", resume, via="second")
    ended = planner.ask("POST", "/approvals", {"hash": asked.json["hash"]})
    assert ended.json["withdrawn"] == [done.json["order"]]


def test_a_prefects_order_names_its_decree(planner):
    body = pause(kind="prefect", to_psap="CRRA15-75")
    assert planner.ask("POST", "/orders", body).status == 400
    asked = planner.ask(
        "POST", "/orders", pause(kind="prefect", to_psap="CRRA15-75", decree="29-7")
    )
    done = planner.ask("POST", "/approvals", {"hash": asked.json["hash"]}, via="second")
    order = planner.engine.state.orders[done.json["order"]]
    assert (str(order.kind), order.reason) == ("divert", "prefect 29-7: flooded")
    longest = {"decree": "d" * 100, "reason": "r" * 390}
    body = pause(kind="prefect", to_psap="CRRA15-75", **longest)
    asked = planner.ask("POST", "/orders", body)
    done = planner.ask("POST", "/approvals", {"hash": asked.json["hash"]}, via="second")
    assert len(planner.engine.state.orders[done.json["order"]].reason) == 500
    body = pause(kind="prefect", to_psap="CRRA15-75", **longest | {"reason": "r" * 391})
    refused = planner.ask("POST", "/orders", body)
    assert (refused.status, refused.reason) == (400, "malformed")
    assert "390" in refused.json["detail"]


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ({"asked_us": utc_now() - 400_000_000}, 409, "too-old"),
        ({"asked_us": utc_now() + 900_000_000}, 409, "not-yet"),
        ({"expires_us": 0}, 409, "bad-expiry"),
        ({"expires_us": 1}, 409, "bad-expiry"),
        ({"nonce": "short"}, 400, "malformed"),
        ({"psap": "../../etc"}, 400, "malformed"),
        ({"reason": ""}, 400, "malformed"),
        ({"reason": "two\nlines"}, 400, "malformed"),
        ({"author": "second"}, 400, "malformed"),
        ({"kind": "own"}, 400, "malformed"),
        ({"order": "o-1"}, 400, "malformed"),
        ({"decree": "29-7"}, 400, "malformed"),
        ({"kind": "divert"}, 400, "malformed"),
        ({"kind": "resume"}, 400, "malformed"),
    ],
)
def test_what_cannot_be_is_refused_and_written_down(planner, change, status, reason):
    before = len(planner.audit)
    refused = planner.ask("POST", "/orders", pause(**change))
    assert (refused.status, refused.reason) == (status, reason), refused.content
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json["todo"]
    assert len(planner.audit) == before + 1
    assert planner.last[0] == "refused"


def test_a_request_counts_once(planner):
    body = pause()
    assert planner.ask("POST", "/orders", body, via="desk-29").status == 200
    again = planner.ask("POST", "/orders", body, via="desk-29")
    assert (again.status, again.reason) == (409, "replayed")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/snapshots/..%2f..%2fpeople.yaml", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/snapshots/%00", 410),
        ("DELETE", "/orders", 405),
        ("GET", "/orders/", 404),
        ("TRACE", "/state", 405),
    ],
)
def test_there_is_no_other_way_in(planner, method, path, status):
    refused = planner.ask(method, path)
    assert refused.status == status
    assert refused.reason in ("no-route", "no-method", "no-snapshot")
    if status != 410:
        assert planner.last[:2] == ("refused", "malformed")
        assert planner.last[2].startswith(f"http {method} /")


def test_no_header_says_who_is_there(planner):
    forged = {
        "route112.identity": "certificate:CN=second,O=prefecture",
        "X-Forwarded-For": "127.0.0.1",
        "X-Forwarded-Proto": "https",
        "X-Client-Cert": "CN=second,O=prefecture",
        "X-SSL-Client-S-DN": "CN=second,O=prefecture",
        "Remote-User": "second",
        "Authorization": "Basic c2Vjb25kOg==",
        "Cookie": "identity=second",
        "Forwarded": "for=second;by=second",
    }
    planner.ask("GET", "/state", headers=forged)
    assert planner.last == ("allowed", "", "status", f"system-user:{OWN}")
    planner.ask("GET", "/state", headers=forged, via="stranger")
    assert planner.last == ("refused", "unknown-identity", "status", "certificate:CN=stranger")
    path = "/state?identity=system-user:root&route112.identity=certificate:CN=second"
    assert planner.ask("GET", path, headers=forged, via="stranger").status == 403


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"GET /state HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /state HTTP/1.1\r\n\r\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 40, 400),
        (
            b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            400,
        ),
        (
            (
                b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
                b"0\r\n\r\nGET /state HTTP/1.1\r\nHost: a\r\n\r\n"
            ),
            411,
        ),
        (b"GET /state HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 40_000 + b"\r\n\r\n", 400),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (
            (
                b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                b"Content-Length: 99999999\r\n\r\n"
            ),
            413,
        ),
        (
            (
                b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\n"
                b"Content-Length: 2\r\n\r\n{}"
            ),
            415,
        ),
        (
            b"GET /state HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            200,
        ),
    ],
)
def test_what_is_no_such_request_is_refused_and_written_down(planner, content, status):
    before = len(planner.audit)
    got = planner.send(content, seconds=0.5)
    assert got.startswith(f"HTTP/1.1 {status} ".encode()), got[:300]
    assert got.count(b"HTTP/1.1") == 1, "no second request was hidden in the first one"
    until(lambda: len(planner.audit) > before)
    assert len(planner.audit) == before + 1
    if status != 200:
        assert planner.last[:2] == ("refused", "malformed")


def test_whoever_sends_what_is_no_http_keeps_nobody_waiting(planner, monkeypatch):
    go_on = threading.Event()
    refuse = planner.desk.refuse

    def refuse_slowly(*args):
        assert go_on.wait(10.0)
        return refuse(*args)

    monkeypatch.setattr(planner.desk, "refuse", refuse_slowly)
    before = len(planner.audit)
    try:
        for _ in range(3):
            assert planner.send(b"nonsense\r\n\r\n", seconds=60.0).startswith(b"HTTP/1.1 400")
        assert planner.ask("GET", "/openapi.json", via="reader").status == 200
        assert len(planner.audit) == before
    finally:
        go_on.set()
    until(lambda: len(planner.audit) == before + 3)


def test_stations_report_and_are_no_persons(planner):
    line = b"R1 report t=0 station=site-1 g=0 hash= version=1.0 serving=1 calls=0 refused=0 refused_hash= refused_reason=\n"
    before = len(planner.audit)
    told = planner.ask("POST", "/stations/site-1/report", line, via="site-1")
    assert told.status == 200
    assert told.content.startswith(b"R1 wanted t=0 g=")
    assert len(planner.audit) == before, "this is no use of a verb"
    content_hash = dict(word.split(b"=") for word in told.content.split()[3:])[b"hash"].decode()
    path = f"/snapshots/{content_hash}"
    fetched = planner.ask("GET", path, via="site-1").content
    assert fetched == planner.engine.find_snapshot(content_hash).read_bytes()
    for via in ("stranger", "second", "reader"):
        assert planner.ask("POST", "/stations/site-1/report", line, via=via).reason == "no-station"
        assert planner.ask("GET", path, via=via).reason == "no-station"
    assert planner.ask("POST", "/stations/site-2/report", line, via="site-1").status == 403
    assert planner.ask("GET", "/state", via="site-1").reason == "unknown-identity"
    mine = line.replace(b"site-1", b"site-2")
    assert planner.ask("POST", "/stations/site-2/report", mine).status == 200, "the planner's own"
    assert planner.ask("POST", "/stations/site-2/report", line).status == 403
    assert planner.ask("POST", "/stations/site-2/report", b"\n").status == 400
    assert planner.ask("POST", "/stations/site-2/report", b"x" * 5_000).status == 413


def test_the_state_is_told(planner):
    told = planner.ask("GET", "/state", via="reader")
    assert [each["id"] for each in told.json["stations"]] == ["site-1", "site-2", "edge-1"]
    assert told.headers["cache-control"] == "no-store"
    history = planner.ask("GET", "/changes", via="reader")
    assert history.json == {"current": None, "ended": []}
    assert planner.ask("GET", "/changes", via="desk-29").reason == "not-your-role"
    described = planner.ask("GET", DOCUMENT_PATH, via="stranger")
    assert described.json["openapi"] == "3.1.0"


def test_nothing_is_done_when_nobody_can_write_it_down(planner, monkeypatch):
    def full(*_args):
        raise AuditError("no space left")

    orders = dict(planner.engine.state.orders)
    monkeypatch.setattr(AuditLog, "append", full)
    for method, path, body in (
        ("POST", "/orders", pause()),
        ("POST", "/approvals", {"hash": "0" * 64}),
        ("GET", "/state", None),
        ("GET", "/nowhere", None),
    ):
        refused = planner.ask(method, path, body, via="desk-29")
        assert (refused.status, refused.reason) == (503, "no-audit")
    assert planner.engine.state.orders == orders


def test_a_mistake_of_ours_is_told_as_one(planner, monkeypatch, capfd):
    monkeypatch.setattr(type(planner.engine), "facts", lambda _self: 1 / 0)
    told = planner.ask("GET", "/state")
    assert (told.status, told.reason) == (500, "fault")
    assert b"ZeroDivision" not in told.content


def test_one_mistake_in_people_yaml_and_nobody_may(planner):
    path = planner.planner / "people.yaml"
    good = path.read_text()
    try:
        path.write_text(good.replace("roles: [reader]", "roles: [king]"))
        refused = planner.ask("GET", "/state", via="second")
        assert (refused.status, refused.reason) == (503, "nobody-may")
        assert "people.yaml" in refused.json["detail"]
        assert "no such role" in refused.json["detail"]
    finally:
        path.write_text(good)
    assert planner.ask("GET", "/state", via="second").status == 200


def test_whoever_asks_too_often_waits(tmp_path):
    from route112.apps.planner.web.guard import Rates

    rates = Rates(per_s=0.001, burst=3)
    with commanded(tmp_path, tls=False, rates=rates) as planner:
        statuses = [planner.ask("GET", "/state").status for _ in range(5)]
        assert statuses == [200, 200, 200, 429, 429]
        assert [each.reason for each in planner.audit] == ["", "", "", "too-many"], "once a minute"
        assert planner.audit[-1].request.verb == "status"
        assert planner.send(b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
        assert planner.ask("GET", "/nowhere").status == 429
        assert len(planner.audit) == 4


def test_bytes_that_are_too_many_are_written_down_as_that(tmp_path):
    from route112.apps.planner.web.guard import Rates

    with commanded(tmp_path, tls=False, rates=Rates(per_s=0.001, burst=1)) as planner:
        for _ in range(4):
            planner.send(b"nonsense\r\n\r\n")
        until(lambda: len(planner.audit) == 2)
        assert [each.reason for each in planner.audit] == ["malformed", "too-many"]


def test_pauses_that_were_allowed_to_end_before_the_end_end(tmp_path, monkeypatch):
    planner = Commanded(tmp_path).start()
    waiting = planner.ask("POST", "/orders", pause()).json["hash"]
    order = planner.ask("POST", "/approvals", {"hash": waiting}, via="second").json["order"]
    asked = planner.ask("POST", "/orders", stamp(kind="resume", psap="CRRA15-29")).json
    assert asked["arguments"]["ends_01"] == order, "the second person reads which"

    def killed(_self, _wish):
        raise SystemError("killed")

    monkeypatch.setattr(type(planner.engine), "wish", killed)
    assert planner.ask("POST", "/approvals", {"hash": asked["hash"]}, via="second").status == 500
    planner.stop()
    monkeypatch.undo()
    planner.start()
    assert [asked["hash"][:16] in said for said in planner.finished] == [True]
    assert planner.ask("GET", "/orders").json["orders"] == []
    planner.stop()


def test_an_order_that_was_allowed_before_the_end_is_carried_out(tmp_path, monkeypatch):
    planner = Commanded(tmp_path).start()
    waiting = planner.ask("POST", "/orders", pause()).json["hash"]

    def killed(_self, _wish):
        raise SystemError("killed")

    monkeypatch.setattr(type(planner.engine), "wish", killed)
    assert planner.ask("POST", "/approvals", {"hash": waiting}, via="second").status == 500
    planner.stop()
    monkeypatch.undo()
    planner.start()
    (done,) = planner.finished
    assert done.startswith("was allowed before the last end, and is done now: " + waiting[:16])
    assert len(planner.engine.state.orders) == 1
    planner.stop()
    planner.start()
    assert planner.finished == [], "once is enough"
    resume = stamp(kind="resume", psap="CRRA15-29")
    planner.ask("POST", "/orders", resume)
    (found,) = planner.ask("GET", "/waiting").json["waiting"]
    planner.ask("POST", "/approvals", {"hash": found["hash"]}, via="second")
    planner.ask("POST", "/orders", pause(), via="desk-29")
    planner.stop()
    planner.start()
    assert planner.finished == []
    assert len(planner.engine.state.orders) == 1, "what was paused later stays paused"
    planner.stop()


def test_what_was_not_done_is_not_done_later(tmp_path, monkeypatch):
    planner = Commanded(tmp_path).start()
    for number, told in enumerate((JournalError("full"), Refusal("too-many", "enough"))):

        def fail(_self, _wish, told=told):
            if isinstance(told, Exception):
                raise told
            return told

        monkeypatch.setattr(type(planner.engine), "wish", fail)
        refused = planner.ask("POST", "/orders", pause(), via="desk-29")
        assert refused.status == (503, 409)[number]
        assert "next start" not in refused.json["detail"]
        assert planner.last[:2] == ("refused", "not-done")
        monkeypatch.undo()
    planner.stop()
    planner.start()
    assert (planner.finished, dict(planner.engine.state.orders)) == ([], {})
    planner.stop()


def test_what_is_not_done_and_cannot_be_written_down_says_so(tmp_path, monkeypatch):
    planner = Commanded(tmp_path).start()
    append = AuditLog.append

    def fail(_self, _wish):
        monkeypatch.setattr(AuditLog, "append", full)
        raise JournalError("full")

    def full(*_args):
        raise AuditError("full")

    monkeypatch.setattr(type(planner.engine), "wish", fail)
    refused = planner.ask("POST", "/orders", pause(), via="desk-29")
    assert (refused.status, refused.reason) == (503, "no-journal")
    assert "its next start may still carry it out" in refused.json["detail"]
    monkeypatch.setattr(AuditLog, "append", append)
    planner.ask("GET", "/orders")
    assert [str(each.reason) for each in planner.audit[-2:]] == ["not-done", ""], "room again"
    monkeypatch.undo()
    planner.stop()
    planner.start()
    assert planner.finished == []
    planner.stop()


def test_yesterdays_order_is_not_given_today(tmp_path, monkeypatch):
    planner = Commanded(tmp_path).start()
    monkeypatch.setattr(type(planner.engine), "wish", lambda _self, _wish: 1 / 0)
    assert planner.ask("POST", "/orders", pause(), via="desk-29").status == 500
    planner.stop()
    monkeypatch.undo()
    with contextlib.closing(AccessDesk(tmp_path / "planner")) as desk:
        assert len(desk.list_allowed()) == 1
    later = utc_now() + 86_400_000_000
    with contextlib.closing(AccessDesk(tmp_path / "planner", now=lambda: later)) as desk:
        assert desk.list_allowed() == []


def test_an_answer_is_json_of_its_shape(planner):
    for route in ROUTES:
        if route.method == "GET" and route.verbs:
            got = planner.ask("GET", route.path)
            assert got.status == 200
            json.loads(got.content)
