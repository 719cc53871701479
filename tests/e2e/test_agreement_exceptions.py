"""
What is not usual, asked of the four translations by SIP: orders of every kind, and dead PSAPs.

Under orders they are compared by what rings first and by the whole chain of targets. A PSAP is dead
when its trunk gives no sign of life, and nobody has told a translation so: compared is who answers
the call at last.
"""

import datetime as dt
import random
import time
from collections import Counter

import pytest
from tests.support.asking import follow_contacts
from tests.support.country import Expectation, build_plan, utc_now, write_country
from tests.support.ordered import Ordered, choose_commands, write_commands
from tests.support.translations import ask, ask_all, move_hop, run_translations, wait_in_force

from route112.countries.fr import build_demo
from route112.countries.fr.layouts import find_layout
from route112.countries.fr.national import SHORT_NUMBERS
from route112.simulation.agreement import Key, find_disagreements
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

pytestmark = pytest.mark.e2e

SEED = 112
KEYS_EACH = 24
"""Of each PSAP that an order names."""
KEYS_BESIDE = 300
CHAINS = 250
PSAPS_DEAD_MIN = 60
PLANNED_MAX = 3
PSAPS_ALONE = 20
"""PSAPs that have all planned lines of some key; the demo country has more than 50."""
ENDS_S = 60.0
"""From the making of the plan until one of its orders ends and another one begins."""
SETTLES_S = 5.0
"""Until a translation that is a table has followed."""
DECLINES = 603
DEAD_SECONDS_MAX = 60.0


@pytest.fixture(scope="module")
def demo():
    return build_demo()


@pytest.fixture(scope="module")
def folder(demo, tmp_path_factory):
    path = tmp_path_factory.mktemp("exceptions") / "fr"
    write_country(demo, path, move_hop=move_hop)
    return path


@pytest.fixture(scope="module")
def running(folder):
    plan = folder.parent / "fr.r112"
    build_plan(folder, plan)
    with run_translations(folder.parent, plan) as translations:
        yield translations


@pytest.fixture(scope="module")
def expectation(demo):
    return Expectation(demo)


@pytest.fixture(scope="module")
def served(demo, expectation):
    """By PSAP, keys that ring there first, in an order that a test may take the beginning of."""
    now = utc_now()
    codes = [commune.code for commune in demo.intent.ground.communes]
    random.Random(SEED).shuffle(codes)
    found = {}
    for code in codes:
        for short in SHORT_NUMBERS:
            key = Key(code, short.number)
            keys = found.setdefault(expectation.find_variant(key, now).psaps[0], [])
            if len(keys) < 4 * KEYS_EACH:
                keys.append(key)
    return found


# ---------------------------------------------------------------- dead PSAPs


def choose_psaps(demo, served):
    """Choose by chance one PSAP of each sort and of each layout of a departement, then more."""
    psaps = [demo.intent.psaps[id_] for id_ in served]
    random.Random(SEED).shuffle(psaps)
    seen, chosen, others = set(), [], []
    for psap in psaps:
        sort = (psap.kind, psap.technology, psap.alternative != "", psap.secondary_carrier != "")
        layout = find_layout(psap.departement).name
        (others if {sort, layout} <= seen else chosen).append(psap.id)
        seen |= {sort, layout}
    return (chosen + others)[: max(len(chosen), PSAPS_DEAD_MIN)]


def list_alone(served, expectation, moment):
    """List PSAPs that have all planned lines of a key, each with such a key."""
    alone = {}
    for id_, own in served.items():
        for key in own:
            owners = [expectation.owners[line] for line in expectation.list_lines(key, moment)]
            if owners == [id_] * PLANNED_MAX:
                alone[id_] = key
    return random.Random(SEED).sample(sorted(alone.items()), PSAPS_ALONE)


def list_dead(snapshot, psap, reach):
    """List the numbers of a PSAP that are dead: of its first line, of that line's trunk, all."""
    lines = [snapshot.line(index) for index in range(snapshot.lines_count)]
    own = [line for line in lines if line.psap != NONE and snapshot.psap(line.psap).id == psap]
    first = next(line for line in own if line.role == "primary")
    if reach == "first line":
        return frozenset({first.number})
    return frozenset(line.number for line in own if reach == "PSAP" or line.trunk == first.trunk)


def find_finals(running, keys, dead):
    """Return who answers each call at last, by translation, as `number@hop`; empty: nobody."""
    finals = {}
    for name in ("python", "native", "edge"):
        running.stand.answered.clear()
        asker = ask(running, keys, name, window=len(keys), dead=dead)
        answered = running.stand.answered
        by_place = {int(call.rpartition("-")[2]): rung for call, rung in answered.items()}
        finals[name] = [by_place.get(place, "") for place in range(len(keys))]
        told = [200 if final else 503 for final in finals[name]]
        assert asker.statuses == told, name
    contacts = ask(running, keys, "redirect").rung
    finals["redirect"] = follow_contacts(contacts, dead, stand=running.stand, call=f"f{len(dead)}")
    return finals


@pytest.mark.parametrize("reach", ["first line", "trunk", "PSAP"])
def test_calls_to_dead_psaps_end_alike(running, demo, served, expectation, reach):
    snapshot = Snapshot(running.plan.read_bytes())
    psaps = choose_psaps(demo, served)
    assert len(psaps) >= PSAPS_DEAD_MIN
    assert {demo.intent.psaps[id_].kind for id_ in psaps} == {
        demo.intent.psaps[id_].kind for id_ in served
    }
    moment = utc_now()
    pairs = [(id_, served[id_][0]) for id_ in psaps]
    if reach == "PSAP":
        pairs += list_alone(served, expectation, moment)
    keys = [key for _, key in pairs]
    dead = [list_dead(snapshot, id_, reach) for id_, _ in pairs]
    began = time.monotonic()
    finals = find_finals(running, keys, dead)
    took_s = time.monotonic() - began
    rung = [expectation.list_pass(key, moment) for key in keys]
    expected = [
        next((line for line in listed if line not in numbers), "")
        for listed, numbers in zip(rung, dead, strict=True)
    ]
    fourth = sum(line in listed[3:] for line, listed in zip(expected, rung, strict=True))
    kinds = Counter(demo.intent.psaps[id_].kind for id_ in psaps)
    print(f"{len(keys)} keys, {dict(kinds)}, {fourth} end at the fourth target; {took_s:.1f} s")
    assert "" not in expected
    assert fourth >= (PSAPS_ALONE if reach == "PSAP" else 0)
    wrong = []
    for place, (id_, key) in enumerate(pairs):
        given = {name: column[place] for name, column in finals.items()}
        numbers = {final.partition("@")[0] for final in given.values()}
        if numbers != {expected[place]} or len(set(given.values())) != 1:
            wrong.append((id_, key, sorted(dead[place]), expected[place], given))
    assert wrong == []
    assert took_s < DEAD_SECONDS_MAX


# ---------------------------------------------------------------- orders


def check_orders(running, keys, ordered, commands, *, unplanned_max):
    """All four ring first what the second derivation says, over one chain of targets."""
    began = utc_now()
    answers = ask_all(running, keys)
    expected = ordered.list_firsts(keys, (began, utc_now()), commands)
    assert expected.count("") <= unplanned_max
    assert find_disagreements(keys, answers, expected) == ()
    return expected


def check_chains(running, keys):
    """Nobody takes the call: sites and edges ring the same in turn, a 302 begins with the same."""
    running.stand.status = DECLINES
    try:
        chains = {name: ask(running, keys, name, window=16).rung for name in running.servers}
    finally:
        running.stand.status = 200
    assert chains["python"] == chains["native"] == chains["edge"]
    for contacts, rung in zip(chains["redirect"], chains["python"], strict=True):
        assert contacts[: len(rung)] == rung
    assert min(map(len, chains["python"])) > 0


def put_in_force(running, folder, commands, generation):
    write_commands(folder, commands)
    built = folder.parent / f"g{generation}.r112"
    build_plan(folder, built, "--parent", running.plan, "--accept-impact")
    built.replace(running.plan)
    wait_in_force(running, generation)


def wait_until(moment: dt.datetime):
    while utc_now() < moment:
        time.sleep(0.1)


def test_orders_of_every_kind_are_obeyed_begin_end_and_are_withdrawn(
    running, folder, demo, served, expectation
):
    commands = choose_commands(demo, served, utc_now(), ENDS_S)
    ordered = Ordered(expectation, demo.intent.psaps)
    named = list(dict.fromkeys(one.psap for one in commands))
    keys = [key for id_ in named for key in served[id_][:KEYS_EACH]]
    beside = [keys_of[-1] for id_, keys_of in served.items() if id_ not in named][:KEYS_BESIDE]
    keys += beside
    plain = ordered.list_firsts(keys, (utc_now(),), ())

    put_in_force(running, folder, commands, 2)
    changing = next(one for one in commands if one.id == "ends").expires
    during = check_orders(running, keys, ordered, commands, unplanned_max=len(keys) // 20)
    assert utc_now() < changing, "asked while it held"
    touched = Counter()
    for key, before, now in zip(keys, plain, during, strict=True):
        psap = expectation.find_variant(key, utc_now()).psaps[0]
        touched[psap] += before != now
    unmoved = {one.psap for one in commands if one.id in ("begins", "over", "to-a-paused-one")}
    assert all((touched[id_] > 0) == (id_ not in unmoved) for id_ in named), touched
    assert not any(touched[id_] for id_ in served if id_ not in named)
    check_chains(running, random.Random(SEED).sample(keys, CHAINS))

    wait_until(changing + dt.timedelta(seconds=SETTLES_S))
    after = check_orders(running, keys, ordered, commands, unplanned_max=len(keys) // 20)
    moved = {
        expectation.find_variant(key, utc_now()).psaps[0]
        for key, before, now in zip(keys, during, after, strict=True)
        if before != now
    }
    assert moved == {one.psap for one in commands if one.id in ("begins", "ends")}

    put_in_force(running, folder, (), 3)
    withdrawn = check_orders(running, keys, ordered, (), unplanned_max=0)
    assert withdrawn in (plain, ordered.list_firsts(keys, (utc_now(),), ())), "hours may change"
