import fcntl
import os

import pytest

from route112.adapters import packet_filter
from route112.adapters.packet_filter import (
    PREFIX_BYTES_MAX,
    RULES_MAX,
    DropRule,
    PacketFilter,
    PacketFilterError,
    Redirect,
    render_redirect,
    render_rule,
)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (DropRule(source="127.0.1.3", destination="127.0.4.0/24"), (
            "ip saddr 127.0.1.3/32 ip daddr 127.0.4.0/24 counter drop")),
        (DropRule(destination="::1"), "ip6 daddr ::1/128 counter drop"),
        (DropRule(source="127.0.1.3", per_mille=20), (
            "ip saddr 127.0.1.3/32 numgen random mod 1000 < 20 counter drop")),
        (DropRule(source="127.0.1.3", prefix=b"SIP/2.0 100"), (
            "ip saddr 127.0.1.3/32 meta l4proto udp @th,64,88 0x5349502f322e3020313030"
            " counter drop")),
    ],
)  # fmt: skip
def test_a_rule_names_what_it_drops(rule, text):
    assert render_rule(rule) == text


@pytest.mark.parametrize(
    ("source", "destination", "name"), [("127.0.2.1", "127.0.1.1", "ip"), ("::2", "::1", "ip6")]
)
def test_a_redirect_leaves_alone_what_was_held_already(source, destination, name):
    assert render_redirect(Redirect(source, destination, 5060, 40_000, 7)) == (
        f"meta mark != 7 {name} saddr {source} {name} daddr {destination} udp dport 5060 "
        "counter udp dport set 40000"
    )
    with pytest.raises(ValueError, match="nowhere"):
        render_redirect(Redirect("nowhere", destination, 5060, 40_000, 7))


@pytest.mark.parametrize(
    "rule",
    [
        DropRule(),
        DropRule(source="everywhere"),
        DropRule(source="127.0.0.1", per_mille=0),
        DropRule(source="127.0.0.1", per_mille=1001),
        DropRule(source="127.0.0.1", prefix=b"x" * (PREFIX_BYTES_MAX + 1)),
    ],
)
def test_a_rule_that_cannot_be(rule):
    with pytest.raises(ValueError, match=r"."):
        render_rule(rule)


def test_names_and_counts_are_bounded(monkeypatch):
    monkeypatch.setattr(packet_filter.shutil, "which", lambda *_args, **_more: "/bin/false")
    found = PacketFilter()
    with pytest.raises(ValueError, match="no name of a chain"):
        found.install("a; drop table", [])
    with pytest.raises(ValueError, match="more than 1,000 rules"):
        found.install("cut", [DropRule(source="127.0.0.1")] * (RULES_MAX + 1))
    with pytest.raises(PacketFilterError, match="run as root"):
        found.install("cut", [])


def test_what_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(packet_filter.shutil, "which", lambda *_args, **_more: None)
    with pytest.raises(PacketFilterError, match="apt-get install nftables"):
        PacketFilter()
    monkeypatch.setattr(packet_filter.shutil, "which", lambda *_args, **_more: "/nowhere/nft")
    with pytest.raises(PacketFilterError, match="No such file"):
        PacketFilter().list()


def test_the_network_is_held_while_its_rules_change(monkeypatch):
    monkeypatch.setattr(packet_filter.shutil, "which", lambda *_args, **_more: "/bin/true")
    with packet_filter._lock():
        other = os.open(packet_filter.NETWORK, os.O_RDONLY)
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(other)
    monkeypatch.setattr(packet_filter, "NETWORK", "/proc/self/ns/none")
    with pytest.raises(PacketFilterError, match="No such file"):
        PacketFilter().install("cut", [])


@pytest.mark.parametrize(
    ("there", "deleted"),
    [
        ({"cut": 0}, ["delete", "table", "inet", packet_filter.TABLE]),
        ({"cut": 0, "other": 0}, ["delete", "chain", "inet", packet_filter.TABLE, "cut"]),
    ],
)
def test_the_last_rule_takes_the_table_with_it(monkeypatch, there, deleted):
    monkeypatch.setattr(packet_filter.shutil, "which", lambda *_args, **_more: "/bin/true")
    found = PacketFilter()
    ran = []
    monkeypatch.setattr(found, "list", lambda: there)
    monkeypatch.setattr(found, "_run", ran.append)
    assert found.remove("cut")
    assert not found.remove("none")
    assert ran == [deleted]
