"""Decisions that fail by order: whose, how, and never without an order."""

import json
import os
import signal

import pytest
from tests.unit.adapters.kemi.test_handler import FakeFeed, FakeKsr

from route112.adapters.kemi import exercise as subject
from route112.adapters.kemi import handler, open_site
from route112.adapters.kemi.exercise import CRASH, HANG, HANG_HARD, RAISE, ExerciseSite
from route112.adapters.kemi.handler import ANSWERED, NATIVE, STALE, Site
from route112.adapters.kemi.heartbeat import Heartbeat
from route112.adapters.kemi.lines import Mark

CALLER = "+33639980001"


@pytest.fixture
def site(tmp_path, monkeypatch):
    before = signal.getsignal(signal.SIGALRM)
    ksr = FakeKsr(headers={"From": f"<sip:{CALLER}@x>"})
    made = ExerciseSite(
        ksr, FakeFeed(), mark=Mark("site-1", "k"), heartbeat=Heartbeat(), write=lambda _line: None,
        folder=tmp_path,
    )  # fmt: skip
    # A busy machine may keep a worker waiting for longer than its guard does.
    monkeypatch.setattr(handler, "DECIDE_SECONDS_MAX", 5.0)
    made.child_init(1)
    made.ksr, made.file = ksr, tmp_path / "exercise.json"
    yield made
    signal.signal(signal.SIGALRM, before)


def order(site, *rules):
    site.file.write_text(json.dumps(rules))


def test_without_an_order_it_is_a_site_as_it_is(site):
    assert isinstance(site, Site)
    assert (site.decide(None), site.health(None)) == (ANSWERED, ANSWERED)


def test_it_raises_until_the_order_is_gone(site):
    order(site, [RAISE, ""])
    assert (site.decide(None), site.health(None)) == (NATIVE, NATIVE)
    assert "planted by an exercise" in site.ksr.logged[-1][1]
    site.file.unlink()
    assert (site.decide(None), site.health(None)) == (ANSWERED, ANSWERED)


def test_a_hang_ends_by_the_guard(site, monkeypatch):
    monkeypatch.setattr(handler, "DECIDE_SECONDS_MAX", 0.05)
    order(site, [HANG, ""])
    assert site.decide(None) == NATIVE
    assert "no answer within 50 ms" in site.ksr.logged[-1][1]


def test_a_hard_hang_ends_with_its_order_only(site, monkeypatch):
    looks = []

    def look(*_given):
        looks.append(1)
        if len(looks) == 3:
            site.file.unlink()

    monkeypatch.setattr(subject.select, "select", look)
    order(site, [HANG_HARD, ""])
    assert site.decide(None) in (ANSWERED, STALE)
    assert len(looks) == 3
    assert signal.SIGALRM not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_orders_about_a_caller_leave_others_and_health_alone(site, monkeypatch):
    order(site, [RAISE, CALLER])
    assert site.health(None) == ANSWERED
    monkeypatch.setattr(site, "_find_caller", lambda: "+33639989999")
    assert site.decide(None) == ANSWERED
    monkeypatch.setattr(site, "_find_caller", lambda: CALLER)
    assert site.decide(None) == NATIVE


def test_a_crash_takes_the_process_but_no_question_does(site, monkeypatch):
    sent = []
    monkeypatch.setattr(subject.os, "kill", lambda *words: sent.append(words))
    monkeypatch.setattr(
        subject.select, "select", lambda *_given: site.file.unlink(missing_ok=True)
    )
    order(site, [CRASH, ""])
    assert site.health(None) == ANSWERED
    assert sent == []
    site.decide(None)
    assert sent == [(os.getpid(), signal.SIGSEGV)]


def test_the_parent_never_fails_by_order(site):
    site._is_worker = False
    order(site, [RAISE, ""])
    site.probe()


@pytest.mark.parametrize(("value", "kind"), [("1", ExerciseSite), ("", Site), ("0", Site)])
def test_it_is_loaded_in_an_exercise_only(tmp_path, monkeypatch, value, kind):
    monkeypatch.setattr(subject.Site, "probe", lambda _self: None)
    monkeypatch.setattr("route112.adapters.kemi.handler.Feed", lambda _path: FakeFeed())
    ksr = FakeKsr()
    environ = {"ROUTE112_CURRENT": str(tmp_path / "current"), "ROUTE112_EXERCISE": value}
    assert type(open_site(ksr, environ)) is kind
    assert any("EXERCISE" in text for _, text in ksr.logged) == (value == "1")
