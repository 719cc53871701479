"""Memory, disk, clock and offered snapshots of one member, and answering points, at real sites."""

import json
import time

import pytest
from tests.support.exercise import CIC17, open_exercise
from tests.support.machine import find_faketime
from tests.support.site_run import offer

from route112.adapters.clock import utc_now

pytestmark = pytest.mark.e2e
HOUR_US = 3_600_000_000


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    assert find_faketime()
    with open_exercise(
        tmp_path_factory.mktemp("x"), "--disk-mb", "64", "--fake-clocks"
    ) as exercise:
        yield exercise


@pytest.fixture
def exercise(running):
    yield running
    running.heal()


def last_time(exercise):
    """Return what time the site thinks it is, by its latest record of a call."""
    line = [line for line in exercise.records().splitlines() if "R1 attempt " in line][-1]
    return int(line.partition(" t=")[2].split()[0])


def test_calls_ring_without_more_memory(exercise):
    fault = exercise.inject("memory-full", "site-1")
    assert [exercise.rings() for _ in range(5)] == [True] * 5
    limits = exercise.network.run(
        "country", "cat", f"/proc/{exercise.kamailio('site-1')}/limits"
    ).stdout
    assert "unlimited" not in limits.partition("Max address space")[2].split("\n")[0].split()[0]
    exercise.clear(fault["id"])
    limits = exercise.network.run(
        "country", "cat", f"/proc/{exercise.kamailio('site-1')}/limits"
    ).stdout
    assert "unlimited" in limits.partition("Max address space")[2].split("\n")[0].split()[0]
    assert exercise.rings()


def test_calls_ring_with_a_full_disk(exercise):
    exercise.inject("disk-full", "site-1")
    free = exercise.network.run(
        "country", "df", "--output=avail", str(exercise.run_dir / "site-1")
    )
    assert free.stdout.split()[-1] == "0"
    assert [exercise.rings() for _ in range(5)] == [True] * 5
    assert exercise.rings("site-2")
    exercise.clear()
    assert exercise.rings()
    free = exercise.network.run(
        "country", "df", "--output=avail", str(exercise.run_dir / "site-1")
    )
    assert int(free.stdout.split()[-1]) > 10_000


@pytest.mark.parametrize("by_s", [3_600, -3_600])
def test_a_clock_that_is_set_loses_no_call(exercise, by_s):
    assert exercise.rings()
    assert abs(last_time(exercise) - utc_now()) < HOUR_US / 60
    exercise.inject("clock-jump", "site-1", f"by_s={by_s}")
    assert [exercise.rings() for _ in range(3)] == [True] * 3
    assert abs(last_time(exercise) - utc_now() - by_s * 1_000_000) < HOUR_US / 60
    exercise.clear()
    assert exercise.rings()
    assert abs(last_time(exercise) - utc_now()) < HOUR_US / 60


@pytest.mark.parametrize(
    ("content", "reason"),
    [("garbage", ""), ("older", "older-generation"), ("other", "other-content")],
)
def test_a_bad_snapshot_is_refused_and_the_good_one_stays(exercise, content, reason):
    seen = exercise.records().count("event=snapshot-refused")
    exercise.inject("bad-snapshot", "site-1", f"content={content}")
    exercise.wait(
        lambda: exercise.records().count("event=snapshot-refused") > seen, "it is refused"
    )
    line = [row for row in exercise.records().splitlines() if "event=snapshot-refused" in row][-1]
    assert reason in line or reason == ""
    assert exercise.records("site-2").count("event=snapshot-refused") == 0
    assert exercise.rings()


def test_the_plan_of_all_comes_into_force_afterwards(exercise):
    exercise.inject("bad-snapshot", "site-1")
    offer(exercise.plan, 43)

    def generation(id_):
        members = json.loads(exercise.run("status", "--json").stdout)["members"]
        return next(row["python_generation"] for row in members if row["id"] == id_)

    exercise.wait(lambda: generation("site-2") == 43, "site-2 takes it")
    assert generation("site-1") == 42
    exercise.clear()
    exercise.wait(lambda: generation("site-1") == 43, "site-1 takes it, too")


def test_what_was_on_a_disk_is_kept_when_the_run_ends(tmp_path):
    with open_exercise(tmp_path, "--disk-mb", "32") as country:
        assert country.rings()
        assert (country.run_dir / "site-1").is_mount()
        assert country.run("down").returncode == 0
        assert not (country.run_dir / "site-1").is_mount()
        assert "R1 attempt " in country.records()
        country.up("--exercise", "--disk-mb", "32")
        assert country.rings()


def test_lines_of_a_psap_are_silent_busy_or_both_in_turn(exercise):
    exercise.inject("psap-silent", "CIC17-29")
    heard = exercise.place_call(seconds=1.0)
    assert 180 not in heard
    assert exercise.psap_lines()[-1]["behaviour"] == "silent"
    exercise.clear()
    assert exercise.rings()
    exercise.inject("psap-busy", CIC17)
    exercise.place_call(seconds=1.0)
    assert "busy" in {line["behaviour"] for line in exercise.psap_lines()[-3:]}
    exercise.clear()
    exercise.inject("psap-flapping", CIC17, "period_s=1")
    seen = set()
    for _ in range(8):
        seen.add(180 in exercise.place_call(seconds=0.4))
        time.sleep(0.1)
    assert seen == {True, False}
    exercise.clear()
    assert exercise.rings()


def test_gateways_of_one_vendor_take_calls_and_do_nothing(exercise):
    assert exercise.rings(dialled="18")
    exercise.inject("gateway-grey", "birch")
    assert 180 not in exercise.place_call(dialled="18", seconds=2.0)
    assert exercise.rings(dialled="17"), "a way over IP is not concerned"
    exercise.clear()
    assert exercise.rings(dialled="18")
