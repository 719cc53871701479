"""Whoever asks a planner of `up` over its Unix socket, as the system user of the test."""

import http.client
import json
import os
import pwd
import secrets
import socket
from pathlib import Path
from typing import Any

from route112.adapters.clock import utc_now

OWN = pwd.getpwuid(os.geteuid()).pw_name
PEOPLE = f"""\
people:
  - id: desk
    system_users: ["{OWN}"]
    psap: {{psap}}
    roles: [reader]
"""


def write_people(folder: Path, psap: str) -> None:
    """Let the user of the test speak for one answering point, and see."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "people.yaml").write_text(PEOPLE.format(psap=psap))


class AskedPlanner:
    """One planner, by the folder that it has."""

    def __init__(self, folder: Path) -> None:
        self.socket = folder / "socket"

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        """Ask; return status and document. OSError where nobody is there."""
        connection = http.client.HTTPConnection("planner", timeout=60.0)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(10.0)
        try:
            connection.sock.connect(str(self.socket))
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    @property
    def stations(self) -> dict[str, Any]:
        """By id, what the planner knows of each; none while it does not answer."""
        try:
            status, found = self.ask("GET", "/state")
        except OSError:
            return {}
        assert status == 200, found
        return {each["id"]: each for each in found["stations"]}

    def order(
        self, kind: str, psap: str, *, lasts_s: float = 3_600.0, **fields: object
    ) -> dict[str, Any]:
        """Give an order, or take it back, alone; return what became of it."""
        body: dict[str, Any] = {
            "asked_us": utc_now(),
            "nonce": secrets.token_hex(16),
            "reason": "flooded",
        }
        body |= {"kind": kind, "psap": psap} | fields
        if kind != "resume":
            body["expires_us"] = utc_now() + int(lasts_s * 1e6)
        status, found = self.ask("POST", "/orders", body)
        assert status == 200, found
        return dict(found)
