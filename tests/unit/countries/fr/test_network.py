import ipaddress

import pytest
import yaml

from route112.countries.fr import network
from route112.countries.fr.ground import load_ground
from route112.wire.documents.operators import parse_operator

GROUND = load_ground()
CARRIERS = network.build_carriers(GROUND)


def read(content):
    return yaml.load(content, Loader=yaml.BaseLoader)


def gateways(carrier, zone):
    return [hop for hop in carrier.hops if hop.technology == "rtc" and hop.zone == zone]


def test_every_carrier_reaches_every_zone_both_ways():
    zones = {departement.zone for departement in GROUND.departements}
    assert len(CARRIERS) >= 5
    for carrier in CARRIERS:
        assert [hop.zone for hop in carrier.hops if hop.technology == "ip"] == ["", ""]
        assert {hop.zone for hop in carrier.hops if hop.technology == "rtc"} == zones
        assert all(len(gateways(carrier, zone)) == 2 for zone in zones)


def test_gateways_come_from_two_vendors_but_where_the_demo_says_one():
    vendors = {
        (carrier.id, zone): {hop.vendor for hop in gateways(carrier, zone)}
        for carrier in CARRIERS
        for zone in {departement.zone for departement in GROUND.departements}
    }

    for (carrier, zone), found in vendors.items():
        if zone in network.ONE_VENDOR:
            assert found == {network.ONE_VENDOR[zone]}
        else:
            assert len(found) == 2, (carrier, zone)


def test_every_hop_has_a_loopback_address_of_its_own():
    addresses = [hop.address for carrier in CARRIERS for hop in carrier.hops]
    assert len(set(addresses)) == len(addresses)
    for address in addresses:
        host, port = address.rsplit(":", 1)
        octets = ipaddress.IPv4Address(host).packed
        assert (octets[0], octets[1]) == (127, 0)
        assert 4 <= octets[2] <= 9
        assert int(port) >= 5060


def test_trunks_are_yaml_that_says_all_of_it():
    trunks = read(network.render_trunks(CARRIERS))

    assert [carrier["id"] for carrier in trunks["carriers"]] == list(network.CARRIER_IDS)
    assert trunks["carriers"][0]["name"] == "Armor Télécom"
    assert trunks["carriers"][0]["hops"][0] == {
        "address": "127.0.4.1:5060",
        "transport": "udp",
        "technology": "ip",
        "vendor": "birch",
        "capacity_calls": "400",
    }
    assert trunks["carriers"][0]["hops"][2]["zone"] == "antilles"


def test_four_operators_of_every_technology():
    assert len(network.OPERATORS) == 4
    technologies = {name for operator in network.OPERATORS for name in operator.technologies}
    assert technologies == {"pstn", "voip", "mobile"}
    known = {commune.code for commune in GROUND.communes}
    for operator in network.OPERATORS:
        document = read(network.render_operator(operator))
        assert document["id"] == operator.id
        assert document["technologies"] == list(operator.technologies)
        assert document.get("default_commune", "") == operator.default_commune
        assert operator.default_commune in known


def test_operators_are_read_back_as_they_are():
    for operator in network.OPERATORS:
        content = network.render_operator(operator)
        assert parse_operator(content, file="a.yaml") == (operator, ())


def test_each_operator_says_in_another_way_where_the_caller_is():
    places = {
        operator.id: [
            (rule.field, rule.place)
            for rule in operator.dialect
            if rule.field in ("commune", "cell", "line")
        ]
        for operator in network.OPERATORS
    }
    assert places == {
        "bruyere": [
            ("commune", "request-uri-user"),
            ("commune", "uri-parameter"),
            ("commune", "header"),
        ],
        "cormoran": [("commune", "header")],
        network.CELL_OPERATOR: [("cell", "header")],
        network.LINE_OPERATOR: [("line", "header")],
    }


def test_operators_send_from_loopback_and_from_networks_of_their_own():
    sources = [
        ipaddress.ip_network(source)
        for operator in network.OPERATORS
        for source in operator.sources
    ]
    assert ipaddress.ip_network("127.0.0.1/32") in sources
    assert all(source.is_loopback for source in sources)
    assert not any(
        one.version == other.version and one.overlaps(other)
        for index, one in enumerate(sources)
        for other in sources[:index]
    )


@pytest.fixture(scope="module")
def orders():
    return {
        order["id"]: order
        for lines in network.OVERRIDES.values()
        for order in read("\n".join(lines))["orders"]
    }


def test_one_order_is_over_one_holds_and_one_is_to_come(orders):
    moment = "2026-11-10T10:30:00Z"

    assert [id_ for id_, order in orders.items() if order["expires"] <= moment] == ["storm-48"]
    assert [id_ for id_, order in orders.items() if order["starts"] > moment] == ["removal-975"]
    assert set(orders) - {"storm-48", "removal-975"} == {"works-90"}


def test_orders_name_centres_that_exist_an_author_and_a_reason(orders, intent):
    for order in orders.values():
        assert order["psap"] in intent.psaps
        assert order.get("to_psap", order["psap"]) in intent.psaps
        assert order["author"]
        assert order["reason"]


def test_the_order_in_force_touches_few_communes(orders, intent):
    psap = orders["works-90"]["psap"]
    touched = [
        code
        for code, answers in intent.answers.items()
        if any(psap in variant.psaps for answer in answers for variant in answer)
    ]

    assert 1 <= len(touched) <= 5
