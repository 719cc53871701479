"""
Signing keys change while calls flow: rotated, revoked, and two contents under one generation.

A site, an edge and a redirect server take what a trusted key has signed and nothing else; whatever
is refused leaves the generation in force, and no call notices.
"""

import os
import threading
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from tests.e2e.test_orders import KEYS, write_plan
from tests.support.asking import NETWORKS, ask_keys, open_stand
from tests.support.edge_process import list_records, run_edges
from tests.support.sipp_psaps import find_free_port
from tests.support.site_run import divert, in_seconds, run_site
from tests.support.translations import run_redirect, wait_for

from route112.apps.cli import cli
from route112.apps.site.setup import KAMAILIO_FOLDER
from route112.planning.orders.revision import place_orders
from route112.snapshot.reader import Snapshot
from route112.snapshot.trust import parse_public_key

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

WORKER = 1 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
HOST = f"127.0.76.{200 + WORKER}"
SOURCE = NETWORKS[0][0]
CALLS_MIN = 100
"""That have to be placed meanwhile, or nothing is said."""


class Keys:
    """A folder of keys, a trust list, and the file that is offered."""

    def __init__(self, folder):
        self.folder = folder
        self.trust = folder / "trust.json"
        self.plan = folder / "plan.r112"
        for name in "abc":
            self.run("keys", "new", folder / f"{name}.key")
        self.run("keys", "trust", self.trust, folder / "a.key.pub", folder / "b.key.pub")
        write_plan(self.plan)
        self.run("sign", self.plan, "--key", folder / "a.key")

    def run(self, *words):
        result = CliRunner().invoke(cli, ["plan", *map(str, words)])
        assert result.exit_code == 0, result.output

    def get_id(self, name):
        return parse_public_key((self.folder / f"{name}.key.pub").read_bytes()).id

    def offer(self, generation, key, *orders):
        """Sign a generation that has these orders, and rename it into place."""
        aside = self.folder / "aside.r112"
        parent = Snapshot(self.plan.read_bytes())
        lower = Snapshot((self.folder / "first.r112").read_bytes())
        base = parent if parent.generation < generation else lower
        aside.write_bytes(place_orders(base, orders, generation=generation))
        self.run("sign", aside, "--key", self.folder / f"{key}.key")
        aside.replace(self.plan)


@pytest.fixture
def keys(tmp_path):
    keys = Keys(tmp_path)
    (tmp_path / "first.r112").write_bytes(keys.plan.read_bytes())
    return keys


@contextmanager
def run_stations(keys):
    trust = ("--trust", str(keys.trust))
    with ExitStack() as stack:
        port = find_free_port(HOST, range(5060, 5099))
        (keys.folder / "site").mkdir()
        site = stack.enter_context(
            run_site(
                keys.folder / "site", keys.plan, "--template", str(KAMAILIO_FOLDER / "site.cfg"),
                *trust, port=port, listen=f"udp:{HOST}:{port}",
            )
        )  # fmt: skip
        site.wait("start", reason="ready")
        edges = run_edges(keys.folder / "edge", keys.plan, HOST, {"bruyere": SOURCE}, *trust)
        edge = stack.enter_context(edges)["bruyere"]
        redirect = stack.enter_context(run_redirect(keys.plan, *trust))
        stand = stack.enter_context(open_stand(Snapshot(keys.plan.read_bytes())))
        yield SimpleNamespace(site=site, edge=edge, redirect=redirect, stand=stand)


@contextmanager
def calls_flow(stations):
    """Place calls through the site, one batch after the other, until the end."""
    statuses, over = [], threading.Event()

    def place():
        number = 0
        while not over.is_set():
            number += 1
            asker = ask_keys(
                KEYS, (HOST, stations.site.port), stand=stations.stand, call=f"f{number}",
                window=2, told=NETWORKS[:1],
            )  # fmt: skip
            statuses.extend(asker.statuses)

    caller = threading.Thread(target=place)
    caller.start()
    try:
        yield statuses
    finally:
        over.set()
        caller.join()


def wait_in_force(stations, generation):
    for run in (stations.site, stations.edge):
        run.wait("snapshot", g=generation)
        run.wait("native-flip", g=generation)
    log = stations.redirect.log
    wait_for(lambda: f"g{generation} is in force" in log.read_text(), log)


def wait_refused(stations, reason, said):
    for run in (stations.site, stations.edge):
        event = run.wait("snapshot-refused", reason=reason)
        assert event["g"] == stations.generation
    log = stations.redirect.log
    wait_for(lambda: said in log.read_text(), log)


def test_a_key_is_rotated_and_revoked_while_calls_flow(keys):
    storm = divert(expires=in_seconds(3_600))
    with run_stations(keys) as stations, calls_flow(stations) as statuses:
        keys.run("keys", "rotate", keys.trust, keys.get_id("a"), "--to", keys.folder / "c.key.pub")
        keys.offer(2, "c", storm)
        wait_in_force(stations, 2)
        keys.offer(3, "a")
        wait_in_force(stations, 3)

        keys.run("keys", "revoke", keys.trust, keys.get_id("a"), "--reason", "stolen")
        keys.offer(4, "a", storm)
        stations.generation = 3
        wait_refused(stations, "revoked-key", "revoked")
        keys.offer(5, "c", storm)
        wait_in_force(stations, 5)

        keys.offer(5, "c")
        stations.generation = 5
        wait_refused(stations, "same-generation-other-content", "another g5")
        keys.offer(6, "c")
        wait_in_force(stations, 6)
    assert len(statuses) >= CALLS_MIN
    assert set(statuses) == {200}
    for run in (stations.site, stations.edge):
        refused = [
            (record.get("reason"), record.get("g"))
            for kind in ("site", "edge")
            for record in list_records(run, kind)
            if record.get("event") == "snapshot-refused"
        ]
        assert ("same-generation-other-content", "5") in refused
