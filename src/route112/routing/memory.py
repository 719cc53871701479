"""
What is worked out once for a snapshot and kept beside it, so that a call costs a few look-ups.

Time is cut at every instant at which an order starts or expires or the snapshot's validity
changes. Between two such edges, in a *period*, the answer to a call depends on its place, on the
chosen variants and on measured states only, so the rest is kept per place and choice. Everything
here is bounded and can be thrown away at any moment: it never changes an answer.
"""

from bisect import bisect_right

from route112.model import Call, RouteDecision, States, UtcTime
from route112.routing.orders import select_orders
from route112.routing.places import Place, find_place
from route112.routing.prospects import Targets, list_prospects, list_rungs
from route112.routing.ranking import DOWN_WORDS, LOST_STATES, Story, rank_prospects
from route112.routing.variants import (
    Choice,
    Variant,
    choose_variants,
    compute_minute_of_week,
    is_plain,
    read_variants,
)
from route112.snapshot.reader import Snapshot

STORIES_KEPT_MAX = 8_192
"""Stories kept in one period, about 1 kB each; France has about 4,000 distinct ones."""
TARGETS_KEPT_MAX = 8_192
"""Targets kept for one snapshot: a line under one rule."""
PLACES_KEPT_MAX = 8_192
"""Places kept for one snapshot, about 0.3 kB each: a few towns make most of the calls."""
VARIANTS_KEPT_MAX = 2_048
"""Routes kept with their hours and areas looked up, for one snapshot."""

_EVER = float("inf")


class Kept:
    """A story, the answer to it while nothing is measured down, and whose state matters."""

    __slots__ = ("_advised", "_hops", "_psaps", "decision", "story")

    def __init__(self, story: Story) -> None:
        self.story = story
        self.decision = rank_prospects(story, {})
        self._psaps = story.list_psaps()
        self._hops = story.list_hops()
        self._advised: tuple[object, RouteDecision] = (None, self.decision)
        """The latest faults, and the answer to them."""

    def advise(self, states: States) -> RouteDecision:
        """Return the answer in these states."""
        psaps, hops = states.psaps, states.hops
        down = {
            psap: DOWN_WORDS[psaps[psap]]
            for psap in self._psaps
            if psap in psaps and psaps[psap] in DOWN_WORDS
        }
        lost = frozenset(hop for hop in self._hops if hops.get(hop) in LOST_STATES)
        if not down and not lost:
            return self.decision
        if self._advised[0] != (down, lost):
            self._advised = ((down, lost), rank_prospects(self.story, down, lost))
        return self._advised[1]


class Period:
    """A stretch of time, half-open, in which no order and no validity changes."""

    __slots__ = ("_reason", "_split", "orders", "plain", "since", "until")

    def __init__(self, snapshot: Snapshot, edges: list[UtcTime], now: UtcTime) -> None:
        index = bisect_right(edges, now)
        self.since: float = edges[index - 1] if index else -_EVER
        self.until: float = edges[index] if index < len(edges) else _EVER
        self.orders = select_orders(snapshot.orders, snapshot.short_numbers, now=now)
        self.plain: dict[Place, Kept] = {}
        """Of places where neither the hour nor the caller's exact position matters."""
        self._split: dict[tuple[Place, Choice], Kept] = {}
        self._reason = ""
        if now < snapshot.valid_from:
            self._reason = "snapshot-early"
        elif now >= snapshot.valid_until:
            self._reason = "snapshot-expired"

    def find_split(self, place: Place, choice: Choice) -> Kept | None:
        """Return what was kept for a split route, or None."""
        return self._split.get((place, choice))

    def keep(self, place: Place, choice: Choice, story: Story, *, plain: bool) -> Kept:
        """Keep a story; everything is forgotten first when there is too much of it."""
        kept = Kept(story)
        if len(self.plain) + len(self._split) >= STORIES_KEPT_MAX:
            self.plain.clear()
            self._split.clear()
        if plain:
            self.plain[place] = kept
        else:
            self._split[place, choice] = kept
        return kept

    def begin_story(self, place: Place, choice: Choice) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the reasons and trace steps that are known before any line is looked at."""
        early = (self._reason,) if self._reason else ()
        chosen = (("closed", choice.closed), ("area-unknown", choice.area_unknown))
        found = tuple(reason for reason, true in chosen if true)
        reasons = (*early, *place.reasons, *found)
        told = tuple(reason.replace("-", " ") for reason in early)
        return reasons, (*told, *place.steps, *(reason.replace("-", " ") for reason in found))


class Memory:
    """All that is kept for one snapshot."""

    __slots__ = ("_edges", "_targets", "_variants", "period", "places")

    def __init__(self, snapshot: Snapshot, now: UtcTime) -> None:
        edges = {snapshot.valid_from, snapshot.valid_until}
        for order in snapshot.orders:
            edges |= {order.starts, order.expires}
        self._edges = sorted(edges)
        self._targets: Targets = {}
        self._variants: dict[int, tuple[Variant, ...]] = {}
        self.period = Period(snapshot, self._edges, now)
        """The one of the latest call; calls come in the order of time but for rare ones."""
        self.places: dict[tuple[str, str, str], Place] = {}
        """By what was dialled, commune and operator."""

    def enter_period(self, snapshot: Snapshot, now: UtcTime) -> Period:
        """Return the period of `now`, and stay in it."""
        self.period = period = Period(snapshot, self._edges, now)
        return period

    def find_place(self, call: Call, snapshot: Snapshot) -> Place:
        """Return what a call asks for, and keep it where nothing in it had to be replaced."""
        place = find_place(call, snapshot)
        if not place.reasons:
            if len(self.places) >= PLACES_KEPT_MAX:
                self.places.clear()
            self.places[call.dialled, call.commune, call.operator] = place
        return place

    def find_story(
        self, call: Call, snapshot: Snapshot, place: Place, *, period: Period, now: UtcTime
    ) -> Kept:
        """Return the story of a call in its period, made anew unless it is kept."""
        variants = self._find_variants(snapshot, place.route)
        minute_of_week = 0
        if place.departement is not None:
            offset_s = snapshot.offset_s(place.departement, now)
            minute_of_week = compute_minute_of_week(now, offset_s)
        choice = choose_variants(variants, call, minute_of_week=minute_of_week)
        kept = period.find_split(place, choice)
        if kept is not None:
            return kept
        if len(self._targets) >= TARGETS_KEPT_MAX:
            self._targets.clear()
        prospects = list_prospects(
            snapshot,
            list_rungs(snapshot, place, variants, choice),
            period.orders,
            short_number=snapshot.short_numbers[place.number].number,
            targets=self._targets,
        )
        reasons, steps = period.begin_story(place, choice)
        story = Story(snapshot.generation, reasons, steps, prospects)
        return period.keep(place, choice, story, plain=is_plain(variants))

    def _find_variants(self, snapshot: Snapshot, route: int | None) -> tuple[Variant, ...]:
        if route is None:
            return ()
        variants = self._variants.get(route)
        if variants is None:
            variants = read_variants(snapshot, route)
            if len(self._variants) >= VARIANTS_KEPT_MAX:
                self._variants.clear()
            self._variants[route] = variants
        return variants
