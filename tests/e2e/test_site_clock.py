"""A clock that is set by an hour, either way, while calls run: nothing of it is heard."""

import time
from dataclasses import replace

import pytest
from tests.support import site as support
from tests.support.machine import find_faketime
from tests.support.retrying import RetryingCallers
from tests.support.site import ANSWERS, GREY, HOST, Caller, open_site, repeats

from route112.adapters.clock import utc_now

BREST = "+33261910020"
HOUR_S = 3_600
CALLS_PER_S = 20
RING_S = 3

pytestmark = pytest.mark.e2e


class Clock:
    """The wall clock of a Kamailio that is started under libfaketime."""

    def __init__(self, path):
        self.path = path
        self.set(0)

    def set(self, offset_s):
        aside = self.path.with_suffix(".new")
        aside.write_text(f"{offset_s:+d}\n", encoding="ascii")
        aside.replace(self.path)

    def list_variables(self):
        return {
            "LD_PRELOAD": str(find_faketime()),
            "FAKETIME_TIMESTAMP_FILE": str(self.path),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }


@pytest.fixture(scope="module", params=[True, False], ids=["python", "native"])
def site(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    clock = Clock(folder / "clock")
    make = support.make_environment

    def make_with_clock(*arguments, **named):
        return {**make(*arguments, **named), **clock.list_variables()}

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(support, "make_environment", make_with_clock)
        lines = tuple(replace(line, ring_time_s=RING_S) for line in support.LINES)
        patched.setattr(support, "LINES", lines)
        with open_site(folder, python=request.param, shm_mb=64) as opened:
            opened.python, opened.clock = request.param, clock
            yield opened
            assert opened.records("refused") == []
            assert opened.records("site") == [], "no way out was shut"


@pytest.fixture
def clock(site):
    site.clock.set(0)
    site.psaps["brest"].behaviour = ANSWERS
    return site.clock


def check_clock(record, offset_s):
    """Kamailio itself has to believe it, or the test would say nothing."""
    assert abs((record.time_us - utc_now()) / 1e6 - offset_s) < 60


def test_calls_go_on_while_the_clock_is_set(site, clock):
    callers = RetryingCallers([site.places["udp", False]], site.psaps["brest"], BREST)
    marks = []

    def set_clock(offset_s):
        clock.set(offset_s)
        marks.append(len(callers.calls))

    callers.run(
        seconds=7.0,
        per_second=CALLS_PER_S,
        steps=[
            (1.5, lambda: set_clock(HOUR_S)),
            (3.0, lambda: set_clock(0)),
            (4.5, lambda: set_clock(-HOUR_S)),
            (6.0, lambda: set_clock(0)),
        ],
    )
    callers.close()
    judgement = callers.judge(baseline=CALLS_PER_S)
    assert judgement.no_call_lost, judgement.verdicts
    assert judgement.placed >= 6 * CALLS_PER_S
    assert judgement.delayed == 0
    calls = list(callers.calls.values())
    assert [len(call.tries) for call in calls] == [1] * len(calls), "each at the first attempt"
    for mark, offset_s in zip(marks, (HOUR_S, 0, -HOUR_S), strict=False):
        [attempt] = site.records("attempt", calls[mark + 10].call_id)
        check_clock(attempt, offset_s)
    asked = Caller(site).ask("OPTIONS", f"sip:{HOST}")
    assert asked == (200 if site.python else 503)


@pytest.mark.parametrize("offset_s", [HOUR_S, -HOUR_S])
def test_a_call_under_way_goes_on_to_its_next_target(site, clock, offset_s):
    site.psaps["brest"].behaviour = GREY
    caller = Caller(site)
    call = caller.begin()
    caller.listen(call, until=100)
    time.sleep(0.3)
    clock.set(offset_s)
    caller.listen(call, until=200, timeout_s=8.0)
    assert call.status == 200
    assert call.seconds(200) < 5.0
    tries = site.records("try", call.call_id)
    assert len(tries) == 2
    end = site.end_of(call)
    assert (end.get("outcome"), end.get("number")) == ("answered", tries[-1].get("number"))
    assert 0 <= int(end.get("ms")) < 10_000
    check_clock(end, offset_s)


@pytest.mark.parametrize("offset_s", [HOUR_S, -HOUR_S])
def test_a_call_that_rings_keeps_its_ring_time(site, clock, offset_s):
    site.psaps["brest"].behaviour = repeats(180, 183)
    caller = Caller(site)
    call = caller.begin()
    caller.listen(call, until=180)
    time.sleep(0.5)
    clock.set(offset_s)
    caller.listen(call, until=200, timeout_s=8.0)
    assert call.status == 200
    assert RING_S - 0.1 < call.seconds(200) < RING_S + 1.0
