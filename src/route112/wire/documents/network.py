"""`trunks.yaml` and `overrides/*.yaml`: who carries calls to their end, and exceptions."""

import ipaddress
import re

from route112.model import Carrier, Hop, Order, OrderKind, Problem, UtcTime
from route112.wire.documents.fields import Fields
from route112.wire.documents.nodes import read_document
from route112.wire.documents.profile import PSAP_ID
from route112.wire.problems import ProblemList

CAPACITY_CALLS_MAX = 1_000_000
"""Most calls at once of one next hop."""
TRANSPORTS = ("udp", "tcp", "tls")
TECHNOLOGIES = ("ip", "rtc")
ID = "[a-z0-9][a-z0-9-]{0,39}"
ID_SHAPE = "small letters, digits and dashes"
_E164 = r"\+[1-9][0-9]{4,14}"


def parse_trunks(content: bytes, *, file: str) -> tuple[dict[str, Carrier], tuple[Problem, ...]]:
    """Parse `trunks.yaml`; no carriers when a problem is an error."""
    problems = ProblemList(file)
    carriers: dict[str, Carrier] = {}
    if node := read_document(content, problems):
        top = Fields(node, "", problems)
        for item in top.iterate("carriers"):
            carrier = Carrier(
                id=item.get_match("id", ID, shape=ID_SHAPE),
                name=item.get_text("name"),
                hops=tuple([_read_hop(hop) for hop in item.iterate("hops")]),
            )
            item.finish()
            if carrier.id in carriers:
                item.refuse("id", "the carrier is there twice", "Remove one", value=carrier.id)
            carriers[carrier.id] = carrier
        top.finish()
    return ({} if problems.has_errors else carriers), problems.finish()


def _read_hop(item: Fields) -> Hop:
    address = item.get_text("address")
    if address and not _is_numeric(address):
        item.refuse(
            "address", "the address is not an IP address and a port",
            "Write 192.0.2.1:5060 or [2001:db8::1]:5060; names are not resolved during a call",
            value=address,
        )  # fmt: skip
    hop = Hop(
        address=address,
        transport=item.get_text("transport", among=TRANSPORTS),
        technology=item.get_text("technology", among=TECHNOLOGIES),
        vendor=item.get_text("vendor"),
        capacity_calls=item.get_integer("capacity_calls", least=1, most=CAPACITY_CALLS_MAX),
        zone=item.get_text("zone", required=False),
    )
    item.finish()
    return hop


def _is_numeric(address: str) -> bool:
    match = re.fullmatch(
        r"(?:\[([0-9a-fA-F:.]{2,45})\]|([0-9.]{7,15})):([1-9][0-9]{0,4})", address
    )
    if match is None or int(match[3]) > 65535:  # noqa: PLR2004
        return False
    try:
        if match[1]:
            ipaddress.IPv6Address(match[1])
        else:
            ipaddress.IPv4Address(match[2])
    except ValueError:
        return False
    return True


def parse_overrides(content: bytes, *, file: str) -> tuple[tuple[Order, ...], tuple[Problem, ...]]:
    """Parse one `overrides/*.yaml`; no orders when a problem is an error."""
    problems = ProblemList(file)
    orders: dict[str, Order] = {}
    if node := read_document(content, problems):
        top = Fields(node, "", problems)
        for item in top.iterate("orders"):
            order = _read_order(item)
            item.finish()
            _check_order(order, item)
            if order.id in orders:
                item.refuse("id", "the order is there twice", "Remove one", value=order.id)
            orders[order.id] = order
        top.finish()
    return (() if problems.has_errors else tuple(orders.values())), problems.finish()


def _read_order(item: Fields) -> Order:
    kinds = tuple(kind.value for kind in OrderKind)
    shape = "the id of a PSAP, such as CTA18-29"
    return Order(
        id=item.get_match("id", ID, shape=ID_SHAPE),
        kind=OrderKind(item.get_text("kind", among=kinds) or OrderKind.PAUSE),
        psap=item.get_match("psap", PSAP_ID, shape=shape),
        short_number=item.get_match(
            "short_number", "[0-9]{2,6}", shape="a short number", required=False
        ),
        to_psap=item.get_match("to_psap", PSAP_ID, shape=shape, required=False),
        to_number=item.get_match(
            "to_number", _E164, shape="a number written with + and digits only", required=False
        ),
        author=item.get_text("author"),
        approver=item.get_text("approver", required=False),
        reason=item.get_text("reason"),
        starts=UtcTime(item.get_time("starts")),
        expires=UtcTime(item.get_time("expires")),
    )


def _check_order(order: Order, item: Fields) -> None:
    if order.expires <= order.starts:
        item.refuse("expires", "the order ends before it begins", "Correct the times")
    if (order.kind is OrderKind.DIVERT) != bool(order.to_psap):
        item.refuse(
            "to_psap", "a divert, and no other order, names the PSAP that helps",
            "Add or remove to_psap", value=order.to_psap,
        )  # fmt: skip
    if order.to_psap and order.to_psap == order.psap:
        item.refuse("to_psap", "the PSAP would help itself", "Name another one", value=order.psap)
    if order.to_number and order.kind is not OrderKind.ALTERNATIVE:
        item.refuse(
            "to_number", "only an alternative names a number", "Remove to_number",
            value=order.to_number,
        )  # fmt: skip
