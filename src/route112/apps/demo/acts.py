"""The acts: many calls, then one thing broken after another, each told before and after."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import cycle, islice
from pathlib import Path

from route112.adapters.kemi.exercise import HANG, RAISE
from route112.adapters.sip.caller import wall_us
from route112.adapters.sip_probe import ask_options
from route112.apps.demo.draw import DemoCall, choose_silenced, find_owner, list_lines
from route112.apps.demo.play import Play
from route112.simulation.behaviours import Behaviour
from route112.simulation.checker import Verdict

CALLS_TO_SILENT = 4
CALLS_AFTER = 2
CALLS_WITHOUT_PYTHON = 8
CALLS_UNDER_SWAP = 40
RATE_OF_FAULTS = 8.0
RATE_OF_SWAP = 20.0
SWAP_AFTER_S = 0.7
"""From the first call to the new snapshot's renaming."""
SWAP_ROUNDS_MAX = 4
"""Rounds of calls after the first one, until a slow machine has the new snapshot in force."""
PROBE_SECONDS_MAX = 1.0
SIP_OK = 200


async def place_all(play: Play, calls: Sequence[DemoCall]) -> None:
    """Place all calls, with nothing broken."""
    numbers = len({call.dialled for call in calls})
    operators = len({call.operator for call in calls})
    lines = len({call.targets[0] for call in calls})
    play.screen.act(
        f"1. {len(calls)} calls",
        f"To {numbers} short numbers, for {lines} lines of answering points, from {operators} "
        "operators, each at its own address and in its own dialect.",
    )
    shown = await play.place(calls)
    play.keep_usual(shown)
    right = sum(each.is_good for each in shown)
    play.conclude(
        f"{right} of {len(shown)} rang where the country's second derivation says; "
        f"the median first ring after {play.median_ms:.0f} ms.",
        kept=right == len(shown),
    )


async def silence_psap(play: Play, calls: Sequence[DemoCall]) -> None:
    """Silence a PSAP, call it, and let it answer again."""
    call = choose_silenced(calls, play.snapshot)
    if call is None:
        play.screen.act(
            "2. A PSAP falls silent", "No call of this draw has a second PSAP: left out."
        )
        return
    psap = find_owner(play.snapshot, call.targets[0])
    lines = list_lines(play.snapshot, psap)
    play.screen.act(
        "2. A PSAP falls silent",
        f"No line of {psap} answers anything from now on; {CALLS_TO_SILENT} calls want it.",
    )
    play.ends.psaps.numbers.update(dict.fromkeys(lines, Behaviour.SILENT))
    play.book.silence(lines, wall_us())
    shown = await play.place([call] * CALLS_TO_SILENT, rate=RATE_OF_FAULTS)
    for number in lines:
        del play.ends.psaps.numbers[number]
    play.book.restore(lines, wall_us())
    again = await play.place([call] * CALLS_AFTER, rate=RATE_OF_FAULTS)
    delayed = sum(each.verdict.verdict is Verdict.DELAYED for each in shown)
    right = sum(each.is_good for each in again)
    play.conclude(
        f"{delayed} of {len(shown)} rang at the next target: delayed, not lost. {psap} answers "
        f"again: {right} of {len(again)} rang there.",
        kept=(delayed, right) == (len(shown), len(again)),
    )


async def break_python(play: Play, calls: Sequence[DemoCall]) -> None:
    """Make Python raise, then hang, under calls."""
    for title, before, fault in (
        ("3. Python raises", "Each decision in Python ends in an exception.", RAISE),
        (
            "4. Python hangs",
            "Each decision in Python runs for ever; 50 ms is all that it gets.",
            HANG,
        ),
    ):
        play.screen.act(title, before)
        with play.switch.on(fault):
            status = await _ask(play)
            shown = await play.place(calls[:CALLS_WITHOUT_PYTHON], rate=RATE_OF_FAULTS)
        good = sum(each.is_good and "native" in each.engines for each in shown)
        play.conclude(
            f"{good} of {len(shown)} were answered where they should be, by the native table. "
            f"OPTIONS said {status}: whoever has another site prefers that one.",
            kept=good == len(shown) and status != SIP_OK,
        )
        calls = calls[CALLS_WITHOUT_PYTHON:] or calls


async def swap_snapshot(
    play: Play, calls: Sequence[DemoCall], *, offered: Path, plan: Path
) -> None:
    """Put the next generation in force under calls."""
    play.screen.act(
        "5. A new snapshot under calls",
        f"{CALLS_UNDER_SWAP} calls, {RATE_OF_SWAP:.0f} a second; meanwhile the next generation is "
        f"renamed over {plan.name}. Shown is only what goes wrong.",
    )
    many = list(islice(cycle(calls), CALLS_UNDER_SWAP))
    placing = asyncio.create_task(play.place(many, rate=RATE_OF_SWAP, quiet=True))
    await asyncio.sleep(SWAP_AFTER_S)
    offered.replace(plan)  # noqa: ASYNC240  a renaming
    shown = list(await placing)
    for _ in range(SWAP_ROUNDS_MAX):
        if len({each.generations for each in shown}) > 1:
            break
        shown += await play.place(many, rate=RATE_OF_SWAP, quiet=True)
    named = Counter(each.generations for each in shown)
    good = sum(each.is_good for each in shown)
    by = " and ".join(f"{named[names]} by g{'+g'.join(sorted(names))}" for names in named)
    play.conclude(
        f"{good} of {len(shown)} right: {by}; each record names one generation.",
        kept=good == len(shown) and len(named) > 1 and all(len(names) == 1 for names in named),
    )


async def _ask(play: Play) -> int | None:
    site = play.ends.site
    return await ask_options("udp", site.host, site.port, timeout_s=PROBE_SECONDS_MAX)
