"""Who may command, as whoever commands meets it: each promise of docs/access.md over real sockets."""

import re
import socket
import ssl
from pathlib import Path

import pytest
from tests.support.commanded import HOUR_US, OWN, commanded, pause, stamp, until

from route112.access import parse_audit
from route112.adapters.clock import utc_now
from route112.apps.planner.web.routes import ROUTES

pytestmark = pytest.mark.e2e

PAGE = Path(__file__).parents[2] / "docs" / "access.md"
ROLES = ("crisis", "operator", "planner", "privacy", "reader")
OTHERS = ("desk-29", "stranger", "gone", "idle")
"""An answering point; nobody; somebody whose time is over; somebody without a role."""
PEOPLE = "people:\n" + "".join(
    f"  - {{id: {name}, certificates: [CN={name}], {rest}}}\n"
    for name, rest in (
        *((role, f"roles: [{role}]") for role in ROLES),
        ("desk-29", "psap: CRRA15-29"),
        ("gone", "roles: [crisis], until: 2020-01-01T00:00:00Z"),
        ("idle", "roles: []"),
    )
) + (
    "  - {id: two-hands, certificates: [CN=left, CN=right], "
    f'system_users: ["{OWN}"], roles: [crisis, operator]}}\n'
)  # fmt: skip
MAY_NOT = ("not-your-role", "unknown-identity")
CANDIDATE = "a" * 64
QUARTER_US = 900_000_000


@pytest.fixture(scope="module")
def planner(tmp_path_factory):
    subjects = (*ROLES, "gone", "idle", "left", "right")
    folder = tmp_path_factory.mktemp("access")
    with commanded(folder, people=PEOPLE, subjects=subjects) as running:
        yield running


def read_page():
    """Return what the page promises: by verb, who may and who has to agree."""
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]*) \| ([^|]*) \|$", PAGE.read_text(), re.MULTILINE)
    return {
        verb: (
            set(may.partition(";")[0].split(", ")),
            set(filter(None, agree.strip().split(", "))),
        )
        for verb, may, agree in rows
    }


def list_questions():
    """Return how each verb that the planner serves is asked, with something that may be granted."""
    order = {"psap": "CTA18-29", "expires_us": utc_now() + HOUR_US}
    changes = {
        "activate": {"kind": "plan", "candidate": CANDIDATE},
        "site evacuate": {"kind": "evacuation", "stations": ["site-1"]},
        "site maintain": {"kind": "maintenance", "stations": ["site-1"]},
        "site upgrade": {"kind": "upgrade", "stations": ["site-1"], "version": "2.0"},
    }
    query = "&".join(f"{name}={value}" for name, value in stamp(content_hash=CANDIDATE).items())
    return {
        "status": ("GET", "/state", None),
        "order list": ("GET", "/orders", None),
        "history": ("GET", "/changes", None),
        "order alternative": ("POST", "/orders", stamp(kind="alternative", **order)),
        "order divert": ("POST", "/orders", stamp(kind="divert", to_psap="CRRA15-29", **order)),
        "order pause": ("POST", "/orders", stamp(kind="pause", **order)),
        "order prefect": ("POST", "/orders", stamp(kind="prefect", decree="29-7", **order)),
        "order resume": ("POST", "/orders", stamp(kind="resume", psap="CTA18-29")),
        **{verb: ("POST", "/changes", stamp(**body)) for verb, body in changes.items()},
        "change adopt": ("POST", "/adoptions", stamp(candidate=CANDIDATE)),
        "change abort": ("POST", "/changes/current/abort", stamp()),
        "change resume": ("POST", "/changes/current/work-done", stamp()),
        "plan build": ("POST", f"/candidates?{query}", b"no snapshot"),
        "approve": ("POST", "/approvals", {"hash": "f" * 64}),
    }


def test_each_role_meets_what_the_page_says_of_each_verb(planner):
    page, served = read_page(), {verb for route in ROUTES for verb in route.verbs}
    assert set(list_questions()) == served
    for who in (*ROLES, *OTHERS):
        for verb, (method, path, body) in list_questions().items():
            may, agree = page[verb]
            before = len(planner.audit)
            found = planner.ask(method, path, body, via=who)
            reason = found.reason if found.status >= 400 else ""
            assert (reason in MAY_NOT) == (who not in may), (who, verb, found.content)
            assert found.status != 200 or not agree, f"{who} alone did {verb}"
            assert len(planner.audit) == before + 1, "each use is a line"
            ruling, _, asked, by = planner.last
            assert by == f"certificate:CN={who}"
            # An approval of nothing that waits names no request.
            assert asked in (verb, None)
            # Who may hand in a plan is let in before the file is looked at.
            is_let_in = verb == "plan build" and who in may
            assert (ruling == "refused") == (found.status >= 400 and not is_let_in)


def test_where_two_agree_only_the_roles_of_the_page_count(planner):
    may, agree = read_page()["order divert"]
    for who in (*ROLES, *OTHERS):
        order = {"psap": "CTA18-29", "to_psap": "CRRA15-29", "expires_us": utc_now() + HOUR_US}
        (author,) = may
        asked = planner.ask("POST", "/orders", stamp(kind="divert", **order), via=author)
        assert asked.status == 202
        found = planner.ask("POST", "/approvals", {"hash": asked.json["hash"]}, via=who)
        is_right = who in agree and who != author
        assert (found.status == 200) == is_right, (who, found.content)
        assert planner.last[0] == ("allowed" if is_right else "refused")


def refuse(planner, found, reason, *, status, by):
    """A refusal with its line, and nothing was done."""
    assert (found.status, found.reason) == (status, reason), found.content
    assert planner.last[:2] == ("refused", reason)
    assert planner.last[3] == by


def test_a_forged_request_is_refused_and_written_down(planner):
    orders = dict(planner.engine.state.orders)
    hash_ = planner.ask("POST", "/orders", pause(), via="crisis").json["hash"]
    altered = hash_[:-1] + ("0" if hash_[-1] != "0" else "1")
    found = planner.ask("POST", "/approvals", {"hash": altered}, via="operator")
    refuse(planner, found, "unknown-request", status=404, by="certificate:CN=operator")
    for forged in (
        {"author": "crisis"},
        {"approver": "operator"},
        {"by": "certificate:CN=crisis"},
    ):
        found = planner.ask("POST", "/orders", pause(**forged), via="reader")
        refuse(planner, found, "malformed", status=400, by="certificate:CN=reader")
    headers = {
        "X-Client-Cert": "CN=crisis",
        "Forwarded": "for=crisis",
        "Authorization": "Basic YQ==",
    }
    found = planner.ask("POST", "/orders", pause(), via="reader", headers=headers)
    refuse(planner, found, "not-your-role", status=403, by="certificate:CN=reader")
    assert planner.engine.state.orders == orders


def test_an_expired_request_is_refused_and_written_down(planner, monkeypatch):
    orders = dict(planner.engine.state.orders)
    found = planner.ask("POST", "/orders", pause(asked_us=utc_now() - 301_000_000), via="crisis")
    refuse(planner, found, "too-old", status=409, by="certificate:CN=crisis")
    hash_ = planner.ask("POST", "/orders", pause(), via="crisis").json["hash"]
    monkeypatch.setattr(planner.desk, "_now", lambda: utc_now() + QUARTER_US + 1)
    found = planner.ask("POST", "/approvals", {"hash": hash_}, via="operator")
    refuse(planner, found, "expired", status=409, by="certificate:CN=operator")
    monkeypatch.undo()
    assert planner.engine.state.orders == orders


def test_a_replayed_request_is_refused_and_written_down(planner):
    body = pause(psap="CTA18-29")
    asked = planner.ask("POST", "/orders", body, via="crisis")
    found = planner.ask("POST", "/orders", body, via="crisis")
    refuse(planner, found, "replayed", status=409, by="certificate:CN=crisis")
    approval = {"hash": asked.json["hash"]}
    assert planner.ask("POST", "/approvals", approval, via="operator").status == 200
    orders = dict(planner.engine.state.orders)
    for _ in range(2):
        for path, again, who in (
            ("/approvals", approval, "operator"),
            ("/orders", body, "crisis"),
        ):
            found = planner.ask("POST", path, again, via=who)
            refuse(planner, found, "replayed", status=409, by=f"certificate:CN={who}")
        planner.stop()
        planner.start()
    assert set(planner.engine.state.orders) <= set(orders)


@pytest.mark.parametrize("other", ["left", "right", ""])
def test_a_self_approved_request_is_refused_and_written_down(planner, other):
    orders = dict(planner.engine.state.orders)
    asked = planner.ask("POST", "/orders", pause(), via="left")
    assert asked.status == 202, asked.content
    found = planner.ask("POST", "/approvals", {"hash": asked.json["hash"]}, via=other)
    by = f"certificate:CN={other}" if other else f"system-user:{OWN}"
    refuse(planner, found, "own-request", status=403, by=by)
    assert planner.engine.state.orders == orders


def send(planner, content, *, via):
    """Send bytes as they are over TLS; return what comes back until the other end is done."""
    context = ssl.create_default_context(cafile=planner.folder / "ca.pem")
    context.load_cert_chain(planner.folder / f"{via}.pem", planner.folder / f"{via}.key")
    got = b""
    with (
        socket.create_connection(("127.0.0.1", planner.port), timeout=5.0) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as asking,
    ):
        asking.sendall(content)
        asking.settimeout(0.5)
        try:
            while part := asking.recv(65_536):
                got += part
        except (OSError, TimeoutError):
            return got
    return got


@pytest.mark.parametrize(
    "path",
    [
        b"/../../etc/passwd",
        b"/snapshots/../people.yaml",
        b"/snapshots/..%2fpeople.yaml",
        b"/snapshots/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        b"/snapshots/%252e%252e%252fpeople.yaml",
        b"/snapshots//etc/passwd",
        b"/stations/../people.yaml/report",
        b"/stations/..%2fpeople.yaml/report",
        b"//people.yaml",
        b"/./people.yaml",
        b"\\..\\people.yaml",
        b"file:///etc/passwd",
        b"/people.yaml%00.json",
    ],
)
def test_no_path_leads_to_a_file_and_each_try_is_written_down(planner, path):
    for via, head in (("site-1", b"GET "), ("crisis", b"POST ")):
        before = len(planner.audit)
        got = send(
            planner, head + path + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", via=via
        )
        assert got.split(b" ")[1] in (b"400", b"403", b"404", b"405", b"410"), got[:300]
        assert b"root:" not in got
        assert b"certificates" not in got
        # A station that asks for a snapshot that is not there is no person, and gets no line.
        lines = 0 if got.split(b" ")[1] == b"410" else 1
        await_lines(planner, before + lines)


def await_lines(planner, count):
    """Bytes that are no HTTP are written down beside the answer."""
    until(lambda: len(planner.audit) >= count)
    assert len(planner.audit) == count


HEAD = b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (HEAD + b"Content-Length: 16385\r\n\r\n", b"413"),
        (HEAD + b"Content-Length: 18446744073709551616\r\n\r\n", b"413"),
        (HEAD + b"X: " + b"a" * 40_000 + b"\r\n\r\n", b"400"),
        (HEAD + b"X: a\r\n" * 8_000 + b"\r\n", b"400"),
        (b"GET /" + b"a" * 40_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 9000\r\n\r\n" + b"[" * 9_000, b"400"),
        (HEAD + b"Content-Length: -1\r\n\r\n", b"400"),
        (HEAD + b"Content-Length: 2, 3\r\n\r\n{}", b"400"),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n", b"411"),
        (HEAD + b"Content-Length: 4\r\n\r\n\xff\xfe{}", b"400"),
        (b"GET /state HTTP/1.1\nHost a\n\n", b"400"),
        (b"\x00" * 64 + b"\r\n\r\n", b"400"),
    ],
)
def test_oversized_and_malformed_http_is_refused_and_written_down(planner, content, status):
    before = len(planner.audit)
    got = send(planner, content, via="crisis")
    assert got.startswith(b"HTTP/1.1 " + status), got[:300]
    assert got.count(b"HTTP/1.1 ") == 1
    await_lines(planner, before + 1)
    assert planner.last[:2] == ("refused", "malformed")
    assert planner.last[3] == "certificate:CN=crisis"
    assert planner.ask("GET", "/state", via="crisis").status == 200, "others are served"


def test_one_altered_word_of_the_audit_log_shows(planner):
    assert planner.ask("GET", "/state", via="reader").status == 200
    content = (planner.planner / "audit.log").read_bytes()
    assert not parse_audit(content).flaw
    spoiled = content.replace(b"%3Dreader", b"%3Draeder", 1)
    assert spoiled != content
    assert parse_audit(spoiled).flaw
    cut = content[: content.index(b"\n") + 1] + content[content.index(b"\n", 2_000) + 1 :]
    assert parse_audit(cut).flaw
