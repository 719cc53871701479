"""An answering point that rings and where nobody picks up: each line rings once, then somebody else."""

from array import array
from contextlib import closing
from dataclasses import replace

import pytest
from tests.support.edge_run import CLIENT, open_edge, open_psaps, play_sites
from tests.support.site import ANSWERS, RINGS, Caller, Psap, Site, open_site, refuses

from route112.adapters.clock import utc_now
from route112.apps.edge.setup import TEMPLATE
from route112.edgetable import translate
from route112.snapshot.content import FallbackRow, LineRow, TrunkRow, VariantRow
from route112.snapshot.reader import Snapshot

pytestmark = [pytest.mark.e2e, pytest.mark.alone]

BREST = "29019"
NUMBERS = ("15", "17", "18", "112")
HELPER = 1
OWNERS = {"15": (2, 3), "17": (0, 3), "18": (4, 1), "112": (5, 1)}
"""By number: index of the answering point where nobody picks up, and how many lines it has."""
RING_S = 1
LATE_S = 0.8
"""How much later than its timers a call may ring on a machine that others use."""
BUSY_BY_HAND = ((0, 100), (0.05, 180), (0.3, 486))


class Fickle(Psap):
    """An answering point that its first caller cannot reach, and whoever asks again can."""

    is_fickle = False

    def _answer(self, message, send):
        if self.is_fickle and message.start.startswith("INVITE"):
            before = self.invites(message.get("Call-ID"))
            self.behaviour = ANSWERS if before else refuses(500)
        super()._answer(message, send)


def make_changes(content, psaps, helper):
    """Make a country where lines have two hops each, and one helper stands behind all of them."""
    lines, trunks, routes = list(content.lines), list(content.trunks), []

    def add(owner, *hops):
        trunks.append(TrunkRow(name=f"test/ip/{len(trunks)}", hops=hops))
        number, trunk = f"+3326191{100 + len(lines):04}", len(trunks) - 1
        lines.append(
            LineRow(number=number, psap=owner, role="primary", trunk=trunk, ring_time_s=RING_S)
        )
        return len(lines) - 1

    last = add(HELPER, helper.hop())
    for number in NUMBERS:
        owner, count = OWNERS[number]
        first = psaps["tcp" if number == "112" else "brest"]
        own = [add(owner, first.hop(), psaps["gateway"].hop()) for _ in range(count)]
        roles = ("primary", "secondary", "alternative")[:count]
        routes.append((VariantRow(lines=tuple(own), rules=roles),))
    return {
        "lines": tuple(lines),
        "trunks": tuple(trunks),
        "routes": tuple(routes),
        "mapping_route": array("I", range(len(NUMBERS))) * len(content.communes),
        "fallbacks": (FallbackRow(neighbours=(last,), departement=last),) * len(content.fallbacks),
        "national": (last,) * len(NUMBERS),
    }


@pytest.fixture(scope="module")
def edge(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rings")
    usual = Site.content
    with closing(Fickle("127.0.65.6")) as helper, pytest.MonkeyPatch.context() as patch:

        def content(site, generation):
            made = usual(site, generation)
            return replace(made, **make_changes(made, site.psaps, helper))

        patch.setattr(Site, "content", content)  # before it starts, for both of its translations
        with open_site(folder) as site:
            for name in ("brest", "gateway"):
                site.psaps[name].behaviour = RINGS
            site.psaps["tcp"].behaviour = BUSY_BY_HAND
            plan = (folder / f"g{site.generation}.r112").read_bytes()
            table = translate(Snapshot(plan), operator="bruyere", now=utc_now())
            rows = {**table.rows, "gen": str(table.generation)}
            psaps = {**site.psaps, "helper": helper}
            with open_edge(folder / "edge", [site], psaps, rows=rows) as edge:
                yield edge


@pytest.fixture
def caller(edge):
    with closing(Caller(edge, host=CLIENT)) as opened:
        yield opened


def place(edge, caller, number):
    """Place a call by the site and, at the same time, one that has no site."""
    by_site = caller.begin(number, BREST)
    caller.listen(by_site, until=100)
    edge.leave_alone(30, "site-1")
    directly = caller.begin(number, BREST)
    for call in (by_site, directly):
        caller.listen(call, until=200, timeout_s=8)
    edge.ask("htable.flush", "off")
    assert [len(edge.of("pass", call)) for call in (by_site, directly)] == [1, 0]
    return by_site, directly


def list_rung(edge, call):
    """List the numbers that were rung for a call, in order of their INVITEs."""
    found = [invite for psap in edge.psaps.values() for invite in psap.invites(call.call_id)]
    return [invite.number for invite in sorted(found, key=lambda invite: invite.at_s)]


def assert_near(seconds, least):
    assert least - 0.2 <= seconds <= least + LATE_S, seconds


def test_the_fourth_target_rings_after_three_lines_and_each_of_them_rang_once(edge, caller):
    for call in place(edge, caller, "15"):
        assert call.status == 200, (call.statuses, edge.of("failed", call))
        rung = list_rung(edge, call)
        assert len(rung) == len(set(rung)) == 4
        [helper] = edge.psaps["helper"].invites(call.call_id)
        assert_near(helper.at_s - call.began_s, 3 * RING_S)


def test_where_nobody_picks_up_at_all_the_caller_hears_that_nobody_answers(edge, caller):
    edge.psaps["helper"].behaviour = RINGS
    by_site, directly = place(edge, caller, "17")
    edge.psaps["helper"].behaviour = ANSWERS
    for call in (by_site, directly):
        assert call.status == 480
        assert_near(call.seconds(480), 4 * RING_S)
        rung = list_rung(edge, call)
        assert len(rung) == len(set(rung)) == 4
        assert edge.end_of(call).get("code") == "480"
    assert edge.of("try", by_site) == []


def test_behind_a_site_that_rang_one_and_missed_another_the_edge_rings_the_other(edge, caller):
    edge.psaps["helper"].is_fickle = True
    call = caller.place("18", BREST, timeout_s=8)
    edge.psaps["helper"].is_fickle, edge.psaps["helper"].behaviour = False, ANSWERS
    assert call.status == 200, (call.statuses, edge.of("failed", call))
    rung = list_rung(edge, call)
    assert (len(rung), len(set(rung))) == (3, 2)
    assert_near(call.seconds(200), RING_S)
    [returned], [tried] = edge.of("returned", call), edge.of("try", call)
    assert returned.get("vain") == rung[0]
    assert tried.get("number") == rung[1] == rung[2]
    assert all("X-Route112" not in str(reply.headers) for reply in call.replies)


def test_who_declined_is_not_rung_by_another_way(edge, caller):
    for call in place(edge, caller, "112"):
        assert call.status == 200
        rung = list_rung(edge, call)
        assert len(rung) == len(set(rung)) == 2


def test_a_site_that_rings_and_forgets_ends_with_nobody_answers(tmp_path):
    text = TEMPLATE.read_text(encoding="utf-8")
    before, _, after = text.partition("#!define RING_MS ")
    template = tmp_path / "edge.cfg"
    template.write_text(before + "#!define RING_MS 1500\n" + after.partition("\n")[2])
    with (
        open_psaps() as psaps,
        play_sites(2) as sites,
        open_edge(tmp_path / "edge", sites, psaps, template=template) as edge,
        closing(Caller(edge, host=CLIENT)) as caller,
    ):
        sites[0].behaviour = RINGS
        call = caller.place(timeout_s=4)
        assert call.status == 480
        assert_near(call.seconds(480), 1.5)
        assert edge.of("try", call) == sites[1].calls() == []
