"""Peers and what happens to calls."""

import pytest
from tests.support.sip_pair import make_peer


@pytest.mark.parametrize(("transport", "reliable"), [("udp", False), ("tcp", True), ("tls", True)])
def test_only_udp_loses_messages(transport, reliable):
    assert make_peer(transport).reliable is reliable
