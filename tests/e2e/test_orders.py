"""
An emergency order on the four translations of a small country, without a build and without a load.

It is put on the file that runs, reaches each of them within seconds, expires by itself, and they
agree about every key at each step. Rows that orders may change are replaced in the copy that is
not in use; nothing else of a table is touched.
"""

import asyncio
import time
from dataclasses import replace

import pytest
from tests.support.asking import NETWORKS
from tests.support.following import Asked, follow
from tests.support.snapshots import COMMUNES, SHORT_NUMBERS, small_content
from tests.support.translations import HOST, WORKER, ask, run_translations

from route112.adapters.clock import utc_now
from route112.adapters.kamailio_rpc import ask_kamailio, read_slot
from route112.adapters.tables.file import read_rows
from route112.model import Order, OrderKind, UtcTime
from route112.planning.orders.revision import place_orders
from route112.simulation.agreement import Key, find_disagreements
from route112.snapshot.content import TrunkRow
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

HOLDS_S = 7.0
REACHES_S_MAX = 5.0
SOURCE, NETWORK = NETWORKS[0]
SENDERS = {"bruyere": SOURCE}
KEYS = [Key(commune.code, short.number) for commune in COMMUNES for short in SHORT_NUMBERS]
TOUCHED = Key("29019", "17")
BREST, PARIS, PLANTED = "+33261910020", "+33199000020", "+33199000099"


def write_plan(path):
    """Write the small country without orders, its trunks at addresses that are ours."""
    content = small_content(generation=1, orders=())
    trunks = tuple(
        TrunkRow(name=trunk.name, hops=(replace(trunk.hops[0], address=address, transport="udp"),))
        for trunk, address in zip(
            content.trunks,
            (f"127.0.76.{10 * WORKER + number}:5060" for number in range(1, 9)),
            strict=False,
        )
    )
    lines = tuple(line for line in content.lines if line.role != "order")
    path.write_bytes(write_snapshot(replace(content, trunks=trunks, lines=lines)))


def order(expires):
    return Order(
        id="storm", kind=OrderKind.DIVERT, psap="CIC17-29", to_psap="CIC17-75", author="a",
        approver="b", reason="storm", starts=UtcTime(0), expires=expires,
    )  # fmt: skip


def put_in_force(plan, *orders):
    """Put orders on the file that runs; return the instant of the rename."""
    parent = Snapshot(plan.read_bytes())
    aside = plan.with_suffix(".next")
    aside.write_bytes(place_orders(parent, orders, generation=parent.generation + 1))
    aside.replace(plan)
    return time.monotonic()


def list_places(running):
    edge = running.servers["edge"].places[SOURCE]
    return {
        name: edge if name == "edge" else (HOST, server.port)
        for name, server in running.servers.items()
    }


def wait_for_all(running, expected, since_s):
    asked = [
        Asked(name, to, SOURCE, NETWORK, TOUCHED, expected)
        for name, to in list_places(running).items()
    ]
    followed = follow(running.stand, asked, since_s=since_s, seconds_max=REACHES_S_MAX)
    print(", ".join(f"{name} {seconds:.2f} s" for name, seconds in sorted(followed.items())))
    assert followed.keys() == running.servers.keys()


def ask_everything(running):
    told = [NETWORKS[0]]
    return {name: ask(running, KEYS, name, told=told).list_first() for name in running.servers}


def check(running, expected):
    answers = ask_everything(running)
    assert find_disagreements(KEYS, answers, expected) == ()
    return [answer.partition("@")[0] for answer in answers["python"]]


def plant(running):
    """Write another number into the row of a touched key, in the copy that the native site uses."""
    run = running.servers["native"]
    socket = run.run_dir / "rpc.sock"
    zone = read_rows(run.run_dir / "native.sqlite", "c2z")[TOUCHED.commune]
    key = f"{zone}:{TOUCHED.number}"
    row = read_rows(run.run_dir / "native.sqlite", "zn")[key]
    assert PARIS in row

    async def write():
        slot, _ = await read_slot(socket)
        wrong = row.replace(PARIS, PLANTED, 1)
        await ask_kamailio(socket, "htable.sets", f"zn_{slot}", key, wrong)

    asyncio.run(write())


def test_an_order_reaches_the_four_translations_and_expires_alone(tmp_path):
    plan = tmp_path / "plan.r112"
    write_plan(plan)
    with run_translations(tmp_path, plan, SENDERS) as running:
        plain = check(running, [""] * len(KEYS))
        assert plain[KEYS.index(TOUCHED)] == BREST

        expires = UtcTime(utc_now() + int(HOLDS_S * 1e6))
        wait_for_all(running, PARIS, put_in_force(plan, order(expires)))
        ordered = [PARIS if number == BREST else number for number in plain]
        assert check(running, ordered) == ordered
        assert utc_now() < expires, "asked while it held"

        plant(running)
        found = find_disagreements(KEYS, ask_everything(running), ordered)
        assert {one.key.commune for one in found} <= {"29019", "29103", "29165"}
        assert TOUCHED in {one.key for one in found}
        assert {one.answers["native"].partition("@")[0] for one in found} == {PLANTED}
        assert {one.answers["python"].partition("@")[0] for one in found} == {PARIS}

        ends_s = time.monotonic() + (expires - utc_now()) / 1e6
        time.sleep(max(0.0, ends_s - time.monotonic()))
        wait_for_all(running, BREST, ends_s)
        assert check(running, plain) == plain

        runs = [running.servers["native"], *running.servers["edge"].runs.values()]
        for run in runs:
            flips = [event for event in run.events() if event["event"] == "native-flip"]
            assert [flip["g"] for flip in flips] == [1, 2, 2]
            assert run.stderr().count("were replaced") == 2, "nothing was loaded whole"
