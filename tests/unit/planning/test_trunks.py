from dataclasses import replace

from tests.support.plans import CARRIERS, CRRA15_29, PSAPS, change_psap, make_hop, make_plan

from route112.model import Carrier
from route112.planning.lines import collect_lines
from route112.planning.trunks import find_missing, find_trunk, list_hops, name_trunk


def test_a_trunk_is_carrier_technology_and_zone_of_the_line():
    key = find_trunk(collect_lines(PSAPS)[CRRA15_29], make_plan())
    assert key == ("armor", "ip", "ouest")
    assert name_trunk(key, CARRIERS) == "armor/ip/ouest"


def test_a_departement_that_nobody_knows_has_no_zone():
    plan = make_plan(psaps=change_psap("CRRA15-29", departement="99"))
    assert find_trunk(collect_lines(PSAPS)[CRRA15_29], plan) == ("armor", "ip", "")


def test_hops_of_the_technology_that_serve_the_zone_stay_in_order():
    hops = (
        make_hop("127.0.4.1:5060"),
        make_hop("127.0.4.2:5060", "rtc"),
        make_hop("127.0.4.3:5060", zone="ouest"),
        make_hop("127.0.4.4:5060", zone="idf"),
    )
    carriers = {"armor": Carrier(id="armor", name="Armor", hops=hops)}
    assert list_hops(("armor", "ip", "ouest"), carriers) == (hops[0], hops[2])
    assert list_hops(("armor", "rtc", "ouest"), carriers) == (hops[1],)
    assert (
        list_hops(("armor", "rtc", "ouest"), {"armor": replace(carriers["armor"], hops=())}) == ()
    )
    assert list_hops(("nobody", "ip", "ouest"), carriers) == ()


def gateway(host, vendor="alder", zone="ouest"):
    return make_hop(f"127.0.{host}:5060", "rtc", vendor, zone)


def make_carriers(**hops):
    return {name: Carrier(id=name, name=name, hops=tuple(listed)) for name, listed in hops.items()}


def test_two_gateways_share_neither_vendor_nor_carrier_where_the_plan_has_such_a_pair():
    carriers = make_carriers(
        armor=[gateway("4.1", "alder"), gateway("4.2", "birch")],
        beffroi=[gateway("5.1", "alder"), gateway("5.2", "cedar")],
        cigale=[gateway("6.1", "cedar", zone="est")],
    )
    key = ("armor", "rtc", "ouest")
    assert list_hops(key, carriers) == (
        carriers["armor"].hops[0],
        carriers["beffroi"].hops[1],
        carriers["armor"].hops[1],
    )
    assert name_trunk(key, carriers) == "armor+beffroi/rtc/ouest"


def test_another_gateway_of_the_carrier_comes_first_where_only_then_nothing_is_shared():
    carriers = make_carriers(
        armor=[gateway("4.1", "alder"), gateway("4.2", "birch")], beffroi=[gateway("5.1", "alder")]
    )
    own, other = carriers["armor"].hops, carriers["beffroi"].hops
    assert list_hops(("armor", "rtc", "ouest"), carriers) == (own[1], other[0], own[0])


def test_two_vendors_count_more_than_two_carriers():
    carriers = make_carriers(
        armor=[gateway("4.1", "alder"), gateway("4.2", "birch")], beffroi=[gateway("5.1", "")]
    )
    carriers["beffroi"] = Carrier(id="beffroi", name="", hops=())
    key = ("armor", "rtc", "ouest")
    assert list_hops(key, carriers) == carriers["armor"].hops
    assert name_trunk(key, carriers) == "armor/rtc/ouest"


def test_second_gateways_are_sought_round_the_circle_of_carriers():
    carriers = make_carriers(
        armor=[gateway("4.1", "alder")],
        beffroi=[gateway("5.1", "birch")],
        cigale=[gateway("6.1", "cedar")],
    )
    second = {own: list_hops((own, "rtc", "ouest"), carriers)[1].vendor for own in carriers}
    assert second == {"armor": "birch", "beffroi": "cedar", "cigale": "alder"}


def test_one_address_is_no_second_gateway():
    carriers = make_carriers(armor=[gateway("4.1")], beffroi=[gateway("4.1", "birch")])
    assert list_hops(("armor", "rtc", "ouest"), carriers) == carriers["armor"].hops


def test_a_line_in_migration_is_tried_by_ip_and_then_through_one_gateway():
    ip = (make_hop("127.0.4.8:5060"), make_hop("127.0.4.9:5060"))
    carriers = make_carriers(
        armor=[*ip, gateway("4.1", "alder")], beffroi=[gateway("5.1", "birch")]
    )
    key = ("armor", "migration", "ouest")
    assert list_hops(key, carriers) == (ip[0], carriers["beffroi"].hops[0], ip[1])
    assert name_trunk(key, carriers) == "armor+beffroi/migration/ouest"


def test_a_trunk_without_a_hop_that_it_needs_has_none():
    carriers = make_carriers(armor=[make_hop()], beffroi=[gateway("5.1")])
    assert find_missing(("armor", "ip", "ouest"), carriers) == ""
    assert find_missing(("armor", "rtc", "ouest"), carriers) == "rtc"
    assert find_missing(("armor", "migration", "ouest"), carriers) == ""
    assert find_missing(("armor", "migration", "est"), carriers) == "rtc"
    assert find_missing(("beffroi", "migration", "ouest"), carriers) == "ip"
    assert list_hops(("armor", "migration", "est"), carriers) == ()
