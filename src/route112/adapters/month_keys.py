"""Pseudonyms that end: one key for each month, deleted when its time is over."""

import datetime as dt
import hashlib
import hmac
import os
import re
from pathlib import Path

KEY_BYTES = 32
PSEUDONYM_DIGITS = 16
"""Hexadecimal digits of a pseudonym: a month of a country's callers has no two alike."""
MONTHS_OF_YEAR = 12
_NAME = re.compile(r"([0-9]{4})-([0-9]{2})\.key")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class MonthKeys:
    """
    The key files of a folder.

    Without its key a pseudonym tells nothing, and nobody can try all numbers of a country. With it
    two attempts of one caller within a month are known as such.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._keys: dict[str, bytes] = {}

    def name(self, caller: str, time_us: int) -> str:
        """
        Return the pseudonym of a caller in the month of `time_us`.

        Raises: OSError where its key cannot be read or made.
        """
        key = self._load(_name_month(time_us))
        return hmac.new(key, caller.encode(), hashlib.sha256).hexdigest()[:PSEUDONYM_DIGITS]

    def forget(self, now_us: int, *, months: int) -> list[str]:
        """Delete the keys of months that ended more than `months` ago; return their names."""
        newest = _count_month(_name_month(now_us))
        gone: list[str] = []
        if not self._folder.is_dir():
            return gone
        for path in sorted(self._folder.iterdir()):
            if _NAME.fullmatch(path.name) and newest - _count_month(path.stem) > months:
                path.unlink()
                self._keys.pop(path.stem, None)
                gone.append(path.stem)
        return gone

    def _load(self, month: str) -> bytes:
        if month not in self._keys:
            path = self._folder / f"{month}.key"
            if not path.exists():
                self._make(path)
            key = path.read_bytes()
            if len(key) != KEY_BYTES:
                raise OSError(f"{path} is no key of {KEY_BYTES} bytes")
            self._keys[month] = key
        return self._keys[month]

    def _make(self, path: Path) -> None:
        """Write a key aside and give it its name; whoever comes first has made it."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        aside = path.with_name(f".{path.name}.{os.getpid()}")
        handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(os.urandom(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)
        except FileExistsError:
            pass
        finally:
            aside.unlink()


def _name_month(time_us: int) -> str:
    return (_EPOCH + dt.timedelta(microseconds=time_us)).strftime("%Y-%m")


def _count_month(name: str) -> int:
    year, _, month = name.partition("-")
    return int(year) * MONTHS_OF_YEAR + int(month)
