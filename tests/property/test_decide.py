"""`decide` against the oracle: random small countries, orders, states, times and calls."""

from dataclasses import replace

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.support.oracle import Oracle
from tests.support.snapshots import (
    LINES,
    NIGHTS,
    NOW,
    PSAPS,
    SQUARE,
    STREETS,
    VALID_FROM,
    VALID_UNTIL,
    small_content,
)

from route112.model import (
    TARGETS_MAX,
    Call,
    Hours,
    Order,
    OrderKind,
    ServiceState,
    States,
    UtcTime,
)
from route112.model.states import ElementState
from route112.routing import decide, render_decision
from route112.routing.ranking import HOPS_TRIED_MAX, TARGETS_TRIED
from route112.snapshot.content import NONE, FallbackRow, VariantRow
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

HOUR = 3_600_000_000
EDGES = (NOW - HOUR, NOW, NOW + HOUR, NOW + 8 * HOUR)
PSAP_IDS = tuple(psap.id for psap in PSAPS)
PLAN_LINES = len(LINES) - 1
WEEKEND = Hours(((0, 60), (5 * 1440, 10_080)))
BOTH = replace(SQUARE, text="both", streets=("rue neuve",))

plan_lines = st.integers(0, PLAN_LINES - 1)
instants = st.one_of(
    st.just(NOW),
    st.just(NOW),
    st.sampled_from([UtcTime(edge + step) for edge in EDGES for step in (-1, 0, 1)]),
    st.sampled_from([VALID_FROM - 1, VALID_FROM, VALID_UNTIL - 1, VALID_UNTIL]),
    st.integers(NOW - 200 * HOUR, NOW + 200 * HOUR),
    st.integers(-(2**70), 2**70),
)


@st.composite
def variants(draw):
    lines = draw(st.lists(plan_lines, min_size=1, max_size=3))
    rule = st.sampled_from(("primary", "secondary", "alternative"))
    return VariantRow(
        lines=tuple(lines),
        rules=tuple(draw(rule) for _ in lines),
        hours=draw(st.sampled_from((NONE, 0, 1))),
        area=draw(st.sampled_from((NONE, 0, 0, 1, 2))),
    )


@st.composite
def orders(draw):
    psap = st.sampled_from((*PSAP_IDS, *PSAP_IDS, "CRRA15-99"))
    kind = draw(st.sampled_from((OrderKind.DIVERT, OrderKind.DIVERT, *OrderKind)))
    starts = draw(st.sampled_from((*EDGES[:2], *EDGES)))
    expires = draw(st.sampled_from((*EDGES[2:], *EDGES)))
    numbers = ("", LINES[13].number, LINES[0].number, LINES[9].number, "+33199009999")
    return Order(
        id=draw(st.sampled_from("abcdefgh")),
        kind=kind,
        psap=draw(psap),
        short_number=draw(st.sampled_from(("", "", "15", "112"))),
        to_psap=draw(psap) if kind is OrderKind.DIVERT else "",
        to_number=draw(st.sampled_from(numbers)) if kind is OrderKind.ALTERNATIVE else "",
        author="duty officer",
        reason="test",
        starts=starts,
        expires=expires,
    )


@st.composite
def webs(draw):
    """Make every PSAP divert to another: chains longer than are followed, loops, and both."""
    wheel = draw(st.permutations(PSAP_IDS))
    ends = draw(st.lists(st.sampled_from(PSAP_IDS), min_size=6, max_size=6))
    straight = draw(st.lists(st.booleans(), min_size=6, max_size=6))
    return [
        Order(
            id=f"w{place}",
            kind=OrderKind.DIVERT,
            psap=psap,
            to_psap=wheel[(place + 1) % 6] if straight[place] else ends[place],
            author="duty officer",
            reason="test",
            starts=UtcTime(NOW - HOUR),
            expires=UtcTime(NOW + HOUR),
        )
        for place, psap in enumerate(wheel)
    ]


@st.composite
def contents(draw):
    small = small_content()
    routes = draw(
        st.lists(st.lists(variants(), min_size=1, max_size=4).map(tuple), min_size=1, max_size=4)
    )
    index = st.one_of(st.integers(0, len(routes) - 1), st.just(NONE))
    mapping = small.mapping_route[:0]
    mapping.extend(draw(st.lists(index, min_size=24, max_size=24)))
    fallback = st.builds(
        FallbackRow,
        neighbours=st.lists(plan_lines, max_size=2).map(tuple),
        departement=st.one_of(plan_lines, st.just(NONE)),
    )
    loose = st.lists(orders(), max_size=8, unique_by=lambda order: order.id)
    found = draw(st.one_of(loose, loose, webs()))
    mute = draw(st.sets(st.sampled_from(PSAP_IDS)))
    return replace(
        small,
        psaps=tuple(replace(p, alternative="") if p.id in mute else p for p in small.psaps),
        hours=(NIGHTS, WEEKEND),
        areas=(SQUARE, STREETS, BOTH),
        routes=tuple(routes),
        mapping_route=mapping,
        fallbacks=tuple(draw(st.lists(fallback, min_size=8, max_size=8))),
        national=tuple(draw(st.lists(plan_lines, min_size=4, max_size=4))),
        orders=tuple(sorted(found, key=lambda order: order.id)),
    )


anything = st.one_of(
    st.text(st.characters(exclude_categories=())), st.text("0129 .:urn", max_size=9)
)
coordinates = st.one_of(
    st.none(),
    st.sampled_from((-4.45, 48.35, -4.3, 0.5, float("nan"), float("inf"), -1e308)),
    st.floats(),
)
calls = st.builds(
    Call,
    dialled=st.one_of(
        st.sampled_from(("15", "17", "18", "112")),
        st.sampled_from(
            ("urn:service:sos.fire", "URN:service:SOS.Police.x", "urn:service:", "999")
        ),
        anything,
    ),
    commune=st.one_of(
        st.sampled_from(("29019", "29103", "29155", "75056", "75101", "29165", "75001")),
        st.sampled_from(("29999", "29", "2", "99", "")),
        anything,
    ),
    operator=st.one_of(st.sampled_from(("", "bruyere", "genet", "nobody")), anything),
    technology=anything,
    lon_deg=coordinates,
    lat_deg=coordinates,
    street=st.one_of(
        st.sampled_from(("", "Rue de Siam", "QUAI  ÉOLE", "rue neuve", "rue haute")), anything
    ),
)
usual = st.builds(
    Call,
    dialled=st.sampled_from(("15", "112")),
    commune=st.just("29019"),
    lon_deg=st.sampled_from((None, -4.45, -4.3)),
    lat_deg=st.just(48.35),
)
"""Asked often, so that what was kept of one call meets the next, and orders meet each other."""
positioned = calls.map(lambda call: replace(call, lon_deg=-4.45, lat_deg=48.35))
HOPS = sorted({hop.address for trunk in small_content().trunks for hop in trunk.hops})
states = st.builds(
    States,
    st.dictionaries(
        st.sampled_from((*PSAP_IDS, "CRRA15-99")), st.sampled_from(list(ServiceState))
    ),
    st.one_of(
        st.just({}),
        st.dictionaries(
            st.sampled_from((*HOPS, *HOPS, "127.0.9.9:5060")), st.sampled_from(list(ElementState))
        ),
    ),
)
questions = st.tuples(
    st.one_of(usual, usual, calls, positioned), st.one_of(st.just(States()), states), instants
)


@settings(deadline=None, max_examples=600, suppress_health_check=list(HealthCheck))
@given(contents(), st.lists(questions, max_size=8))
@example(small_content(), [(Call(dialled="15", commune="29019"), States(), NOW)])
def test_decide_equals_the_oracle_whatever_it_was_asked_before(content, questions):
    snapshot = Snapshot(write_snapshot(content))
    for call, known, now in questions:
        decision = decide(call, snapshot, known, now=UtcTime(now))
        lost = {hop for hop, word in known.hops.items() if word in ("Down", "Unreachable")}
        targets, degraded = Oracle(content, known.psaps, now, lost).answer(call)
        answered = [(target.psap, target.number, target.rule) for target in decision.targets]
        assert (answered, decision.degraded) == (targets, degraded)
        assert decision.generation == content.generation
        check_promises(call, decision)
        plain = decide(call, snapshot, States(), now=UtcTime(now))
        check_advice(plain, decision)


def check_advice(plain, advised):
    """Whatever is measured: the same targets over the same hops, the usual ones among the tried."""
    assert {target.number for target in advised.targets} == {t.number for t in plain.targets}
    tried = [target.number for target in advised.targets[:TARGETS_TRIED]]
    assert plain.targets[0].number in tried
    usual = {target.number: target.hops for target in plain.targets}
    for target in advised.targets:
        assert sorted(target.hops, key=repr) == sorted(usual[target.number], key=repr)
        assert usual[target.number][0] in target.hops[:HOPS_TRIED_MAX]


def check_promises(call, decision):
    first = decision.targets[0]
    assert 1 <= len(decision.targets) <= TARGETS_MAX
    numbers = [target.number for target in decision.targets]
    assert len(set(numbers)) == len(numbers)
    assert all(target.hops and target.trunk for target in decision.targets)
    assert decision.trace[-2:] == (f"rule {first.rule}", f"{first.psap} {first.number}".strip())
    line = render_decision(call, decision, site="site-3", elapsed_ms=0.0)
    assert line.endswith(" [g42 site-3 0.0ms]")
    assert line.isprintable()
    assert line.count(" -> ") == len(decision.trace)


@settings(deadline=None, max_examples=60)
@given(
    st.text(st.characters(exclude_categories=()), max_size=20),
    st.integers(0, 200_000),
    coordinates,
)
def test_no_content_of_a_call_is_too_strange(text, length, number):
    snapshot = Snapshot(write_snapshot(small_content()))
    long = (text or "x") * (length // max(1, len(text)) or 1)
    call = Call(
        dialled=long,
        commune=long,
        operator=long,
        technology=long,
        lon_deg=number,
        lat_deg=number,
        street=long,
    )
    check_promises(call, decide(call, snapshot, States(), now=NOW))
    check_promises(call, decide(replace(call, commune="29103"), snapshot, States(), now=NOW))
