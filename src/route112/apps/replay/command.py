"""`route112 replay`: a scenario against running processes, once for each wiring."""

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import click

from route112.adapters.packet_filter import PacketFilterError
from route112.adapters.supervision import SupervisionError, lock_folder
from route112.apps._console import EXIT_REFUSED, fail
from route112.apps.demo.country import DemoFolder, build_snapshot, write_country
from route112.apps.fault import FaultError
from route112.apps.plan.options import FOLDER
from route112.apps.replay.clock import COMPRESSION_MAX
from route112.apps.replay.ending import Ending
from route112.apps.replay.ground import GroundError, lay_ground
from route112.apps.replay.joint import compare_joint, list_vendors
from route112.apps.replay.played import Played
from route112.apps.replay.reading import check_network, load_scenario, refuse_mistakes
from route112.apps.replay.report import (
    PAGE,
    PICTURE,
    describe_plays,
    print_plays,
    say,
    write_files,
)
from route112.apps.replay.stage import Cast, StageError, play
from route112.countries.fr.sites import TOPOLOGY
from route112.model import Scenario, Wiring
from route112.planning.checks.paths import find_joints
from route112.simulation.tally import count_attempts
from route112.snapshot.reader import Snapshot
from route112.wire.documents.scenario import CALLS_MAX

RATE = 150.0
RATE_MIN, RATE_MAX = 1.0, 600.0
"""First calls a second: callers and answering points run on this machine too."""
BINS = 145
"""Points over time; of 7 h 15, three minutes each."""
EXIT_NO_MEASUREMENT = 3

EPILOG = """\b
Examples:
  route112 replay fr-2021-06-02                      the whole evening, in each wiring
  route112 replay fr-2021-06-02 --calls 6000         the same evening with fewer callers
  route112 replay evening.yaml --only route112 --json

\b
SCENARIO is a file (docs/scenarios.md) or the name of one that comes along. Everything runs on
loopback, with simulated callers and answering points. Faults of the network need root, or a
network of one's own: `unshare --map-root-user --net` and `ip link set lo up`.
Exit codes: 0 the last wiring lost and misrouted nothing, but for calls to whom `plan check` named
beforehand as hanging on gateways of one vendor; 1 it did; 2 it cannot be played; 3 callers or
answering points of a play were late, or the processors had nothing left: no measurement; 130, 143
or 129 it was ended by Ctrl-C, SIGTERM or SIGHUP, and has taken its country down."""


@click.command(epilog=EPILOG)
@click.argument("scenario")
@click.option(
    "--calls",
    type=click.IntRange(1, CALLS_MAX),
    help="First calls, instead of the scenario's own number.",
)
@click.option(
    "--rate",
    type=click.FloatRange(RATE_MIN, RATE_MAX),
    help="First calls a second, on average; says how much faster than real the evening is.  "
    f"[default: {RATE:g}, or as many as {COMPRESSION_MAX:,.0f} times as fast allows]",
)
@click.option("--only", "names", multiple=True, metavar="WIRING", help="Play this one only.")
@click.option(
    "--dir", "folder", type=FOLDER, help="Where to keep all of it.  [default: var/replay]"
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for machines.")
def replay(
    *,
    scenario: str,
    calls: int | None,
    rate: float | None,
    names: tuple[str, ...],
    folder: Path | None,
    as_json: bool,
) -> None:
    """Play an evening against a whole country, and say what became of every call."""
    home = (folder or Path("var") / "replay").resolve()
    with Ending(say) as ending:
        evening = load_scenario(scenario)
        wirings = choose_wirings(evening, names)
        count = calls or evening.calls
        pace = choose_rate(evening, count, rate)
        lock = take_folder(home)
        try:
            cast, snapshot = prepare(evening, home, count, pace)
            plays = [run(cast, wiring, home, snapshot, ending=ending) for wiring in wirings]
            write_files(plays, home)
        except (GroundError, StageError, FaultError, PacketFilterError) as error:
            fail(str(error), f"Look into {home}; `route112 down --run-dir` ends what still runs")
        except OSError as error:
            fail(f"{error.filename or home}: {error.strerror}", "Make room, or name another --dir")
        finally:
            os.close(lock)
    if as_json:
        click.echo(json.dumps(describe_plays(plays), indent=1))
    else:
        print_plays(plays)
        say(f"see {home / PAGE} and {home / PICTURE}")
    for played in plays:
        for fault in played.conditions.list_faults():
            say(f"{played.wiring.name}: NOT A MEASUREMENT: {fault}")
    if any(True for played in plays for _ in played.conditions.list_faults()):
        raise click.exceptions.Exit(EXIT_NO_MEASUREMENT)
    total = plays[-1].tally.total
    if plays[-1].lost_unnamed or total.misrouted:
        raise click.exceptions.Exit(EXIT_REFUSED)


def choose_wirings(scenario: Scenario, names: tuple[str, ...]) -> list[Wiring]:
    """Return what is to be played, in the scenario's order, or end the command."""
    wirings = list(scenario.wirings) or [Wiring(name="route112")]
    known = [wiring.name for wiring in wirings]
    if unknown := sorted(set(names) - set(known)):
        fail(f"--only {unknown[0]}: no such wiring", f"There are {', '.join(known)}")
    return [wiring for wiring in wirings if not names or wiring.name in names]


def choose_rate(scenario: Scenario, calls: int, rate: float | None) -> float:
    """Return how many first calls are placed a second, or end the command."""
    fastest = COMPRESSION_MAX * calls / scenario.length_s
    if rate is None:
        return min(RATE, fastest * (1 - 1e-9))  # rounding must not be what is too fast
    if rate > fastest:
        times = scenario.length_s * rate / calls
        fail(
            f"{calls:,} calls at {rate:g} a second would be {times:,.0f} times as fast as the"
            f" evening, at most {COMPRESSION_MAX:,.0f} times are played",
            f"Say --rate {math.floor(fastest * 10) / 10:g}, or leave it out"
            if fastest >= RATE_MIN
            else "Leave --rate out",
        )
    return rate


def take_folder(home: Path) -> int:
    """Make the folder and take it for this process, or end the command."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        return lock_folder(home)
    except OSError as error:
        fail(f"{home} cannot be used: {error.strerror}", "Name another folder with --dir")
    except SupervisionError as error:
        fail(str(error), "Another replay runs there; end it, or name another folder with --dir")


def prepare(evening: Scenario, home: Path, calls: int, rate: float) -> tuple[Cast, Snapshot]:
    """Build the demo country and what every play stands on; raises GroundError, OSError."""
    check_network(evening)
    country = DemoFolder(home)
    write_country(country, rtc_share=evening.rtc_share)
    built = build_snapshot(country)
    snapshot = built.snapshot
    refuse_mistakes(evening, snapshot)
    ground = lay_ground(snapshot, country.source / "expected.csv.gz", evening)
    say(
        f"{calls:,} first calls from {len(ground.places):,} communes, "
        f"{ground.population_share:.1%} of the inhabitants"
    )
    operators = {id_: snapshot.operator(id_) for id_, _ in evening.operators}
    cast = Cast(
        scenario=evening,
        topology=TOPOLOGY,
        plan=country.snapshot,
        trust=country.trust,
        ground=ground,
        operators={id_: found for id_, found in operators.items() if found is not None},
        calls=calls,
        rate=rate,
        joints=find_joints(built.subject),
    )
    return cast, snapshot


def run(cast: Cast, wiring: Wiring, home: Path, snapshot: Snapshot, *, ending: Ending) -> Played:
    """Play one wiring; a signal that comes meanwhile takes its country down."""
    say(f"{wiring.name}: {cast.compression:.1f} times as fast as the evening was")
    folder = home / wiring.name
    outcome = ending.run(play(cast, wiring, folder, snapshot=snapshot, say=say))
    length_s = max(cast.scenario.length_s, *(attempt.at_s + 1.0 for attempt in outcome.attempts))
    vendors = list_vendors(cast.scenario)
    return Played(
        scenario=replace(cast.scenario, calls=cast.calls),
        wiring=wiring,
        tally=count_attempts(
            outcome.attempts, length_s=length_s, bin_s=cast.scenario.length_s / BINS
        ),
        seconds=outcome.seconds,
        compression=cast.compression,
        conditions=outcome.conditions,
        joint=compare_joint(outcome.attempts, cast.joints, vendors, snapshot) if vendors else None,
    )
