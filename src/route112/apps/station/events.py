"""What happened at a station: a record line, a line for people, and JSON for machines."""

import contextlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import click
import msgspec

from route112.model import UtcTime
from route112.wire.record_lines import render_line

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def show_time(time: UtcTime) -> str:
    """Render an instant for people, in UTC."""
    return (_EPOCH + timedelta(microseconds=time)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Reporter:
    """Says each event once to everybody who has to know; its failure stops nothing."""

    def __init__(
        self,
        site: str,
        *,
        raw: int,
        key: str,
        now: Callable[[], UtcTime],
        as_json: bool = False,
    ) -> None:
        self.site = site
        self.generation = 0
        """Of the snapshot in force, for events that are about no other one."""
        self._raw = raw
        self._key = key
        self._now = now
        self._as_json = as_json

    def say(self, text: str) -> None:
        """Tell people something that is no event."""
        with contextlib.suppress(OSError):  # a closed terminal is no reason to stop a station
            click.echo(f"{self.site}: {text}", err=True)

    def tell(
        self,
        event: str,
        text: str,
        *,
        generation: int = 0,
        reason: str = "",
        ms: int | None = None,
    ) -> None:
        """
        Report an event.

        Args:
            event: of docs/formats/records.md.
            text: for people.
            generation: of the snapshot that it is about; 0: of the one in force.
            reason: why, in kebab-case.
            ms: how long it took, where that matters.

        """
        fields: dict[str, str | int] = {
            "t": self._now(),
            "site": self.site,
            "event": event,
            "g": generation or self.generation or "",
            "reason": reason,
        }
        if ms is not None:
            fields["ms"] = ms
        line = render_line("site", fields, key=self._key)
        with contextlib.suppress(OSError):  # a full disk is reported by who reads the records
            os.write(self._raw, line.encode("ascii"))
        self.say(text)
        if self._as_json:
            with contextlib.suppress(OSError):
                click.echo(msgspec.json.encode({**fields, "text": text}).decode("utf-8"))
