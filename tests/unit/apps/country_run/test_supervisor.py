import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from tests.support.hosts import wait_until

from route112.adapters.supervision import SupervisionError, find_start
from route112.apps.country_run import supervisor as subject
from route112.apps.country_run.ending import KAMAILIO_STATE
from route112.apps.country_run.members import Kind
from route112.apps.country_run.supervisor import BackOff, Runner, end_all, read_tail
from route112.apps.duty.draining import Drain, drain
from route112.apps.duty.software import FILE, OWN, Software, choose_software
from route112.apps.station.standing import Standing, read_standing, write_standing
from route112.model import UtcTime

WAIT_SECONDS = 60.0


class Stage:
    def __init__(self, members, member):
        self.said = []
        self.runner = Runner(
            member,
            environment=members.environment,
            say=self.said.append,
            now=lambda: UtcTime(1_000_000),
        )

    async def until(self, condition):
        deadline = time.monotonic() + WAIT_SECONDS
        while not condition():
            assert time.monotonic() < deadline, self.said
            await self.runner.step()
            await asyncio.sleep(0.01)

    async def until_ready(self):
        deadline = time.monotonic() + WAIT_SECONDS
        while not await self.runner.is_ready():
            assert time.monotonic() < deadline, self.said
            await self.runner.step()
            await asyncio.sleep(0.01)


def play(members, member, script):
    stage = Stage(members, member)

    async def run():
        await stage.runner.begin(None)
        try:
            await script(stage)
        finally:
            await stage.runner.end()

    asyncio.run(run())
    return stage


def test_waits_double_up_to_a_bound_and_begin_anew_after_a_good_life():
    back_off = BackOff()
    assert [back_off.after_end(0.0) for _ in range(8)] == [
        0.2,
        0.4,
        0.8,
        1.6,
        3.2,
        6.4,
        10.0,
        10.0,
    ]
    assert back_off.after_end(60.0) == 0.2


@pytest.mark.parametrize(
    ("program", "how"),
    [
        ("raise SystemExit(0)", "ended with code 0"),
        ("raise SystemExit(7)", "ended with code 7"),
        ("import os; os.kill(os.getpid(), 9)", "ended by SIGKILL"),
    ],
)
def test_a_member_is_started_again_whatever_its_code(members, program, how):
    async def script(stage):
        await stage.until(lambda: stage.runner.restarts == 2)

    stage = play(members, members.make(program=program), script)
    assert stage.said[:2] == [
        f"one: {how}; started again in 0.2 s",
        f"one: {how}; started again in 0.4 s",
    ]
    assert stage.runner.make_entry().last_end == how
    assert members.processes() == []


def test_a_member_that_answers_is_ready(members, free_port):
    member = members.answering("one", free_port)

    async def script(stage):
        assert not await stage.runner.is_ready()
        await stage.until_ready()
        entry = stage.runner.make_entry()
        assert entry.leader.is_alive()
        assert (entry.id, entry.kind, entry.started_us) == ("one", "psaps", 1_000_000)
        assert read_tail(member) == "listens\n"
        os.kill(entry.leader.pid, signal.SIGKILL)
        await stage.until(lambda: stage.runner.restarts == 1)
        assert stage.runner.make_entry().leader is None

    play(members, member, script)


def test_a_site_is_ready_when_it_decides(members, free_port):
    member = members.answering("one", free_port, 503, kind=Kind.SITE)

    async def script(stage):
        await stage.until(lambda: "listens" in read_tail(member))
        assert not await stage.runner.is_ready()
        drain(member.folder, Drain(since_us=UtcTime(7), author="anna", reason="works"))
        assert await stage.runner.is_ready(), "it was told to take no calls"

    play(members, member, script)


def test_a_member_gets_another_software_and_its_own_one_again(members, tmp_path):
    member = members.make(program="import os, sys, time; print(sys.argv, os.environ.get('ROUTE112_VERSION'), flush=True); time.sleep(60)")  # fmt: skip
    tree = tmp_path / "versions" / "1.1"
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "python").symlink_to(sys.executable)

    async def script(stage):
        await stage.until(lambda: "None" in read_tail(member))
        write_standing(member.folder, Standing(version="1.0"))
        choose_software(member.folder, Software(version="1.1", tree=str(tree)))
        await stage.until(lambda: "1.1" in read_tail(member))
        assert read_standing(member.folder) == Standing(), "nobody says what runs there yet"
        choose_software(member.folder, OWN)
        await stage.until(lambda: read_tail(member).count("None") == 2)
        assert stage.runner.restarts == 0, "nothing has failed"

    stage = play(members, member, script)
    assert stage.said == ["one: software 1.1", "one: software the one of `up`"]


def test_a_member_that_is_stopped_runs_no_more_until_it_is_to(members):
    member = members.make(program="import time; print('begun', flush=True); time.sleep(60)")

    async def script(stage):
        await stage.until(lambda: "begun" in read_tail(member))
        choose_software(member.folder, Software(is_stopped=True))
        await stage.until(lambda: stage.said)
        assert members.processes() == []
        assert await stage.runner.is_ready(), "nobody waits for it"
        (member.folder / FILE).write_text("{")
        await asyncio.sleep(0.05)
        assert members.processes() == [], "what cannot be read changes nothing"
        choose_software(member.folder, OWN)
        await stage.until(lambda: read_tail(member).count("begun") == 2)

    play(members, member, script)


LASTING = "import sys, time; print('runs', sys.executable, flush=True); time.sleep(60)"


@pytest.fixture
def exchanged(tmp_path):
    tree = tmp_path / "versions" / "1.1"
    (tree / ".venv" / "bin").mkdir(parents=True)
    (tree / ".venv" / "bin" / "python").symlink_to(sys.executable)
    return Software(version="1.1", tree=str(tree))


async def follow_up(members, member, script):
    """A further `up`, after the first one went away and left everything running."""
    second = Stage(members, member)
    await second.runner.begin(None)
    try:
        await second.runner.step()
        await script(second)
    finally:
        await second.runner.end()
    return second


def test_another_software_asked_for_while_no_up_was_there_is_exchanged_by_the_next(
    members, exchanged
):
    member = members.make(program=LASTING)

    async def script(stage):
        await stage.until(lambda: "runs" in read_tail(member))
        choose_software(member.folder, exchanged)
        second = await follow_up(
            members,
            member,
            lambda second: second.until(lambda: exchanged.tree in read_tail(member)),
        )
        assert second.said[1:] == ["one: software 1.1"]

    play(members, member, script)


def test_a_stop_asked_for_while_no_up_was_there_is_done_by_the_next(members):
    member = members.make(program=LASTING)

    async def script(stage):
        await stage.until(lambda: "runs" in read_tail(member))
        choose_software(member.folder, Software(is_stopped=True))

        async def look(second):
            assert members.processes() == []
            assert second.said[1:] == ["one: stopped"]

        await follow_up(members, member, look)

    play(members, member, script)


def serve_on(members, member, version):
    """Leave a Kamailio that serves, and nobody above it: its supervisor died with `up`."""
    member.folder.mkdir(parents=True, exist_ok=True)
    popen = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(600)"],
        env=members.environment, start_new_session=True,
    )  # fmt: skip
    members.left.append(popen)
    leader = {"pid": popen.pid, "start_ticks": find_start(popen.pid), "token": ""}
    (member.folder / KAMAILIO_STATE).write_text(json.dumps(leader))
    write_standing(member.folder, Standing(version=version))
    return popen.pid


@pytest.mark.parametrize("is_upgraded", [True, False])
def test_a_kamailio_that_lost_its_supervisor_serves_on_under_the_next_up(
    members, exchanged, is_upgraded
):
    member = members.make(program=LASTING)
    kamailio = serve_on(members, member, "1.1" if is_upgraded else "1.0")
    if is_upgraded:
        choose_software(member.folder, exchanged)

    async def script(stage):
        await stage.until(lambda: "runs" in read_tail(member))
        assert (exchanged.tree in read_tail(member)) is is_upgraded
        assert kamailio in members.processes()

    assert play(members, member, script).said == []


@pytest.mark.parametrize(
    "wanted", [None, Software(is_stopped=True), Software(is_stopped=True, version="1.0")]
)
def test_what_was_asked_for_while_it_had_no_supervisor_is_news(members, exchanged, wanted):
    member = members.make(program=LASTING)
    kamailio = serve_on(members, member, "1.0")
    choose_software(member.folder, wanted or exchanged)

    async def script(stage):
        await stage.until(lambda: stage.said)
        assert kamailio not in members.processes()

    assert play(members, member, script).said in (["one: software 1.1"], ["one: stopped"])


def test_a_word_that_cannot_be_read_ends_nobody(members):
    member = members.make(program=LASTING)
    kamailio = serve_on(members, member, "1.1")
    (member.folder / FILE).write_text("{")

    async def script(stage):
        await stage.until(lambda: "runs" in read_tail(member))
        assert kamailio in members.processes()

    play(members, member, script)


@pytest.mark.parametrize("is_readable", [True, False])
def test_what_runs_its_other_software_already_goes_on(members, exchanged, is_readable):
    member = members.make(program=LASTING)
    member.folder.mkdir(parents=True, exist_ok=True)
    choose_software(member.folder, exchanged)

    async def script(stage):
        await stage.until(lambda: exchanged.tree in read_tail(member))
        before = stage.runner.make_entry().leader.pid
        if not is_readable:
            (member.folder / FILE).write_text("{")

        async def look(second):
            (member.folder / FILE).unlink()
            choose_software(member.folder, exchanged)
            await second.runner.step()
            assert second.said == [f"one: goes on, process {before}"]
            assert second.runner.make_entry().leader.pid == before

        await follow_up(members, member, look)

    play(members, member, script)


def test_what_nobody_wrote_down_is_taken_for_what_the_file_says(members, exchanged, monkeypatch):
    """As an `up` of before left it, or where a tree lies so deep that it has no room."""
    member = members.make(program=LASTING)
    member.folder.mkdir(parents=True, exist_ok=True)
    monkeypatch.setattr(subject, "STARTED_CHARS_MAX", 0)
    choose_software(member.folder, exchanged)

    async def script(stage):
        await stage.until(lambda: exchanged.tree in read_tail(member))
        before = stage.runner.make_entry().leader.pid

        async def look(second):
            await second.runner.step()
            assert second.said == [f"one: goes on, process {before}"]

        await follow_up(members, member, look)

    play(members, member, script)


def test_the_answer_of_somebody_else_is_none(members, free_port):
    stranger = members.answering("stranger", free_port)
    member = members.make("one", address=stranger.address)

    async def script(stage):
        await stage.until_ready()
        second = Stage(members, member)
        await second.runner.begin(None)
        await second.runner.step()
        assert not await second.runner.is_ready()
        await second.runner.end()

    play(members, stranger, script)


def test_what_is_missing_is_said_with_the_end_of_its_log(members):
    member = members.make(program="print('no plan'); raise SystemExit(2)")

    async def script(stage):
        await stage.until(lambda: stage.runner.restarts == 1)
        assert stage.runner.describe_missing() == (
            "one does not answer at 127.0.0.1:9; ended with code 2, 1 times\n    no plan"
        )

    play(members, member, script)
    assert read_tail(members.make("two")) == ""


def test_the_next_up_goes_on_with_what_runs(members, free_port):
    member = members.answering("one", free_port)

    async def script(stage):
        await stage.until_ready()
        entry = stage.runner.make_entry()
        second = Stage(members, member)
        await second.runner.begin(entry)
        assert second.said == [f"one: goes on, process {entry.leader.pid}"]
        assert not await second.runner.step()
        assert second.runner.make_entry() == entry
        third = Stage(members, members.answering("one", free_port, stamp="other"))
        await third.runner.begin(entry)
        assert third.said == [], "what it read at its start has changed"
        await second.until(lambda: second.runner.restarts == 1)
        assert second.runner.make_entry().last_end == "ended"

    play(members, member, script)


def test_a_kamailio_that_is_started_again_by_its_own_supervisor_is_counted(members, monkeypatch):
    leaders = [(1, 1), (1, 1), (2, 2), (3, 3), (3, 3)]
    alive = {1: 0, 2: 2, 3: 3}
    monkeypatch.setattr(subject, "read_leader", lambda _path: leaders.pop(0))
    monkeypatch.setattr(subject, "find_start", alive.get)
    runner = Stage(members, members.make()).runner
    seen = [runner._look_at_kamailio() for _ in range(5)]
    assert seen == [False, False, False, True, False]
    assert runner.kamailio_restarts == 1


def test_ending_goes_on_though_one_does_not_end(members):
    class Bad:
        member = members.make("bad")

        async def end(self):
            raise SupervisionError("processes [1] do not end")

    good = Stage(members, members.make("good"))

    async def run():
        await good.runner.begin(None)
        await good.runner.step()
        # It has its name once it runs its program.
        wait_until(lambda: len(members.processes()) == 1, 10, "it runs")
        return await end_all([Bad(), good.runner])

    assert asyncio.run(run()) == ["bad: processes [1] do not end"]
    assert members.processes() == []


def test_trouble_with_the_state_file_is_told(members, monkeypatch):
    stage = Stage(members, members.make())
    start = subject.start_group

    def start_with_trouble(*arguments, **named):
        group = start(*arguments, **named)
        group.trouble = "group.json cannot be written: No space left on device"
        return group

    monkeypatch.setattr(subject, "start_group", start_with_trouble)

    async def run():
        await stage.runner.begin(None)
        await stage.runner.step()
        await stage.runner.end()

    asyncio.run(run())
    assert stage.said == [
        "one: the next `up` will not find it: group.json cannot be written: No space left on device"
    ]


def test_a_long_log_is_put_aside(members, monkeypatch):
    monkeypatch.setattr(subject, "LOG_BYTES_MAX", 10)
    member = members.make(program="print('a line of text'); raise SystemExit(1)")

    async def script(stage):
        await stage.until(lambda: stage.runner.restarts == 3)

    play(members, member, script)
    names = {path.name for path in member.folder.iterdir()}
    assert names == {"group.json", "log", "log.1"}
    assert member.log.stat().st_size <= 2 * len("a line of text\n")


def test_a_planner_is_ready_when_it_takes_connections(members):
    async def look():
        planner = members.make("planner", kind=Kind.PLANNER, address="unix:/none")
        receiver = members.make("receiver-one", kind=Kind.RECEIVER, address="")
        standby = members.make("planner-standby", kind=Kind.STANDBY, address="unix:/none")
        runners = [Stage(members, each).runner for each in (planner, receiver, standby)]
        assert not await runners[1].is_ready(), "it was not even started"
        for runner in runners:
            await runner.begin(None)
            await runner.step()
        found = [await runner.is_ready() for runner in runners]
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(str(planner.folder / "socket"))
            listening.listen()
            found.append(await runners[0].is_ready())
        for runner in runners:
            await runner.end()
        return found

    assert asyncio.run(look()) == [False, True, True, True]
