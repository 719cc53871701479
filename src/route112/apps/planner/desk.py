"""
Who may command here: `access` on a disk, with `people.yaml` read anew whenever it changes.

Each answer is synced to the audit log before it is given. One mistake in `people.yaml`, and nobody
may do anything until it is mended; `flaw` says so in words.
"""

import os
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from route112.access import (
    Approval,
    Identity,
    People,
    Reason,
    Request,
    Ruling,
    Verdict,
    Waiting,
    hash_request,
    judge,
    note,
    parse_people,
)
from route112.access.requests import cut_identity
from route112.adapters.clock import utc_now
from route112.apps.planner.auditing import ROTATE_BYTES, AuditLog
from route112.apps.planner.stations import find_writable
from route112.model import UtcTime

PEOPLE_FILE = "people.yaml"
PEOPLE_BYTES_MAX = 1 << 20
NOBODY = People(())
_UNTIL = "so nobody may do anything until it is mended"
_Seen = tuple[int, int, int, int]


class AccessDesk:
    """
    Answers who may do what, and remembers it; for several threads.

    Args:
        folder: the planner's own; `people.yaml` and `audit.log` are there.
        now: the clock.
    Raises: AuditError where the audit log cannot be used.
    """

    def __init__(
        self,
        folder: Path,
        *,
        now: Callable[[], UtcTime] = utc_now,
        rotate_bytes: int = ROTATE_BYTES,
    ) -> None:
        self._path = folder / PEOPLE_FILE
        self._now = now
        self._lock = threading.Lock()
        self._log = AuditLog(folder, rotate_bytes=rotate_bytes)
        self._owed: list[Verdict] = []
        """Written down before anything else is."""
        self._seen: _Seen | None = None
        self._people = NOBODY
        self.flaw = ""
        """Why nobody may do anything, and what to do; empty: `people.yaml` is as it should be."""
        self._look()

    def ask(self, request: Request) -> Verdict:
        """Answer a request. Raises: AuditError; nothing may be done then."""
        return self._judge(request)

    def approve(self, approval: Approval) -> Verdict:
        """Answer an approval; one that counts once. Raises: AuditError."""
        return self._judge(approval)

    def preview(self, request: Request) -> Verdict:
        """Answer a request as `ask` would, write nothing down: nothing may be done by it."""
        with self._lock:
            self._look()
            return judge(request, self._log.desk, self._people, now=self._now())

    def refuse(
        self, by: Identity, verb: str, reason: Reason, request: Request | None = None
    ) -> Verdict:
        """Write down what was refused before anybody could be asked. Raises: AuditError."""
        with self._lock:
            self._prepare()
            now = self._now()
            if request is None:
                request = Request(verb=verb, by=cut_identity(by), asked_at=now)
            verdict = Verdict(
                ruling=Ruling.REFUSED,
                at=now,
                by=request.by,
                reason=reason,
                request=request,
                hash=hash_request(request),
            )
            self._write(verdict)
            return verdict

    def undo(self, allowed: Verdict) -> None:
        """
        Write down that what was allowed was not carried out, so that no later start does it.

        Raises: AuditError where there is no room now; it is written before the next line then.
        """
        with self._lock:
            self._owe(allowed)
            self._prepare()
            self._pay()

    def list_waiting(self) -> list[tuple[str, Waiting]]:
        """List what waits for a second person now, by its hash."""
        now = self._now()
        return [(key, each) for key, each in self._log.desk.waiting.items() if now < each.until]

    def list_allowed(self) -> list[Verdict]:
        """List what was allowed of late, counts once and was not undone; oldest first."""
        now = self._now()
        with self._lock:
            counting = self._log.verdicts
        return [each for each in counting if each.ruling is Ruling.ALLOWED and now < each.until]

    def find_person(self, identity: Identity) -> str:
        """Return the id of the person whose identity it is; empty: nobody's."""
        with self._lock:
            self._look()
        person = self._people.find(identity, self._now())
        return "" if person is None else person.id

    def close(self) -> None:
        """Let the audit log go."""
        self._log.close()

    def _judge(self, asked: Request | Approval) -> Verdict:
        with self._lock:
            self._prepare()
            verdict = judge(asked, self._log.desk, self._people, now=self._now())
            self._write(verdict)
            return verdict

    def _prepare(self) -> None:
        """Know who there is and what was said before. Raises: AuditError."""
        self._look()
        if self._log.is_shut:
            for found in self._log.reopen():
                self._owe(found)

    def _owe(self, allowed: Verdict) -> None:
        undone = replace(allowed, ruling=Ruling.REFUSED, reason=Reason.NOT_DONE, at=self._now())
        self._owed.append(undone)

    def _write(self, verdict: Verdict) -> None:
        self._pay()
        self._log.append(verdict, note(self._log.desk, verdict))

    def _pay(self) -> None:
        while self._owed:
            self._log.append(self._owed[0], note(self._log.desk, self._owed[0]))
            del self._owed[0]

    def _look(self) -> None:
        """Read `people.yaml` if it is not what was read last."""
        try:
            found = self._path.stat()
            if (writable := find_writable(self._path, found)) is not None:
                self._people, self._seen = NOBODY, None
                self.flaw = f"anybody may write {writable}, {_UNTIL}: chmod o-w {writable}"
                return
            seen = (found.st_mtime_ns, found.st_size, found.st_ino, found.st_mode)
            if seen == self._seen:
                return
            self._people, self.flaw = self._read(found)
            self._seen = seen
        except OSError as error:
            self._people, self._seen = NOBODY, None
            self.flaw = (
                f"{self._path} cannot be read ({error.strerror}), so nobody may do anything: "
                "write it as docs/access.md says"
            )

    def _read(self, found: os.stat_result) -> tuple[People, str]:
        """Return the people and what is wrong; nobody where anything is."""
        if found.st_size > PEOPLE_BYTES_MAX:
            return NOBODY, f"{self._path} has more than {PEOPLE_BYTES_MAX:,} bytes, {_UNTIL}"
        people, problems = parse_people(self._path.read_bytes(), file=str(self._path))
        if people is None:
            return NOBODY, f"{problems[0]}; {_UNTIL}"
        return people, ""


def name_route(method: str, path: str) -> str:
    """Return what stands for a verb where a request has none: short, and printable."""
    text = "".join(each if each.isprintable() else "?" for each in f"http {method} {path}")
    return text[:60]


__all__ = ["AccessDesk", "name_route"]
