"""
What `decide` must answer, written a second time: slow, obvious, and from the text of the decisions
in docs/decisions, not from the code. It reads the content of a snapshot, not its bytes, keeps
nothing between calls and knows no short cut.
"""

import math
import unicodedata

from route112.snapshot.content import NONE

ORDER_OF_REASONS = [
    "snapshot-early",
    "snapshot-expired",
    "unknown-number",
    "no-commune",
    "unknown-commune",
    "no-mapping",
    "closed",
    "area-unknown",
    "psap-paused",
    "psap-down",
    "trunk-down",
]
OUT_OF_SERVICE = {"Down", "Unreachable", "Unstaffed", "ScheduledMaintenanceDown"}


class Oracle:
    def __init__(self, content, states, now, lost=()):
        self.content = content
        self.states = states
        self.lost = lost
        self.now = now
        self.reasons = set()

    def answer(self, call):
        """Return ((psap, number, rule) of each target, degraded)."""
        content = self.content
        if self.now < content.valid_from:
            self.reasons.add("snapshot-early")
        elif self.now >= content.valid_until:
            self.reasons.add("snapshot-expired")
        number = self.number(call.dialled)
        wanted = self.plan(call, number)
        ordered = self.with_orders(wanted, content.short_numbers[number].number)
        rated = [
            (line, rule, self.wrong(line, by_alternative, number))
            for line, rule, by_alternative in ordered
        ]
        paused = [one for one in rated if one[2] == "psap-paused"]
        lines = [one for one in rated if one not in paused]
        chosen = (lines + paused)[:4]
        primary = chosen[0]
        good = [one for one in chosen if one[2] is None]
        bad = [one for one in chosen if one[2] not in (None, "psap-paused")]
        chosen = good + bad + [one for one in chosen if one[2] == "psap-paused"]
        if chosen[3:] == [primary]:
            chosen = [*chosen[:2], primary, chosen[2]]
        for line, rule, _ in ordered:
            if good and (line, rule) == good[0][:2]:
                break
            self.reasons |= {wrong for *same, wrong in rated if same == [line, rule]}
        self.reasons.discard(None)
        targets = [
            (self.owner(line), content.lines[line].number, rule) for line, rule, _ in chosen
        ]
        degraded = [reason for reason in ORDER_OF_REASONS if reason in self.reasons]
        return targets, "+".join(degraded) or None

    def wrong(self, line, by_alternative, number):
        """Return why a line is not rung first, or None."""
        psap = self.owner(line)
        if by_alternative:
            return None
        if psap and self.pauses(psap, self.content.short_numbers[number].number):
            return "psap-paused"
        if str(self.states.get(psap, "Normal")) in OUT_OF_SERVICE:
            return "psap-down"
        return "trunk-down" if set(self.hops(line)) <= set(self.lost) else None

    def hops(self, line):
        """Return the addresses of a line's next hops."""
        trunk = self.content.lines[line].trunk
        return [hop.address for hop in self.content.trunks[trunk].hops]

    # What the call asks for

    def number(self, dialled):
        shorts = self.content.short_numbers
        for index, short in enumerate(shorts):
            if short.number == dialled:
                return index
        labels = dialled.lower().split(".")
        for length in range(len(labels), 0, -1):
            for index, short in enumerate(shorts):
                if short.urn and short.urn == ".".join(labels[:length]):
                    return index
        self.reasons.add("unknown-number")
        return self.content.default_number

    def commune(self, code):
        for index, commune in enumerate(self.content.communes):
            if commune.code == code:
                return index
        for former, index in self.content.merged:
            if former == code:
                return index
        return None

    def plan(self, call, number):
        """Return (line, rule) in the order of the plan and of its fallbacks."""
        content = self.content
        commune = self.commune(call.commune)
        if commune is None:
            self.reasons.add("unknown-commune" if call.commune else "no-commune")
            for operator in content.operators:
                if operator.id == call.operator:
                    commune = self.commune(operator.default_commune)
        codes = [departement.code for departement in content.departements]
        lines = []
        if commune is None:
            begun = [code for code in codes if call.commune.startswith(code)]
            departement = codes.index(max(begun, key=len)) if begun else None
        else:
            departement = codes.index(content.communes[commune].departement)
            route = content.mapping_route[commune * len(content.short_numbers) + number]
            if route == NONE:
                self.reasons.add("no-mapping")
            else:
                lines = self.variants(call, content.routes[route], departement)
        if departement is not None:
            row = content.fallbacks[departement * len(content.short_numbers) + number]
            neighbours = [(line, "neighbour") for line in row.neighbours]
            default = [(row.departement, "departement")] if row.departement != NONE else []
            lines = lines + neighbours + default if lines else default + neighbours
        return [*lines, (content.national[number], "national")]

    # Hours and areas

    def variants(self, call, route, departement):
        minute = self.minute_of_week(departement)
        is_open = [
            row.hours == NONE
            or any(start <= minute < end for start, end in self.content.hours[row.hours].spans)
            for row in route
        ]
        holds = [self.holds(call, row.area) for row in route]
        pool = [place for place in range(len(route)) if is_open[place]]
        if not pool:
            self.reasons.add("closed")
            pool = list(range(len(route)))
        for wanted in ("yes", "unknown", "no"):
            fitting = [place for place in pool if holds[place] == wanted]
            if fitting:
                break
        if wanted != "yes" or "unknown" in [holds[p] for p in pool if p < fitting[0]]:
            self.reasons.add("area-unknown")
        if wanted == "yes" and any(is_open):
            fitting = fitting[:1]
        return [
            rung
            for place in fitting
            for rung in zip(route[place].lines, route[place].rules, strict=True)
        ]

    def minute_of_week(self, departement):
        second = self.now // 1_000_000
        offset = self.content.departements[departement].offsets[0][1]
        for since, offset_s in self.content.departements[departement].offsets:
            if since <= second:
                offset = offset_s
        days, rest = divmod(second + offset, 86_400)
        return (days + 3) % 7 * 1440 + rest // 60

    def holds(self, call, area):
        if area == NONE:
            return "yes"
        area = self.content.areas[area]
        lon, lat = call.lon_deg, call.lat_deg
        placed = (
            lon is not None
            and lat is not None
            and not math.isnan(lon + lat)
            and -180 <= lon <= 180
            and -90 <= lat <= 90
        )
        street = plain_street(call.street[:200])
        if area.rings and placed:
            west, east = (pick(x for x, _ in area.rings[0]) for pick in (min, max))
            south, north = (pick(y for _, y in area.rings[0]) for pick in (min, max))
            if west < lon < east and south < lat < north:
                return "yes"
        if street in area.streets:
            return "yes"
        if (area.rings and not placed) or (area.streets and not street):
            return "unknown"
        return "no"

    # Orders

    def owner(self, line):
        psap = self.content.lines[line].psap
        return "" if psap == NONE else self.content.psaps[psap].id

    def in_force(self, psap, short_number):
        return [
            order
            for order in self.content.orders
            if order.psap == psap
            and psap
            and order.short_number in ("", short_number)
            and order.starts <= self.now < order.expires
        ]

    def pauses(self, psap, short_number):
        return any(order.kind == "pause" for order in self.in_force(psap, short_number))

    def with_orders(self, wanted, short_number):
        """Return (line, rule, named by an alternative) with the lines of orders put in front."""
        result = []
        asked = []

        def ring(line, rule, by_alternative=False):
            if line not in [listed for listed, _, _ in result]:
                result.append((line, rule, by_alternative))

        def expand(line, rule, way):
            psap = self.owner(line)
            rivals = [o for o in self.in_force(psap, short_number) if o.kind != "pause"]
            if rivals and psap not in asked:
                asked.append(psap)
                order = max(rivals, key=lambda rival: (rival.starts, rival.id))
                to = self.line_named_by(order)
                if order.kind == "alternative" and to is not None:
                    ring(to, "alternative", by_alternative=True)
                followed = [*way, psap]
                looping = order.to_psap in followed
                if order.kind == "divert" and to is not None and not looping and len(way) < 4:
                    expand(to, "divert", followed)
            ring(line, rule)

        for line, rule in wanted:
            expand(line, rule, [])
        return result

    def line_named_by(self, order):
        number = order.to_number if order.kind == "alternative" else ""
        for psap in self.content.psaps:
            if order.kind == "divert" and psap.id == order.to_psap:
                number = psap.primary
            if order.kind == "alternative" and not number and psap.id == order.psap:
                number = psap.alternative
        for index, line in enumerate(self.content.lines):
            if number and line.number == number:
                return index
        return None


def plain_street(text):
    """Fold a street as far as the tests' streets need it."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(c for c in bare if not unicodedata.combining(c)).split())
