"""One real edge in front of real sites, with the table of the same snapshot."""

from contextlib import ExitStack, contextmanager

from tests.support.edge_run import open_edge
from tests.support.site import NAMES, Psap, Site

from route112.adapters.processes import Children
from route112.edgetable import translate
from route112.model import UtcTime
from route112.snapshot.reader import Snapshot


@contextmanager
def open_country(folder, *, sites=2, **options):
    """Real sites that share PSAPs, and an edge with the table of the same snapshot."""
    psaps = {
        name: Psap(host, transport)
        for name, (host, transport) in NAMES.items()
        if transport != "tls"
    }
    psaps = {name: psaps.get(name, psaps["tcp"]) for name in NAMES}
    with ExitStack() as stack:
        opened = []
        for index in range(1, sites + 1):
            run_dir = folder / f"site-{index}"
            run_dir.mkdir()
            opened.append(Site(run_dir, stack.enter_context(Children()), psaps))
            opened[-1].start(shm_mb=64)
        snapshot = Snapshot((opened[0].folder / "g42.r112").read_bytes())
        table = translate(snapshot, operator="bruyere", now=UtcTime(0))
        rows = {**table.rows, "gen": str(table.generation)}
        try:
            with open_edge(folder / "edge", opened, psaps, rows=rows, **options) as edge:
                yield edge
        finally:
            for psap in set(psaps.values()):
                psap.close()
