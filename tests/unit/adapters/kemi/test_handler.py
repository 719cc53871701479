"""The handler translates a message into a call and a decision into attempts, and never raises."""

import os
import signal
import socket
import time
from types import SimpleNamespace

import pytest
from tests.support.snapshots import NOW, small_content

from route112.adapters.kemi import handler, open_site
from route112.adapters.kemi.advice import NO_STATES
from route112.adapters.kemi.handler import (
    ANSWERED,
    FORBIDDEN,
    NATIVE,
    PROBE,
    STALE,
    TEST_CALL,
    THAWED,
    UNKNOWN,
    Site,
)
from route112.adapters.kemi.heartbeat import GAP_NS, Heartbeat
from route112.adapters.kemi.lines import Mark
from route112.adapters.kemi.probes import HEADER, Probes
from route112.model import ServiceState, States
from route112.snapshot.errors import SnapshotError
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot
from route112.wire.record_lines import parse_line

NOT_UTF8 = UnicodeDecodeError("utf-8", b"\xe9", 0, 1, "unexpected end of data")
FIRST = "+33261910020|127.0.4.1:5060|udp|2000|30000|CIC17-29|300"


@pytest.fixture(autouse=True)
def _alarm_that_hurts_nobody(monkeypatch):
    """On a busy machine the time for an answer may be over: the tests themselves must not end."""
    monkeypatch.setattr(handler, "DECIDE_SECONDS_MAX", 5.0)
    before = signal.signal(signal.SIGALRM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGALRM, before)


class FakeKsr:
    """A stand-in for Kamailio's KSR module: it answers from two tables and writes down logs."""

    def __init__(self, *, variables=None, headers=None):
        self._variables = {
            "$avp(dialled)": "sip:17@127.0.1.1",
            "$si": "127.0.2.1",
            "$sp": 5060,
            "$proto": "udp",
            "$ci": "one@127.0.2.1",
            "$(ci{s.substr,0,256}{s.encode.hexa})": "e9",
        } | (variables or {})
        self._headers = {"X-Commune": "29019"} | (headers or {})
        self.pushed = []
        self.logged = []
        self.pv = SimpleNamespace(get=self._get_variable, sets=self._push)
        self.hdr = SimpleNamespace(get=lambda name: self._answer(self._headers.get(name)))

    def __repr__(self):
        return "a fake KSR, no Kamailio behind it"

    def _answer(self, value):
        if isinstance(value, Exception):
            raise value
        return value

    def _get_variable(self, name):
        return self._answer(self._variables.get(name))

    def _push(self, name, value):
        self.pushed.append((name, value))

    def info(self, text):
        self.logged.append(("info", text))

    def warn(self, text):
        self.logged.append(("warn", text))

    def err(self, text):
        self.logged.append(("err", text))


class FakeFeed:
    """A feed that stands still."""

    def __init__(self):
        self.snapshot = Snapshot(write_snapshot(small_content(orders=())))
        self.trouble = ""
        self.behind = False

    def refresh(self):
        return self.trouble

    def is_behind(self):
        return self.behind


class Clock:
    ns = 5_000_000_000

    def __call__(self):
        return self.ns


class FakeAdvice:
    """States that stand still, and an offer for one call."""

    def __init__(self, *down):
        self.states = States(dict.fromkeys(down, ServiceState.UNREACHABLE)) if down else NO_STATES
        self.trials = 0
        self.trouble = ""

    def refresh(self):
        return self.trouble

    def find_states(self, now_us):
        assert now_us == NOW
        return self.states

    def take_trial(self, target, now_us):
        assert (target.psap, now_us) == ("CIC17-29", NOW)
        self.trials -= 1
        return self.trials >= 0


class Stage:
    def __init__(self, advice=None, probes=None, **tables):
        self.ksr = FakeKsr(**tables)
        self.feed = FakeFeed()
        self.clock = Clock()
        self.written = []
        self.heart = Heartbeat(now_ns=self.clock)
        self.site = Site(
            self.ksr,
            self.feed,
            mark=Mark("site-3", ""),
            heartbeat=self.heart,
            advice=advice,
            probes=probes,
            write=self.written.append,
            now=lambda: NOW,
        )

    def records(self):
        return [parse_line(line) for line in b"".join(self.written).splitlines(keepends=True)]

    def freeze(self):
        self.heart.beat()
        self.clock.ns += GAP_NS + 1


def test_attempts_are_pushed_so_that_the_first_is_read_first():
    stage = Stage()
    assert stage.site.decide(None) == ANSWERED
    assert {name for name, _ in stage.ksr.pushed} == {"$avp(attempt)"}
    assert stage.ksr.pushed[-1][1] == FIRST
    assert stage.ksr.pushed[-2][1] == FIRST.replace("4.1", "4.2")


def test_the_call_is_on_record_in_one_write_before_it_is_relayed():
    stage = Stage()
    stage.site.decide(None)
    assert len(stage.written) == 1
    attempt, decided, tried = stage.records()
    assert attempt.get("op") == "bruyere"
    assert attempt.get("dialled") == "17"
    assert attempt.get("commune") == "29019"
    assert attempt.get("src") == "127.0.2.1:5060"
    assert decided.get("g") == "42"
    assert decided.get("trace").startswith("17 @29019 bruyere/mobile -> ")
    assert tried.get("psap") == "CIC17-29"
    assert stage.ksr.logged == []


def ring(advice):
    stage = Stage(advice)
    stage.site.decide(None)
    return stage.records()[-1].get("psap"), stage


def test_a_psap_that_is_measured_down_is_rung_last_and_the_record_says_why():
    psap, stage = ring(FakeAdvice("CIC17-29"))
    assert psap == "CIC17-75"
    assert {text.split("|")[5] for _, text in stage.ksr.pushed} == {"CIC17-29", "CIC17-75"}
    decided = stage.records()[1]
    assert decided.get("degraded") == "psap-down"
    assert " -> CIC17-29 UNREACHABLE -> " in decided.get("trace")


def test_one_call_tries_it_all_the_same():
    advice = FakeAdvice("CIC17-29")
    advice.trials = 1
    assert [ring(advice)[0] for _ in range(3)] == ["CIC17-29", "CIC17-75", "CIC17-75"]


def test_states_that_concern_nobody_here_take_no_trial():
    advice = FakeAdvice("CRRA15-75")
    advice.trials = 1
    assert ring(advice)[0] == "CIC17-29"
    assert advice.trials == 1
    assert ring(FakeAdvice())[0] == "CIC17-29"


def test_trouble_with_the_states_is_said_and_the_call_goes_on():
    advice = FakeAdvice()
    advice.trouble = "no measured states: it is broken"
    psap, stage = ring(advice)
    assert psap == "CIC17-29"
    assert stage.ksr.logged == [("warn", "no measured states: it is broken [site-3]\n")]


def test_ipv6_sources_stand_in_brackets():
    stage = Stage(variables={"$si": "::1", "$sp": 5066})
    assert stage.site.decide(None) == ANSWERED
    assert stage.records()[0].get("src") == "[::1]:5066"


def test_an_address_of_no_operator_is_refused_and_not_answered():
    stage = Stage(variables={"$si": "127.0.9.9"})
    assert stage.site.decide(None) == UNKNOWN
    assert stage.site.source(None) == UNKNOWN
    assert (stage.ksr.pushed, stage.written) == ([], [])


def test_an_operator_that_came_later_is_found_by_its_address():
    stage = Stage()
    assert stage.site.source(None) == ANSWERED
    assert stage.ksr.pushed == [("$avp(op)", "bruyere")]


def test_a_degraded_decision_serves_and_is_a_warning():
    stage = Stage(headers={"X-Commune": None})
    assert stage.site.decide(None) == ANSWERED
    [(level, line)] = stage.ksr.logged
    assert level == "warn"
    assert line.startswith("17 @? bruyere/mobile -> no commune -> default commune 75056 ")


def test_a_header_that_is_not_utf8_is_read_by_its_octets():
    hexa = {"$(hdr(X-Commune){s.encode.hexa})": b"\xe9 29019".hex()}
    stage = Stage(headers={"X-Commune": NOT_UTF8}, variables=hexa)
    assert stage.site.decide(None) == ANSWERED
    assert stage.records()[0].get("commune") == "29019"


def test_a_header_without_octets_is_absent():
    stage = Stage(headers={"X-Commune": NOT_UTF8})
    assert stage.site.decide(None) == ANSWERED
    assert stage.records()[1].get("degraded") == "no-commune"


@pytest.mark.parametrize(("octets", "dialled"), [(b"sip:17\xe9@h".hex(), "17?"), (None, "")])
def test_a_request_uri_that_is_not_utf8_is_read_by_its_octets(octets, dialled):
    names = {"$avp(dialled)": NOT_UTF8, "$(avp(dialled){s.encode.hexa})": octets}
    stage = Stage(variables=names)
    assert stage.site.decide(None) == ANSWERED
    assert stage.records()[0].get("dialled") == dialled


def test_a_test_call_rings_nobody_and_is_no_attempt():
    stage = Stage(variables={"$avp(dialled)": "urn:service:test.sos"})
    assert stage.site.decide(None) == TEST_CALL
    assert (stage.ksr.pushed, stage.written) == ([], [])


def test_a_test_call_of_an_edge_rings_the_hop_that_it_names():
    stage = Stage(
        variables={"$avp(dialled)": "urn:service:test.sos"},
        headers={HEADER: "site-3;hop=127.0.4.1:5060"},
        probes=Probes(sources=frozenset({"127.0.2.1"})),
    )
    assert stage.site.decide(None) == PROBE
    assert stage.ksr.pushed == [("$avp(attempt)", "|127.0.4.1:5060|udp|2000|2000||0")]
    attempt, tried = stage.records()
    assert (attempt.kind, attempt.get("dialled")) == ("attempt", "urn:service:test.sos")
    assert (tried.kind, tried.get("hop"), tried.get("psap")) == ("try", "127.0.4.1:5060", "")


@pytest.mark.parametrize(
    ("sources", "path", "said"),
    [((), "site-3;hop=127.0.4.1:5060", FORBIDDEN), (("127.0.2.1",), "site-3;hop=x", TEST_CALL)],
)
def test_a_test_call_of_somebody_else_or_to_nowhere_rings_nobody(sources, path, said):
    stage = Stage(
        variables={"$avp(dialled)": "urn:service:test.sos"},
        headers={HEADER: path},
        probes=Probes(sources=frozenset(sources)),
    )
    assert stage.site.decide(None) == said
    assert (stage.ksr.pushed, stage.written) == ([], [])


def test_a_call_for_help_goes_where_the_plan_says_whatever_path_it_names():
    probes = Probes(sources=frozenset({"127.0.2.1"}))
    stage = Stage(headers={HEADER: "site-3;hop=127.0.4.2:5060"}, probes=probes)
    assert stage.site.decide(None) == ANSWERED
    assert stage.ksr.pushed[-1][1] == FIRST


def test_a_call_id_that_is_not_utf8_is_on_record_all_the_same():
    stage = Stage(variables={"$ci": NOT_UTF8})
    assert stage.site.decide(None) == ANSWERED
    assert stage.records()[0].get("callx") == "e9"


def test_a_long_call_id_is_cut_as_the_configuration_cuts_it():
    stage = Stage(variables={"$ci": "x" * 300})
    stage.site.decide(None)
    assert stage.records()[0].call == "x" * handler.CALL_ID_CHARS_MAX


def test_an_exception_leaves_the_call_to_the_native_route(monkeypatch):
    def fail(*_, **__):
        raise KeyError("29019")

    monkeypatch.setattr(handler, "decide", fail)
    stage = Stage()
    assert stage.site.decide(None) == NATIVE
    assert (stage.ksr.pushed, stage.written) == ([], [])
    assert stage.ksr.logged == [("err", "decide: KeyError('29019') [site-3]\n")]


def test_a_late_answer_is_no_answer(monkeypatch):
    def loop(*_, **__):
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            pass

    monkeypatch.setattr(handler, "decide", loop)
    monkeypatch.setattr(handler, "DECIDE_SECONDS_MAX", 0.01)
    stage = Stage()
    before = signal.getsignal(signal.SIGALRM)
    try:
        assert stage.site.child_init(1) == 0
        assert stage.site.decide(None) == NATIVE
    finally:
        signal.signal(signal.SIGALRM, before)
    assert stage.ksr.logged == [
        ("err", "decide: DecideTimeoutError('no answer within 10 ms') [site-3]\n")
    ]
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_an_answer_that_is_on_record_is_not_taken_back(monkeypatch):
    """A disk that stalls makes the write late: decided natively as well, it would stand twice."""
    monkeypatch.setattr(handler, "DECIDE_SECONDS_MAX", 0.05)
    stage = Stage()
    kept = stage.site._write

    def stall(lines):
        kept(lines)
        time.sleep(0.1)

    stage.site._write = stall
    before = signal.getsignal(signal.SIGALRM)
    try:
        stage.site.child_init(1)
        assert stage.site.decide(None) == ANSWERED
    finally:
        signal.signal(signal.SIGALRM, before)
    assert [name for name, _ in stage.ksr.pushed] == ["$avp(attempt)"] * len(stage.ksr.pushed)


def test_after_a_freeze_nothing_is_decided():
    stage = Stage()
    stage.freeze()
    assert stage.site.decide(None) == STALE
    assert stage.site.fresh(None) == STALE
    assert stage.site.health(None) == STALE
    assert (stage.ksr.pushed, stage.written) == ([], [])
    stage.clock.ns += GAP_NS
    stage.heart.beat()
    assert stage.site.fresh(None) == ANSWERED
    assert stage.site.decide(None) == ANSWERED


def test_a_worker_that_was_stopped_with_the_message_in_its_hands_says_so(monkeypatch):
    clock = iter((0, GAP_NS + 1))
    monkeypatch.setattr(handler.time, "monotonic_ns", lambda: next(clock))
    assert Stage().site.decide(None) == STALE


def test_the_end_of_a_freeze_is_said_once():
    stage = Stage()
    stage.freeze()
    assert stage.site.beat(None) == THAWED
    assert stage.site.beat(None) == ANSWERED
    assert [text for _, text in stage.ksr.logged] == [
        "the site stood still; what it reads now is stale [site-3]\n"
    ]


def test_trouble_with_a_new_snapshot_is_said_and_the_old_one_serves():
    stage = Stage()
    stage.feed.trouble = "keeps g42: planted"
    assert stage.site.decide(None) == ANSWERED
    assert stage.ksr.logged == [("err", "keeps g42: planted [site-3]\n")]


def test_health_decides_a_call_pushes_nothing_and_is_kept_for_a_moment(monkeypatch):
    asked = []
    real = handler.decide

    def decide(call, *arguments, **options):
        asked.append(call.dialled)
        return real(call, *arguments, **options)

    monkeypatch.setattr(handler, "decide", decide)
    stage = Stage()
    assert stage.site.health(None) == ANSWERED
    assert stage.site.health(None) == ANSWERED
    assert asked == ["112"]
    assert (stage.ksr.pushed, stage.written, stage.ksr.logged) == ([], [], [])


def test_health_is_false_when_the_worker_cannot_follow():
    stage = Stage()
    stage.feed.behind = True
    assert stage.site.health(None) == NATIVE
    assert "cannot follow the snapshot in force" in stage.ksr.logged[0][1]


def test_a_full_disk_is_no_reason_to_refuse_a_call(monkeypatch):
    def fail(_handle, _lines):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", fail)
    handler.write_stderr(b"R1 attempt\n")


def test_records_go_to_standard_error(monkeypatch):
    written = []
    monkeypatch.setattr(os, "write", lambda handle, lines: written.append((handle, lines)))
    handler.write_stderr(b"R1 attempt\n")
    assert written == [(2, b"R1 attempt\n")]


def make_environment(folder, content):
    (folder / "small.r112").write_bytes(content)
    (folder / "current").write_text(f"{folder / 'small.r112'}\n", encoding="utf-8")
    return {"ROUTE112_CURRENT": str(folder / "current"), "ROUTE112_SITE": "site-3"}


def test_opening_without_a_snapshot_is_an_error_for_the_bootstrap(tmp_path):
    with pytest.raises(FileNotFoundError):
        open_site(FakeKsr(), {"ROUTE112_CURRENT": str(tmp_path / "none")})
    with pytest.raises(KeyError):
        open_site(FakeKsr(), {})
    with pytest.raises(SnapshotError):
        open_site(FakeKsr(), make_environment(tmp_path, b"not a snapshot" * 100))


def test_each_beat_sounds_the_sockets_of_the_site(tmp_path):
    content = write_snapshot(small_content(orders=()))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", 0))
        ear.settimeout(5)
        place = "{}:{}".format(*ear.getsockname())
        environ = make_environment(tmp_path, content) | {"ROUTE112_SOCKETS": place}
        site = open_site(FakeKsr(), environ | {"ROUTE112_RECORD_KEY": "k7"})
        assert site.beat(None) == ANSWERED
        assert f"sip:waited-k7@{place} ".encode() in ear.recv(2_000)


def test_a_snapshot_is_mapped_and_tried_before_workers_fork(tmp_path):
    ksr = FakeKsr()
    site = open_site(ksr, make_environment(tmp_path, write_snapshot(small_content())))
    assert ksr.logged == [("info", "site-3 serves g42\n")]
    assert site.decide(None) == ANSWERED
    assert ksr.pushed[-1][1] == FIRST
