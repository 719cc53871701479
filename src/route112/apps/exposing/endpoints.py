"""Where Prometheus is answered, as a person types it: `9112`, `127.0.0.1:9112`, `[::1]:9112`."""

import ipaddress

from route112.apps._console import fail

LOOPBACK = "127.0.0.1"
"""Taken where no host is named: nobody else may ask."""
PORT_MAX = 65_535


def read_endpoint(text: str) -> tuple[str, int]:
    """Return host, without brackets, and port; or end the command."""
    host, colon, port = text.rpartition(":")
    is_number = port.isascii() and port.isdecimal()
    if not is_number or int(port) > PORT_MAX or (colon and not host):
        fail(f"--metrics {text} is no address", "Write a port, or HOST:PORT such as [::1]:9112")
    return host.strip("[]") or LOOPBACK, int(port)


def read_numeric_endpoint(text: str) -> tuple[str, int]:
    """Return the same for a process that must not wait for a name server; or end the command."""
    host, port = read_endpoint(text)
    try:
        ipaddress.ip_address(host)
    except ValueError:
        fail(f"--metrics {text} has no IP address", "Names are not resolved; write 192.0.2.1:9112")
    return host, port
