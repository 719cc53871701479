"""
Which lines ring for a commune and a number, in order: plan, orders, fallbacks.

Source: docs/decisions/0004-latest-order-wins.md, 0005-measured-states-only-reorder.md,
0006-the-nearest-variant.md and 0007-a-call-from-nowhere.md; the caller's position and street
are not known here, and no state is measured.
"""

from collections.abc import Iterator

from route112.redirect.book import Book, Line, Order, Variant

TARGETS_MAX = 4
"""Lines that an answer names."""
DIVERTS_MAX = 4
"""Diverts in a row that are followed."""
CODE_CHARS_MAX = 8
"""Characters of a commune's code."""
_WEEK_MINUTES = 7 * 24 * 60
_THURSDAY_MINUTES = 3 * 24 * 60
"""From Monday to the weekday of 1970-01-01."""


def list_targets(
    book: Book,
    dialled: str,
    commune: str,
    *,
    caller: int | None = None,
    default_commune: str = "",
    now: int = 0,
) -> list[tuple[Line, str]]:
    """
    List the lines to ring and the rule of each, 1 to TARGETS_MAX, for any text.

    Args:
        dialled: short number or service URN.
        caller: place of the commune of his cell or line, where `commune` is not known.
        default_commune: of the operator, where neither is.
        now: UTC, microseconds.
    """
    number = find_number(book, dialled)
    place = _find_commune(book, commune)
    if place is None:
        place = caller
    if place is None:
        place = _find_commune(book, default_commune)
    wanted = _list_wanted(book, number, commune, place=place, now=now)
    listing = _Listing(book, book.numbers[number], now)
    for line, rule in wanted:
        listing.take(line, rule)
    return [(book.lines[line], rule) for line, rule in listing.rank()[:TARGETS_MAX]]


def find_number(book: Book, dialled: str) -> int:
    """Return the place of a short number or service URN, or that of the default number."""
    if len(dialled) > 128 or not dialled.isascii():  # noqa: PLR2004  docs/formats/snapshot.md
        return book.default_number
    if dialled in book.by_dialled:
        return book.by_dialled[dialled]
    labels = dialled.lower().split(".")
    for count in range(len(labels), 0, -1):
        urn = ".".join(labels[:count])
        if urn in book.by_urn:
            return book.by_urn[urn]
    return book.default_number


def _find_commune(book: Book, code: str) -> int | None:
    return book.communes.get(code) if len(code) <= CODE_CHARS_MAX else None


def _list_wanted(
    book: Book, number: int, code: str, *, place: int | None, now: int
) -> Iterator[tuple[int, str]]:
    """Yield line and rule: the plan's lines, then what stands behind them."""
    planned = False
    if place is None:
        departement = _guess_departement(book, code)
    else:
        departement = book.commune_departements[place]
        route = book.mapping[place * len(book.numbers) + number]
        if route:
            planned = True
            minute = _local_minute(book.departements[departement].offsets, now)
            for variant in choose_variants(book.routes[route - 1], minute):
                yield from variant.lines
    if departement is not None:
        near_1, near_2, own = book.fallbacks[departement * len(book.numbers) + number]
        near = [(near_1, "neighbour"), (near_2, "neighbour")]
        behind = [*near, (own, "departement")] if planned else [(own, "departement"), *near]
        yield from ((line - 1, rule) for line, rule in behind if line)
    yield book.national[number], "national"


def _guess_departement(book: Book, code: str) -> int | None:
    """Return the departement whose code is the longest beginning of a commune's code."""
    begun = [
        (len(departement.code), place)
        for place, departement in enumerate(book.departements)
        if departement.code and code[:CODE_CHARS_MAX].startswith(departement.code)
    ]
    return max(begun)[1] if begun else None


def _local_minute(offsets: tuple[tuple[int, int], ...], now: int) -> int:
    second = now // 1_000_000
    offset = offsets[0][1]
    for since, east in offsets:
        if since <= second:
            offset = east
    return ((second + offset) // 60 + _THURSDAY_MINUTES) % _WEEK_MINUTES


def choose_variants(route: tuple[Variant, ...], minute: int) -> list[Variant]:
    """Choose the variants that serve a caller of whom only the commune is known."""
    opened = [
        variant
        for variant in route
        if variant.spans is None or any(start <= minute < end for start, end in variant.spans)
    ]
    pool = opened or list(route)
    for area in ("everywhere", "told", "nowhere"):
        fitting = [variant for variant in pool if variant.area == area]
        if fitting:
            break
    return fitting[:1] if opened and area == "everywhere" else fitting


class _Listing:
    """Lines in the order in which they ring, while orders put others in front of them."""

    def __init__(self, book: Book, short_number: str, now: int) -> None:
        self._book = book
        self._short_number = short_number
        self._now = now
        self._followed: set[str] = set()
        self._listed: dict[int, str] = {}
        self._fixed: set[int] = set()
        """Lines that an alternative names: a pause does not move them."""

    def take(self, line: int, rule: str, chain: tuple[str, ...] = ()) -> None:
        """List a line behind what an order on its PSAP puts in front of it."""
        psap = self._book.lines[line].psap
        order = None if psap in self._followed else self._find_winner(psap)
        if order is not None:
            self._followed.add(psap)
            if order.kind == "divert":
                self._divert(order, (*chain, psap))
            else:
                self._name_alternative(order, psap)
        self._listed.setdefault(line, rule)

    def rank(self) -> list[tuple[int, str]]:
        """Return lines and rules, those of paused PSAPs last."""
        return sorted(self._listed.items(), key=lambda item: self._is_paused(item[0]))

    def _divert(self, order: Order, chain: tuple[str, ...]) -> None:
        number = self._book.psap_numbers.get(order.to_psap, ("", ""))[0]
        line = self._book.line_by_number.get(number) if number else None
        if line is not None and order.to_psap not in chain and len(chain) <= DIVERTS_MAX:
            self.take(line, "divert", chain)

    def _name_alternative(self, order: Order, psap: str) -> None:
        number = order.to_number or self._book.psap_numbers.get(psap, ("", ""))[1]
        line = self._book.line_by_number.get(number) if number else None
        if line is not None and line not in self._listed:
            self._listed[line] = "alternative"
            self._fixed.add(line)

    def _list_in_force(self, psap: str) -> list[Order]:
        return [
            order
            for order in self._book.orders.get(psap, ())
            if order.starts <= self._now < order.expires
            and order.short_number in ("", self._short_number)
        ]

    def _find_winner(self, psap: str) -> Order | None:
        """Return the order that says where the calls of a PSAP go."""
        said = [order for order in self._list_in_force(psap) if order.kind != "pause"]
        return max(said, default=None)

    def _is_paused(self, line: int) -> bool:
        psap = self._book.lines[line].psap
        return line not in self._fixed and any(
            order.kind == "pause" for order in self._list_in_force(psap)
        )
