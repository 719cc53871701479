"""
The one notation: a decision on one line, the same in logs, commands and tests.

`15 @29019 bouygues/mobile -> rule primary -> CRRA15-29 +33261910029 [g42 site-3 1.2ms]`

The steps between the arrows are the decision's trace and nothing else, so that the line and the
trace cannot disagree. `@29019/cell` is a commune that nobody told: it was found by the caller's
cell, or by his line with `/line`. No caller's number, cell or position is ever part of it. Words
that came with the call are printed as far as they are harmless: the line stays one line whatever
a caller's network sent.
"""

from route112.model import Call, Order, RouteDecision, Target

WORD_CHARS_MAX = 48
"""Characters printed of one word that came with the call."""
AUTHOR_CHARS_MAX = 60
"""Characters printed of an order's author."""
DIALLED_DIGITS_MAX = 6
"""A longer run of digits is not a short number and may be somebody's own: it is not printed."""
UNKNOWN = "?"
"""Stands for what is not known, and for each character that is not printed."""


def render_decision(
    call: Call, decision: RouteDecision, *, site: str = "", elapsed_ms: float | None = None
) -> str:
    """
    Render a decision in the one notation.

    Args:
        call: the call as it was decided; its position and street are not printed.
        decision: its trace gives the steps.
        site: name of the site that decided; left out when empty.
        elapsed_ms: time that the decision took, in milliseconds; left out when None.
    Returns: one line without its end; ASCII but for the names that orders carry.
    """
    head = f"{_render_dialled(call.dialled)} @{_word(call.commune) or UNKNOWN}"
    if call.commune_by:
        head += f"/{_word(call.commune_by)}"
    if call.operator or call.technology:
        technology = f"/{_word(call.technology)}" if call.technology else ""
        head += f" {_word(call.operator) or UNKNOWN}{technology}"
    tail = [f"g{decision.generation}"]
    if site:
        tail.append(site)
    if elapsed_ms is not None:
        tail.append(f"{elapsed_ms:.1f}ms")
    return f"{' -> '.join((head, *decision.trace))} [{' '.join(tail)}]"


def render_order(order: Order) -> str:
    """Render the trace step of an order in force: kind, id and author."""
    author = " ".join(order.author.replace("->", ">").split())[:AUTHOR_CHARS_MAX]
    printable = "".join(char if char.isprintable() else UNKNOWN for char in author)
    return f"order {order.kind} {_word(order.id)} by {printable or UNKNOWN}"


def render_target(target: Target) -> str:
    """Render the last step of a trace: the PSAP, if one owns the number, and the number."""
    return f"{target.psap} {target.number}" if target.psap else target.number


def _render_dialled(dialled: str) -> str:
    if len(dialled) > DIALLED_DIGITS_MAX:
        digits = sum(char.isdigit() for char in dialled[: WORD_CHARS_MAX + 1])
        if digits > DIALLED_DIGITS_MAX:
            return UNKNOWN
    return _word(dialled) or UNKNOWN


def _word(text: str) -> str:
    cut = text if len(text) <= WORD_CHARS_MAX else f"{text[:WORD_CHARS_MAX]}..."
    if cut.isalnum() and cut.isascii():  # nearly always
        return cut
    return "".join(char if "!" <= char <= "~" else UNKNOWN for char in cut)
