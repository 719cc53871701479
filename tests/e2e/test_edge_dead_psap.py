"""An answering point whose lines all say 100 and then nothing: somebody else rings in time."""

import time
from array import array
from contextlib import closing
from dataclasses import replace

import pytest
from tests.support.edge_run import CLIENT, open_edge
from tests.support.site import ANSWERS, GREY, Caller, Psap, Site, open_site

from route112.adapters.clock import utc_now
from route112.edgetable import translate
from route112.snapshot.content import FallbackRow, LineRow, TrunkRow, VariantRow
from route112.snapshot.reader import Snapshot

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

BREST, LANDERNEAU = "29019", "29103"
IP, GATEWAY = "ip", "rtc"
RINGS_S_MAX = 20.0
LATE_S = 0.8
"""How much later than its timers a call may ring on a machine that others use."""
LIVING = "127.0.65.6"
DEAD_LINES = {
    # (commune, number): technology and lines of the one that is out
    (BREST, "17"): (IP, 2),
    (BREST, "15"): (IP, 3),
    (BREST, "18"): (GATEWAY, 2),
    (BREST, "112"): (GATEWAY, 3),
}
OWNERS = {"17": 0, "15": 2, "18": 4, "112": 5}
"""Index of the answering point that is out, by number."""
HELPER = 1
NUMBERS = ("15", "17", "18", "112")


def make_changes(content, psaps, living):
    """Make a country where four answering points are out, each with its own kind of lines."""
    dead = psaps["brest"], psaps["gateway"]
    lines, trunks, routes = list(content.lines), list(content.trunks), []

    def add(owner, *hops):
        trunks.append(TrunkRow(name=f"test/ip/{len(trunks)}", hops=hops))
        number = f"+3326191{100 + len(lines):04}"
        trunk = len(trunks) - 1
        lines.append(
            LineRow(number=number, psap=owner, role="primary", trunk=trunk, ring_time_s=30)
        )
        return len(lines) - 1

    def route(*places):
        roles = ("primary", "secondary", "alternative")[: len(places)]
        routes.append((VariantRow(lines=places, rules=roles),))
        return len(routes) - 1

    helper = add(HELPER, psaps["paris"].hop())
    found = {}
    for (commune, number), (technology, count) in DEAD_LINES.items():
        hops = [end.hop(technology) for end in dead]
        own = [add(OWNERS[number], *hops) for _ in range(count)]
        found[commune, number] = route(*own)
    last = add(OWNERS["15"], dead[1].hop(), living.hop())
    early = [add(OWNERS["15"], *(end.hop() for end in dead)) for _ in range(2)]
    found[LANDERNEAU, "15"] = route(*early, last)
    second = add(OWNERS["18"], dead[0].hop(GATEWAY), living.hop(GATEWAY))
    found[LANDERNEAU, "18"] = route(second)
    nearby = route(helper)
    mapping = [found.get((c.code, n), nearby) for c in content.communes for n in NUMBERS]
    return {
        "lines": tuple(lines),
        "trunks": tuple(trunks),
        "routes": tuple(routes),
        "mapping_route": array("I", mapping),
        "fallbacks": (FallbackRow(neighbours=(helper,), departement=helper),)
        * len(content.fallbacks),
        "national": (helper,) * len(NUMBERS),
    }


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dead")
    usual = Site.content
    with closing(Psap(LIVING)) as living, pytest.MonkeyPatch.context() as patch:

        def content(site, generation):
            made = usual(site, generation)
            return replace(made, **make_changes(made, site.psaps, living))

        patch.setattr(Site, "content", content)  # before it starts, for both of its translations
        with open_site(folder) as site:
            site.psaps["brest"].behaviour = site.psaps["gateway"].behaviour = GREY
            living.behaviour = ANSWERS
            plan = (folder / f"g{site.generation}.r112").read_bytes()
            table = translate(Snapshot(plan), operator="bruyere", now=utc_now())
            psaps = {"paris": site.psaps["paris"], "living": living}
            rows = {**table.rows, "gen": str(table.generation)}
            with open_edge(folder / "edge", [site], psaps, rows=rows) as edge:
                yield edge


@pytest.fixture(scope="module")
def calls(edge):
    """Place one call of each kind, by the site, then one that has none; wait until all have rung."""
    with closing(Caller(edge, host=CLIENT)) as caller:
        places = [*DEAD_LINES, (LANDERNEAU, "15"), (LANDERNEAU, "18")]
        placed = {("site", *place): caller.begin(place[1], place[0]) for place in places}
        for call in placed.values():
            caller.listen(call, until=100)
        edge.leave_alone(30, "site-1")
        for place in ((BREST, "112"), (BREST, "15")):
            placed["direct", *place] = caller.begin(place[1], place[0])
        deadline = time.monotonic() + RINGS_S_MAX
        for call in placed.values():
            caller.listen(call, until=200, timeout_s=max(0.1, deadline - time.monotonic()))
        yield placed


def assert_rings(edge, call, *, at_s, who, by):
    """Assert who rang when, by the edge itself or by a site."""
    assert call.status == 200, (call.statuses, edge.of("returned", call), edge.of("failed", call))
    rung = {name for name, psap in edge.psaps.items() if psap.invites(call.call_id)}
    assert rung == {who}
    assert at_s - 0.5 <= call.seconds(180) <= at_s + LATE_S, call.seconds(180)
    tried = [record.get("psap") for record in edge.of("try", call)]
    assert bool(tried) == (by == "edge"), tried
    assert all("X-Route112" not in str(reply.headers) for reply in call.replies)


@pytest.mark.parametrize(
    ("number", "at_s", "by"),
    [("17", 8.0, "site"), ("15", 12.0, "edge"), ("18", 10.0, "edge"), ("112", 10.0, "edge")],
    ids=["two lines over IP", "three over IP", "two by gateways", "three by gateways"],
)
def test_somebody_else_rings_in_time(edge, calls, number, at_s, by):
    assert_rings(edge, calls["site", BREST, number], at_s=at_s, who="paris", by=by)


@pytest.mark.parametrize("number", ["15", "112"])
def test_without_a_site_too(edge, calls, number):
    assert_rings(edge, calls["direct", BREST, number], at_s=12.0, who="paris", by="edge")


def test_who_can_be_reached_rings_however_late_in_the_list(edge, calls):
    assert_rings(edge, calls["site", LANDERNEAU, "15"], at_s=10.0, who="living", by="edge")


def test_the_second_gateway_rings_where_the_first_one_hangs(edge, calls):
    assert_rings(edge, calls["site", LANDERNEAU, "18"], at_s=6.0, who="living", by="site")


def test_the_edge_writes_down_what_the_site_rang_in_vain_and_blames_nobody(edge, calls):
    [returned] = edge.of("returned", calls["site", BREST, "15"])
    assert returned.get("code") == "503"
    assert 4 <= len(returned.get("vain").split(",")) <= 5
    assert "reply" not in [record.get("reason") for record in edge.records("site")]
