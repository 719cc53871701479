"""How orders put lines in front of the plan's, and where they stop."""

import itertools

from tests.support.routing import ask, make_order, open_small, open_with, rungs
from tests.support.snapshots import LINES, PSAPS, FallbackRow, VariantRow

from route112.routing.orders import DIVERTS_MAX

IDS = [psap.id for psap in PSAPS]
ORDER_LINE = "+33465710001"


def divert(psap, to_psap, **changes):
    return make_order(f"d-{psap}", "divert", psap, to_psap=to_psap, **changes)


def route_of(*lines, number=1):
    """Make Brest's 17 ring these lines, and nothing stand behind them but line 0."""
    variant = VariantRow(lines=lines, rules=("primary", "secondary", "alternative")[: len(lines)])
    nothing = FallbackRow(neighbours=(), departement=0xFFFFFFFF)
    small = open_small()
    routes = ((variant,), *(small.route(index) for index in range(1, small.routes_count)))
    return {"routes": routes, "fallbacks": (nothing,) * 8, "national": (0,) * 4}


def seventeen(*orders, lines=(0,), **asked):
    decision = ask("17", "29019", open_with(*orders, **route_of(*lines)), **asked)
    return rungs(decision), decision.trace[:-2]


def test_diverts_are_followed():
    listed, trace = seventeen(divert(IDS[0], IDS[1]), divert(IDS[1], IDS[2]))
    assert listed == [f"{IDS[2]} divert", f"{IDS[1]} divert", f"{IDS[0]} primary"]
    assert trace == tuple(f"order divert d-{psap} by prefecture 29" for psap in IDS[:2])


def test_a_loop_of_diverts_is_cut():
    listed, trace = seventeen(divert(IDS[0], IDS[1]), divert(IDS[1], IDS[0]))
    assert listed == [f"{IDS[1]} divert", f"{IDS[0]} primary"]
    assert trace[-1] == "loop cut"


def test_a_divert_to_itself_is_cut():
    listed, trace = seventeen(divert(IDS[0], IDS[0]))
    assert listed == [f"{IDS[0]} primary"]
    assert trace[-1] == "loop cut"


def test_a_chain_has_a_longest_form():
    assert len(IDS) == DIVERTS_MAX + 2
    chain = [divert(one, other) for one, other in itertools.pairwise(IDS)]
    listed, trace = seventeen(*chain)
    assert listed[0] == f"{IDS[DIVERTS_MAX]} divert"
    assert trace[-1] == "chain cut"
    listed, trace = seventeen(*chain[:-1])
    assert listed[0] == f"{IDS[DIVERTS_MAX]} divert"
    assert "chain cut" not in trace


def test_a_divert_that_leads_nowhere_is_told():
    listed, trace = seventeen(divert(IDS[0], "CTA18-99"))
    assert listed == [f"{IDS[0]} primary"]
    assert trace == (f"order divert d-{IDS[0]} by prefecture 29", "no such line")


def test_an_order_counts_for_further_prospects_too():
    listed, trace = seventeen(divert(IDS[1], IDS[2]), lines=(0, 1))
    assert listed == [f"{IDS[0]} primary", f"{IDS[2]} divert", f"{IDS[1]} secondary"]
    assert trace == ()


def test_an_order_is_followed_once_for_each_psap():
    listed, _ = seventeen(divert(IDS[0], IDS[1]), lines=(0, 6, 1))
    assert listed == [f"{IDS[1]} divert", f"{IDS[0]} primary", f"{IDS[0]} secondary"]


def test_a_divert_to_a_psap_that_was_asked_before_still_lists_its_primary_line():
    listed, _ = seventeen(
        make_order("a", "alternative", IDS[1]), divert(IDS[2], IDS[1]), lines=(7, 2)
    )
    assert listed[:3] == [f"{IDS[1]} alternative", f"{IDS[1]} divert", f"{IDS[2]} secondary"]


def test_an_alternative_is_the_order_s_number_or_the_psap_s_own():
    named = make_order("a", "alternative", IDS[0], to_number=ORDER_LINE)
    assert seventeen(named)[0] == ["alternative", f"{IDS[0]} primary"]
    assert seventeen(make_order("a", "alternative", IDS[0]))[0][0] == f"{IDS[0]} alternative"


def test_an_alternative_without_a_line_is_told():
    for number in ("+33199009999", ORDER_LINE[:-1]):
        listed, trace = seventeen(make_order("a", "alternative", IDS[0], to_number=number))
        assert listed == [f"{IDS[0]} primary"]
        assert trace[-1] == "no such line"
    unknown = make_order("a", "alternative", IDS[0])
    mute = tuple(PSAPS[0:0]) + tuple(
        type(psap)(**{name: getattr(psap, name) for name in psap.__slots__} | {"alternative": ""})
        for psap in PSAPS
    )
    decision = ask("17", "29019", open_with(unknown, psaps=mute, **route_of(0)))
    assert decision.trace[-3] == "no such line"


def test_an_alternative_that_names_another_psap_s_line_asks_no_further():
    listed, _ = seventeen(
        make_order("a", "alternative", IDS[0], to_number=LINES[1].number), divert(IDS[1], IDS[2])
    )
    assert listed == [f"{IDS[1]} alternative", f"{IDS[0]} primary"]


def test_an_alternative_rings_although_its_psap_is_paused():
    orders = (make_order("a", "alternative", IDS[0]), make_order("p", "pause", IDS[0]))
    listed, _ = seventeen(*orders, lines=(0, 1))
    assert listed == [f"{IDS[0]} alternative", f"{IDS[1]} secondary", f"{IDS[0]} primary"]


def test_pause_and_divert_together_divert_and_leave_the_psap_for_last():
    listed, _ = seventeen(divert(IDS[0], IDS[2]), make_order("p", "pause", IDS[0]), lines=(0, 1))
    assert listed == [f"{IDS[2]} divert", f"{IDS[1]} secondary", f"{IDS[0]} primary"]


def test_a_divert_to_a_paused_psap_falls_on():
    listed, trace = seventeen(divert(IDS[0], IDS[1]), make_order("p", "pause", IDS[1]))
    assert listed == [f"{IDS[0]} primary", f"{IDS[1]} divert"]
    assert trace == (
        f"order divert d-{IDS[0]} by prefecture 29",
        "order pause p by prefecture 29",
        f"{IDS[1]} PAUSED",
    )


def test_an_order_for_another_short_number_changes_nothing():
    assert seventeen(divert(IDS[0], IDS[1], short_number="18"))[0] == [f"{IDS[0]} primary"]
    assert seventeen(divert(IDS[0], IDS[1], short_number="17"))[0][0] == f"{IDS[1]} divert"


def test_the_trace_tells_only_the_way_to_the_first_line():
    _, trace = seventeen(divert(IDS[1], IDS[2]), make_order("p", "pause", IDS[0]), lines=(0, 1))
    assert trace == (
        "order pause p by prefecture 29",
        f"{IDS[0]} PAUSED",
        f"order divert d-{IDS[1]} by prefecture 29",
    )
