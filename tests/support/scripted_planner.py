"""
A planner as it is, but for its senses: what a gate measures is what a test has written down.

    python -m tests.support.scripted_planner FOLDER PLAN STATION...

Begins the change of which FOLDER/wish names the file; callers fail while FOLDER/bad is there.
"""

import asyncio
import hashlib
import sys
import threading
import time
from pathlib import Path

from tests.support.plans import PROFILE

from route112.apps.planner.desk import AccessDesk
from route112.apps.planner.engine import Engine, JournalError, Means
from route112.apps.planner.running import begin_journal, serve
from route112.apps.planner.seams import Handless, Measured
from route112.change import GateMeasures, Probing, Step, Trial
from route112.change.asking import BeginChange, Refusal
from route112.change.values import Kind

WISH, BAD = "wish", "bad"
LOOK_S = 0.02
CALLERS = 200


class Scripted:
    """Senses: callers are served, or half of them are not."""

    asks_at_gate = False

    def __init__(self, folder):
        self._folder = folder

    def measure(self, state, now_us):
        change = state.change
        if change is None or change.step is not Step.GATE or now_us < change.since_us + 500_000:
            return Measured()
        failed = CALLERS // 2 if (self._folder / BAD).exists() else 0
        trial = Trial(
            series="all", served=CALLERS - failed, failed=failed,
            others_served=10 * CALLERS, others_failed=0,
        )  # fmt: skip
        gate = GateMeasures(
            station=change.station, since_us=change.since_us, trials=(trial,),
            tests=Probing(wanted=1, passed=1), differences=0,
        )  # fmt: skip
        return Measured(gate=gate)


def carry_out(engine, folder):
    """Begin what is wished for; what has no room on the disk is tried again."""
    while True:
        time.sleep(LOOK_S)
        try:
            plan = Path((folder / WISH).read_text())
            candidate = engine.take_candidate(plan)
            granted = engine.wish(
                BeginChange(
                    id=hashlib.sha256(plan.read_bytes()).hexdigest(), kind=Kind.PLAN, author="a",
                    approver="b", reason="autumn", candidate=candidate, soak_s=1,
                )
            )  # fmt: skip
        except (FileNotFoundError, JournalError):
            continue
        if isinstance(granted, Refusal):
            assert granted.reason == "canary-away", granted  # it has said nothing yet
            continue
        (folder / WISH).unlink()


def main():
    folder, plan, *stations = sys.argv[1:]
    folder = Path(folder)
    engine = Engine(folder, Means(PROFILE), senses=Scripted(folder), hands=Handless(), say=say)
    desk = AccessDesk(folder)
    say(begin_journal(engine, Path(plan), stations))
    threading.Thread(target=carry_out, args=(engine, folder), daemon=True).start()
    asyncio.run(serve(engine, desk, folder, https=None, say=say, seconds_max=300))


def say(text):
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
