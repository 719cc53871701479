"""Addresses as people type them: `127.0.4.1:5060`, `tcp:[::1]:5060`, `tls:192.0.2.1`."""

import ipaddress
from dataclasses import dataclass

from route112.wire.sip.core import DEFAULT_PORTS, TRANSPORTS

PORT_MAX = 65_535


@dataclass(frozen=True, slots=True)
class Address:
    """Where something listens: transport, numeric host, port."""

    transport: str
    host: str
    """Without brackets."""
    port: int

    @classmethod
    def parse(cls, text: str, *, transport: str = "udp") -> "Address":
        """
        Read `[udp:|tcp:|tls:]HOST[:PORT]`; `transport` is meant where none is named.

        Raises: ValueError, whose text says what is wrong.
        """
        named, colon, rest = text.partition(":")
        if colon and named.lower() in TRANSPORTS:
            transport, text = named.lower(), rest
        host, port = _split(text)
        try:
            address = ipaddress.ip_address(host)
        except ValueError as error:
            raise ValueError(f"{host!r} is no IP address; names are not looked up") from error
        if not port:
            return cls(transport, str(address), DEFAULT_PORTS[transport])
        if not (port.isascii() and port.isdigit() and int(port[:6]) <= PORT_MAX):
            raise ValueError(f"{port!r} is no port")
        return cls(transport, str(address), int(port))

    @property
    def place(self) -> str:
        """Return `host:port`, an IPv6 host in brackets."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    def __str__(self) -> str:
        """Return `transport:host:port`."""
        return f"{self.transport}:{self.place}"


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is no address; write [::1]:5060")
        return host, rest[1:]
    if text.count(":") > 1:  # an IPv6 address without port
        return text, ""
    host, _, port = text.partition(":")
    return host, port
