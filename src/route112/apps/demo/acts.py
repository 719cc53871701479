"""The acts: calls, then one thing broken after another, each told before and after."""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass

from route112.adapters.sip.caller import wall_us
from route112.apps.demo.draw import DemoCall, Draw, find_owner
from route112.apps.demo.play import Act, Play
from route112.apps.demo.stage import await_sites
from route112.apps.fault import Faults
from route112.apps.replay.reach import VENDOR_KIND, find_numbers
from route112.model import FaultStep, Problem
from route112.model.topology import Topology
from route112.snapshot.content import NONE
from route112.snapshot.reader import Snapshot

SITE = "site-5"
"""Killed first: one operator sends it all its calls, the others every sixth of theirs."""
LAST = "site-1"
"""Killed last."""
FIRST_100_S = 0.5
"""A site that has said nothing for so long is left, for this call."""
SILENCED_MAX = 2
"""Sites that one call may find silent, before it goes the direct way."""
GATEWAY_S = 6.0
"""A gateway that took a call and does nothing is left."""
NAMED_SHARE, SECOND_SHARE = 6, 3
"""Of the calls under grey gateways, one in so many; the rest has nothing to do with them."""
PATIENCE_GREY_S = 11.0
"""Callers behind grey gateways hang up then: a site gives a call up after 10 s."""
JOINT = "one-gateway-vendor"
_NAMED = re.compile(r"in (?:zone \S+|the whole country) (.*) can be reached through")


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """A maker of gateways, and who was said to be cut off by a fault of theirs."""

    vendor: str
    psaps: frozenset[str]
    warning: Problem
    """What `plan check` says."""

    def touches(self, call: DemoCall, snapshot: Snapshot) -> bool:
        """Tell whether the first way to where a call should ring is one of their gateways."""
        index = snapshot.find_line(call.targets[0])
        trunk = NONE if index is None else snapshot.line(index).trunk
        hops = () if trunk == NONE else snapshot.trunk(trunk).hops
        return bool(hops) and (hops[0].technology, hops[0].vendor) == ("rtc", self.vendor)

    def cuts_off(self, call: DemoCall, snapshot: Snapshot) -> bool:
        """Tell whether it was said that a call like this would be lost."""
        return find_owner(snapshot, call.targets[0]) in self.psaps


def find_joint(warnings: Iterable[Problem]) -> Joint | None:
    """Choose a vendor of whom the check of the plan says that somebody hangs on it alone."""
    for warning in warnings:
        match = _NAMED.match(warning.message)
        if warning.code == JOINT and match is not None:
            psaps = frozenset(match[1].split(", "))
            return Joint(vendor=warning.value, psaps=psaps, warning=warning)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Country:
    """What the acts break, and whose calls they place."""

    topology: Topology
    snapshot: Snapshot
    draw: Draw
    faults: Faults
    calls: int
    """Of each act."""


async def place_all(play: Play, country: Country) -> None:
    """Place calls with nothing broken."""
    play.screen.title("1. Nothing is broken")
    play.screen.text(
        f"{country.calls} calls to 15, 17, 18 and 112, from all four operators, from Brest to "
        "Réunion. One of them, as its site wrote it down:"
    )
    call_ids = await play.place(country.draw.take(country.calls))
    play.keep_usual(call_ids)
    play.show_way(call_ids, detour=False)
    play.conclude(
        Act(name="nothing broken", call_ids=frozenset(call_ids), delay_s_max=FIRST_100_S)
    )


async def break_sites(play: Play, country: Country) -> None:
    """Kill one site, then five, then all."""
    sites = country.topology.sites
    places = {site.id: site.place for site in sites}
    others = [site.id for site in sites if site.id not in (SITE, LAST)]
    await _break(
        play, country, targets=[SITE], title="2. One site is killed", name="one site dead",
        delay_s_max=FIRST_100_S,
        before=f"{SITE} ({places[SITE]}) gets SIGKILL and nobody may start it again. A call that "
        "hears nothing from it within 0.5 s is taken to the next site by its operator's edge:",
    )  # fmt: skip
    await _break(
        play, country, targets=others, title="3. Five sites are dead", name="five sites dead",
        delay_s_max=SILENCED_MAX * FIRST_100_S,
        before=f"{', '.join(others)} follow. Only {LAST} ({places[LAST]}) is left. A call that "
        "meets two silent sites goes the direct way: the edge rings the answering point itself.",
    )  # fmt: skip
    await _break(
        play, country, targets=[LAST], title="4. All six sites are dead", name="all six dead",
        delay_s_max=SILENCED_MAX * FIRST_100_S,
        site_is_left=False,
        before="There is no site left. Every edge has a table of its own, and rings the "
        "answering points itself:",
    )  # fmt: skip


async def _break(  # noqa: PLR0913  one for each thing that differs
    play: Play,
    country: Country,
    *,
    targets: list[str],
    title: str,
    name: str,
    before: str,
    delay_s_max: float,
    site_is_left: bool = True,
) -> None:
    play.screen.title(title)
    play.screen.text(before)
    await asyncio.to_thread(country.faults.inject, "dead", targets)
    call_ids = await play.place(country.draw.take(country.calls))
    play.show_way(call_ids if site_is_left else call_ids[-1:])
    play.conclude(Act(name=name, call_ids=frozenset(call_ids), delay_s_max=delay_s_max))


async def restore_sites(play: Play, country: Country) -> None:
    """Let all sites come back."""
    play.screen.title("5. The sites come back, and all gateways of one vendor hang")
    began_s = asyncio.get_running_loop().time()
    await asyncio.to_thread(country.faults.clear)
    await await_sites(country.topology, tell=play.screen.live)
    took_s = asyncio.get_running_loop().time() - began_s
    play.screen.text(
        f"Their supervisors run again: all six answer after {took_s:.1f} s. Edges try each with "
        "one call before they trust it."
    )


async def hang_gateways(play: Play, country: Country, joint: Joint) -> None:
    """Have all gateways of one vendor take calls and do nothing with them."""
    snapshot = country.snapshot
    play.screen.text(
        f"Now every gateway into the switched network that {joint.vendor} made says 100, then "
        "nothing. (The played answering points do that: no real gateway is here.) Before any "
        "call, `route112 plan check` had said of this plan:"
    )
    play.screen.quote(f"{joint.warning.severity} {joint.warning.code}: {joint.warning.message}")
    named = country.draw.take(
        max(1, country.calls // NAMED_SHARE), accept=lambda call: joint.cuts_off(call, snapshot)
    )
    second = country.draw.take(
        max(1, country.calls // SECOND_SHARE),
        accept=lambda call: joint.touches(call, snapshot) and not joint.cuts_off(call, snapshot),
    )
    apart = country.draw.take(
        max(1, country.calls - len(named) - len(second)),
        accept=lambda call: not (joint.touches(call, snapshot) or joint.cuts_off(call, snapshot)),
    )
    play.screen.text(
        f"{len(named)} calls from there; {len(second)} from where {joint.vendor} has the first "
        f"gateway and somebody else the second; {len(apart)} that ring by IP or elsewhere:"
    )
    step = FaultStep(at_s=0.0, until_s=0.0, kind=VENDOR_KIND, targets=(joint.vendor,))
    gone = find_numbers(step, snapshot)
    play.book.lose(gone, wall_us())
    await asyncio.to_thread(country.faults.inject, VENDOR_KIND, [joint.vendor])
    call_ids = await play.place((*named, *second, *apart), patience_s=PATIENCE_GREY_S)
    await asyncio.to_thread(country.faults.clear)
    play.book.regain(gone, wall_us())
    lost, rest = call_ids[: len(named)], call_ids[len(named) :]
    play.show_way(rest)
    play.conclude(
        Act(
            name=f"gateways of {joint.vendor} hang",
            call_ids=frozenset(call_ids),
            delay_s_max=GATEWAY_S + FIRST_100_S,
            named=frozenset(lost),
        )
    )
    serving = play.journal.list_serving(rest)
    play.screen.text(f"Sites that took calls again by then: {', '.join(serving) or 'none'}.")
