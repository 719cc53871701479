"""Asks the planner; every refusal ends the command with what to do next."""

import contextlib
import http.client
import json
import re
import secrets
import ssl
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from route112.adapters.clock import utc_now
from route112.apps._console import EXIT_CANNOT_RUN, EXIT_REFUSED, fail
from route112.apps.plan.options import FILE
from route112.apps.planner.web.bodies import LETTERS
from route112.apps.receiver.planner_link import Place, PlaceConnection, make_context

PLANNER = "unix:var/country/planner/socket"
"""Where `route112 planner run` listens unless told."""
ANSWER_S = 30.0
"""For an answer."""
COMPARED_S = 300.0
"""For the answer to a plan, which is checked and compared meanwhile; the machine may be busy."""
ANSWER_BYTES_MAX = 8 << 20
SERVER_ERROR = 500
LATE = "It may have taken it: see `route112 approve`, `route112 history`, before you ask again"
START = "Start one: route112 planner run; or name it: --planner unix:PATH or https://HOST:PORT"
ODD_NAMED = 5
"""Characters that are named when a text cannot be taken."""
_LETTER = re.compile(f"[{LETTERS}]")

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Told:
    """An answer."""

    status: int
    json: dict[str, Any]


class Planner:
    """One planner, as one person reaches it."""

    def __init__(self, place: Place, name: str) -> None:
        self._place, self._name = place, name

    def ask(self, method: str, path: str, body: dict[str, Any] | bytes | None = None) -> Told:
        """Return an answer that was asked for; a refusal ends the command."""
        told = self.try_ask(method, path, body)
        if "todo" in told.json and "type" in told.json:
            code = EXIT_REFUSED if told.status < SERVER_ERROR else EXIT_CANNOT_RUN
            fail(f"refused: {told.json['detail']}", str(told.json["todo"]), code=code)
        return told

    def try_ask(self, method: str, path: str, body: dict[str, Any] | bytes | None = None) -> Told:
        """Return an answer, refusals too; without one the command ends."""
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        content = json.dumps(body).encode() if isinstance(body, dict) else body
        headers = {} if body is None else {"Content-Type": kind}
        connection = _Patient(self._place, COMPARED_S if isinstance(body, bytes) else ANSWER_S)
        try:
            # Whoever refuses a file unread says so, and takes no more of it.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, content, {"Connection": "close"} | headers)
            answer = connection.getresponse()
            got = answer.read(ANSWER_BYTES_MAX)
        except TimeoutError:
            fail(f"the planner at {self._name} does not answer in time", LATE)
        except (OSError, http.client.HTTPException) as error:
            said = getattr(error, "strerror", None) or str(error) or type(error).__name__
            fail(f"the planner at {self._name} does not answer: {said}", START)
        finally:
            connection.close()
        return Told(answer.status, self._parse(got))

    def _parse(self, content: bytes) -> dict[str, Any]:
        try:
            told = json.loads(content)
        except ValueError:
            told = None
        if not isinstance(told, dict):
            fail(f"what answers at {self._name} is no planner", START)
        return told


class _Patient(PlaceConnection):
    def __init__(self, place: Place, answer_s: float) -> None:
        super().__init__(place)
        self._answer_s = answer_s

    def connect(self) -> None:
        """Connect as a station does, and wait longer for the answer."""
        super().connect()
        self.sock.settimeout(self._answer_s)


def stamp(reason: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401  of JSON
    """Return the body of a request that changes something: made now, and once."""
    text = clean(reason, "--reason")
    if not text:
        fail("--reason is empty", "Say why; it is kept with the request")
    return {"asked_us": utc_now(), "nonce": secrets.token_hex(16), "reason": text} | fields


def clean(text: str, option: str) -> str:
    """Return one line as a planner takes it, however typed; what it never takes is named."""
    line = " ".join(unicodedata.normalize("NFC", text).split())
    odd = sorted({each for each in line if each != " " and not _LETTER.fullmatch(each)})
    if odd:
        named = ", ".join(f"U+{ord(each):04X}" for each in odd[:ODD_NAMED])
        fail(f"{option} has {named}", "Write it in Latin letters, digits and usual signs")
    return line


def planner_options(command: Command) -> Command:
    """Add the options that say where the planner is, and as whom it is asked."""
    for option in (
        click.option(
            "--ca", type=FILE, envvar="ROUTE112_CA", help="Authority of the planner, PEM."
        ),
        click.option(
            "--key", type=FILE, envvar="ROUTE112_KEY", help="Private key of --cert, PEM."
        ),
        click.option(
            "--cert", type=FILE, envvar="ROUTE112_CERT", help="Who you are over https, PEM."
        ),
        click.option(
            "--planner",
            "planner_name",
            default=PLANNER,
            show_default=True,
            envvar="ROUTE112_PLANNER",
            metavar="PLACE",
            help="unix:PATH, where your system user says who you are, or https://HOST:PORT.",
        ),
    ):
        command = option(command)
    return command


def open_planner(
    planner_name: str, *, cert: Path | None, key: Path | None, ca: Path | None
) -> Planner:
    """Return the planner that the options name, or end the command."""
    files = (cert, key, ca)
    context = None
    if any(files):
        if cert is None or key is None or ca is None:
            fail("--cert, --key and --ca belong together", "Name all three, or none")
        try:
            context = make_context(cert, key, ca)
        except (OSError, ssl.SSLError) as error:
            fail(
                f"{cert}, {key} or {ca} cannot be used: {error.strerror or error}",
                "Name PEM files that you may read, and that belong together",
            )
    try:
        tls = None if context is None else lambda: context
        return Planner(Place.parse(planner_name, tls), planner_name)
    except ValueError as error:
        fail(f"--planner: {error}", "Write unix:PATH, or https://HOST:PORT with --cert --key --ca")
