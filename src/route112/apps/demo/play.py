"""Places the demo's calls, shows each as it ends, and keeps what has to be judged."""

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from route112.adapters.sip import CallResult
from route112.apps.demo.draw import DemoCall, find_owner
from route112.apps.demo.ends import Ends
from route112.apps.demo.journal import Journal, list_generations, render_history
from route112.apps.demo.screen import Screen
from route112.apps.demo.stage import Switch
from route112.apps.demo.tally import Book, judge_one
from route112.apps.ends import CallOrder, make_line
from route112.simulation.checker import CallVerdict, Verdict, find_median_ms
from route112.simulation.logs import CallerLine
from route112.snapshot.reader import Snapshot

CALLS_PER_SECOND = 20.0


@dataclass(frozen=True, slots=True)
class Shown:
    """A call that has ended and has been shown."""

    call_id: str
    verdict: CallVerdict
    engines: frozenset[str]
    """Who decided, as recorded: `python`, `native`."""
    generations: frozenset[str]
    """That its records name."""

    @property
    def is_good(self) -> bool:
        """Tell whether it was answered where it should have been."""
        return self.verdict.verdict in (Verdict.RIGHT, Verdict.DELAYED)


@dataclass(slots=True, kw_only=True)
class Play:
    """Everything that an act needs."""

    ends: Ends
    journal: Journal
    snapshot: Snapshot
    screen: Screen
    switch: Switch
    book: Book = field(default_factory=Book)
    usual: frozenset[str] = frozenset()
    """Call-IDs of the calls without a fault."""
    median_ms: float = 0.0
    """Of their first rings."""
    broken: list[str] = field(default_factory=list)
    """What was told and did not happen."""
    _count: int = 0
    _token: str = field(default_factory=lambda: secrets.token_hex(4))

    async def place(
        self, calls: Sequence[DemoCall], *, rate: float = CALLS_PER_SECOND, quiet: bool = False
    ) -> tuple[Shown, ...]:
        """Place calls, `rate` a second; show them in this order, each as soon as it has ended."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        shown: list[Shown] = []
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(
                    self._place_at(began_s + index / rate, self._make_order(call), call)
                )
                for index, call in enumerate(calls)
            ]
            for task, call in zip(tasks, calls, strict=True):
                shown.append(self._show(call, await task, quiet=quiet))
        return tuple(shown)

    def keep_usual(self, shown: Sequence[Shown]) -> None:
        """Take calls as what is usual without a fault."""
        self.usual = frozenset(each.call_id for each in shown)
        lines = [line for calling in self.ends.callers.values() for line in calling.lines]
        self.median_ms = find_median_ms(line for line in lines if line.call_id in self.usual)

    def conclude(self, text: str, *, kept: bool) -> None:
        """End an act, and remember what did not happen as told."""
        self.screen.after(text, kept=kept)
        if not kept:
            self.broken.append(text)

    def _make_order(self, call: DemoCall) -> CallOrder:
        self._count += 1
        call_id = f"{self._count:03d}-{self._token}@route112.demo"
        self.book.expect(call_id, call.targets)
        return self.ends.make_order(call, call_id=call_id, caller=f"+999{self._count:06d}")

    async def _place_at(self, at_s: float, order: CallOrder, call: DemoCall) -> CallerLine:
        await asyncio.sleep(max(0.0, at_s - asyncio.get_running_loop().time()))
        result: CallResult = await self.ends.callers[call.operator].run(order)
        return make_line(order, result)

    def _show(self, call: DemoCall, line: CallerLine, *, quiet: bool) -> Shown:
        rings = [ring for ring in self.ends.psaps.lines if ring.call_id == line.call_id]
        verdict = judge_one(line, rings, self.book, median_ms=self.median_ms)
        history = self.journal.find(line.call_id)
        shown = Shown(
            call_id=line.call_id,
            verdict=verdict,
            engines=frozenset(record.get("by") for record in history.list_kind("decision")),
            generations=list_generations(history),
        )
        if not quiet or not shown.is_good:
            owner = find_owner(self.snapshot, verdict.number) if verdict.number else ""
            self.screen.call(verdict, owner, render_history(history), call.name)
        return shown
