"""Which of its two means a grey site is made by."""

import pytest

from route112.apps.fault import means as subject
from route112.apps.fault.means import begin_grey, end_grey, is_on_wire, step_grey


def grey(run, **settings):
    return run.faults._make("grey", ["site-1"], settings, 0.0)


@pytest.mark.parametrize(
    ("mode", "share", "wire"),
    [("mute", 1, True), ("mute", 0.5, False), ("trying", 1, False), ("one-way", 0.5, True)],
)
def test_the_wire_serves_where_it_can(run, rules, monkeypatch, mode, share, wire):
    asked = []
    monkeypatch.setattr(subject.hooks, "_ask", lambda _folder, *words: asked.append(words))
    fault = grey(run, mode=mode, share=share)
    assert is_on_wire(fault) == wire
    begin_grey(run.ground, fault)
    assert bool(rules) == wire
    assert step_grey(run.ground, fault, 0) > 0
    end_grey(run.ground, fault)
    assert rules == {}
    assert bool(asked) != wire
