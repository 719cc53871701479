"""
How soon an emergency order is obeyed by twelve stations of the whole country, asked by SIP.

    benchmarks/orders.py

Three sites whose Python decides, three that have no Python, an edge of each of four operators
without any site, and two redirect servers take one file. Time begins with its renaming, or with
the instant at which an order begins by itself, and ends with the first question that a station
answers by it. Beside it in the same run: another plan, which all translate and load whole.
"""

import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tests.support.asking import Stand, open_stand  # noqa: E402
from tests.support.country import build_plan, write_country  # noqa: E402
from tests.support.edge_process import run_edges  # noqa: E402
from tests.support.following import Asked, follow  # noqa: E402
from tests.support.translations import (  # noqa: E402
    HOST,
    SENDERS,
    move_hop,
    run_one,
    run_redirect,
    write_templates,
)

from route112.adapters.clock import utc_now  # noqa: E402
from route112.countries.fr import build_demo  # noqa: E402
from route112.model import Order, OrderKind, UtcTime  # noqa: E402
from route112.planning.orders.revision import revise_orders  # noqa: E402
from route112.simulation.agreement import Key, Network  # noqa: E402
from route112.simulation.odd_messages import CELL, HEADER, LINE, PARAMETER  # noqa: E402
from route112.snapshot.reader import Snapshot  # noqa: E402
from route112.snapshot.unpack import unpack_snapshot  # noqa: E402
from route112.snapshot.writer import write_snapshot  # noqa: E402
from route112.wire.yaml_documents import parse_profile  # noqa: E402

BUDGET_S = 5.0
WAIT_S_MAX = 60.0
QUIET_S = 8.0
"""Between two changes: until both copies of each table are equal again."""
BEGINS_S = 25.0
"""From the making of an order until it begins by itself."""
HELPER = "CRRA15-56"
ASKED = {
    PARAMETER: (Key("29019", "15"), Network("sip:{number}@{to};user=phone;commune={commune}")),
    HEADER: (
        Key("29019", "15"),
        Network("sip:{number}@{to}", "P-Access-Network-Info: 3GPP-E-UTRAN-FDD; insee={commune}"),
    ),
    CELL: (Key("35238", "15"), Network("sip:{number}@{to}")),
    LINE: (Key("44109", "15"), Network("sip:{number}@{to}")),
}
"""What is asked as each operator writes it; the last two tell nothing: their default commune."""
TOUCHED = ("CRRA15-29", "CRRA15-35", "CRRA15-44")


@dataclass
class Country:
    """The file that all stations take, and who is asked."""

    folder: Path
    plan: Path
    stand: Stand
    places: Mapping[str, tuple[tuple[str, int], str]]
    """By station: where it listens, and from which source it is asked."""

    def __post_init__(self) -> None:
        profile, _ = parse_profile((self.folder / "fr/profile.yaml").read_bytes(), file="profile")
        assert profile is not None
        self.profile = profile
        opened = self.open()
        self.numbers = {}
        for psap in (*TOUCHED, HELPER):
            index = opened.find_psap(psap)
            assert index is not None
            self.numbers[psap] = opened.psap(index).primary

    def open(self) -> Snapshot:
        """Open what is offered last."""
        return Snapshot(self.plan.read_bytes())

    def offer(self, content: bytes) -> float:
        """Rename a file into place; return the monotonic instant."""
        aside = self.plan.with_suffix(".next")
        aside.write_bytes(content)
        aside.replace(self.plan)
        return time.monotonic()

    def revise(self, added: Sequence[Order] = (), withdrawn: Sequence[str] = ()) -> bytes:
        """Give and withdraw orders."""
        began = time.monotonic()
        revision = revise_orders(
            self.open(), added=added, withdrawn=withdrawn, profile=self.profile, now=utc_now()
        )
        assert revision.snapshot is not None, revision.problems
        print(f"  made, checked and compared in {time.monotonic() - began:.2f} s")
        return revision.snapshot

    def measure(self, what: str, since_s: float, *, ordered: bool) -> float:
        """Print when each kind of station followed; return when the last one did."""
        asked = []
        for name, (to, source) in self.places.items():
            key, network = ASKED[source]
            psap = HELPER if ordered else f"CRRA15-{key.commune[:2]}"
            asked.append(Asked(name, to, source, network, key, self.numbers[psap]))
        found = follow(self.stand, asked, since_s=since_s, seconds_max=WAIT_S_MAX)
        missing = sorted(self.places.keys() - found.keys())
        assert not missing, f"{what}: {', '.join(missing)} did not follow"
        kinds: dict[str, list[float]] = {}
        for name, seconds in found.items():
            kinds.setdefault(name.partition("-")[0], []).append(seconds)
        parts = [
            f"{kind} {max(kinds[kind]):.1f}" for kind in ("python", "native", "edge", "redirect")
        ]
        last_s: float = max(found.values())
        print(f"{what}: last after {last_s:.1f} s; {', '.join(parts)}", flush=True)
        time.sleep(QUIET_S)
        return last_s


def make_orders(starts: UtcTime) -> list[Order]:
    """Divert 15 of three departements."""
    expires = UtcTime(starts + 3_600_000_000)
    return [
        Order(
            id=f"storm-{psap[-2:]}", kind=OrderKind.DIVERT, psap=psap, to_psap=HELPER,
            short_number="15", author="a", approver="b", reason="storm", starts=starts,
            expires=expires,
        )
        for psap in TOUCHED
    ]  # fmt: skip


@contextmanager
def run_country(folder: Path) -> Iterator[Country]:
    """Start everything."""
    write_country(build_demo(), folder / "fr", move_hop=move_hop)
    plan = folder / "fr.r112"
    build_plan(folder / "fr", plan)
    real, native = write_templates(folder)
    places: dict[str, tuple[tuple[str, int], str]] = {}
    with ExitStack() as stack:
        for number in range(3):
            for name, template in (("python", real), ("native", native)):
                run = stack.enter_context(run_one(folder / f"{name}-{number}", plan, template))
                places[f"{name}-{number}"] = ((HOST, run.port), PARAMETER)
        runs = stack.enter_context(run_edges(folder / "edges", plan, HOST, SENDERS))
        for operator, run in runs.items():
            places[f"edge-{operator}"] = ((HOST, run.port), SENDERS[operator])
        for number in range(2):
            server = stack.enter_context(run_redirect(plan))
            places[f"redirect-{number}"] = ((HOST, server.port), PARAMETER)
        stand = stack.enter_context(open_stand(Snapshot(plan.read_bytes())))
        time.sleep(QUIET_S)
        yield Country(folder, plan, stand, places)


def main() -> int:
    """Measure orders, and another plan beside them."""
    names = [f"storm-{psap[-2:]}" for psap in TOUCHED]
    with tempfile.TemporaryDirectory() as folder, run_country(Path(folder)) as country:
        print(f"{len(country.places)} stations")
        orders = make_orders(UtcTime(utc_now() - 1))
        since_s = country.offer(country.revise(added=orders))
        times = [country.measure("three orders", since_s, ordered=True)]
        since_s = country.offer(country.revise(withdrawn=names))
        times.append(country.measure("withdrawn", since_s, ordered=False))
        starts = UtcTime(utc_now() + int(BEGINS_S * 1e6))
        country.offer(country.revise(added=make_orders(starts)))
        since_s = time.monotonic() + (starts - utc_now()) / 1e6
        time.sleep(since_s - time.monotonic())
        times.append(country.measure("orders that begin by themselves", since_s, ordered=True))
        content = unpack_snapshot(country.open())
        other = replace(
            content, generation=content.generation + 1, edition="another plan", orders=()
        )
        whole_s = country.measure(
            "another plan", country.offer(write_snapshot(other)), ordered=False
        )
        late_s = max(times)
        print(f"orders: {late_s:.1f} s at most, budget {BUDGET_S:g} s; {whole_s:.1f} s for a plan")
    return 0 if late_s <= BUDGET_S else 1


if __name__ == "__main__":
    sys.exit(main())
