"""Timers are a value."""

import dataclasses

import pytest

from route112.wire.sip.timers import Timers


def test_the_defaults_are_those_of_rfc_3261():
    timers = Timers()
    assert (timers.t1_s, timers.t2_s, timers.t4_s) == (0.5, 4.0, 5.0)
    assert timers.transaction_s == 32.0


def test_timers_cannot_be_changed_behind_a_transaction():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Timers().t1_s = 1.0
