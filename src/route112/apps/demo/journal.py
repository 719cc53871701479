"""What the site wrote down of the demo's calls: shown beside the verdicts, never judged by."""

from pathlib import Path

from route112.adapters.record_spool import Position, read_records
from route112.wire.record_calls import CallHistory
from route112.wire.record_lines import Record


class Journal:
    """The records of one folder, read on as they come."""

    def __init__(self, folder: Path) -> None:
        self.calls: dict[str, CallHistory] = {}
        """By Call-ID."""
        self.events: list[Record] = []
        """Records about the site itself."""
        self._folder = folder
        self._position: Position | None = None

    def refresh(self) -> None:
        """Read what has been written since."""
        for record in read_records(self._folder, since=self._position):
            self._position = Position(record.writer, record.sequence)
            if record.kind == "site":
                self.events.append(record)
            elif record.call:
                self.calls.setdefault(record.call, CallHistory(record.call)).records.append(record)

    def find(self, call_id: str) -> CallHistory:
        """Return what there is of a call; nothing is an empty history."""
        if call_id not in self.calls:
            self.refresh()
        return self.calls.get(call_id, CallHistory(call_id))

    def find_event(self, event: str, generation: int) -> Record | None:
        """Return the newest event of a kind about a generation."""
        self.refresh()
        for record in reversed(self.events):
            if record.get("event") == event and record.get("g") == str(generation):
                return record
        return None


def render_history(history: CallHistory) -> str:
    """
    Render a call in the one notation, as the site wrote it down; then each try that failed.

    A call that Python and the native route both wrote about shows the later decision.
    """
    decisions = history.list_kind("decision")
    if not decisions:
        return "no record"
    failed = [
        f"{record.get('psap') or record.get('number')} {_say_cause(record)}"
        for record in history.list_kind("failed")
    ]
    return " -> ".join((decisions[-1].get("trace"), *failed))


def list_generations(history: CallHistory) -> frozenset[str]:
    """List the generations that the decisions of a call name."""
    return frozenset(record.get("g") for record in history.list_kind("decision"))


def _say_cause(failed: Record) -> str:
    if failed.get("cause") == "reply":
        return f"says {failed.get('code')}"
    return {"timeout": "SILENT", "transport": "UNSENT"}.get(failed.get("cause"), "FAILED")
