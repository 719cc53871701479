"""Questions are bounded; sites come often, next hops in turn, and the silent every second."""

from collections import Counter

import pytest

from route112.watch.states.asking import HOP_US, SITE_US, Asking

S = 1_000_000
SITES = ["site-1", "site-2"]


def run(asking, seconds, *, silent=(), from_s=0.0):
    """Return how often each is asked, four looks a second."""
    asked = Counter()
    for step in range(int(seconds * 4)):
        asked.update(asking.list_due(int((from_s + step / 4) * S), silent))
    return asked


def test_everybody_has_a_turn_at_a_pace_of_its_own():
    hops = [f"192.0.2.{number}:5060" for number in range(20)]
    asked = run(Asking(SITES, hops), 60)
    assert all(abs(asked[site] - 60 * S / SITE_US) <= 1 for site in SITES)
    assert all(asked[hop] == 60 * S / HOP_US for hop in hops)


def test_who_is_silent_is_asked_every_second():
    hops = ["192.0.2.1:5060", "192.0.2.2:5060"]
    asked = run(Asking(SITES, hops), 60, silent={hops[1], "site-2", "elsewhere:1"})
    assert asked[hops[0]] <= 2
    assert asked[hops[1]] >= 58
    assert asked["site-2"] >= 58
    assert "elsewhere:1" not in asked


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_all_together_are_bounded_and_nobody_is_left_out(share):
    hops = [f"192.0.2.1:{number}" for number in range(1_000)]
    silent = set(hops[: int(share * len(hops))])
    asking = Asking(SITES, hops, per_s_max=20.0)
    assert asking.hop_us == 100 * S, "half of the bound"
    asked = run(asking, 120, silent=silent)
    assert asked.total() <= 20 * 120 + 20
    assert all(asked[site] >= 58 for site in SITES)
    if not silent:
        assert min(asked[hop] for hop in hops) == 1


def test_the_silent_leave_room_for_the_others():
    hops = [f"192.0.2.1:{number}" for number in range(100)]
    asked = run(Asking([], hops, per_s_max=20.0), 60, silent=set(hops[:50]))
    assert min(asked[hop] for hop in hops[50:]) >= 1
    assert min(asked[hop] for hop in hops[:50]) >= 3


def test_a_clock_that_is_set_back_begins_anew():
    asking = Asking(SITES, [])
    run(asking, 10, from_s=3_600)
    assert run(asking, 10)["site-1"] >= 4
