import asyncio
import contextlib
import getpass
import os
import signal

import pytest
from tests.support.asked_planner import AskedPlanner, write_people
from tests.support.certificates import write_certificates
from tests.support.commanded import until
from tests.support.commanding import user
from tests.support.planned import STATIONS, found_engine, open_engine, write_plan

from route112.access import Request, Ruling
from route112.adapters.clock import utc_now
from route112.apps.certificates.ends import ENDS_FILE, read_ends
from route112.apps.planner import api
from route112.apps.planner.desk import AccessDesk
from route112.apps.planner.engine import CandidateError, JournalError
from route112.apps.planner.engine.engine import Clocks
from route112.apps.planner.running import SOCKET, EndedError, Https, begin_journal, serve
from route112.apps.planner.serving import ListenError


class Real:
    """Both clocks as they are."""

    clocks = Clocks()


@pytest.fixture
def folder(tmp_path):
    write_people(tmp_path / "planner", "CRRA15-29")
    return tmp_path / "planner"


@pytest.fixture
def engine(tmp_path, folder):
    engine = found_engine(tmp_path, time=Real())
    yield engine
    engine.close()


def run(engine, folder, during=None, **options):
    said = []

    async def play():
        desk, begun = AccessDesk(folder), asyncio.Event()

        def say(text):
            said.append(text)
            begun.set()

        options_ = {"https": None, "say": say, "seconds_max": 20.0} | options
        task = asyncio.create_task(serve(engine, desk, folder, **options_))
        try:
            answers = asyncio.create_task(begun.wait())
            await asyncio.wait((answers, task), return_when=asyncio.FIRST_COMPLETED)
            answers.cancel()
            if during is not None and not task.done():
                await asyncio.to_thread(during)
            await task
        finally:
            desk.close()

    asyncio.run(play())
    return said


def end():
    os.kill(os.getpid(), signal.SIGTERM)


def test_it_answers_until_it_is_told_to_end(engine, folder):
    seen = []

    def during():
        planner = AskedPlanner(folder)
        seen.extend(planner.stations)
        planner.order("pause", "CRRA15-29")
        end()

    said = run(engine, folder, during)
    assert seen == list(STATIONS)
    assert len(engine.state.orders) == 1
    assert said == [f"answers at {folder / SOCKET}"]
    assert not (folder / SOCKET).exists()


def test_a_group_has_a_socket_of_its_own(engine, folder, tmp_path):
    door, modes = tmp_path / "door", []

    def during():
        modes.append(door.stat().st_mode & 0o777)
        end()

    run(engine, folder, during, people_socket=door)
    assert modes == [0o660]
    assert not door.exists()


def test_time_may_be_over(engine, folder):
    run(engine, folder, seconds_max=0.1)


def test_other_machines_are_served_where_that_was_asked_for(engine, folder, tmp_path):
    files = write_certificates(tmp_path, "127.0.0.1")
    https = Https(
        host="127.0.0.1",
        port=0,
        certificate=files.certificate,
        key=files.key,
        client_authority=files.authority,
    )

    def during():
        until((folder / ENDS_FILE).exists, 60.0)
        end()

    said = run(engine, folder, during, https=https, seconds_max=90.0)
    assert said[-1].endswith("and 127.0.0.1:0")
    assert [each.what for each in read_ends(folder / ENDS_FILE)] == [
        "certificate site.pem",
        "authority ca.pem",
    ]


def test_where_it_cannot_listen_it_says_so(engine, folder):
    (folder / SOCKET).write_text("in the way")
    with pytest.raises(ListenError, match="no socket"):
        run(engine, folder)


def test_what_ends_by_itself_ends_the_planner(engine, folder, monkeypatch):
    async def fail():
        raise OSError("out of handles")

    monkeypatch.setattr(engine, "run", fail)
    with pytest.raises(EndedError, match="out of handles"):
        run(engine, folder)


def test_a_journal_without_room_is_tried_again_beside_serving(engine, folder, monkeypatch):
    with contextlib.closing(AccessDesk(folder)) as desk:
        now = utc_now()
        asked = Request(
            verb="order pause",
            by=user(getpass.getuser()),
            asked_at=now,
            nonce="0" * 16,
            reason="flooded",
            arguments=(("expires_us", str(now + 3_600_000_000)), ("psap", "CRRA15-29")),
        )
        assert desk.ask(asked).ruling is Ruling.ALLOWED
    monkeypatch.setattr(api, "RETRY_S", 0.02)
    wish, seen = engine.wish, []

    def full(_wish):
        raise JournalError("no space left")

    def during():
        seen.extend(AskedPlanner(folder).stations)
        engine.wish = wish
        until(lambda: engine.state.orders)
        end()

    engine.wish = full
    said = run(engine, folder, during)
    assert seen == list(STATIONS), "stations are served meanwhile"
    assert sum("and waits: no space left" in each for each in said) == 1
    assert "is done now" in said[-1]


def test_a_journal_begins_once_and_goes_on(tmp_path):
    engine = open_engine(tmp_path / "planner")
    with pytest.raises(CandidateError):
        begin_journal(engine, tmp_path / "none.r112", STATIONS)
    plan = write_plan(tmp_path / "fr.r112")
    with pytest.raises(JournalError, match="the journal cannot begin: 1 to"):
        begin_journal(engine, plan, ())
    assert begin_journal(engine, plan, STATIONS).startswith("the journal begins: 3 stations")
    assert begin_journal(engine, plan, STATIONS) == "goes on with 3 stations"
    other = begin_journal(engine, plan, ("site-1", "site-2", "site-8", "site-9"), idle=["site-8"])
    assert "site-8: no operator has it among its sites, so it gets nothing" in other
    assert "site-9: new in the topology, and shall have what is in force" in other
    assert "edge-1: in the journal, and not in the topology" in other
    assert engine.state.stations == (*STATIONS, "site-9")
    again = begin_journal(engine, plan, (*STATIONS, "site-9"))
    assert again == "goes on with 4 stations"
    engine.close()


def test_who_cannot_be_added_is_named_and_the_others_are_served(tmp_path):
    engine = open_engine(tmp_path / "planner")
    begin_journal(engine, write_plan(tmp_path / "fr.r112"), STATIONS)
    said = begin_journal(engine, tmp_path, (*STATIONS, "site,9"))
    assert said == "site,9: not added: new ones are needed, 64 different stations in all at most"

    def full(_wish):
        raise JournalError("the journal is full")

    engine.wish = full
    said = begin_journal(engine, tmp_path, (*STATIONS, "site-9"))
    assert said == "site-9: not added: the journal is full"
    assert engine.state.stations == STATIONS
    engine.close()
