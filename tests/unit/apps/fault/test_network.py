"""Which packets each fault of the network touches."""

import pytest

from route112.adapters.packet_filter import DropRule, PacketFilterError
from route112.apps.fault import network
from route112.apps.fault.kinds import FaultError


def test_a_cut_link_is_cut_both_ways(run, rules):
    run.faults.inject("link-cut", ["site-1"])
    assert list(rules.values()) == [
        [
            DropRule(source="127.0.2.1", destination="127.0.1.1"),
            DropRule(source="127.0.1.1", destination="127.0.2.1"),
        ]
    ]
    run.faults.clear()
    assert rules == {}


def test_a_link_to_one_end_of_a_trunk_is_cut(run, rules):
    run.faults.inject("link-cut", ["site-1"], {"peers": "127.0.5.1"})
    assert list(rules.values()) == [
        [
            DropRule(source="127.0.5.1", destination="127.0.1.1"),
            DropRule(source="127.0.1.1", destination="127.0.5.1"),
        ]
    ]


@pytest.mark.parametrize("kind", ["link-cut", "delay"])
def test_nobody_is_the_other_end_of_its_own_link(run, rules, kind):
    with pytest.raises(FaultError, match=r"peers=site-1: 127\.0\.1\.1 is site-1 itself"):
        run.faults.inject(kind, ["site-1"], {"peers": "edge-1,site-1"})
    assert run.faults.list() == ()
    assert rules == {}
    run.faults.inject("link-cut", ["site-1"], {"peers": "edge-1"})


def test_rules_are_between_addresses_of_one_version():
    ours, others = ("127.0.1.1", "::1"), ("127.0.2.1", "fd00::2")
    assert list(network.list_pairs(ours, others)) == [
        ("127.0.1.1", "127.0.2.1"),
        ("::1", "fd00::2"),
    ]


def test_the_way_out_is_cut_to_trunks_of_the_same_kind_of_address(run, rules):
    run.faults.inject("egress-cut", ["site-2"])
    [found] = rules.values()
    assert {rule.source for rule in found} == {"127.0.1.2"}
    assert {rule.destination for rule in found} == {"127.0.4.1", "127.0.4.2", "127.0.5.1"}


def test_loss_is_a_share_each_way(run, rules):
    run.faults.inject("loss", ["site-1"], {"per_mille": 30})
    [found] = rules.values()
    assert found == [
        DropRule(source="127.0.1.1", per_mille=30), DropRule(destination="127.0.1.1", per_mille=30)
    ]  # fmt: skip


def test_a_grey_site_on_the_wire(run, rules):
    mute = run.faults._make("grey", ["site-1"], {"mode": "mute"}, 0.0)
    assert list(network.list_grey(run.ground, mute)) == [
        DropRule(source="127.0.2.1", destination="127.0.1.1", prefix=b"INVITE ")
    ]
    unheard = run.faults._make("grey", ["site-1"], {"mode": "one-way"}, 0.0)
    found = list(network.list_grey(run.ground, unheard))
    assert {rule.source for rule in found} == {"127.0.1.1"}
    assert not any(b"SIP/2.0 100".startswith(rule.prefix) for rule in found)
    for status in (180, 200, 302, 486, 503, 600):
        assert any(f"SIP/2.0 {status}".encode().startswith(rule.prefix) for rule in found)


def test_only_our_own_chains_are_cleared(run, rules):
    run.faults.inject("link-cut", ["site-1"])
    rules["somebody_else"] = []
    assert network.clear_chains(run.run_dir) == 1
    assert list(rules) == ["somebody_else"]
    assert len(network.name_chain(run.run_dir, "f200")) < 31


def test_what_the_packet_filter_says_is_told(run, monkeypatch):
    def refuse():
        raise PacketFilterError("nft is not installed")

    monkeypatch.setattr(network, "PacketFilter", refuse)
    with pytest.raises(FaultError, match="nft is not installed"):
        run.faults.inject("loss", ["site-1"])
    monkeypatch.undo()
