"""Faults of the network at real sites: what calls see of each, and that ending it ends it."""

import time

import pytest
from tests.support.exercise import CIC17, open_exercise

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with open_exercise(tmp_path_factory.mktemp("x")) as exercise:
        yield exercise


@pytest.fixture
def exercise(running):
    yield running
    running.heal()
    assert "drop" not in running.list_rules()


def test_a_cut_link_takes_the_edge_and_nobody_else(exercise):
    exercise.inject("link-cut", "site-1")
    assert exercise.place_call(seconds=0.7) == []
    assert exercise.asks(seconds=0.3) == 0
    assert exercise.rings("site-2")
    members = exercise.run("status", "--json")
    assert '"state": "silent"' not in members.stdout, "whoever asks from elsewhere sees it well"
    exercise.clear()
    assert exercise.rings()


def test_a_cut_link_may_name_its_other_end(exercise):
    exercise.inject("link-cut", "site-1", "peers=site-2")
    assert exercise.rings("site-1")
    said = exercise.fault("inject", "link-cut", "site-2", "peers=site-9", code=1)
    assert "there is no member site-9" in said


def test_without_a_way_out_the_site_says_so_after_its_targets(exercise):
    exercise.inject("egress-cut", "site-1")
    assert exercise.asks() == 200, "all looks well"
    heard = exercise.place_call(seconds=6.0, until=200)
    assert 180 not in heard
    assert max(heard) >= 300
    assert exercise.rings("site-2")
    exercise.clear()
    exercise.wait(lambda: exercise.asks(seconds=0.3) == 200, "the way out is open again")
    assert exercise.rings()


def test_lost_packets_are_sent_again(exercise):
    exercise.inject("loss", "site-1", "per_mille=300")
    rang = 0
    for _ in range(12):
        caller = exercise.caller()
        call = caller.begin()
        for _ in range(5):  # as any SIP client repeats its INVITE
            caller.listen(call, until=180, timeout_s=0.5)
            if call.statuses:
                break
            caller.socket.send(caller.invite)
        rang += bool(call.statuses)
        caller.cancel(call)
        caller.close()
    assert rang >= 9
    assert "numgen random mod 1000 < 300" in exercise.list_rules()


def test_a_mute_site_answers_options_only(exercise):
    exercise.inject("grey", "site-1", "mode=mute")
    assert exercise.asks() == 200
    assert exercise.place_call(seconds=0.7) == []
    assert exercise.rings("site-2")
    exercise.clear()
    assert exercise.rings()


def test_a_site_that_is_heard_by_targets_only_says_100(exercise):
    before = len(exercise.psap_lines())
    exercise.inject("grey", "site-1", "mode=one-way")
    assert set(exercise.place_call(seconds=1.0)) == {100}
    exercise.clear()
    exercise.wait(lambda: len(exercise.psap_lines()) > before, "it rang all the same")
    assert exercise.psap_lines()[-1]["number"] == CIC17
    assert exercise.rings()


def test_a_late_network_is_late_by_what_was_set(exercise):
    def measure():
        caller = exercise.caller()
        call = caller.begin()
        caller.listen(call, until=180, timeout_s=3.0)
        caller.cancel(call)
        caller.close()
        return call.seconds(180)

    usual = measure()
    fault = exercise.inject("delay", "site-1", "ms=300")
    exercise.wait(lambda: "dport set" in exercise.list_rules(), "the relay is there")
    late = measure()
    assert 0.29 < late - usual < 0.6
    assert exercise.rings("site-2")
    exercise.clear(fault["id"])
    assert exercise.list_runners() == []
    assert measure() < usual + 0.2


def test_a_storm_of_connections_does_not_take_calls_away(exercise):
    fault = exercise.inject("reconnect-storm", "site-1", "per_s=200")
    began = time.monotonic()
    rang = [exercise.rings() for _ in range(5)]
    assert rang == [True] * 5
    time.sleep(max(0.0, 2.0 - (time.monotonic() - began)))
    counted = exercise.network.run("country", "cat", "/proc/net/snmp").stdout
    names, values = [line.split() for line in counted.splitlines() if line.startswith("Tcp:")]
    opened = int(values[names.index("PassiveOpens")])
    assert opened > 100
    exercise.clear(fault["id"])
    assert exercise.list_runners() == []
    assert exercise.rings()
