"""Addresses, TLS files and the wait for the end."""

import asyncio
import os
import signal
from pathlib import Path

import pytest
from tests.support.sip_ends import run

from route112.apps._console import Failure
from route112.apps.ends import options
from route112.apps.ends.options import parse_address, parse_listen, read_tls, wait_for_end


def test_an_address_without_a_transport_is_listened_on_twice():
    found = parse_listen(["127.0.4.1:5070", "tls:[::1]"])
    assert [str(address) for address in found] == [
        "udp:127.0.4.1:5070",
        "tcp:127.0.4.1:5070",
        "tls:[::1]:5061",
    ]


def test_what_cannot_be_read_says_which_option_and_how_to_write_it():
    with pytest.raises(Failure) as failure:
        parse_address("--to", "psap.example")
    assert failure.value.message.startswith("--to psap.example: 'psap.example' is no IP address")
    assert failure.value.remedy == "Write 127.0.4.1:5060 or tls:[::1]:5061"


def test_addresses_are_bounded(monkeypatch):
    monkeypatch.setattr(options, "LISTEN_MAX", 1)
    with pytest.raises(Failure) as failure:
        parse_listen(["127.0.4.1"])
    assert failure.value.message == "more than 1 addresses"


def test_tls_needs_all_three_files_or_none():
    file = Path("x")
    assert read_tls(None, None, None) is None
    assert read_tls(file, file, file).authority == file
    with pytest.raises(Failure) as failure:
        read_tls(file, None, file)
    assert failure.value.message == "TLS needs three files"


def test_the_end_is_a_signal_or_a_time():
    async def by_signal():
        asyncio.get_running_loop().call_later(0.01, os.kill, os.getpid(), signal.SIGTERM)
        await wait_for_end(None)

    run(by_signal())
    run(wait_for_end(0.01))
