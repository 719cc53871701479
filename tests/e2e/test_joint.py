"""
A vendor whose gateways all take a call and then do nothing: who is lost was named beforehand.

Two sides that share nothing: what the check of the plan says before any call, and what a site would
do with the attempts of its native table, played by the rules of the timer table.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import route112
from route112.countries.fr import build_demo
from route112.model import UtcTime
from route112.native.table import translate
from route112.snapshot.reader import Snapshot

RING_DEADLINE_MS = 10_000
NO_REPLY_MS = 600
NOW = UtcTime(1_794_306_600 * 1_000_000)
"""2026-11-10T10:30:00Z."""
NAMED = re.compile(r"in zone (\S+) (.*) can be reached through gateways of (\S+) only")

pytestmark = pytest.mark.e2e


def run_plan(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
    command = [sys.executable, "-m", "route112.apps", "plan", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module", params=[35, 90])
def country(request, tmp_path_factory):
    """What the check names, by vendor; every text of attempts; the vendor of each gateway."""
    folder = tmp_path_factory.mktemp("joint")
    source, output = folder / "fr", folder / "fr.r112"
    for name, content in build_demo(rtc_percent=request.param).render_files():
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes(content)
    said = run_plan("build", source, "-o", output, "--no-cache", "--json")["problems"]
    named: dict[str, set[str]] = {}
    for problem in said:
        if problem["code"] == "one-gateway-vendor":
            _, psaps, vendor = NAMED.match(problem["message"]).groups()
            named.setdefault(vendor, set()).update(psaps.split(", "))
    texts = set(translate(Snapshot(output.read_bytes()), now=NOW).attempts.values())
    trunks = yaml.load((source / "trunks.yaml").read_text(), Loader=yaml.BaseLoader)
    gateways = {
        hop["address"]: hop["vendor"]
        for carrier in trunks["carriers"]
        for hop in carrier["hops"]
        if hop["technology"] == "rtc"
    }
    return named, texts, gateways


def play(attempts, grey):
    """Return whether anything rings, when gateways in `grey` take the call and do nothing."""
    elapsed_ms = 0
    for attempt in attempts.split(";"):
        _, hop, _, answer_ms, *_ = attempt.split("|")
        left_ms = RING_DEADLINE_MS - elapsed_ms
        if left_ms < NO_REPLY_MS:
            return False
        if hop not in grey:
            return True
        elapsed_ms += min(int(answer_ms), left_ms)
    return False


def test_a_grey_vendor_takes_exactly_the_lines_that_the_check_named(country):
    named, texts, gateways = country
    lost: dict[str, set[str]] = {}
    for vendor in sorted(set(gateways.values())):
        grey = {address for address, made_by in gateways.items() if made_by == vendor}
        for text in texts:
            if not play(text, grey):
                lost.setdefault(vendor, set()).add(text.split("|")[5].split(";")[0])
    rung_first = {text.split("|")[5].split(";")[0] for text in texts}

    assert lost
    assert lost == {vendor: psaps & rung_first for vendor, psaps in named.items()}


def test_every_switched_line_has_two_doors_of_different_vendors_elsewhere(country):
    named, texts, gateways = country
    alone = set().union(*named.values())
    for text in texts:
        by_line: dict[tuple[str, str], list[str]] = {}
        for attempt in text.split(";"):
            number, hop, _, _, _, psap, *_ = attempt.split("|")
            by_line.setdefault((psap, number), []).append(hop)
        for (psap, _), hops in by_line.items():
            assert len(set(hops)) == 2, text
            if psap not in alone and all(hop in gateways for hop in hops):
                assert len({gateways[hop] for hop in hops}) == 2, text
                assert len({hop.split(".")[2] for hop in hops}) == 2, text
