"""Places the demo's calls, says how far they are, and keeps what has to be judged."""

import asyncio
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from route112.apps.demo.draw import DemoCall
from route112.apps.demo.ends import Ends
from route112.apps.demo.journal import Journal
from route112.apps.demo.screen import Screen
from route112.apps.demo.tally import Book, Count, count_calls, find_usual_ms, judge_logs
from route112.apps.ends import CallOrder
from route112.simulation.checker import Judgement

CALLS_PER_SECOND = 40.0
PATIENCE_S = 20.0
"""A caller who hears nothing for so long hangs up."""
CALLER_FIRST = 20_000_000
"""Callers are counted from here: numbers below are lines whose place an operator knows."""
TELL_SECONDS = 0.2
ROOM_S = 1.5
"""What a busy machine may add to a delay before it is not as told."""
SIP_OK = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What was done in an act, and what was told of it beforehand."""

    name: str
    call_ids: frozenset[str]
    delay_s_max: float
    """How much later than usual a call may ring."""
    named: frozenset[str] = frozenset()
    """Call-IDs that have to be lost: the check of the plan said so."""

    def is_kept(self, count: Count) -> bool:
        """Tell whether it went as told."""
        return (
            count.placed == len(self.call_ids)
            and count.wrong == self.named
            and count.delay_s <= self.delay_s_max + ROOM_S
        )


@dataclass(slots=True, kw_only=True)
class Play:
    """Everything that an act needs."""

    ends: Ends
    run: Path
    journal: Journal
    screen: Screen
    book: Book = field(default_factory=Book)
    acts: list[Act] = field(default_factory=list)
    usual_ms: float = 0.0
    """Median first ring of the calls without a fault."""
    _count: int = 0
    _token: str = field(default_factory=lambda: secrets.token_hex(4))

    async def place(
        self, calls: Sequence[DemoCall], *, patience_s: float = PATIENCE_S
    ) -> tuple[str, ...]:
        """Place calls, one after the other whatever becomes of them; return their Call-IDs."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        orders = [(call.operator, self._make_order(call, patience_s)) for call in calls]
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._place_at(began_s + index / CALLS_PER_SECOND, operator, order)
                )
                for index, (operator, order) in enumerate(orders)
            ]
            while not all(task.done() for task in tasks):
                answered = sum(task.done() and task.result() == SIP_OK for task in tasks)
                ended = sum(task.done() for task in tasks)
                elapsed_s = loop.time() - began_s
                placed = min(len(tasks), 1 + int(elapsed_s * CALLS_PER_SECOND))
                self.screen.live(
                    f"{placed} of {len(tasks)} calls placed, {answered} answered, "
                    f"{placed - ended} under way, {elapsed_s:.0f} s"
                )
                await asyncio.wait(tasks, timeout=TELL_SECONDS)
        return tuple(order.call_id for _, order in orders)

    def keep_usual(self, call_ids: Collection[str]) -> None:
        """Take calls as what is usual without a fault."""
        self.usual_ms = find_usual_ms(self.run, call_ids)

    def judge(self) -> Judgement:
        """Judge all calls so far, by the logs of both ends."""
        return judge_logs(self.run, self.book, usual_ms=self.usual_ms)

    def count(self, act: Act, judgement: Judgement) -> Count:
        """Count what became of an act's calls."""
        return count_calls(judgement, act.call_ids, usual_ms=self.usual_ms)

    def conclude(self, act: Act) -> None:
        """End an act: say what the checker has seen."""
        self.acts.append(act)
        count = self.count(act, self.judge())
        named = f" ({len(act.named)} were named beforehand)" if act.named else ""
        self.screen.outcome(
            f"{count.right} of {count.placed} right, the latest {count.delay_s:.2f} s later than "
            f"usual; {count.misrouted} misrouted, {count.lost} lost{named}.",
            kept=act.is_kept(count),
        )

    def show_way(self, call_ids: Collection[str], *, detour: bool = True) -> None:
        """Show how one of these calls went: the first, or the one with the most detours."""
        self.journal.refresh()
        chosen = self.journal.choose(call_ids) if detour else next(iter(call_ids))
        self.screen.way(self.journal.render(chosen))

    def _make_order(self, call: DemoCall, patience_s: float) -> CallOrder:
        self._count += 1
        call_id = f"{self._count:03d}-{self._token}@{call.operator}"
        self.book.expect(call_id, call.targets)
        return self.ends[call.operator].make_order(
            call,
            call_id=call_id,
            caller=f"+999{CALLER_FIRST + self._count}",
            patience_s=patience_s,
        )

    async def _place_at(self, at_s: float, operator: str, order: CallOrder) -> int:
        await asyncio.sleep(max(0.0, at_s - asyncio.get_running_loop().time()))
        result = await self.ends[operator].callers.run(order)
        return result.status
