import pytest

from route112.model import Carrier, Hop, Order, OrderKind
from route112.wire.documents.network import parse_overrides, parse_trunks

TRUNKS = """
carriers:
  - id: armor
    name: Armor Télécom
    hops:
      - {address: "127.0.4.1:5060", transport: udp, technology: ip, vendor: alder, capacity_calls: 300}
      - {address: "[2001:db8::1]:5061", transport: tls, technology: rtc, vendor: birch, capacity_calls: 60, zone: ouest}
"""
ORDERS = """
orders:
  - id: works-29
    kind: divert
    psap: CTA18-29
    short_number: "18"
    to_psap: CTA18-2A-2
    author: "duty officer, prefecture 29"
    reason: "works"
    starts: 2026-11-05T00:00:00Z
    expires: 2026-12-01T00:00:00Z
"""


def run(parse, text):
    value, problems = parse(text.encode(), file="a.yaml")
    return value, [str(problem).replace("error: a.yaml", "", 1) for problem in problems]


def test_trunks():
    carriers, problems = run(parse_trunks, TRUNKS)
    assert problems == []
    first, second = carriers["armor"].hops
    assert carriers == {"armor": Carrier(id="armor", name="Armor Télécom", hops=(first, second))}
    assert first == Hop(
        address="127.0.4.1:5060", transport="udp", technology="ip", vendor="alder",
        capacity_calls=300,
    )  # fmt: skip
    assert (second.address, second.zone) == ("[2001:db8::1]:5061", "ouest")


@pytest.mark.parametrize(
    "address",
    ["sip.example.org:5060", "127.0.0.1", "127.0.0.256:5060", "[::zz]:5060", "127.0.0.1:65536",
     "127.0.0.1:0"],
)  # fmt: skip
def test_an_address_is_numeric(address):
    carriers, problems = run(parse_trunks, TRUNKS.replace("127.0.4.1:5060", address))
    assert carriers == {}
    assert problems == [
        (
            f":6 carriers[0].hops[0].address '{address}': the address is not an IP address and a"
            " port. Write 192.0.2.1:5060 or [2001:db8::1]:5060; names are not resolved during a call."
        )
    ]


def test_a_carrier_is_there_once():
    _, problems = run(parse_trunks, TRUNKS + TRUNKS.split("carriers:\n")[1])
    assert problems == [":8 carriers[1].id 'armor': the carrier is there twice. Remove one."]


def test_an_unknown_transport():
    assert run(parse_trunks, TRUNKS.replace("udp", "sctp"))[1] == [
        (
            ":6 carriers[0].hops[0].transport 'sctp': the value is not one of those known."
            " Write udp or tcp or tls."
        )
    ]


def test_orders():
    orders, problems = run(parse_overrides, ORDERS)
    assert problems == []
    assert orders == (
        Order(
            id="works-29",
            kind=OrderKind.DIVERT,
            psap="CTA18-29",
            short_number="18",
            to_psap="CTA18-2A-2",
            author="duty officer, prefecture 29",
            reason="works",
            starts=1793836800000000,
            expires=1796083200000000,
        ),
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("kind: divert", "kind: stop",
         (":4 orders[0].kind 'stop': the value is not one of those known."
         " Write divert or alternative or pause.")),
        ("    to_psap: CTA18-2A-2\n", "",
         (":3 orders[0].to_psap: a divert, and no other order, names the PSAP that helps."
         " Add or remove to_psap.")),
        ("kind: divert", "kind: pause",
         (":7 orders[0].to_psap 'CTA18-2A-2': a divert, and no other order, names the PSAP that"
         " helps. Add or remove to_psap.")),
        ("to_psap: CTA18-2A-2", "to_psap: CTA18-29",
         ":7 orders[0].to_psap 'CTA18-29': the PSAP would help itself. Name another one."),
        ("    reason:", '    to_number: "+33261910018"\n    reason:',
         (":9 orders[0].to_number '+33261910018': only an alternative names a number."
         " Remove to_number.")),
        ("2026-12-01", "2026-11-05",
         ":11 orders[0].expires: the order ends before it begins. Correct the times."),
        ("psap: CTA18-29", "psap: cta18",
         (":5 orders[0].psap 'cta18': the value is not the id of a PSAP, such as CTA18-29."
         " Correct the value.")),
        ("    author:", "    auteur:",
         ":3 orders[0].author: the field author is missing. Add the field."),
    ],
)  # fmt: skip
def test_orders_with_errors(old, new, expected):
    orders, problems = run(parse_overrides, ORDERS.replace(old, new, 1))
    assert orders == ()
    assert expected in problems


def test_an_order_is_there_once():
    _, problems = run(parse_overrides, ORDERS + ORDERS.split("orders:\n")[1])
    assert problems == [":12 orders[1].id 'works-29': the order is there twice. Remove one."]


def test_documents_that_are_none():
    assert run(parse_overrides, "- x")[0] == ()
    assert run(parse_trunks, "- x")[0] == {}
