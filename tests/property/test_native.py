"""The native table against `decide`: two programs written from one text answer every key alike."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.property.test_decide import contents
from tests.support.edgetable import draw_busy
from tests.support.snapshots import COMMUNES, MERGED, NOW, SHORT_NUMBERS, small_content

from route112.model import Call, States, UtcTime
from route112.native import reorder, translate
from route112.routing import decide
from route112.snapshot.content import split_lines, with_orders
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

HOPS_TRIED = 2
HOUR = 3_600_000_000
KNOWN = (*(commune.code for commune in COMMUNES), *(code for code, _ in MERGED))
UNKNOWN = ("29999", "75", "2", "99999", "", "2A004")
OPERATORS = ("", "bruyere", "genet", "nobody")
DIALLED = (
    *(short.number for short in SHORT_NUMBERS),
    "999",
    "urn:service:sos.fire",
    "URN:service:SOS.police.x.y",
    "urn:service:counseling",
)
EDGES = (NOW - HOUR, NOW, NOW + HOUR, NOW + 8 * HOUR)
instants = st.one_of(
    st.sampled_from([edge + step for edge in EDGES for step in (-1, 0, 1)]),
    st.integers(NOW - 400 * HOUR, NOW + 5_000 * HOUR),
)


def ask_table(table, call):
    """What the configuration of a site does with the table."""
    service = call.dialled.lower()
    while service.startswith("urn:") and f"n:{service}" not in table.zones and "." in service:
        service = service[: service.rindex(".")]
    number = table.zones.get(f"n:{service}", table.zones["n:*"])
    zone = table.zones.get(call.commune) or table.zones.get(f"o:{call.operator}")
    for length in range(int(table.zones["dmax"]), 0, -1):
        if zone is None and len(call.commune) >= length:
            zone = table.zones.get(f"d:{call.commune[:length]}")
    return table.attempts[f"{zone or table.zones['*']}:{number}"]


def list_rung(snapshot, call, now):
    """What rings, best first: target, and its attempts without the room there."""
    decision = decide(call, snapshot, States(), now=now)
    a, b, c = [*(target.psap for target in decision.targets), "", "", ""][:3]
    two = (a and b and a != b) or (b and c and b != c) or (a and c and a != c)
    for target in decision.targets[: 3 if two else 4]:
        for hop in target.hops[:HOPS_TRIED]:
            answer_ms = {"ip": 2000, "rtc": 6000}[hop.technology]
            way = f"{target.number}|{hop.address}|{hop.transport}|{answer_ms}"
            yield target, f"{way}|{target.ring_time_s}000|{target.psap}"


def ask_decide(snapshot, call, now):
    return ";".join(text for _, text in list_rung(snapshot, call, now))


def ask_decide_with_room(snapshot, call, now):
    rung = list(list_rung(snapshot, call, now))
    capacities = {psap.id: psap.capacity_calls for psap in snapshot_psaps(snapshot)}
    return ";".join(
        f"{text}|{0 if target is rung[-1][0] else capacities.get(target.psap, 0)}"
        for target, text in rung
    )


def snapshot_psaps(snapshot):
    return [snapshot.psap(index) for index in range(snapshot.psaps_count)]


calls = st.builds(
    Call,
    dialled=st.sampled_from(DIALLED),
    commune=st.sampled_from(KNOWN + UNKNOWN),
    operator=st.sampled_from(OPERATORS),
)
EVERY_CALL = [
    Call(dialled=number, commune=code, operator="bruyere" if code in KNOWN else "")
    for number in DIALLED
    for code in KNOWN + UNKNOWN
]


@settings(deadline=None, max_examples=400)
@given(st.integers(0, 2**32 - 1), st.integers(-3, 21))
@example(54, 1)
@example(79, 1)
def test_orders_that_meet_each_other_everywhere_are_followed_as_decide_follows_them(seed, step):
    snapshot, now = Snapshot(write_snapshot(draw_busy(seed))), UtcTime(NOW + step)
    table = translate(snapshot, now=now)
    for short in SHORT_NUMBERS:
        for code in KNOWN:
            call = Call(dialled=short.number, commune=code)
            assert ask_table(table, call) == ask_decide_with_room(snapshot, call, now), call


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(contents(), st.lists(calls, max_size=6), instants)
@example(small_content(), EVERY_CALL, NOW)
def test_the_native_table_answers_as_decide_does(content, asked, now):
    snapshot = Snapshot(write_snapshot(content))
    table = translate(snapshot, now=UtcTime(now))
    every = [Call(dialled=short.number, commune=code) for short in SHORT_NUMBERS for code in KNOWN]
    for call in [*every, *asked]:
        assert ask_table(table, call) == ask_decide_with_room(snapshot, call, UtcTime(now)), call


@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(contents(), instants, st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_no_answer_changes_before_the_next_change(content, now, shares):
    snapshot = Snapshot(write_snapshot(content))
    before = translate(snapshot, now=UtcTime(now))
    until = before.due
    assert until is None or until > now
    last = now + 30 * 24 * HOUR if until is None else until - 1
    for instant in (last, *(now + int((last - now) * share) for share in shares)):
        later = translate(snapshot, now=UtcTime(instant))
        assert (later.zones, later.attempts) == (before.zones, before.attempts)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(contents(), contents(), instants, instants)
def test_orders_worked_into_lines_that_stand_are_a_whole_translation(content, other, now, later):
    """The lines are those of a table under other orders, at an instant since which hours stand."""
    before = translate(Snapshot(write_snapshot(content)), now=UtcTime(now))
    end = now + 30 * 24 * HOUR if before.plan_due is None else before.plan_due
    later = now + later % (end - now)
    snapshot = Snapshot(write_snapshot(with_other_orders(content, other)))
    assert snapshot.plan_hash == before.plan_hash
    whole = translate(snapshot, now=UtcTime(later))
    assert reorder(snapshot, before.lines, now=UtcTime(later)) == whole.attempts
    assert (before.zones, before.lines) == (whole.zones, whole.lines)


def with_other_orders(content, other):
    """Put the orders of one content, and the lines that only they name, on another one."""
    lines = split_lines(other.lines)[1]
    return with_orders(content, other.orders, generation=43, parent="", lines=lines)
