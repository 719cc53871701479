"""
Records of one call together: what became of it, and who failed.

The rules are those of docs/formats/records.md, section *Who failed*. Everything is worked out from
the lines of the call; a party that a writer named itself wins.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from route112.wire.record_lines import Record

OPEN_SECONDS = 60
"""An attempt without an end is of unknown outcome when it is older."""
PATIENCE_MS = 4_000
"""A caller who gives up earlier than this has not been failed by anybody."""
RECORDS_PER_CALL_MAX = 64
"""Records kept of one call; a site writes about ten."""
ENDED_KEPT_MAX = 10_000
"""Call-IDs remembered after their end, so that a late line does not look like a call."""

PSAP_CODES = frozenset({"480", "486", "600", "603"})
REFUSED_PARTIES = {
    "unknown-source": "origin",
    "malformed": "origin",
    "too-large": "origin",
    "test-call": "",
}
"""Who failed where a call was refused, by reason; any other reason is the site's."""
ORIGIN_CODES = frozenset({"400", "413", "415", "416", "420", "421", "488", "606"})
SITE_CODES = frozenset({"401", "403", "407", "482", "483"})
DESTINATION_OUT_OF_ORDER = "502"
NUMBER_DIGITS_MAX = 9
"""Of numbers in records; longer ones are damaged, or nobody's who means well."""

UNKNOWN = "unknown"
OUTCOMES = ("answered", "failed", "cancelled", "refused", UNKNOWN)
PARTIES = ("origin", "edge", "site", "joint", "carrier", "psap")


@dataclass(slots=True)
class CallHistory:
    """One call: its records in the order in which they were written."""

    call: str
    records: list[Record] = field(default_factory=list)

    def find(self, kind: str) -> Record | None:
        """Return the first record of a kind, or None."""
        return next((record for record in self.records if record.kind == kind), None)

    def list_kind(self, kind: str) -> list[Record]:
        """Return all records of a kind."""
        return [record for record in self.records if record.kind == kind]

    def get(self, kind: str, name: str) -> str:
        """Return a field of the first record of a kind, or an empty text."""
        record = self.find(kind)
        return "" if record is None else record.get(name)

    @property
    def began_us(self) -> int:
        """Time of its first record."""
        return self.records[0].time_us

    @property
    def outcome(self) -> str:
        """One of OUTCOMES; `unknown` while there is no end."""
        if self.find("refused") is not None:
            return "refused"
        return self.get("end", "outcome") or UNKNOWN

    @property
    def is_closed(self) -> bool:
        """Tell whether nothing more is expected of it."""
        return self.find("end") is not None or self.find("refused") is not None

    @property
    def psaps(self) -> frozenset[str]:
        """Answering points that were decided, rung or reached."""
        decided = self.get("decision", "targets").split(",")
        named = {target.partition("/")[0] for target in decided}
        named.update(record.get("psap") for record in self.records)
        return frozenset(named - {""})

    @property
    def party(self) -> str:
        """Who failed, one of PARTIES; empty: nobody, or not known."""
        return self.get("end", "party") or _judge(self)


def join_calls(records: Iterable[Record]) -> Iterator[CallHistory]:
    """
    Join records by Call-ID: each call at its end, then those without an end, oldest first.

    A second attempt of an open call by the same engine is a new call; the one before stays
    unknown. Late lines of an ended call are dropped. Records about no call are passed over.
    """
    calls: dict[str, CallHistory] = {}
    ended: dict[str, None] = {}
    for record in records:
        name = record.call
        if not name or (name in ended and record.kind not in ("attempt", "refused")):
            continue
        known = calls.get(name)
        if known is not None and _is_new_attempt(known, record):
            yield known
            known = None
        if known is None:
            known = calls[name] = CallHistory(name)
        if len(known.records) < RECORDS_PER_CALL_MAX or record.kind == "end":
            known.records.append(record)
        if known.is_closed:
            yield calls.pop(name)
            ended.pop(name, None)
            ended[name] = None
            if len(ended) > ENDED_KEPT_MAX:
                for oldest in list(islice(ended, ENDED_KEPT_MAX // 10)):
                    del ended[oldest]
    yield from calls.values()


def read_number(text: str) -> int | None:
    """Read a whole number as a station writes it; None for anything else, however long."""
    is_number = text.isdecimal() and text.isascii() and len(text) <= NUMBER_DIGITS_MAX
    return int(text) if is_number else None


def judge_failure(failed: Record, *, rang: bool) -> str:
    """Return the party of one failed try, by the first row of the table that fits."""
    network = "joint" if failed.get("via") == "rtc" else "carrier"
    code = failed.get("code")
    if rang:
        return "psap"
    if failed.get("cause") in ("transport", "timeout"):
        return network
    if code in PSAP_CODES or (code == DESTINATION_OUT_OF_ORDER and network == "joint"):
        return "psap"
    if code in ORIGIN_CODES:
        return "origin"
    return "site" if code in SITE_CODES else network


def _is_new_attempt(known: CallHistory, record: Record) -> bool:
    if record.kind != "attempt":
        return False
    same = [old for old in known.list_kind("attempt") if old.get("by") == record.get("by")]
    return bool(same)


def _judge(call: CallHistory) -> str:
    if call.outcome == "refused":
        return REFUSED_PARTIES.get(call.get("refused", "reason"), "site")
    if call.outcome == "failed":
        return _judge_first_try(call) or "site"
    if call.outcome != "cancelled" or call.find("ring") is not None:
        return ""
    waited_ms = read_number(call.get("end", "ms"))
    if waited_ms is not None and waited_ms < PATIENCE_MS:
        return ""
    return _judge_first_try(call) or _judge_pending(call)


def _judge_first_try(call: CallHistory) -> str:
    failures = call.list_kind("failed")
    if not failures:
        return ""
    first = min(failures, key=_try_number)
    rang = any(ring.get("n") == first.get("n") for ring in call.list_kind("ring"))
    return judge_failure(first, rang=rang)


def _judge_pending(call: CallHistory) -> str:
    """Judge the try that was under way when the caller gave up."""
    tries = call.list_kind("try")
    if not tries:
        return "site"
    return "joint" if tries[-1].get("via") == "rtc" else "carrier"


def _try_number(record: Record) -> int:
    return read_number(record.get("n")) or 0
