"""What the configuration of an edge does with its table, and contents that are hard to translate."""

import random
from array import array
from dataclasses import replace

from tests.support.snapshots import LINES, NOW, PSAPS, small_content

from route112.model import Order, OrderKind, UtcTime
from route112.snapshot.content import NONE, FallbackRow, SnapshotContent, VariantRow

PLAN_LINES = len(LINES) - 1


def ask_edge(rows, call):
    """Return the attempts of a call."""
    dialled = call.dialled
    if dialled.lower().startswith("urn:service:"):
        dialled = dialled.lower()
        while f"n:{dialled}" not in rows and "." in dialled:
            dialled = dialled[: dialled.rindex(".")]
    number = int(rows.get(f"n:{dialled}", rows["n:*"]))
    beginnings = [call.commune[:length] for length in range(int(rows["pmax"]), 0, -1)]
    keys = [f"c:{call.commune}", "d", *(f"p:{beginning}" for beginning in beginnings), "*"]
    ladders = next(rows[key] for key in keys if key in rows)
    return rows[f"r:{ladders.split('.')[number]}"]


def draw_busy(seed: int) -> SnapshotContent:
    """Make the small country on a day on which orders meet each other everywhere."""
    chance = random.Random(seed)
    routes = tuple(
        tuple(_draw_variant(chance) for _ in range(chance.randint(1, 3))) for _ in range(6)
    )
    behind = tuple(
        FallbackRow(
            neighbours=tuple(chance.sample(range(PLAN_LINES), chance.randint(0, 2))),
            departement=chance.choice([NONE, *range(PLAN_LINES)]),
        )
        for _ in range(8)
    )
    return replace(
        small_content(),
        orders=tuple(_draw_orders(chance)),
        routes=routes,
        mapping_route=array("I", [chance.choice([NONE, *range(6)]) for _ in range(24)]),
        fallbacks=behind,
        national=tuple(chance.randrange(PLAN_LINES) for _ in range(4)),
    )


def _draw_variant(chance: random.Random) -> VariantRow:
    count = chance.randint(1, 3)
    return VariantRow(
        lines=tuple(chance.sample(range(PLAN_LINES), count)),
        rules=("primary",) * count,
        hours=chance.choice((NONE, NONE, 0)),
        area=chance.choice((NONE, NONE, 0, 1)),
    )


def _draw_orders(chance: random.Random) -> list[Order]:
    """Up to two orders of each kind on each PSAP, as densely as this day has them."""
    numbers = ("", *(line.number for line in LINES))
    ids = [psap.id for psap in PSAPS]
    density = {
        OrderKind.DIVERT: chance.random(),
        OrderKind.ALTERNATIVE: 0.6 * chance.random(),
        OrderKind.PAUSE: 0.5 * chance.random(),
    }
    wanted = [
        (kind, psap) for kind in density for psap in ids * 2 if chance.random() < density[kind]
    ]
    chance.shuffle(wanted)
    return [
        Order(
            id=f"{place:02}",
            kind=kind,
            psap=psap,
            to_psap=chance.choice(ids) if kind is OrderKind.DIVERT else "",
            to_number=chance.choice(numbers) if kind is OrderKind.ALTERNATIVE else "",
            short_number=chance.choice(("", "", "", "15")),
            author="duty officer",
            reason="test",
            starts=UtcTime(NOW - chance.randint(0, 2)),
            expires=UtcTime(NOW + chance.randint(0, 20)),
        )
        for place, (kind, psap) in enumerate(wanted)
    ]
