"""What the commands that speak SIP share: addresses, TLS files, the wait for Ctrl-C."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from route112.adapters.sip import Address, TlsFiles
from route112.apps._console import fail

LISTEN_MAX = 200
"""Addresses of one run."""
PEM = click.Path(path_type=Path, exists=True, dir_okay=False)


def tls_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --tls-cert, --tls-key and --tls-ca; `read_tls` reads them."""
    for name, meaning in (
        ("--tls-ca", "Authority whose certificates are trusted, PEM."),
        ("--tls-key", "Key of the certificate, PEM."),
        ("--tls-cert", "Own certificate for TLS, PEM."),
    ):
        command = click.option(name, type=PEM, help=meaning)(command)
    return command


def read_tls(
    certificate: Path | None, key: Path | None, authority: Path | None
) -> TlsFiles | None:
    """Return the TLS files if all three are given, None if none is, or end the command."""
    if certificate and key and authority:
        return TlsFiles(certificate, key, authority)
    if certificate or key or authority:
        fail("TLS needs three files", "Give --tls-cert, --tls-key and --tls-ca together")
    return None


def parse_address(option: str, text: str, *, transport: str = "udp") -> Address:
    """Read one address, or end the command."""
    try:
        return Address.parse(text, transport=transport)
    except ValueError as error:
        fail(f"{option} {text}: {error}", "Write 127.0.4.1:5060 or tls:[::1]:5061")


def parse_listen(texts: Sequence[str]) -> tuple[Address, ...]:
    """Read addresses; one without a transport is meant over UDP and TCP."""
    addresses: list[Address] = []
    for text in texts:
        named = text.partition(":")[0].lower() in ("udp", "tcp", "tls")
        transports = ("udp",) if named else ("udp", "tcp")
        addresses += (parse_address("--listen", text, transport=each) for each in transports)
    if len(addresses) > LISTEN_MAX:
        fail(f"more than {LISTEN_MAX} addresses", "Run a second `route112 psap run`")
    return tuple(addresses)


async def wait_for_end(seconds: float | None) -> None:
    """Wait for SIGINT, SIGTERM or the end of `seconds`."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    try:
        await asyncio.wait_for(over.wait(), seconds)
    except TimeoutError:
        return
