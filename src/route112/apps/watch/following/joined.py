"""Calls: joined out of records, kept as they are given, and handed to whoever looks at them."""

import sqlite3
from collections.abc import Collection
from dataclasses import replace

from route112.adapters.watch_store import Calls, InHand
from route112.apps.watch.following.absences import Absences
from route112.apps.watch.names import Names
from route112.watch.calls.joining import Joiner
from route112.watch.values import SeenCall
from route112.wire.record_calls import UNKNOWN
from route112.wire.record_lines import Record


class Joined:
    """
    Calls of one store: whoever opens it next goes on with what is in hand.

    Each method writes; whoever calls it has opened a transaction.

    Args:
        edges: names of stations that pass calls on; all others are sites.
        absences: knows whose records cannot be read.
    """

    def __init__(
        self, store: sqlite3.Connection, edges: Collection[str], names: Names, absences: Absences
    ) -> None:
        self._names = names
        self._absences = absences
        self._in_hand = InHand(store)
        self._calls = Calls(store)
        self._ended: list[SeenCall] = []
        held = self._in_hand.load()
        self.ticked_us = held.ticked_us
        """Up to when arrivals have been told; 0: none were."""
        self.wall_us = held.wall_us
        """When the last step was, by the clock of this machine; 0: there was none."""
        self._unseen = set(held.unseen)
        """What is held as unknown, and nobody has looked at."""
        self._joiner = Joiner(edges, names.spell_number)
        self._joiner.restore(
            held.records,
            given=held.given,
            unknown=held.unknown,
            heard_us=held.heard_us,
            ticked_us=held.ticked_us,
        )

    def begin(self, wall_us: int) -> None:
        """Begin a step at this time of the wall clock."""
        self.wall_us = wall_us
        self._in_hand.note_step(wall_us)

    def move_clock(self, by_us: int) -> None:
        """Take a step of the clock: calls are as old as they were."""
        self._joiner.move_clock(by_us)
        self._in_hand.move_clock(by_us)
        self._calls.move_clock(by_us)

    def take(self, record: Record, *, is_late: bool) -> None:
        """Add a record to the attempts that it is of, and keep what it closes."""
        for call in self._joiner.take(record, is_late=is_late):
            self._give(call)
        self._release_renewed()
        for name in filter(self._joiner.holds, self._joiner.placed):
            self._in_hand.hold(name, record, self._joiner.hear(record))

    def tick(self, time_us: int) -> tuple[list[SeenCall], list[SeenCall]]:
        """Keep what nothing more is waited for; return who arrived since, and what has ended."""
        arrivals = map(self._names.spell, self._joiner.list_arrivals(time_us))
        arrived = [call for call in arrivals if not self._calls.is_told(call)]
        for call in self._joiner.tick(time_us):
            self._give(call)
        self._release_renewed()
        self._in_hand.forget(time_us)
        self._calls.forget_lefts(time_us)
        self._unseen = {name for name in self._unseen if self._joiner.waits(name)}
        self.ticked_us = time_us
        self._in_hand.note_ticked(time_us)
        ended, self._ended = self._ended, []
        return arrived, ended

    def _release_renewed(self) -> None:
        """Keep no records of what is waited for no more, because its Call-ID begins anew, say."""
        for name in self._joiner.renewed:
            self._in_hand.release(name)

    def _give(self, given: SeenCall) -> None:
        call = self._names.spell(given)
        is_unseen = self._is_unseen(call)
        # The stations of a test call tell of it, too; whoever placed it has his own file.
        is_news = bool(call.probe) or self._keep(call, is_unseen=is_unseen)
        if is_unseen:
            self._unseen.add(call.call)
        elif is_news:
            is_first = call.corrects and call.call in self._unseen
            self._ended.append(replace(call, corrects=False) if is_first else call)
            self._unseen.discard(call.call)

    def _keep(self, call: SeenCall, *, is_unseen: bool) -> bool:
        """Keep a call; return whether it was not known before, from its other side."""
        awaits = self._joiner.awaits(call.call)
        at_us = self._joiner.now_us
        self._in_hand.note_given(call.call, at_us=at_us, awaits=awaits, is_unseen=is_unseen)
        meant = replace(call, number=self._names.mean(call.number))
        place = self._names.place(call.commune)
        return self._calls.give(meant, place=place, taken_us=self.wall_us)

    def _is_unseen(self, call: SeenCall) -> bool:
        """
        Tell whether nothing more is known of a call because its station cannot be read.

        That is the one that ends it: where an edge can be read, it has died, or has forgotten it.
        """
        ends = call.edge or call.site
        return call.outcome == UNKNOWN and ends in self._absences.list_blind()
