"""Overrides that came with the sources: who may answer, an end that is ahead, no circle."""

from collections.abc import Iterator, Sequence

from route112.model import Order, OrderKind, Problem
from route112.planning.checks.subject import Subject, report_error, report_warning
from route112.wire.cells import read_long_number

ORDER_LEAD_US = 300_000_000
"""So long before it is given an order begins that begins at once: each station judges that by its
own clock, and one that is minutes behind shall not wait until it has caught up."""
_US_PER_DAY = 86_400 * 1_000_000


def check_orders(subject: Subject) -> Iterator[Problem]:
    """Find overrides that are over, or that name what does not exist."""
    for order in subject.plan.orders:
        file = name_file(subject, order)
        wrong = [*_list_faults(subject, order), *_list_wrong_answers(subject, order)]
        for code, message, remedy in wrong:
            yield report_error(code, message, remedy, file=file, value=order.id)
        if not wrong and order.expires <= subject.now:
            yield report_warning(
                "override-expired",
                f"the override {order.id!r} of {order.author} is over and does nothing",
                "Remove it, or give it a new end with its author's consent",
                file=file,
                value=order.id,
            )
        elif not wrong and order.to_number and order.to_number not in subject.resolution.lines:
            yield report_warning(
                "override-unowned",
                f"the override {order.id!r} rings {order.to_number}, which no answering point of "
                f"{subject.psaps_file} lists; calls take the way to {order.psap}'s primary number",
                "Make sure that somebody answers there, or list the number",
                file=file,
                value=order.to_number,
            )


def name_file(subject: Subject, order: Order) -> str:
    """Return the file that an override is in, for messages."""
    return subject.plan.order_files.get(order.id, "overrides")


def _list_faults(subject: Subject, order: Order) -> Iterator[tuple[str, str, str]]:
    """Yield code, message and remedy of what is wrong with an override."""
    psaps = subject.plan.psaps
    name = f"the override {order.id!r}"
    for psap in (order.psap, order.to_psap):
        if psap and psap not in psaps:
            yield (
                "override-psap",
                f"{name} names the PSAP {psap!r}, which {subject.psaps_file} does not have",
                "Mend the id, or add the PSAP",
            )
    if order.short_number and not subject.plan.profile.find_short_number(order.short_number):
        yield (
            "override-number",
            f"{name} names the short number {order.short_number!r}, which profile.yaml lacks",
            "Mend the number, or leave it out to mean all",
        )
    if order.kind == OrderKind.DIVERT and (not order.to_psap or order.to_psap == order.psap):
        yield (
            "override-target",
            f"{name} diverts to no other PSAP",
            "Name the PSAP that helps in to_psap",
        )
    days = subject.plan.profile.order_days_max
    # One that was given for so many days had begun a little before.
    if days and order.expires - order.starts > days * _US_PER_DAY + ORDER_LEAD_US:
        yield (
            "override-too-long",
            f"{name} holds for more than the {days} days that profile.yaml grants an order",
            "Let it end sooner; who needs it longer orders it again, or changes the plan",
        )
    lacks = order.psap in psaps and not psaps[order.psap].alternative
    if order.kind == OrderKind.ALTERNATIVE and not order.to_number and lacks:
        yield (
            "override-target",
            f"{name} uses the alternative number of {order.psap}, which has none",
            "Write the number in to_number, or add it to the PSAP",
        )


def _list_wrong_answers(subject: Subject, order: Order) -> Iterator[tuple[str, str, str]]:
    """Yield what is wrong with the number or the PSAP that answers instead."""
    psaps, lines = subject.plan.psaps, subject.resolution.lines
    name = f"the override {order.id!r}"
    if order.to_number:
        note = read_long_number(order.to_number, subject.plan.profile).note
        if note is not None:
            yield note.code, f"{name} names {order.to_number}: {note.message}", note.remedy
    owner = lines[order.to_number].psap if order.to_number in lines else order.to_psap
    if owner not in psaps or order.psap not in psaps:
        return
    own, helper = psaps[order.psap].kind, psaps[owner].kind
    wrong = [
        short
        for short in subject.plan.profile.short_numbers
        if short.number in subject.served.get(order.psap, ())
        and order.short_number in ("", short.number)
        and own in short.kinds
        and helper not in short.kinds
    ]
    if wrong:
        numbers = ", ".join(short.number for short in wrong)
        kinds = sorted(set.intersection(*(set(short.kinds) for short in wrong)))
        yield (
            "wrong-kind",
            f"{name} sends {numbers} to {owner}, a {helper}, which may not answer it",
            f"Name a PSAP of kind {' or '.join(kinds or [own])}, or limit it by short_number",
        )


def check_divert_circles(subject: Subject) -> Iterator[Problem]:
    """Find diverts that, while they hold together, now or later, lead a call back to its start."""
    diverts = [
        order
        for order in subject.plan.orders
        if order.kind == OrderKind.DIVERT and order.to_psap and order.to_psap != order.psap
    ]
    reported: set[frozenset[str]] = set()
    for moment in sorted({max(order.starts, subject.now) for order in diverts}):
        for short in subject.plan.profile.short_numbers:
            active = [
                order
                for order in diverts
                if order.starts <= moment < order.expires
                and order.short_number in ("", short.number)
            ]
            circle = _find_circle(active)
            names = frozenset(order.id for order in circle)
            if circle and names not in reported:
                reported.add(names)
                yield _report_circle(subject, circle)


def _find_circle(orders: Sequence[Order]) -> list[Order]:
    """Return the orders of one circle, or nothing; visits each order once."""
    leaving: dict[str, list[Order]] = {}
    for each in orders:
        leaving.setdefault(each.psap, []).append(each)
    done: set[str] = set()
    for start in sorted(leaving):
        path: list[Order] = []
        branches = [(start, iter(leaving[start]))]
        while branches:
            on_path = [psap for psap, _ in branches]
            order = next(branches[-1][1], None)
            if order is None:
                done.add(branches.pop()[0])
                path = path[: max(len(branches) - 1, 0)]
            elif order.to_psap in on_path:
                return [*path[on_path.index(order.to_psap) :], order]
            elif order.to_psap in leaving and order.to_psap not in done:
                path.append(order)
                branches.append((order.to_psap, iter(leaving[order.to_psap])))
    return []


def _report_circle(subject: Subject, circle: Sequence[Order]) -> Problem:
    psaps = [order.psap for order in circle]
    ids = ", ".join(order.id for order in circle)
    return report_error(
        "divert-circle",
        f"the overrides {ids} divert in a circle: {' -> '.join([*psaps, psaps[0]])}; "
        f"{subject.count_callers(psaps)}",
        "Let one of them divert to a PSAP that answers itself",
        file=name_file(subject, circle[0]),
        value=circle[0].id,
    )
