from tests.support.plans import (
    CARRIERS,
    change_psap,
    make_hop,
    make_subject,
    messages,
)

from route112.model import Carrier, Technology
from route112.planning.checks.paths import (
    GatewayJoint,
    check_gateways,
    check_hops,
    check_trunks,
    find_joints,
)


def carriers_with(*hops):
    return CARRIERS | {"armor": Carrier(id="armor", name="Armor", hops=hops)}


def switched(name, **changes):
    return change_psap(name, technology=Technology.RTC, **changes)


def test_a_sound_plan_passes():
    assert list(check_trunks(make_subject())) == []
    assert list(check_gateways(make_subject())) == []


def test_an_unknown_carrier_is_an_error_that_names_who_needs_it():
    (problem,) = check_trunks(make_subject(psaps=change_psap("CTA18-29", carrier="cedar")))
    assert (problem.code, problem.row, problem.value) == ("carrier-unknown", 5, "cedar")
    assert problem.message == (
        "trunks.yaml has no carrier 'cedar', used by CTA18-29; "
        "departement 29: 2 communes, 155,000 inhabitants"
    )


def test_a_carrier_without_a_hop_for_technology_and_zone_is_an_error():
    carriers = carriers_with(make_hop(), make_hop("127.0.4.2:5060", "rtc", zone="idf"))
    subject = make_subject(psaps=switched("CTA18-29"), carriers=carriers)
    assert messages(check_trunks(subject)) == [
        (
            "error",
            "hop-missing",
            (
                "carrier 'armor' has no rtc hop for zone ouest, needed by CTA18-29; "
                "departement 29: 2 communes, 155,000 inhabitants"
            ),
        )
    ]


def test_gateways_of_one_vendor_name_who_would_be_cut_off():
    carriers = carriers_with(make_hop(), make_hop("127.0.4.2:5060", "rtc", "birch")) | {
        "birch": Carrier(
            id="birch", name="Birch", hops=(make_hop("127.0.5.2:5060", "rtc", "birch"),)
        )
    }
    subject = make_subject(psaps=switched("CTA18-29"), carriers=carriers)
    assert messages(check_gateways(subject)) == [
        (
            "warning",
            "one-gateway-vendor",
            (
                "in zone ouest CTA18-29 can be reached through gateways of birch only: a fault of "
                "theirs cuts off 112, 18 for departement 29: 2 communes, 155,000 inhabitants"
            ),
        )
    ]


def gateways_of(*pairs):
    """Carriers with one gateway for each (carrier, vendor)."""
    hops = {carrier: [make_hop()] for carrier, _ in pairs}
    for number, (carrier, vendor) in enumerate(pairs, start=2):
        hops[carrier].append(make_hop(f"127.0.4.{number}:5060", "rtc", vendor))
    return CARRIERS | {
        name: Carrier(id=name, name=name, hops=tuple(listed)) for name, listed in hops.items()
    }


def test_gateways_of_two_vendors_and_two_carriers_are_enough():
    carriers = gateways_of(("armor", "alder"), ("birch", "elder"))
    assert list(check_gateways(make_subject(psaps=switched("CTA18-29"), carriers=carriers))) == []


def test_two_vendors_of_one_carrier_leave_that_carrier_as_the_joint():
    carriers = gateways_of(("armor", "alder"), ("armor", "elder"))
    subject = make_subject(psaps=switched("CTA18-29"), carriers=carriers)
    (problem,) = check_gateways(subject)
    assert (problem.code, problem.value) == ("one-gateway-carrier", "armor")
    assert problem.message.startswith(
        "in zone ouest CTA18-29 can be reached through gateways of armor only: "
    )


def test_two_carriers_of_one_vendor_leave_that_vendor_as_the_joint():
    carriers = gateways_of(("armor", "alder"), ("birch", "alder"))
    (problem,) = check_gateways(make_subject(psaps=switched("CTA18-29"), carriers=carriers))
    assert (problem.code, problem.value) == ("one-gateway-vendor", "alder")


def test_programs_read_what_the_check_says():
    carriers = gateways_of(("armor", "alder"), ("birch", "alder"))
    subject = make_subject(psaps=switched("CTA18-29"), carriers=carriers)
    assert find_joints(subject) == (
        GatewayJoint(zone="ouest", kind="vendor", name="alder", psaps=("CTA18-29",)),
    )
    assert find_joints(make_subject()) == ()


def test_a_line_in_migration_has_a_way_beside_the_gateways():
    carriers = gateways_of(("armor", "alder"))
    psaps = change_psap("CTA18-29", technology=Technology.MIGRATION)
    assert list(check_gateways(make_subject(psaps=psaps, carriers=carriers))) == []


def test_a_line_in_migration_needs_both_ways():
    psaps = change_psap("CTA18-29", technology=Technology.MIGRATION)
    (problem,) = check_trunks(make_subject(psaps=psaps))
    assert problem.code == "hop-missing"
    assert problem.message.startswith("carrier 'armor' has no rtc hop for zone ouest")


def test_a_helper_that_is_reached_by_ip_is_tried_too_late_and_no_way_out():
    carriers = gateways_of(("armor", "alder"))
    subject = make_subject(psaps=switched("CRRA15-29"), carriers=carriers)
    assert [problem.code for problem in check_gateways(subject)] == [
        "one-gateway-carrier",
        "one-gateway-vendor",
    ]


def test_a_psap_without_any_hop_is_left_to_the_trunks():
    assert list(check_gateways(make_subject(psaps=switched("CTA18-29")))) == []


def test_one_address_under_two_vendors_is_an_error_and_no_second_way():
    gateways = (
        make_hop("127.0.4.2:5060", "rtc", "birch"),
        make_hop("127.0.4.2:5060", "rtc", "cedar", zone="ouest"),
    )
    subject = make_subject(
        psaps=switched("CTA18-29"), carriers=carriers_with(make_hop(), *gateways)
    )
    error, warning = messages(check_hops(subject))
    assert error == (
        "error",
        "hop-vendor",
        (
            "the hop 127.0.4.2:5060 is listed under several vendors (birch, cedar), so that nobody "
            "could tell what a vendor's fault cuts off"
        ),
    )
    assert warning == (
        "warning",
        "hop-repeated",
        (
            "carrier 'armor' has the hop 127.0.4.2:5060 twice: the second try of a call would fail as "
            "the first did"
        ),
    )
    assert "one-gateway-vendor" in [problem.code for problem in check_gateways(subject)]


def test_one_door_for_two_technologies_or_zones_is_no_repetition():
    carriers = carriers_with(
        make_hop(),
        make_hop(technology="rtc", zone="ouest"),
        make_hop(technology="rtc", zone="idf"),
    )
    assert list(check_hops(make_subject(carriers=carriers))) == []
