"""The handler translates a message into a call and a decision into attempts, and never raises."""

import signal
import time
from types import SimpleNamespace

import pytest
from tests.support.snapshots import small_content

from route112.adapters import kemi
from route112.adapters.kemi import ANSWERED, NATIVE, Site, list_attempts, open_site
from route112.model import Call, Hop, RouteDecision, Target
from route112.snapshot.errors import SnapshotError
from route112.snapshot.writer import write_snapshot

NOW = 1_793_000_000_000_000
IP_HOP = Hop(
    address="127.0.4.1:5060", transport="udp", technology="ip", vendor="alder", capacity_calls=9
)
RTC_HOP = Hop(
    address="127.0.5.1:5060", transport="tcp", technology="rtc", vendor="birch", capacity_calls=9
)
NOT_UTF8 = UnicodeDecodeError("utf-8", b"\xe9", 0, 1, "unexpected end of data")


class FakeKsr:
    """A stand-in for Kamailio's KSR module: it answers from two tables and writes down logs."""

    def __init__(self, *, variables=None, headers=None):
        self._variables = {"$ru": "sip:15@127.0.1.1", "$rU": "15"} | (variables or {})
        self._headers = headers or {}
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
        assert name == "$avp(attempt)"
        self.pushed.append(value)

    def info(self, text):
        self.logged.append(("info", text))

    def warn(self, text):
        self.logged.append(("warn", text))

    def err(self, text):
        self.logged.append(("err", text))


def make_target(psap="CRRA15-29", number="+33261910015", hops=(IP_HOP,), rule="primary"):
    return Target(
        psap=psap,
        number=number,
        rule=rule,
        trunk="armor/ip/ouest",
        hops=hops,
        ring_time_s=30,
    )


def make_decision(*targets, degraded=None, trace=("plan",)):
    return RouteDecision(
        targets=targets or (make_target(),), trace=trace, degraded=degraded, generation=42
    )


class FakeSnapshot:
    """A stand-in that has just what the probe of `health` reads."""

    generation = 42
    short_numbers = (SimpleNamespace(number="15"), SimpleNamespace(number="112"))
    default_number = 1

    def commune(self, index):
        assert index == 0
        return SimpleNamespace(code="01001")


@pytest.fixture
def answer(monkeypatch):
    """Let a test say what `decide` answers; collects the calls that it was asked about."""
    asked = []

    def install(reply):
        def decide(call, snapshot, states, *, now):
            asked.append(call)
            assert now == NOW
            return reply() if callable(reply) else reply

        monkeypatch.setattr(kemi, "decide", decide)
        return asked

    return install


def make_site(ksr):
    return Site(ksr, FakeSnapshot(), name="site-3", now=lambda: NOW)


def test_the_message_becomes_a_call(answer):
    asked = answer(make_decision())
    headers = {"X-Commune": "29019", "X-Operator": "bruyere", "X-Technology": "mobile"}
    assert make_site(FakeKsr(headers=headers)).decide(None) == ANSWERED
    assert asked == [
        Call(dialled="15", commune="29019", operator="bruyere", technology="mobile"),
    ]


@pytest.mark.parametrize(
    ("variables", "headers", "expected"),
    [
        ({"$(ru{uri.param,commune})": "2A004"}, {}, Call(dialled="15", commune="2A004")),
        (
            {"$(ru{uri.param,commune})": "2A004"},
            {"X-Commune": "29019"},
            Call(dialled="15", commune="29019"),
        ),
        (
            {"$ru": "urn:service:sos.fire", "$rU": "service"},
            {},
            Call(dialled="urn:service:sos.fire"),
        ),
        ({"$rU": "112;phone-context=+33"}, {}, Call(dialled="112")),
        ({"$rU": None}, {}, Call(dialled="")),
        ({}, {"X-Commune": NOT_UTF8}, Call(dialled="15")),
        ({}, {"X-Commune": "29019 or so"}, Call(dialled="15")),
        ({}, {"X-Commune": "9" * (kemi.TOKEN_LENGTH_MAX + 1)}, Call(dialled="15")),
        ({}, {"X-Commune": " 29019 "}, Call(dialled="15", commune="29019")),
    ],
)
def test_what_cannot_be_read_is_left_empty(answer, variables, headers, expected):
    asked = answer(make_decision())
    assert make_site(FakeKsr(variables=variables, headers=headers)).decide(None) == ANSWERED
    assert asked == [expected]


def test_attempts_are_pushed_so_that_the_first_is_read_first(answer):
    answer(make_decision(make_target(), make_target("CRRA15-56", "+33261910056", (RTC_HOP,))))
    ksr = FakeKsr()
    make_site(ksr).decide(None)
    assert ksr.pushed == [
        "+33261910056|127.0.5.1:5060|tcp|6000|30000|CRRA15-56",
        "+33261910015|127.0.4.1:5060|udp|2000|30000|CRRA15-29",
    ]


def test_targets_and_hops_are_bounded():
    targets = [make_target(psap=f"P-{n}", hops=(IP_HOP, RTC_HOP, IP_HOP)) for n in range(4)]
    attempts = list_attempts(make_decision(*targets))
    assert [attempt.rpartition("|")[2] for attempt in attempts] == [
        f"P-{n}" for n in range(kemi.TARGETS_TRIED_MAX) for _ in range(kemi.HOPS_TRIED_MAX)
    ]


def test_the_decision_is_logged_in_the_one_notation(answer):
    answer(make_decision(trace=("rule primary", "CRRA15-29 +33261910015")))
    ksr = FakeKsr(headers={"X-Commune": "29019", "X-Operator": "bruyere"})
    make_site(ksr).decide(None)
    [(level, line)] = ksr.logged
    assert level == "info"
    head, _, elapsed = line.rpartition(" ")
    assert head == "15 @29019 bruyere -> rule primary -> CRRA15-29 +33261910015 [g42 site-3"
    assert elapsed.endswith("ms]\n")


def test_a_degraded_decision_serves_and_is_a_warning(answer):
    answer(make_decision(degraded="no-commune"))
    ksr = FakeKsr()
    assert make_site(ksr).decide(None) == ANSWERED
    assert ksr.pushed
    assert [level for level, _line in ksr.logged] == ["warn"]


def test_an_exception_leaves_the_call_to_the_native_route(answer):
    def fail():
        raise KeyError("29019")

    answer(fail)
    ksr = FakeKsr()
    assert make_site(ksr).decide(None) == NATIVE
    assert ksr.pushed == []
    assert ksr.logged == [("err", "decide: KeyError('29019') [site-3]\n")]


def test_an_unreadable_request_uri_still_gets_an_answer(answer):
    asked = answer(make_decision(degraded="unknown-number"))
    ksr = FakeKsr(variables={"$ru": NOT_UTF8, "$rU": NOT_UTF8})
    assert make_site(ksr).decide(None) == ANSWERED
    assert asked == [Call(dialled="")]


def test_a_late_answer_is_no_answer(answer, monkeypatch):
    def loop():
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            pass
        return make_decision()

    answer(loop)
    monkeypatch.setattr(kemi, "DECIDE_SECONDS_MAX", 0.01)
    ksr = FakeKsr()
    site = make_site(ksr)
    before = signal.getsignal(signal.SIGALRM)
    try:
        assert site.child_init(1) == 0
        assert site.decide(None) == NATIVE
    finally:
        signal.signal(signal.SIGALRM, before)
    assert ksr.logged == [
        ("err", "decide: DecideTimeoutError('no answer within 10 ms') [site-3]\n")
    ]
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_health_decides_a_call_and_pushes_nothing(answer):
    asked = answer(make_decision())
    ksr = FakeKsr()
    assert make_site(ksr).health(None) == ANSWERED
    assert asked == [Call(dialled="112", commune="01001")]
    assert (ksr.pushed, ksr.logged) == ([], [])


def test_health_is_false_when_nothing_can_be_rung(answer):
    answer(make_decision(make_target(hops=())))
    assert make_site(FakeKsr()).health(None) == NATIVE


def test_opening_without_a_snapshot_is_an_error_for_the_bootstrap(tmp_path):
    missing = tmp_path / "none.r112"
    with pytest.raises(FileNotFoundError):
        open_site(FakeKsr(), {"ROUTE112_SNAPSHOT": str(missing)})


def test_opening_garbage_is_an_error_for_the_bootstrap(tmp_path):
    garbage = tmp_path / "garbage.r112"
    garbage.write_bytes(b"not a snapshot" * 100)
    with pytest.raises(SnapshotError):
        open_site(FakeKsr(), {"ROUTE112_SNAPSHOT": str(garbage)})


def test_a_snapshot_is_mapped_and_tried_before_workers_fork(tmp_path):
    path = tmp_path / "small.r112"
    path.write_bytes(write_snapshot(small_content()))
    ksr = FakeKsr(variables={"$rU": "17"}, headers={"X-Commune": "29019"})
    site = open_site(ksr, {"ROUTE112_SNAPSHOT": str(path), "ROUTE112_SITE": "site-3"})
    assert ksr.logged == [("info", "site-3 serves g42\n")]
    assert site.decide(None) == ANSWERED
    assert ksr.pushed[-1] == "+33261910020|127.0.4.1:5060|udp|2000|30000|CIC17-29"
