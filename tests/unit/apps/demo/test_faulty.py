"""The switch of the demo's site: no file, no fault; and what wraps `decide` is the real thing."""

import signal
import sys
from types import ModuleType, SimpleNamespace

import pytest

from route112.adapters import kemi
from route112.apps.demo import faulty
from route112.apps.demo.faulty import HANG, RAISE, make_faulty


def answer(call, *, now):
    return call, now


def test_without_the_file_the_answer_is_that_of_decide(tmp_path):
    assert make_faulty(answer, tmp_path / "fault")("15", now=1) == ("15", 1)


def test_raise_is_an_exception(tmp_path):
    switch = tmp_path / "fault"
    switch.write_text(RAISE)
    with pytest.raises(RuntimeError, match="planted by the demo: raise"):
        make_faulty(answer, switch)("15", now=1)


def test_hang_ends_only_by_the_guard(tmp_path):
    def ring(_number, _frame):
        raise TimeoutError("no answer")

    switch = tmp_path / "fault"
    switch.write_text(HANG)
    previous = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    try:
        with pytest.raises(TimeoutError, match="no answer"):
            make_faulty(answer, switch)("15", now=1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_the_real_bootstrap_gives_the_handler(tmp_path, monkeypatch):
    (tmp_path / "bootstrap.py").write_text("def mod_init():\n    return 'the real handler'\n")
    monkeypatch.setattr(faulty, "__file__", str(tmp_path / "faulty.py"))
    module = ModuleType("route112.adapters.kemi.handler")
    vars(module)["decide"] = answer
    monkeypatch.setattr(kemi, "handler", module)
    monkeypatch.setitem(sys.modules, "KSR", SimpleNamespace())
    assert faulty.mod_init() == "the real handler"
    assert vars(module)["decide"]("15", now=1) == ("15", 1)
    (tmp_path / "fault").write_text(RAISE)
    with pytest.raises(RuntimeError, match="planted"):
        vars(module)["decide"]("15", now=1)
