"""What an emergency order has to be like, whoever brings it: a person, or the file of a plan."""

import re

from route112.model import Order, OrderKind

ORDER_US_MAX = 7 * 86_400_000_000
"""An order that has to last longer belongs into the plan."""
TEXT_CHARS_MAX = 500
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,63}")
"""Of stations, orders, answering points, versions."""
NUMBER = re.compile(r"\+[0-9]{3,15}")


def find_order_flaw(order: Order, now_us: int) -> tuple[str, str]:
    """Return why an order cannot be given, as a reason and a text; both empty: it can."""
    if not NAME.fullmatch(order.id):
        return "bad-id", "an order needs an id of its own"
    names = (order.psap, *filter(None, (order.to_psap, order.short_number)))
    if not all(NAME.fullmatch(each) for each in names):
        return "bad-name", "an answering point or a short number is misnamed"
    if order.to_number and not NUMBER.fullmatch(order.to_number):
        return "bad-number", "a number is +, country and subscriber"
    if (order.kind is OrderKind.DIVERT) != bool(order.to_psap):
        return "bad-target", "a divert, and nothing else, names another answering point"
    if order.to_number and order.kind is not OrderKind.ALTERNATIVE:
        return "bad-target", "an alternative, and nothing else, names a number"
    if not now_us < order.expires <= now_us + ORDER_US_MAX:
        return "bad-expiry", "it is over within seven days"
    if not 0 <= order.starts < order.expires:
        return "bad-expiry", "it begins before it is over, and after 1970"
    texts = (order.author, order.approver, order.reason)
    if max(map(len, texts)) > TEXT_CHARS_MAX or not order.reason.strip() or not order.author:
        text = f"an order has an author, and a reason of {TEXT_CHARS_MAX} characters at most"
        return "bad-reason", text
    return "", ""
