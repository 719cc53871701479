import dataclasses

import msgspec
import pytest
from tests.support.changing import Table
from tests.support.commanded import pause, stamp
from tests.support.commanding import NOW, PEOPLE, ask, user

from route112.access import Approval, Desk, judge, note
from route112.apps.planner.web.bodies import ChangeBody, OrderBody
from route112.apps.planner.web.wishes import (
    BROUGHT_MAX,
    CHANGE_VERBS,
    ENDED_MAX,
    list_adoption_arguments,
    list_change_arguments,
    list_order_arguments,
    list_wishes,
    name_verb,
)
from route112.change import Kind, State
from route112.change.asking import AbortChange, BeginChange, FinishWork, GiveOrder
from route112.model import OrderKind, ShortNumber, UtcTime
from route112.planning.checks.orders import ORDER_LEAD_US
from route112.routing.orders import select_orders

SAMU = ShortNumber(number="15", urn="urn:service:sos.ambulance", name="SAMU", kinds=("CRRA15",))


def allow(verb, arguments, *, by="crisis", approver="operator"):
    """Return the verdict on a request that a second person agreed to, where one has to."""
    verdict = judge(ask(verb, by=by, arguments=dict(arguments)), Desk(), PEOPLE, now=NOW)
    if approver:
        approval = Approval(request=verdict.hash, by=user(approver))
        verdict = judge(approval, note(Desk(), verdict), PEOPLE, now=NOW)
    assert verdict.ruling == "allowed", verdict
    return verdict


def give(state=State(), **fields):  # noqa: B008  a state is a value
    body = msgspec.convert(pause(expires_us=NOW + 9_000_000, **fields), OrderBody)
    verdict = allow(name_verb(body), list_order_arguments(body))
    (wish,) = list_wishes(verdict, state)
    assert isinstance(wish, GiveOrder)
    return wish.order


def test_an_order_is_what_was_asked_word_by_word():
    order = give(short_number="15", starts_us=NOW + 5)
    assert order.id.startswith("pause-CRRA15-29-")
    assert (order.kind, order.psap, order.short_number) == (OrderKind.PAUSE, "CRRA15-29", "15")
    assert (order.author, order.approver, order.reason) == ("crisis", "operator", "flooded")
    assert (order.starts, order.expires) == (NOW + 5, NOW + 9_000_000)


def test_at_once_holds_at_a_station_whose_clock_is_minutes_behind():
    order = give()
    behind = NOW - 240_000_000
    found = select_orders([order], [SAMU], now=UtcTime(behind))
    assert found.pauses["CRRA15-29", "15"] == order


@pytest.mark.parametrize("off_us", [-290_000_000, 0, 30_000_000])
def test_the_clock_of_whoever_asked_does_not_say_when_an_order_begins(off_us):
    asked = ask(by="desk-29", asked_at=NOW + off_us, arguments={"psap": "CRRA15-29"})
    (wish,) = list_wishes(judge(asked, Desk(), PEOPLE, now=NOW), State())
    assert wish.order.starts == NOW - ORDER_LEAD_US


def test_the_order_that_is_given_last_wins_over_all_that_hold_there():
    first = give(kind="divert", to_psap="CTA18-29", starts_us=NOW - 1_000_000)
    later = give(kind="divert", to_psap="CTA18-29", psap="CTA17-29", starts_us=NOW - 5)
    to_come = dataclasses.replace(first, id="to-come", starts=NOW + 7)
    state = State(orders={each.id: each for each in (first, later, to_come)})
    second = give(state, kind="divert", to_psap="CTA17-29")
    assert second.starts == first.starts + 1, "others, and what has not begun, count for nothing"
    numbers = [SAMU]
    found = select_orders([second, first], numbers, now=UtcTime(NOW))
    assert found.redirects["CRRA15-29", "15"] == second
    now = dataclasses.replace(first, starts=NOW)
    assert give(State(orders={now.id: now})).starts == NOW, "never later than now"


def test_each_kind_of_order():
    assert give(kind="divert", to_psap="CTA18-29").to_psap == "CTA18-29"
    assert give(kind="alternative", to_number="+33199001234").to_number == "+33199001234"
    prefect = give(kind="prefect", decree="29-7", to_psap="CTA18-29")
    assert (prefect.kind, prefect.reason) == (OrderKind.DIVERT, "prefect 29-7: flooded")
    assert give(kind="prefect", decree="29-7").kind is OrderKind.ALTERNATIVE


def test_an_order_is_named_so_that_it_is_given_once():
    body = msgspec.convert(pause(expires_us=NOW + 9_000_000), OrderBody)
    first, second = (allow(name_verb(body), list_order_arguments(body)) for _ in range(2))
    assert list_wishes(first, State()) == list_wishes(second, State())


def in_force():
    orders = [
        give(),
        dataclasses.replace(give(), id="own", author="desk-29"),
        give(kind="divert", to_psap="CTA18-29"),
        give(psap="CTA18-29"),
    ]
    return State(orders={order.id: order for order in orders}), orders


def resume(state, *, by="crisis", approver="operator", **fields):
    body = msgspec.convert(stamp(kind="resume", psap="CRRA15-29", **fields), OrderBody)
    arguments = list_order_arguments(body, state)
    verdict = allow(name_verb(body), arguments, by=by, approver=approver)
    return [wish.id for wish in list_wishes(verdict, state)]


def test_to_resume_ends_the_pauses_of_one_answering_point():
    state, (paused, own, divert, _other) = in_force()
    assert resume(state) == [paused.id, own.id]
    assert resume(state, order=divert.id) == [divert.id]
    assert resume(state, order="unknown") == []


def test_a_pause_that_nobody_asked_to_end_is_not_ended_with_the_others():
    state, (paused, own, _divert, _other) = in_force()
    body = msgspec.convert(stamp(kind="resume", psap="CRRA15-29"), OrderBody)
    arguments = list_order_arguments(body, state)
    assert [value for name, value in arguments if name.startswith("ends_")] == [paused.id, own.id]
    later = dataclasses.replace(paused, id="later")
    orders = {key: each for key, each in state.orders.items() if key != own.id} | {"later": later}
    wishes = list_wishes(allow("order resume", arguments), State(orders=orders))
    assert [wish.id for wish in wishes] == [paused.id]


def test_a_request_names_no_more_pauses_than_it_has_room_for():
    orders = {
        f"p-{place:02}": dataclasses.replace(give(), id=f"p-{place:02}") for place in range(40)
    }
    assert len(resume(State(orders=orders))) == ENDED_MAX


def test_an_answering_point_by_itself_ends_its_own_pauses_alone():
    state, (paused, own, divert, _other) = in_force()
    assert resume(state, by="desk-29", approver="") == [own.id]
    assert resume(state, by="desk-29", approver="", order=own.id) == [own.id]
    for order in (paused, divert):
        assert resume(state, by="desk-29", approver="", order=order.id) == []


def test_what_still_waits_is_looked_at_as_two_persons_request():
    state, (_paused, own, _divert, _other) = in_force()
    arguments = {"psap": "CRRA15-29", "order": own.id}
    waiting = judge(ask("order resume", arguments=arguments), Desk(), PEOPLE, now=NOW)
    assert waiting.ruling == "waiting"
    assert [wish.id for wish in list_wishes(waiting, state)] == [own.id]


@pytest.mark.parametrize(("verb", "kind"), CHANGE_VERBS.items())
def test_each_kind_of_change(verb, kind):
    values = stamp(kind=str(kind), stations=["site-2", "site-3"], version="2.0", soak_s=0)
    body = msgspec.convert(values | {"candidate": "a" * 64}, ChangeBody)
    by = "planner" if kind is Kind.PLAN else "operator"
    approver = "operator" if kind is Kind.PLAN else "planner"
    verdict = allow(
        verb, list_change_arguments(body, base="b" * 64, impact="4.20%"), by=by, approver=approver
    )
    (wish,) = list_wishes(verdict, State())
    assert isinstance(wish, BeginChange)
    assert (wish.id, wish.kind, wish.soak_s) == (verdict.hash, kind, 0)
    assert (wish.stations, wish.candidate, wish.version) == (
        ("site-2", "site-3"),
        "a" * 64,
        "2.0",
    )
    assert wish.base == "b" * 64, "an impact is that of one plan in place of one other"
    assert verdict.request.get("impact") == "4.20%", "the second person sees what is accepted"


def test_a_change_may_name_no_station():
    body = msgspec.convert(stamp(kind="plan", candidate="a" * 64), ChangeBody)
    verdict = allow("activate", list_change_arguments(body), by="planner")
    assert list_wishes(verdict, State())[0].stations == ()


def test_a_change_is_told_something():
    named = {"change": "c" * 64}
    assert list_wishes(allow("change abort", named, approver=""), State()) == [
        AbortChange(author="crisis", reason="flooded", change="c" * 64)
    ]
    done = allow("change resume", named, by="operator", approver="")
    assert list_wishes(done, State()) == [FinishWork(author="operator", change="c" * 64)]


@pytest.mark.parametrize("verb", ["change abort", "change resume"])
def test_where_no_change_ran_none_that_begins_meanwhile_is_meant(verb):
    table = Table()
    verdict = allow(verb, {}, by="operator", approver="")
    table.start(Kind.MAINTENANCE)
    (wish,) = list_wishes(verdict, table.state)
    assert table.do(wish).reason == "other-change"


def test_what_an_adoption_gives_stands_in_its_request():
    long = dataclasses.replace(give(), id="x" * 64, psap="y" * 64, to_psap="z" * 64)
    many = [dataclasses.replace(give(short_number="15"), id=f"o-{place}") for place in range(40)]
    arguments = list_adoption_arguments("a" * 64, ("site-1", "site-2"), [long, *many], 2)
    told = dict(arguments)
    assert list(arguments) == sorted(arguments)
    assert told["stations"] == "site-1, site-2"
    assert told["gives_01"].startswith("o-0 pause CRRA15-29 for 15 from 20")
    assert told["left_in_plan"] == "15 of its orders", "one too long, 12 too many, and two anyhow"
    (wish,) = list_wishes(allow("change adopt", arguments, by="planner"), State())
    assert wish.seen == {f"o-{place}" for place in range(BROUGHT_MAX)}


def test_an_adoption_that_gives_nothing_says_so():
    arguments = list_adoption_arguments("a" * 64, [f"site-{each}" for each in range(5)])
    named = "site-0, site-1, site-2 and 2 more"
    assert arguments == (("candidate", "a" * 64), ("stations", named))
    (wish,) = list_wishes(allow("change adopt", arguments, by="planner"), State())
    assert wish.seen == frozenset()
