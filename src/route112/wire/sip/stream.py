"""Messages out of a stream: TCP and TLS give bytes, Content-Length says where one ends."""

import re

from route112.wire.sip.messages import MESSAGE_BYTES_MAX, SipError

_LENGTH = re.compile(
    rb"\r\n(?:content-length|l)[ \t]*:[ \t]*([0-9]{1,5})[ \t]*\r\n", re.IGNORECASE
)
_END = b"\r\n\r\n"


class MessageStream:
    """
    Cuts one connection's bytes into messages.

    Source: RFC 3261 section 18.3.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, content: bytes) -> list[bytes]:
        """
        Take received bytes, return the messages that are complete now.

        Raises: SipError when the stream cannot be followed any more; close the connection.
        """
        self._buffer += content
        messages = []
        while (message := self._next()) is not None:
            messages.append(message)
        return messages

    def _next(self) -> bytes | None:
        while self._buffer.startswith(b"\r\n"):  # keep-alives between messages
            del self._buffer[:2]
        end = self._buffer.find(_END)
        if end < 0:
            if len(self._buffer) > MESSAGE_BYTES_MAX:
                raise SipError("no end of headers")
            return None
        head = bytes(self._buffer[: end + len(_END)])
        length = _LENGTH.search(head)
        if length is None:
            raise SipError("no Content-Length on a stream")
        size = len(head) + int(length[1])
        if size > MESSAGE_BYTES_MAX:
            raise SipError(f"more than {MESSAGE_BYTES_MAX} bytes", status=513)
        if len(self._buffer) < size:
            return None
        message = bytes(self._buffer[:size])
        del self._buffer[:size]
        return message
