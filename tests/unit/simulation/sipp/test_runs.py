"""Command lines are bounded, and what SIPp logs becomes lines of both logs."""

import pytest

from route112.simulation.behaviours import Behaviour
from route112.simulation.sipp import (
    SippCall,
    SippLoad,
    SippPsap,
    read_callers,
    read_psaps,
    runs,
    start_callers,
    start_psaps,
)

STAMP = "2026-11-22\t16:21:16.938415\t17953644{:02}.938415"
CALLS = (
    SippCall(dialled="15", commune="29019", operator="bruyere", caller="+999000001"),
    SippCall(dialled="17"),
)
LOAD = SippLoad(
    calls=CALLS, host="::1", port=5060, local_host="::1", local_port=5080, calls_per_s=10
)
PSAP = SippPsap(host="127.0.4.1", port=5060, transport="tcp", behaviour=Behaviour.BUSY)


class Recorder:
    def __init__(self):
        self.started = []

    def start(self, name, argv, *, log, **_options):
        self.started.append((name, argv, log.name))
        return name


@pytest.fixture(autouse=True)
def _sipp(monkeypatch):
    monkeypatch.setattr(runs.shutil, "which", lambda name, **_options: f"/usr/bin/{name}")


def test_callers_are_bounded_in_calls_and_in_time(tmp_path):
    children = Recorder()
    assert start_callers(children, LOAD, tmp_path) == "callers"
    [(_, argv, log)] = children.started
    assert log == "callers.out"
    assert argv[:2] == ["/usr/bin/sipp", "[::1]:5060"]
    assert argv[argv.index("-m") + 1] == "2"
    assert argv[argv.index("-timeout") + 1] == "42s"
    assert (tmp_path / "callers.csv").read_text() == (
        "SEQUENTIAL\n0;15;29019;bruyere;;+999000001;\n1;17;;;;+999000001;\n"
    )
    assert (tmp_path / "callers.xml").exists()


def test_one_sipp_answers_at_one_address(tmp_path):
    children = Recorder()
    start_psaps(children, (PSAP, SippPsap(host="127.0.4.2", port=5061)), tmp_path)
    names = [name for name, _, _ in children.started]
    assert names == ["psap-127.0.4.1-5060-tcp", "psap-127.0.4.2-5061-udp"]
    argv = children.started[0][1]
    assert argv[argv.index("-t") + 1] == "t1"
    assert argv[argv.index("-timeout") + 1] == "3600s"


def test_a_day_is_the_longest_run(tmp_path):
    argv = runs.write_psap(SippPsap(host="127.0.4.1", port=1, seconds_max=10**9), tmp_path)
    assert argv[argv.index("-timeout") + 1] == "86400s"


def test_too_many_calls_are_a_mistake_of_the_scenario(tmp_path, monkeypatch):
    monkeypatch.setattr(runs, "CALLS_MAX", 1)
    with pytest.raises(AssertionError, match="more than 1 calls"):
        runs.write_callers(LOAD, tmp_path)


@pytest.mark.parametrize("text", ["a;b", "a\nb", "[call_id]", "<b>", "x" * 65])
def test_a_field_cannot_become_two(text):
    with pytest.raises(ValueError, match="cannot stand in an injection file"):
        runs.render_injection([SippCall(dialled=text)])


def log(*lines):
    return "".join(f"{line} {STAMP.format(second)}\n" for second, line in enumerate(lines))


def test_callers_logs_are_read(tmp_path):
    (tmp_path / "callers.log").write_text(
        log("placed a@x 0", "first a@x 0", "ringing a@x 0", "ringing a@x 0", "final-200 a@x 0")
        + log("placed b@x 1", "final-503 b@x 1", "ended b@x 1")
        + "junk\n"
        + log("ended c@x 1")
    )
    first, second = read_callers(LOAD, tmp_path)
    assert (first.call_id, first.dialled, first.commune, first.operator) == (
        "a@x",
        "15",
        "29019",
        "bruyere",
    )
    assert first.placed_us == 1_795_364_400_938_415
    assert [first.first_response_us, first.ringing_us, first.answered_us] == [
        first.placed_us + seconds * 1_000_000 for seconds in (1, 2, 4)
    ]
    assert (first.status, second.status, second.answered_us) == (200, 503, None)
    assert second.ended_us == second.placed_us + 2_000_000


def test_who_answered_is_read_where_it_said_so(tmp_path):
    number = "+33261910015"
    (tmp_path / "callers.log").write_text(
        log("placed a@x 0", "final-200 a@x 0")
        + f"answered-by a@x {number}\n"
        + log("placed b@x 1", "final-200 b@x 1")
        + "answered-by b@x \n"
    )
    assert [line.answered_by for line in read_callers(LOAD, tmp_path)] == [number, ""]


def test_a_caller_that_gave_up_says_so(tmp_path):
    (tmp_path / "callers.log").write_text(log("placed a@x 0", "gave-up a@x 0", "ended a@x 0"))
    [line] = read_callers(LOAD, tmp_path)
    assert (line.status, line.reason, line.first_response_us) == (0, "gave up", None)


def test_psaps_logs_are_read(tmp_path):
    number = "+33261910015"
    (tmp_path / f"{PSAP.name}.log").write_text(
        log(f"rang a@x {number}", f"final-200 a@x {number}", "final-486 z@x 1")
        + log(f"rang b@x {number}")
    )
    first, second = read_psaps((PSAP,), tmp_path)
    assert (first.number, first.status, first.behaviour) == (number, 200, "busy")
    assert first.answered_us == first.rang_us + 1_000_000
    assert first.listen == "tcp:127.0.4.1:5060"
    assert (second.status, second.answered_us) == (0, None)
    assert read_psaps((SippPsap(host="127.0.4.9", port=1),), tmp_path) == ()


def test_without_sipp_its_package_is_named(monkeypatch):
    monkeypatch.setattr(runs.shutil, "which", lambda _name, **_options: None)
    with pytest.raises(FileNotFoundError, match="Debian: sip-tester"):
        runs.find_sipp()
