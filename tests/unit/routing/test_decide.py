"""One test for each rule that decides where a call goes, from the plainest to the worst day."""

import gc
import weakref

import pytest
from tests.support.routing import (
    HOUR,
    NOW,
    VALID_FROM,
    VALID_UNTIL,
    ask,
    make_order,
    open_small,
    open_with,
    rungs,
)

from route112.model import TARGETS_MAX, ServiceState
from route112.routing.decide import _MEMORIES

SMALL = open_small()


def test_the_plan_comes_first_then_neighbour_and_national_default():
    decision = ask("17", "29019", SMALL)
    assert rungs(decision) == ["CIC17-29 primary", "CIC17-29 alternative", "CIC17-75 neighbour"]
    assert decision.trace == ("rule primary", "CIC17-29 +33261910020")
    assert decision.degraded is None
    assert decision.generation == 42


def test_a_target_knows_its_trunk_hops_and_ring_time():
    target = ask("18", "29019", SMALL, street="rue haute", lon_deg=0.0, lat_deg=0.0).targets[0]
    assert (target.psap, target.number) == ("CTA18-29", "+33261910030")
    assert target.trunk == "armor/rtc/ouest"
    assert [hop.address for hop in target.hops] == ["127.0.5.1:5060"]
    assert target.ring_time_s == 30


def test_at_most_so_many_targets():
    decision = ask("15", "29019", SMALL)
    assert len(decision.targets) == TARGETS_MAX
    assert rungs(decision) == [
        "CRRA15-29 primary",
        "CRRA15-29 secondary",
        "CRRA15-29 alternative",
        "CRRA15-75 neighbour",
    ]


def test_the_hour_is_that_of_the_commune():
    at_19_59 = NOW + 7 * HOUR - 60_000_000
    assert rungs(ask("15", "29019", SMALL, now=at_19_59))[0] == "CRRA15-29 primary"
    assert rungs(ask("15", "29019", SMALL, now=at_19_59 + 60_000_000))[0] == "CTA18-29 primary"


def test_closed_at_this_hour():
    routes = (SMALL.route(0), SMALL.route(1), SMALL.route(2)[:1], *map(SMALL.route, (3, 4, 5)))
    decision = ask("15", "29019", open_small(routes=routes))
    assert rungs(decision) == ["CTA18-29 primary", "CRRA15-75 neighbour", "CRRA15-29 departement"]
    assert decision.degraded == "closed"
    assert decision.trace == ("closed", "rule primary", "CTA18-29 +33261910030")


def test_a_split_commune_without_a_position():
    decision = ask("112", "29019", SMALL)
    assert rungs(decision)[0] == "CTA18-29 primary"
    assert decision.degraded == "area-unknown"
    assert decision.trace[0] == "area unknown"


def test_a_split_commune_by_position_and_by_street():
    by_position = ask("112", "29019", SMALL, lon_deg=-4.45, lat_deg=48.35)
    by_street = ask("112", "29019", SMALL, lon_deg=0.0, lat_deg=0.0, street="Rue de Siam")
    assert (rungs(by_position)[0], by_position.degraded) == ("CRRA15-29 primary", None)
    assert (rungs(by_street)[0], by_street.degraded) == ("CIC17-29 primary", None)


def test_an_unknown_number_goes_to_the_default():
    decision = ask("999", "75056", SMALL)
    assert rungs(decision)[0] == "CTA18-75 primary"
    assert decision.degraded == "unknown-number"
    assert decision.trace[0] == "unknown number, taken as 112"


def test_without_a_commune_the_departement_answers_before_its_neighbour():
    decision = ask("15", "29999", SMALL)
    assert rungs(decision) == ["CRRA15-29 departement", "CRRA15-75 neighbour"]
    assert decision.degraded == "unknown-commune"


def test_a_key_that_the_plan_leaves_out_goes_to_the_departement():
    decision = ask("17", "29155", SMALL)
    assert rungs(decision) == ["CIC17-29 departement", "CIC17-75 neighbour"]
    assert decision.degraded == "no-mapping"


def test_a_call_from_nowhere_goes_to_the_national_default():
    decision = ask("15", "", SMALL)
    assert rungs(decision) == ["CRRA15-75 national"]
    assert decision.degraded == "no-commune"
    assert decision.trace == ("no commune", "rule national", "CRRA15-75 +33199000010")


def test_the_operator_s_default_commune_is_told():
    decision = ask("15", "", SMALL, operator="bruyere")
    assert rungs(decision)[0] == "CRRA15-75 primary"
    assert decision.degraded == "no-commune"
    assert decision.trace[:2] == ("no commune", "default commune 75056 of bruyere")


@pytest.mark.parametrize(
    ("now", "degraded"),
    [
        (VALID_FROM - 1, "snapshot-early"),
        (VALID_FROM, None),
        (VALID_UNTIL - 1, None),
        (VALID_UNTIL, "snapshot-expired"),
        (-(2**80), "snapshot-early"),
        (2**80, "snapshot-expired"),
    ],
)
def test_a_snapshot_that_is_not_valid_still_routes(now, degraded):
    decision = ask("17", "29019", SMALL, now=now)
    assert rungs(decision)[0] == "CIC17-29 primary"
    assert decision.degraded == degraded
    assert decision.trace[:-2] == ((degraded.replace("-", " "),) if degraded else ())


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (ServiceState.DOWN, "DOWN"),
        (ServiceState.UNREACHABLE, "UNREACHABLE"),
        (ServiceState.UNSTAFFED, "UNSTAFFED"),
        (ServiceState.SCHEDULED_MAINTENANCE_DOWN, "MAINTENANCE"),
    ],
)
def test_a_psap_measured_down_is_tried_last(state, word):
    decision = ask("17", "29019", SMALL, down={"CIC17-29": state})
    assert rungs(decision) == ["CIC17-75 neighbour", "CIC17-29 primary", "CIC17-29 alternative"]
    assert decision.degraded == "psap-down"
    assert decision.trace == (f"CIC17-29 {word}", "rule neighbour", "CIC17-75 +33199000020")


@pytest.mark.parametrize(
    "state",
    sorted(
        set(ServiceState)
        - {
            ServiceState.DOWN,
            ServiceState.UNREACHABLE,
            ServiceState.UNSTAFFED,
            ServiceState.SCHEDULED_MAINTENANCE_DOWN,
        }
    ),
)
def test_every_other_state_still_takes_calls(state):
    assert ask("17", "29019", SMALL, down={"CIC17-29": state}) == ask("17", "29019", SMALL)


def test_a_psap_that_is_down_further_back_degrades_nothing():
    decision = ask("17", "29019", SMALL, down=["CIC17-75"])
    assert decision.degraded is None
    assert rungs(decision)[-1] == "CIC17-75 neighbour"


def test_with_everything_down_there_are_still_targets():
    everything = [SMALL.psap(index).id for index in range(SMALL.psaps_count)]
    decision = ask("17", "29019", SMALL, down=everything)
    assert rungs(decision) == rungs(ask("17", "29019", SMALL))
    assert decision.degraded == "psap-down"
    assert decision.trace == (
        "CIC17-29 DOWN",
        "CIC17-75 DOWN",
        "last resort",
        "rule primary",
        "CIC17-29 +33261910020",
    )


def test_a_divert_is_the_plan_in_force():
    snapshot = open_with(make_order("d-17", "divert", "CIC17-29", to_psap="CTA18-75"))
    decision = ask("17", "29019", snapshot)
    assert rungs(decision) == [
        "CTA18-75 divert",
        "CIC17-29 primary",
        "CIC17-29 alternative",
        "CIC17-75 neighbour",
    ]
    assert decision.degraded is None
    assert decision.trace == (
        "order divert d-17 by prefecture 29",
        "rule divert",
        "CTA18-75 +33199000030",
    )


def test_an_order_that_is_over_is_forgotten_at_that_very_instant():
    order = make_order("d", "divert", "CIC17-29", to_psap="CTA18-75")
    snapshot = open_with(order)
    moments = (order.starts - 1, order.starts, order.expires - 1, order.expires, order.starts)
    first = [rungs(ask("17", "29019", snapshot, now=now))[0] for now in moments]
    plain, diverted = "CIC17-29 primary", "CTA18-75 divert"
    assert first == [plain, diverted, diverted, plain, diverted]


def test_a_divert_to_a_psap_that_is_down_falls_on():
    snapshot = open_with(make_order("d", "divert", "CIC17-29", to_psap="CTA18-75"))
    decision = ask("17", "29019", snapshot, down=["CTA18-75"])
    assert rungs(decision)[0] == "CIC17-29 primary"
    assert rungs(decision)[2] == "CTA18-75 divert", "the last of those that a site tries"
    assert decision.degraded == "psap-down"
    assert decision.trace[:2] == ("order divert d by prefecture 29", "CTA18-75 DOWN")


def test_a_paused_psap_is_the_last_resort():
    snapshot = open_with(make_order("p", "pause", "CIC17-29"))
    decision = ask("17", "29019", snapshot, down=["CIC17-75"])
    assert rungs(decision) == ["CIC17-75 neighbour", "CIC17-29 primary", "CIC17-29 alternative"]
    assert decision.degraded == "psap-paused+psap-down"
    assert decision.trace == (
        "order pause p by prefecture 29",
        "CIC17-29 PAUSED",
        "CIC17-75 DOWN",
        "last resort",
        "rule neighbour",
        "CIC17-75 +33199000020",
    )


def test_an_alternative_number_rings_first_even_when_the_psap_is_measured_down():
    snapshot = open_with(make_order("a", "alternative", "CIC17-29"))
    for down in ([], ["CIC17-29"]):
        decision = ask("17", "29019", snapshot, down=down)
        assert rungs(decision)[0] == "CIC17-29 alternative"
        assert decision.degraded is None


def test_reasons_are_joined_in_one_fixed_order():
    snapshot = open_with(make_order("p", "pause", "CTA18-29"), valid_until=NOW)
    decision = ask("999", "29019", snapshot, down=["CTA18-75"])
    assert (
        decision.degraded == "snapshot-expired+unknown-number+area-unknown+psap-paused+psap-down"
    )


def test_states_of_psaps_that_nobody_knows_are_ignored():
    assert ask("17", "29019", SMALL, down=["CIC17-99"]) == ask("17", "29019", SMALL)


def test_what_is_kept_for_a_snapshot_goes_with_it():
    snapshot = open_small()
    ask("17", "29019", snapshot)
    assert snapshot in _MEMORIES
    gone = weakref.ref(snapshot)
    del snapshot
    gc.collect()
    assert gone() is None
