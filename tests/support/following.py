"""Stations that are asked by SIP again and again, until each rings what it should ring."""

import itertools
import re
import select
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.support.asking import BURST_MAX, Stand, open_socket

from route112.simulation.agreement import (
    Key,
    Network,
    answer_invite,
    read_redirect,
    render_ack,
    render_invite,
)

EVERY_S = 0.1
"""Between two questions to one station."""
_CALL = re.compile(rb"\r\nCall-ID: *([a-z0-9]+)-(\d+)@", re.IGNORECASE)
_rounds = itertools.count()


@dataclass(frozen=True)
class Asked:
    """One station, and a question whose answer tells by what it decides."""

    name: str
    to: tuple[str, int]
    source: str
    network: Network
    key: Key
    expected: str
    """Long number that it rings once it has followed."""


def follow(stand: Stand, asked: Sequence[Asked], *, since_s: float, seconds_max: float):
    """
    Ask each station until it rings what is expected.

    Args:
        since_s: monotonic instant of what they follow.
        seconds_max: after it, when nobody is waited for any more.
    Returns: for each that followed, seconds until the question was asked that it answered so.
    """
    return _Following(stand, asked, since_s).run(seconds_max)


class _Following:
    def __init__(self, stand: Stand, asked: Sequence[Asked], since_s: float) -> None:
        self._stand = stand
        self._asked = asked
        self._since_s = since_s
        self._round = f"w{next(_rounds)}"
        self._numbers = itertools.count()
        self._open: dict[int, tuple[Asked, float, bytes]] = {}
        self.followed: dict[str, float] = {}

    def run(self, seconds_max: float) -> dict[str, float]:
        callers = {
            source: open_socket(source, 0) for source in {one.source for one in self._asked}
        }
        by_descriptor = {caller.fileno(): caller for caller in callers.values()}
        due_s = 0.0
        try:
            with select.epoll() as poll:
                for descriptor in (*self._stand.places, *by_descriptor):
                    poll.register(descriptor, select.EPOLLIN)
                while len(self.followed) < len(self._asked):
                    now_s = time.monotonic()
                    if now_s - self._since_s > seconds_max:
                        break
                    if now_s >= due_s:
                        due_s = now_s + EVERY_S
                        self._ask(callers)
                    for descriptor, _ in poll.poll(EVERY_S / 4):
                        if descriptor in by_descriptor:
                            self._take_replies(by_descriptor[descriptor])
                        else:
                            self._take_rings(descriptor)
        finally:
            for caller in callers.values():
                caller.close()
        return self.followed

    def _ask(self, callers: dict[str, socket.socket]) -> None:
        for one in self._asked:
            if one.name in self.followed:
                continue
            number, caller = next(self._numbers), callers[one.source]
            own = "{}:{}".format(*caller.getsockname())
            invite = render_invite(
                one.key, one.network, call=f"{self._round}-{number}", own=own,
                to="{}:{}".format(*one.to),
            )  # fmt: skip
            self._open[number] = (one, time.monotonic(), invite)
            caller.sendto(invite, one.to)

    def _take_rings(self, descriptor: int) -> None:
        listening, hop = self._stand.places[descriptor]
        for _ in range(BURST_MAX):
            try:
                message, source = listening.recvfrom(65_535)
            except BlockingIOError:
                return
            if answer := answer_invite(message, hop=hop):
                call, rung, reply = answer
                listening.sendto(reply, source)
                name, _, number = call.partition("-")
                if name == self._round:
                    self._note(int(number), rung)

    def _take_replies(self, caller: socket.socket) -> None:
        for _ in range(BURST_MAX):
            try:
                reply, source = caller.recvfrom(65_535)
            except BlockingIOError:
                return
            found = _CALL.search(reply)
            if found is None or found[1].decode() != self._round or reply[8:9] in b"12":
                continue
            number = int(found[2])
            if reply[8:9] == b"3":
                self._note(number, next(iter(read_redirect(reply)), ""))
            else:
                caller.sendto(render_ack(self._open[number][2], reply), source)

    def _note(self, number: int, rung: str) -> None:
        one, asked_s, _ = self._open[number]
        if rung.partition("@")[0] == one.expected:
            self.followed.setdefault(one.name, asked_s - self._since_s)
