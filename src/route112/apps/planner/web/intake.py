"""What comes in: bounded, of one shape, or refused before anything is done with it."""

from typing import Any, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from route112.apps.planner.web.rejection import Rejected

BODY_BYTES_MAX = 16_384
"""Of any request but a snapshot."""
SHOWN_MAX = 300
"""Characters of a mistake that are told."""
JSON = "application/json"
_LOOK = "See /openapi.json for what is expected"
Shape = TypeVar("Shape", bound=msgspec.Struct)


def check_framing(request: Request) -> None:
    """
    Refuse a body whose end two readers could see in two places, or that nobody says the size of.

    Raises: Rejected
    """
    names = [name for name, _ in request.scope["headers"]]
    if b"transfer-encoding" in names:
        raise Rejected(411, "no-length", "the body says no length", "Send Content-Length")


def measure_body(request: Request, bytes_max: int) -> int:
    """Return the length of a body as its head says. Raises: Rejected."""
    check_framing(request)
    length = int(request.headers.get("content-length", "0"))
    if length > bytes_max:
        raise Rejected(
            413, "too-large", f"{length:,} bytes, at most {bytes_max:,}", "Send less at a time"
        )
    return length


async def read_bytes(request: Request, bytes_max: int) -> bytes:
    """Return a body. Raises: Rejected."""
    length = measure_body(request, bytes_max)
    try:
        content = await request.body()
    except ClientDisconnect as error:
        raise Rejected(400, "cut-off", "the body ended early", "Send it again") from error
    assert len(content) == length, "whoever reads HTTP reads as much as the head says"
    return content


async def read_json(request: Request, shape: Any) -> Any:  # noqa: ANN401  msgspec knows the shape
    """Return a JSON body as `shape`, a struct or several. Raises: Rejected."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        # No form of a web page can send this by itself.
        raise Rejected(415, "not-json", f"the body is {kind or 'of no type'}", f"Send {JSON}")
    content = await read_bytes(request, BODY_BYTES_MAX)
    try:
        return msgspec.convert(_make_whole(msgspec.json.decode(content)), shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Rejected(400, "malformed", str(error)[:SHOWN_MAX], _LOOK) from error


def _make_whole(values: object) -> object:
    """Return an object in which 60.0 is 60, as JSON Schema has it."""
    if not isinstance(values, dict):
        return values
    return {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in values.items()
    }


def read_query(request: Request, shape: type[Shape]) -> Shape:
    """Return the query as `shape`. Raises: Rejected."""
    values: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name in values:
            raise Rejected(400, "malformed", f"{name[:40]} is there twice", _LOOK)
        values[name] = value
    try:
        return msgspec.convert(values, shape, strict=False)
    except msgspec.ValidationError as error:
        raise Rejected(400, "malformed", str(error)[:SHOWN_MAX], _LOOK) from error
