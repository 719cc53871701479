"""
Four translations of one snapshot as running processes, asked by SIP for each key of a country.

A site whose Python decides, a site that has no Python, edges without any site, a redirect server.
What counts is which number was rung at which next hop, as the PSAPs there wrote it down, or which
one a 302 named.
"""

import asyncio
import csv
import itertools
import random
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from types import SimpleNamespace

import pytest
from tests.support.country import (
    DIVERTED,
    PAUSED,
    Expectation,
    build_plan,
    utc_now,
    write_country,
    write_orders,
)
from tests.support.snapshots import poke
from tests.support.translations import (
    ask,
    ask_all,
    move_hop,
    run_one,
    run_redirect,
    run_translations,
    wait_in_force,
    write_templates,
)

from route112.adapters.kamailio_rpc import ask_kamailio
from route112.countries.fr import build_demo
from route112.countries.fr.national import SHORT_NUMBERS
from route112.simulation.agreement import Key, Network, find_disagreements
from route112.simulation.odd_messages import CELL, LINE, LONG, ODDITIES, TESTS
from route112.snapshot.reader import Snapshot

pytestmark = pytest.mark.e2e

KEYS_ALL = 35_014 * 13
KEYS_DRAWN = 40_000
CALLERS_DRAWN = 3_000
PLANTED_HOP = move_hop(("", 4, 1))
"""One of the country's, where somebody answers whatever he is called."""


@pytest.fixture(scope="module")
def demo():
    return build_demo()


@pytest.fixture(scope="module")
def folder(demo, tmp_path_factory):
    """Write the country without orders, its trunks at addresses that no other test uses."""
    path = tmp_path_factory.mktemp("agreement") / "fr"
    write_country(demo, path, move_hop=move_hop)
    return path


@pytest.fixture(scope="module")
def plan(folder):
    output = folder.parent / "fr.r112"
    build_plan(folder, output)
    return output


@pytest.fixture(scope="module")
def keys(demo):
    """List every key, in an order that a test may take the beginning of."""
    communes = [commune.code for commune in demo.intent.ground.communes]
    every = [Key(code, short.number) for code in communes for short in SHORT_NUMBERS]
    assert len(every) == KEYS_ALL
    random.Random(112).shuffle(every)
    return every


@pytest.fixture(scope="module")
def running(folder, plan):
    with run_translations(folder.parent, plan) as translations:
        yield translations


@pytest.fixture(scope="module")
def expectation(demo):
    return Expectation(demo)


def compare(running, keys, expectation):
    began = utc_now()
    answers = ask_all(running, keys)
    expected = expectation.list_first(keys, (began, utc_now()))
    changing = expected.count("")
    print(f"{len(keys):,} keys of {len(answers)} translations, {changing} change meanwhile")
    assert changing < len(keys) / 20
    wrong = find_disagreements(keys, answers, expected)
    # Where hours change while we ask, only those who are asked at one instant can agree.
    return [one for one in wrong if one.expected]


def test_forty_thousand_keys_ring_alike(running, keys, expectation):
    assert compare(running, keys[:KEYS_DRAWN], expectation) == []


def test_odd_request_uris_and_headers_ring_alike(running, keys, expectation):
    """Written in each odd way, a key rings where it rings when it is written plainly."""
    drawn = [next(key for key in keys if key.number == number) for number in ("17", "115", "15")]
    asked = [(key, odd) for key in drawn for odd in ODDITIES]
    told = [(odd.source, odd.network) for odd in ODDITIES]
    answers = {}
    for name in running.servers:
        asker = ask(running, [key for key, _ in asked], name, told=told, window=8)
        answers[name] = asker.list_first()
    moment = utc_now()
    wrong = []
    for place, (key, odd) in enumerate(asked):
        commune = key.commune if odd.commune is None else odd.commune
        plain = Key(commune, odd.number or key.number)
        expected = expectation.list_first([plain], (moment,))[0] if commune else ""
        given = {name: [answer[place]] for name, answer in answers.items()}
        if odd in LONG:  # first over TCP, and where a connection takes too long, at the next hop
            given = {name: [one.partition("@")[0]] for name, [one] in given.items()}
        if found := find_disagreements([plain], given, [expected]):
            wrong.append((odd.network, found))
    assert wrong == []


def read_callers(folder):
    """Return how a call is written for each cell and line, and its commune."""
    headers = {
        "cell": (CELL, "P-Access-Network-Info: 3GPP-E-UTRAN-FDD; utran-cell-id-3gpp={}"),
        "line": (LINE, "P-Asserted-Identity: <sip:{}@example.invalid>"),
    }
    with (folder / "expected-callers.csv").open(encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            source, header = headers[row["told"]]
            yield source, Network("sip:{number}@{to}", header.format(row["value"])), row["insee"]


ODD_CALLERS = (
    (CELL, "P-Access-Network-Info: utran-cell-id-3gpp={upper}", ""),
    (CELL, "P-Access-Network-Info: utran-cell-id-3gpp={cell}\r\nP-Access-Network-Info: x", ""),
    (CELL, "P-Access-Network-Info: utran-cell-id-3gpp=99970ffffffffff", "35238"),
    (CELL, "P-Access-Network-Info: utran-cell-id-3gpp={cell}0", ""),
    (CELL, "P-Access-Network-Info: utran-cell-id-3gpp=", "35238"),
    (CELL, "X-Commune: 29019", "35238"),
    (LINE, "P-Asserted-Identity: +999", "44109"),
    (LINE, "P-Asserted-Identity: +998000001111", "44109"),
    (LINE, "P-Asserted-Identity: <sip:anonymous@anonymous.invalid>", "44109"),
    (LINE, "P-Asserted-Identity: {line}999", ""),
)
"""Ugly ways to tell a cell or line, and the commune where the call goes; empty: theirs."""


def test_cells_and_lines_ring_alike_and_where_their_commune_rings(
    running, keys, expectation, folder
):
    told = list(read_callers(folder))
    random.Random(112).shuffle(told)
    told = told[:CALLERS_DRAWN]
    first = {source: (network, code) for source, network, code in reversed(told)}
    for source, header, commune in ODD_CALLERS:
        network, code = first[source]
        value = network.header.partition("3gpp=")[2] or network.header.partition("sip:")[2]
        value = value.partition("@")[0]
        written = header.format(cell=value, upper=value.upper(), line=value)
        told.append((source, Network("sip:{number}@{to}", written), commune or code))
    numbers = itertools.cycle(short.number for short in SHORT_NUMBERS)
    asked = [Key(code, number) for (_, _, code), number in zip(told, numbers, strict=False)]
    ways = [(source, network) for source, network, _ in told]
    began = utc_now()
    answers = {name: ask(running, asked, name, told=ways).list_first() for name in running.servers}
    expected = expectation.list_first(asked, (began, utc_now()))
    wrong = find_disagreements(asked, answers, expected)
    assert [one for one in wrong if one.expected] == []


def test_a_test_call_rings_nobody_anywhere(running, keys):
    told = [("127.0.2.1", network) for network in TESTS]
    for name in running.servers:
        asker = ask(running, keys[: len(told)], name, told=told)
        assert asker.statuses == [404] * len(told), name
        assert asker.rung == [[]] * len(told), name


@pytest.mark.slow
def test_every_key_rings_alike(running, keys, expectation):
    assert compare(running, keys, expectation) == []


def test_the_whole_order_of_targets_is_the_same_when_nobody_takes_the_call(
    running, keys, expectation
):
    """Every PSAP declines: sites and edges ring the whole pass over two hops; a 302 names four."""
    drawn = keys[:600]
    running.stand.status = 603
    try:
        chains = {name: ask(running, drawn, name, window=16) for name in running.servers}
    finally:
        running.stand.status = 200
    assert set(chains["python"].statuses) == set(chains["native"].statuses) == {480}
    assert set(chains["edge"].statuses) == {503}, "its own word, when nobody is left"
    assert chains["python"].rung == chains["native"].rung == chains["edge"].rung
    named = [contacts[: len(rung)] for contacts, rung in zip(
        chains["redirect"].rung, chains["python"].rung, strict=True
    )]  # fmt: skip
    assert named == chains["python"].rung
    moment = utc_now()
    for key, rung in zip(drawn, chains["python"].rung, strict=True):
        numbers = list(dict.fromkeys(one.partition("@")[0] for one in rung))
        assert numbers == expectation.list_pass(key, moment), key


def test_a_planted_wrong_row_of_each_translation_is_found(
    running, keys, expectation, tmp_path, plan
):
    drawn = [Key("29019", short.number) for short in SHORT_NUMBERS] + keys[:200]
    snapshot = Snapshot(plan.read_bytes())
    planted = Key("29019", "15")
    assert compare(running, drawn, expectation) == []

    altered = tmp_path / "altered.r112"
    place = snapshot.find_commune("29019") * len(SHORT_NUMBERS) + snapshot.find_number("15")
    wrong_route = snapshot.route_index(snapshot.find_commune("35238"), snapshot.find_number("15"))
    altered.write_bytes(poke(plan.read_bytes(), "mapping_routes.route", wrong_route + 1, place))
    real, _ = write_templates(tmp_path)
    for name, run in (
        ("redirect", run_redirect(altered)),
        ("python", run_one(tmp_path / "python", altered, real)),
    ):
        with run as server:
            changed = SimpleNamespace(
                stand=running.stand, servers={**running.servers, name: server}
            )
            [found] = compare(changed, drawn, expectation)
        assert found.key == planted
        assert {who for who, answer in found.answers.items() if found.expected not in answer} == {
            name
        }
    [found] = plant_edge(running, drawn, expectation, planted)
    assert found.key == planted
    assert {who for who, answer in found.answers.items() if found.expected not in answer} == {
        "edge"
    }
    found = plant_native(running, drawn, expectation, planted)
    assert found
    assert all(one.answers["python"] == one.answers["redirect"] for one in found)
    assert {one.answers["native"] for one in found} == {f"+33199000000@{PLANTED_HOP}"}
    assert planted in {one.key for one in found}


def plant_native(running, keys, expectation, planted):
    """Change the row of a zone and number in the table of the running native site."""
    run = running.servers["native"]
    kept = run.run_dir / "kept.sqlite"
    shutil.copy(run.run_dir / "native.sqlite", kept)
    try:
        with closing(sqlite3.connect(run.run_dir / "native.sqlite")) as database:
            [[zone]] = database.execute(
                "SELECT key_value FROM c2z WHERE key_name = ?", (planted.commune,)
            ).fetchall()
            changed = database.execute(
                "UPDATE zn SET key_value = ? WHERE key_name = ?",
                (f"+33199000000|{PLANTED_HOP}|udp|2000|30000|X", f"{zone}:{planted.number}"),
            )
            assert changed.rowcount == 1
            database.commit()
        reload_tables(run, "zn")
        return compare(running, keys, expectation)
    finally:
        kept.replace(run.run_dir / "native.sqlite")
        reload_tables(run, "zn")


def plant_edge(running, keys, expectation, planted):
    """Let a commune and number lead to the ladder of another commune, in one edge's table."""
    run = running.servers["edge"].runs["bruyere"]  # asked for the first of every three keys
    kept = run.run_dir / "kept.sqlite"
    shutil.copy(run.run_dir / "edge.sqlite", kept)
    place = [short.number for short in SHORT_NUMBERS].index(planted.number)
    try:
        with closing(sqlite3.connect(run.run_dir / "edge.sqlite")) as database:
            ladders = {}
            for code in (planted.commune, "35238"):
                [[text]] = database.execute(
                    "SELECT key_value FROM plan WHERE key_name = ?", (f"c:{code}",)
                ).fetchall()
                ladders[code] = text.split(".")
            ladders[planted.commune][place] = ladders["35238"][place]
            database.execute(
                "UPDATE plan SET key_value = ? WHERE key_name = ?",
                (".".join(ladders[planted.commune]), f"c:{planted.commune}"),
            )
            database.commit()
        reload_tables(run, "plan")
        return compare(running, keys, expectation)
    finally:
        kept.replace(run.run_dir / "edge.sqlite")
        reload_tables(run, "plan")


def reload_tables(run, name):
    for slot in "ab":
        asyncio.run(ask_kamailio(run.run_dir / "rpc.sock", "htable.reload", f"{name}_{slot}"))


def test_orders_in_force_are_obeyed_alike_and_without_a_restart(
    running, keys, expectation, folder
):
    """A divert, a paused PSAP, and an order that is over: all keys of four departements."""
    write_orders(folder)
    ordered = folder.parent / "ordered.r112"
    build_plan(folder, ordered, "--parent", running.plan, "--accept-impact")
    ordered.replace(running.plan)
    wait_in_force(running, 2)

    drawn = [key for key in keys if key.commune.startswith(("29", "35", "56", "22"))][:4_000]
    began = utc_now()
    answers = ask_all(running, drawn)
    expected = [expectation.find_ordered(key, began) for key in drawn]
    counts = Counter(expectation.find_variant(key, began).psaps[0] for key in drawn)
    assert min(counts[DIVERTED], counts[PAUSED]) > 50
    assert find_disagreements(drawn, answers, expected) == ()
    rung = {expectation.owners[answer.partition("@")[0]] for answer in answers["python"]}
    assert DIVERTED not in rung
    assert PAUSED not in rung
