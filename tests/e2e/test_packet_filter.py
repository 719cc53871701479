"""Faults of the network, by nftables, in a network of their own."""

import json
import subprocess
import sys
import textwrap

INSIDE = """
    import json, socket, subprocess, sys
    from route112.adapters.packet_filter import DropRule, PacketFilter

    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    hears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    hears.bind(("127.0.4.1", 5060))
    hears.settimeout(0.05)

    def arrives(source, content, count=1):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sends:
            sends.bind((source, 0))
            arrived = 0
            for _ in range(count):
                sends.sendto(content, ("127.0.4.1", 5060))  # the sender never notices
                try:
                    hears.recv(100)
                    arrived += 1
                except TimeoutError:
                    pass
            return arrived

    def count_tables():
        said = subprocess.run(["nft", "list", "tables"], check=True, capture_output=True, text=True)
        return len(said.stdout.splitlines())

    faults = PacketFilter()
    seen = {"before": arrives("127.0.1.3", b"INVITE"), "none": faults.list()}
    faults.install("cut", [DropRule(source="127.0.1.3", destination="127.0.4.0/24")])
    seen["cut"] = [arrives("127.0.1.3", b"INVITE"), arrives("127.0.1.4", b"INVITE")]
    seen["counted"] = faults.list()
    faults.install("cut", [DropRule(source="127.0.1.4")])
    seen["replaced"] = [arrives("127.0.1.3", b"INVITE"), arrives("127.0.1.4", b"INVITE")]
    seen["removed"] = [faults.remove("cut"), faults.remove("cut"), arrives("127.0.1.4", b"x")]
    seen["tables"] = [count_tables()]
    faults.install("grey", [DropRule(source="127.0.1.3", prefix=b"SIP/2.0 18")])
    seen["grey"] = [arrives("127.0.1.3", b"SIP/2.0 180 R"), arrives("127.0.1.3", b"SIP/2.0 100 T")]
    faults.install("loss", [DropRule(destination="127.0.4.1", per_mille=500)])
    seen["loss"] = arrives("127.0.1.5", b"INVITE", 200)
    faults.remove("grey")
    seen["tables"].append(count_tables())
    faults.clear()
    faults.clear()
    seen["cleared"] = [faults.list(), arrives("127.0.1.3", b"SIP/2.0 180 R")]
    print(json.dumps(seen))
"""


def test_only_what_a_rule_names_is_dropped():
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", textwrap.dedent(INSIDE)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen["before"] == 1
    assert seen["none"] == {}
    assert seen["cut"] == [0, 1]
    assert seen["counted"] == {"cut": 1}
    assert seen["replaced"] == [1, 0]
    assert seen["removed"] == [True, False, 1]
    assert seen["tables"] == [0, 1], "the last rule takes the table with it"
    assert seen["grey"] == [0, 1]
    assert 50 < seen["loss"] < 150
    assert seen["cleared"] == [{}, 1]
