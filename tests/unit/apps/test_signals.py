import os
import signal

import pytest

from route112.apps._signals import SIGNALS, Asked, Leaving


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_is_noted_and_others_change_nothing(number):
    before = [signal.getsignal(each) for each in SIGNALS]
    with Asked() as asked:
        assert asked.number == 0
        os.kill(os.getpid(), number)
        for other in SIGNALS:
            os.kill(os.getpid(), other)
        assert asked.number == number
    assert [signal.getsignal(each) for each in SIGNALS] == before


def test_what_is_ignored_stays_ignored():
    """As `nohup` has it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Asked() as asked:
            os.kill(os.getpid(), signal.SIGHUP)
            assert asked.number == 0
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_command_leaves_by_way_of_what_it_has_to_clear(number):
    cleared = []

    def work():
        with Leaving():
            try:
                os.kill(os.getpid(), number)
            finally:
                cleared.append(number)

    with pytest.raises(SystemExit) as ended:
        work()
    assert (ended.value.code, cleared) == (128 + number, [number])
