from dataclasses import replace

from tests.support.plans import CRRA15_29, PSAPS, change_psap, make_hop, make_plan

from route112.model import Carrier
from route112.planning.lines import collect_lines
from route112.planning.trunks import find_trunk, list_hops, name_trunk


def test_a_trunk_is_carrier_technology_and_zone_of_the_line():
    key = find_trunk(collect_lines(PSAPS)[CRRA15_29], make_plan())
    assert key == ("armor", "ip", "ouest")
    assert name_trunk(key) == "armor/ip/ouest"


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
