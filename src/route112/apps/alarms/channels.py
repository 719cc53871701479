"""Options of `watch run` that let alarms out and reports in, and what they start."""

import ipaddress
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from route112.apps._console import fail
from route112.apps.alarms.listening import Listener
from route112.apps.alarms.webhook import Target, Webhook, WebhookError, check_url, read_secret
from route112.apps.plan.options import FILE

PORT_MAX = 65_535

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """What was asked for, checked."""

    webhook: Target | None = None
    reports: tuple[str, int] | None = None
    token: str = ""


def channel_options(command: Command) -> Command:
    """Add the options to a command."""
    for option in (
        click.option(
            "--reports-token-file",
            type=FILE,
            help="File (mode 600) whose first line senders of reports have to know.",
        ),
        click.option(
            "--reports",
            metavar="ADDR:PORT",
            help="Take reports by HTTP here; needs --reports-token-file.",
        ),
        click.option(
            "--webhook-secret-file",
            type=FILE,
            help="File (mode 600) whose first line is sent as bearer token.",
        ),
        click.option(
            "--webhook", metavar="URL", help="POST each alarm that opens, changes or is over."
        ),
    ):
        command = option(command)
    return command


def read_channels(
    *,
    webhook: str | None,
    webhook_secret_file: Path | None,
    reports: str | None,
    reports_token_file: Path | None,
) -> Channels:
    """Check what was asked for, or end the command."""
    if webhook_secret_file is not None and webhook is None:
        fail("--webhook-secret-file without --webhook", "Add --webhook URL, or leave it out")
    if (reports is None) != (reports_token_file is None):
        fail(
            "--reports and --reports-token-file belong together",
            "Without a token everybody could raise an alarm",
        )
    try:
        target = None
        if webhook is not None:
            check_url(webhook)
            secret = "" if webhook_secret_file is None else read_secret(webhook_secret_file)
            target = Target(webhook, secret)
        token = "" if reports_token_file is None else read_secret(reports_token_file)
    except WebhookError as error:
        fail(str(error), "Mend it and start again; calls are followed from where they were left")
    return Channels(
        webhook=target,
        reports=None if reports is None else _read_address(reports),
        token=token,
    )


@contextmanager
def open_channels(
    channels: Channels, store: Path, *, complain: Callable[[str], None]
) -> Iterator[None]:
    """Run what was asked for beside watch."""
    with ExitStack() as stack:
        if channels.webhook is not None:
            webhook = Webhook(store, channels.webhook, complain=complain)
            webhook.start()
            stack.callback(webhook.stop)
        if channels.reports is not None:
            listener = Listener(
                channels.reports, token=channels.token, path=store, complain=complain
            )
            try:
                listener.start()
            except OSError as error:
                host, port = channels.reports
                fail(f"{host}:{port} cannot be had: {error.strerror}", "Name another address")
            stack.callback(listener.stop)
            complain(f"takes reports on port {listener.port}")
        yield


def _read_address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    host = host.strip("[]")
    try:
        address = ipaddress.ip_address(host)
        number = int(port)
    except ValueError:
        fail(f"{text} is no address", "Write it as 127.0.0.1:9112 or [::1]:9112")
    if not address.is_loopback:
        fail(
            f"{text} would take the token in clear from other machines",
            "Listen at 127.0.0.1, and have a server with TLS pass requests on",
        )
    if not (port.isascii() and port.isdecimal() and number <= PORT_MAX):
        fail(f"{text} is no address", "Write it as 127.0.0.1:9112 or [::1]:9112")
    return host, number
