"""Who saw callers' numbers in clear, when, why and which: written before anything is shown."""

import os
import pwd
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from route112.adapters.clock import utc_now

REASON_CHARS_MIN = 5
REASON_CHARS_MAX = 500
CALLS_PER_LINE_MAX = 200
"""Call-IDs on one line of the audit; more take several lines."""
_LOGIN = Path("/proc/self/loginuid")
_LOGIN_UNSET = 2**32 - 1


def append_audit(
    path: Path, *, reason: str, asked: Mapping[str, object], calls: Sequence[str]
) -> None:
    """
    Append who sees which callers, durably.

    Raises: OSError; nothing may be shown then.
    """
    parts = [
        calls[index : index + CALLS_PER_LINE_MAX]
        for index in range(0, max(1, len(calls)), CALLS_PER_LINE_MAX)
    ]
    head = {"time_us": utc_now(), **name_reader(), "reason": reason, "asked": asked}
    lines = [
        msgspec.json.encode({**head, "part": number, "parts": len(parts), "calls": part}) + b"\n"
        for number, part in enumerate(parts, start=1)
    ]
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "ab", buffering=0) as file:
        content = b"".join(lines)
        if file.write(content) != len(content):
            raise OSError("the disk is full")
        os.fsync(file.fileno())


def name_reader() -> dict[str, object]:
    """Say who runs this, and as whom they logged in before any `sudo`."""
    uid = os.getuid()
    login = _read_login_uid()
    return {
        "user": _name_user(uid),
        "uid": uid,
        "login_user": _name_user(login) if login is not None else "",
        "login_uid": login,
    }


def _read_login_uid() -> int | None:
    try:
        uid = int(_LOGIN.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return None if uid == _LOGIN_UNSET else uid


def _name_user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
