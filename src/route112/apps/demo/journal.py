"""What edges and sites wrote down of the demo's calls: shown beside verdicts, never judged by."""

from collections.abc import Iterable
from pathlib import Path

from route112.adapters.record_spool import Position, read_records
from route112.wire.record_calls import CallHistory
from route112.wire.record_lines import Record

_CAUSES = {"timeout": "SILENT", "transport": "UNSENT"}


class Journal:
    """The records of every member of a run, read on as they come."""

    def __init__(self, run: Path, *, edges: Iterable[str], sites: Iterable[str]) -> None:
        """Make a journal; `edges` and `sites` are ids of members."""
        self._run = run
        self._edges = tuple(edges)
        self._sites = tuple(sites)
        self._positions: dict[str, Position] = {}
        self._calls: dict[str, dict[str, CallHistory]] = {}
        """By Call-ID, then by the member that wrote of it."""

    def refresh(self) -> None:
        """Read what has been written since."""
        for member in (*self._edges, *self._sites):
            since = self._positions.get(member)
            for record in read_records(self._run / member / "records", since=since):
                self._positions[member] = Position(record.writer, record.sequence)
                if record.call:
                    histories = self._calls.setdefault(record.call, {})
                    histories.setdefault(member, CallHistory(record.call)).records.append(record)

    def choose(self, call_ids: Iterable[str]) -> str:
        """Choose the call with the most detours, the first one of those."""
        return max(call_ids, key=self._count_detours)

    def render(self, call_id: str) -> tuple[str, ...]:
        """
        Render the way of a call in the one notation, as those who led it wrote it down.

        Which sites its edge tried, where there was a detour; then the decision that led to a ring,
        with each try that failed.
        """
        histories = self._calls.get(call_id, {})
        lines = []
        decided: tuple[str, ...] = ()
        for edge in self._edges:
            if edge in histories:
                passes = _list_passes(histories[edge])
                lines += [" -> ".join((edge, *passes))] if len(passes) > 1 else []
                decided = render_history(histories[edge])
        served = [histories[site] for site in self._sites if site in histories]
        latest = max(served, key=lambda history: history.began_us, default=None)
        if not decided and latest is not None:
            decided = render_history(latest)
        return (*lines, *decided) or ("no record",)

    def list_serving(self, call_ids: Iterable[str]) -> tuple[str, ...]:
        """List the sites that led some of these calls to a ring."""
        rang = {
            site
            for call_id in call_ids
            for site, history in self._calls.get(call_id, {}).items()
            if history.find("ring") is not None
        }
        return tuple(site for site in self._sites if site in rang)

    def _count_detours(self, call_id: str) -> int:
        histories = self._calls.get(call_id, {}).values()
        return sum(
            len(history.list_kind(kind))
            for history in histories
            for kind in ("returned", "failed")
        )


def render_history(history: CallHistory) -> tuple[str, ...]:
    """
    Render what one writer decided: nothing, or the decision, and each try that failed.

    A call that Python and the native route both wrote about shows the later decision.
    """
    decisions = history.list_kind("decision")
    if not decisions:
        return ()
    failed = [
        f"{record.get('hop')} {_say_cause(record)}{_say_wait(record)}"
        for record in history.list_kind("failed")
    ]
    rung = history.list_kind("try")
    if failed and rung:
        failed.append(rung[-1].get("hop"))
    ways = ("at " + " -> ".join(failed),) if failed else ()
    return (decisions[-1].get("trace"), *ways)


def _list_passes(history: CallHistory) -> list[str]:
    """List the sites that an edge tried, and how each that failed did."""
    causes = {record.get("n"): _say_cause(record) for record in history.list_kind("returned")}
    steps = [
        " ".join(filter(None, (record.get("to"), causes.get(record.get("n"), ""))))
        for record in history.list_kind("pass")
    ]
    return [*steps, "direct"] if history.find("decision") is not None else steps


def _say_cause(record: Record) -> str:
    if record.get("cause") == "reply":
        return f"says {record.get('code')}"
    return _CAUSES.get(record.get("cause"), "FAILED")


def _say_wait(record: Record) -> str:
    wait_ms = record.get("ms")
    return f" for {int(wait_ms) / 1e3:.1f} s" if wait_ms.isdigit() else ""
