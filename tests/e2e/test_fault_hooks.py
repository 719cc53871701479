"""The two named hooks, at a real site: loaded in an exercise only, and marked wherever one looks."""

import time

import pytest
from tests.support.exercise import SITES, open_exercise

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with open_exercise(tmp_path_factory.mktemp("x")) as exercise:
        yield exercise


@pytest.fixture
def exercise(running):
    yield running
    running.heal()


def last_record(exercise, word, id_="site-1"):
    return [line for line in exercise.records(id_).splitlines() if f"R1 {word} " in line][-1]


def test_an_exercise_is_marked(exercise):
    assert "event=exercise" in exercise.records()
    caller = exercise.caller()
    caller.socket.send(caller.render("OPTIONS", f"sip:{SITES['site-1']}", "asked"))
    assert caller.receive().get("Server") == "route112-exercise"
    caller.close()


def test_a_run_that_is_none_has_no_hook(tmp_path):
    with open_exercise(tmp_path, up=False) as country:
        country.up(only=("psaps", "site-1"))
        (country.run_dir / "site-1" / "exercise.json").write_text('[["raise", ""]]')
        assert country.rings()
        assert "by=python" in last_record(country, "decision")
        assert "event=exercise" not in country.records()
        caller = country.caller()
        caller.socket.send(caller.render("OPTIONS", f"sip:{SITES['site-1']}", "asked"))
        assert not caller.receive().get("Server")
        caller.close()


@pytest.mark.parametrize("kind", ["python-raise", "python-hang"])
def test_without_python_the_native_table_rings(exercise, kind):
    assert exercise.rings()
    assert "by=python" in last_record(exercise, "decision")
    exercise.inject(kind, "site-1")
    time.sleep(0.2)  # an answer of Python is given again for a tenth of a second
    assert exercise.asks() == 503
    assert exercise.rings()
    assert "by=native" in last_record(exercise, "decision")
    assert exercise.rings("site-2")
    assert exercise.asks("site-2") == 200
    exercise.clear()
    exercise.wait(lambda: exercise.asks() == 200, "Python decides again")
    assert exercise.rings()
    assert "by=python" in last_record(exercise, "decision")


def test_only_the_calls_of_one_caller_fail(exercise):
    exercise.inject("python-raise", "site-1", "caller=+33639980001")
    assert exercise.asks() == 200
    assert exercise.rings()
    assert "by=python" in last_record(exercise, "decision")
    assert exercise.rings(headers=("P-Asserted-Identity: <tel:+33639980001>",))
    assert "by=native" in last_record(exercise, "decision")


def test_a_hang_that_no_guard_reaches_takes_the_site(exercise):
    exercise.inject("python-hang", "site-1", "hard=yes")
    heard = [exercise.place_call(seconds=0.5) for _ in range(4)]
    assert heard[-1] == []
    assert exercise.asks(seconds=0.5) == 0
    exercise.clear()
    exercise.wait(lambda: exercise.asks(seconds=0.3) == 200, "the workers come back")
    assert exercise.rings()


def test_a_worker_that_crashes_takes_kamailio_and_it_comes_back(exercise):
    before = exercise.kamailio("site-1")
    exercise.inject("worker-crash", "site-1", "caller=+33639989999")
    assert exercise.rings(), "another caller is no poison"
    exercise.clear()
    exercise.inject("worker-crash", "site-1")
    assert exercise.asks() == 200, "a question is no call"
    assert 180 not in exercise.place_call(seconds=0.5)
    exercise.wait(lambda: exercise.kamailio("site-1") != before, "another Kamailio")
    exercise.clear()
    exercise.wait(lambda: exercise.asks(seconds=0.3) == 200, "it serves")
    assert exercise.rings()


def test_calls_get_100_and_then_nothing(exercise):
    before = len(exercise.psap_lines())
    exercise.inject("grey", "site-1", "mode=trying")
    assert exercise.asks() == 200
    assert exercise.place_call(seconds=2.0) == [100]
    assert len(exercise.psap_lines()) == before, "nobody was rung"
    exercise.clear()
    assert exercise.rings()


@pytest.mark.parametrize(("mode", "silence"), [("trying", [100]), ("mute", [])])
def test_a_share_of_calls_is_what_was_set(exercise, mode, silence):
    exercise.inject("grey", "site-1", f"mode={mode}", "share=0.5")
    heard = [exercise.place_call(seconds=0.4) for _ in range(30)]
    quiet = heard.count(silence)
    rang = sum(180 in statuses for statuses in heard)
    assert quiet + rang == 30
    assert 5 <= quiet <= 25


def test_a_grey_site_stays_grey_over_a_restart(exercise):
    exercise.inject("grey", "site-1", "mode=trying")
    exercise.inject("kill", "site-1")
    exercise.wait(lambda: exercise.asks(seconds=0.3) == 200, "it serves again")
    exercise.wait(lambda: exercise.place_call(seconds=0.5) == [100], "it is grey again")
