import io

import numpy as np
import pytest
from tests.support.seen import T0, S, see

from route112.watch.watching import Watching
from route112.watch.watching.looks import RateDetector
from route112.watch.watching.usual import export_usual, restore_usual

HOUR = 3_600
FIRST_US = T0 - T0 % (HOUR * S)


def make():
    return RateDetector(
        hour_of=lambda now_us: now_us // (HOUR * S) % 168,
        number_of=lambda dialled: dialled,
        departement_of=lambda commune: commune[:2],
        ahead_of=lambda _departement, _now_us: 1,
    )


def play(rates, hours, *, every_s=30):
    watching = Watching(rates)
    watching.tick(FIRST_US)
    for index in range(hours * HOUR // every_s):
        at_us = FIRST_US + index * every_s * S
        call = see(f"c{index}", commune=f"29{index % 900:03}", caller="", outcome="answered")
        watching.add_arrival(call, at_us)
        watching.add_end(call, at_us)
    watching.tick(FIRST_US + hours * HOUR * S)
    return watching


def test_what_was_learned_is_there_again():
    rates = make()
    play(rates, 3)
    assert rates.rates.baseline.history[0] > 100
    other = make()
    restore_usual(other, export_usual(rates))
    assert other.measures.series == other.rates.series == rates.rates.series
    hours = np.arange(168)
    expected = rates.rates.baseline.expect_hours(hours)
    assert expected.max() > 0
    assert np.array_equal(other.rates.baseline.expect_hours(hours), expected)
    assert export_usual(other) == export_usual(rates)


@pytest.mark.parametrize("content", [b"", b"nothing", b"PK\x03\x04 nothing"])
def test_what_cannot_be_read_is_refused(content):
    with pytest.raises(ValueError):
        restore_usual(make(), content)


def test_another_format_is_refused():
    into = io.BytesIO()
    np.savez(into, format=np.array([99]))
    with pytest.raises(ValueError, match="format 1"):
        restore_usual(make(), into.getvalue())
