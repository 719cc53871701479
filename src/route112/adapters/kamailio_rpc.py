"""Questions to a running Kamailio: JSON-RPC over its datagram socket, without threads."""

import asyncio
import itertools
import os
import socket
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Iterable, Mapping, TypeVar

import msgspec

REPLY_BYTES_MAX = 65_536
"""Bytes of a reply; a longer one does not fit in one datagram."""
REPLY_SECONDS_MAX = 5.0
"""A reload of 35,000 rows takes about 0.1 s."""
SOCKET_PATH_BYTES_MAX = 107
"""Bytes of the name of a local socket, set by the kernel."""

TABLES = ("c2z", "zn")
UNDER_WAY_MAX = 8
"""Questions that wait for their answers at once; the kernel queues ten for one socket."""
HALF_DONE = "0"
"""Instant of a slot in which not all rows are replaced yet."""

_ids = itertools.count(1)
_Shape = TypeVar("_Shape")


class RpcError(Exception):
    """Kamailio did not answer, or answered that it did not do it."""


def is_gone(error: RpcError) -> bool:
    """Tell whether nobody listens there, so that no Kamailio runs."""
    return isinstance(error.__cause__, FileNotFoundError | ConnectionRefusedError)


class _Failure(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Reply(msgspec.Struct):
    id: int = 0
    result: msgspec.Raw = msgspec.Raw(b"null")
    error: _Failure | None = None


class _Item(msgspec.Struct):
    value: str


class _Entry(msgspec.Struct):
    item: _Item


async def ask_kamailio(path: Path, method: str, *parameters: str) -> msgspec.Raw:
    """
    Call one RPC command and return its undecoded result.

    Args:
        path: Kamailio's socket (`dgram_socket` of its module jsonrpcs).
        method: for example `htable.reload`.
        parameters: in the order of the command.
    Raises: RpcError.

    """
    [result] = await _ask_all(path, [(method, *parameters)])
    return result


async def _ask_all(path: Path, questions: Sequence[Sequence[str]]) -> list[msgspec.Raw]:
    """Call commands in their order, some of them before the one in front is answered."""
    own = path.with_name(f".rpc-{os.getpid()}-{next(_ids)}")
    found: list[msgspec.Raw] = []
    waiting: deque[tuple[str, int]] = deque()
    method = questions[0][0]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as asking:
        asking.setblocking(False)
        try:
            asking.bind(str(own))  # Kamailio answers to a name
            asking.connect(str(path))
            for question in (*questions, *[()] * min(len(questions), UNDER_WAY_MAX)):
                if len(waiting) == UNDER_WAY_MAX or not question:
                    method, number = waiting.popleft()
                    found.append(_read_reply(await _receive(asking), method, number))
                if question:
                    method, number = question[0], next(_ids)
                    await _send(asking, number, question)
                    waiting.append((method, number))
        except TimeoutError as error:
            raise RpcError(f"{method}: no answer within {REPLY_SECONDS_MAX:g} s") from error
        except OSError as error:
            raise RpcError(f"{method}: {error.strerror or error}") from error
        finally:
            own.unlink(missing_ok=True)
    return found


async def _send(asking: socket.socket, number: int, question: Sequence[str]) -> None:
    method, *parameters = question
    request = {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters}
    async with asyncio.timeout(REPLY_SECONDS_MAX):
        await asyncio.get_running_loop().sock_sendall(asking, msgspec.json.encode(request))


async def _receive(asking: socket.socket) -> bytes:
    async with asyncio.timeout(REPLY_SECONDS_MAX):
        return await asyncio.get_running_loop().sock_recv(asking, REPLY_BYTES_MAX)


def _read_reply(content: bytes, method: str, number: int) -> msgspec.Raw:
    try:
        reply = msgspec.json.decode(content, type=_Reply)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RpcError(f"{method}: the answer cannot be read: {error}") from error
    if reply.error is not None:
        raise RpcError(f"{method}: {reply.error.message} ({reply.error.code})")
    if reply.id != number:
        raise RpcError(f"{method}: the answer is to question {reply.id}, not {number}")
    return reply.result


async def get_item(path: Path, table: str, key: str) -> str:
    """Return a row of an htable; RpcError where it has none."""
    result = await ask_kamailio(path, "htable.get", table, key)
    try:
        return msgspec.json.decode(result, type=_Entry).item.value
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RpcError(f"htable.get {table} {key}: {error}") from error


class _Row(msgspec.Struct):
    name: str
    value: str | int


class _Slot(msgspec.Struct):
    slot: list[_Row]


async def list_items(path: Path, table: str) -> dict[str, str]:
    """List the rows of an htable that fits in one reply."""
    return {
        row.name: str(row.value)
        for slot in _decode(await ask_kamailio(path, "htable.dump", table), list[_Slot], table)
        for row in slot.slot
    }


async def read_counters(path: Path, *names: str) -> dict[str, int]:
    """Return statistics by name: `core:rcv_requests_invite` under `rcv_requests_invite`."""
    result = await ask_kamailio(path, "stats.fetchn", *names)
    found = _decode(result, dict[str, int], "stats.fetchn")
    return {name.partition(".")[2]: value for name, value in found.items()}


def _decode(content: msgspec.Raw, shape: type[_Shape], what: str) -> _Shape:
    try:
        return msgspec.json.decode(content, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RpcError(f"{what}: {error}") from error


class _Variable(msgspec.Struct):
    value: str


async def read_slot(path: Path, tables: Iterable[str] = TABLES) -> tuple[str, str]:
    """
    Return the slot in use, and of which instant its tables are.

    The instant is empty where the tables are of different ones. Raises: RpcError.
    """
    slot = await read_variable(path, "slot")
    return slot, await read_built(path, slot, tables)


async def read_variable(path: Path, name: str) -> str:
    """Return a text that all workers share (`$shv(name)`); RpcError."""
    result = await ask_kamailio(path, "pv.shvGet", name)
    return _decode(result, _Variable, f"pv.shvGet {name}").value


async def write_variable(path: Path, name: str, text: str) -> None:
    """Set a text that all workers share; RpcError."""
    await ask_kamailio(path, "pv.shvSet", name, "str", text)


async def load_slot(path: Path, slot: str, marks: Mapping[str, Mapping[str, str]]) -> None:
    """
    Load a slot of the native table from its file, and check it.

    Args:
        path: Kamailio's socket.
        slot: `a` or `b`: the one that is not in use.
        marks: the rows that each table must have once it is loaded.
    Raises: RpcError where a step fails or a row differs.

    """
    for table in marks:
        await ask_kamailio(path, "htable.reload", f"{table}_{slot}")
    await _check_slot(path, slot, marks)


async def patch_slot(
    path: Path,
    slot: str,
    rows: Mapping[str, Mapping[str, str]],
    marks: Mapping[str, Mapping[str, str]],
) -> None:
    """
    Replace some rows of a slot of the native table that has all others, and check it.

    A slot that is half done says so: it is of no instant until its last row is written.

    Args:
        path: Kamailio's socket.
        slot: `a` or `b`: the one that is not in use.
        rows: those to replace, by table and key.
        marks: the rows that each table must have in the end.
    Raises: RpcError where a step fails or a row differs; the slot is of no use then.

    """
    for table in marks:
        await ask_kamailio(path, "htable.sets", f"{table}_{slot}", "built", HALF_DONE)
    questions = [
        ("htable.sets", f"{table}_{slot}", key, value)
        for wanted in (rows, marks)
        for table, changed in wanted.items()
        for key, value in changed.items()
    ]
    await _ask_all(path, questions)
    await _check_slot(path, slot, marks)


async def use_slot(path: Path, slot: str) -> None:
    """Put a slot in use: one flip, after which each call looks there; RpcError."""
    await write_variable(path, "slot", slot)


async def read_built(path: Path, slot: str, tables: Iterable[str] = TABLES) -> str:
    """Return of which instant the tables of a slot are; empty if of different ones; RpcError."""
    built = {await get_item(path, f"{table}_{slot}", "built") for table in tables}
    return built.pop() if len(built) == 1 else ""


async def _check_slot(path: Path, slot: str, marks: Mapping[str, Mapping[str, str]]) -> None:
    for table, rows in marks.items():
        for key, expected in rows.items():
            found = await get_item(path, f"{table}_{slot}", key)
            if found != expected:
                raise RpcError(f"{table}_{slot} has {key} {found}, not {expected}")
        await _check_size(path, f"{table}_{slot}", int(rows["count"]) + len(rows))


class _TableSize(msgspec.Struct):
    name: str
    all: int


async def _check_size(path: Path, table: str, expected: int) -> None:
    """Compare the rows that are really in an htable with those that it should have."""
    result = await ask_kamailio(path, "htable.stats")
    try:
        sizes = msgspec.json.decode(result, type=list[_TableSize])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RpcError(f"htable.stats: {error}") from error
    found = next((size.all for size in sizes if size.name == table), 0)
    if found != expected:
        raise RpcError(f"{table} has {found} rows, not {expected}")
