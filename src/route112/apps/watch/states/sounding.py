"""OPTIONS to sites and to the next hops of trunks, as signs beside those of calls and tests."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from route112.adapters.sip_probe import OptionsAsker
from route112.model import Hop
from route112.model.states import StateKind, StateSource
from route112.model.topology import Topology, split_address
from route112.watch.states import Asking, Sign, Verdict
from route112.watch.states.asking import PER_S_MAX
from route112.watch.states.signs import HEARD_US

AGAIN_US = 500_000
"""A question is sent once more after this: one datagram may be lost."""
ANSWER_US = 1_000_000
"""Until a question counts as unanswered."""
OK = 200
UNAVAILABLE = 503


@dataclass(slots=True)
class _Question:
    """One that waits for its answer."""

    name: str
    asked_us: int
    is_repeated: bool = False


class Sounding:
    """
    Asks in turn, and says who answers.

    A site answers through its Python, and 200 only when it would decide a call and has a way out.
    A next hop is there whatever it answers, unless it says that it cannot serve.

    Args:
        topology: its sites are asked at their first address.
        hops: of all trunks; those that speak UDP are asked.
        per_s_max: questions a second; 0: nobody is asked.
    """

    def __init__(
        self,
        topology: Topology,
        hops: Iterable[Hop],
        *,
        per_s_max: float = PER_S_MAX,
        asker: OptionsAsker | None = None,
    ) -> None:
        places = {site.id: split_address(site.address) for site in topology.sites}
        self._sites = frozenset(places)
        there = dict.fromkeys(hop.address for hop in hops if hop.transport == "udp")
        places |= {address: split_address(address) for address in there}
        self._places = places
        self._asking = (
            Asking(list(self._sites), list(there), per_s_max=per_s_max) if per_s_max else None
        )
        self._asker = asker or OptionsAsker()
        self._open: dict[int, _Question] = {}
        self._count = 0
        self._heard_us = -HEARD_US

    def step(self, now_us: int, silent: Collection[str]) -> list[Sign]:
        """
        Return what answers, and the lack of them, say by now; ask who is due.

        Args:
            now_us: wall clock.
            silent: who is asked each second.
        """
        signs = [*self._read(now_us), *self._give_up(now_us)]
        for name in self._asking.list_due(now_us, silent) if self._asking else ():
            self._count += 1
            self._open[self._count] = _Question(name, now_us)
            self._asker.ask(*self._places[name], self._count)
        return signs

    def close(self) -> None:
        """Free the sockets."""
        self._asker.close()

    def _read(self, now_us: int) -> Iterator[Sign]:
        for number, status in self._asker.read():
            asked = self._open.pop(number, None)
            if asked is None:
                continue
            self._heard_us = now_us
            is_well = status == OK if asked.name in self._sites else status != UNAVAILABLE
            yield _show(asked, Verdict.GOOD if is_well else Verdict.LEFT)

    def _give_up(self, now_us: int) -> Iterator[Sign]:
        """Silence says something where somebody else was heard about then."""
        for number, asked in list(self._open.items()):
            waited_us = now_us - asked.asked_us
            if not 0 <= waited_us < ANSWER_US:
                del self._open[number]
                if 0 <= now_us - self._heard_us <= HEARD_US:
                    yield _show(asked, Verdict.SILENT)
            elif waited_us >= AGAIN_US and not asked.is_repeated:
                asked.is_repeated = True
                self._asker.ask(*self._places[asked.name], number)


def _show(asked: _Question, verdict: Verdict) -> Sign:
    return Sign(
        kind=StateKind.ELEMENT,
        id=asked.name,
        verdict=verdict,
        source=StateSource.OPTIONS,
        at_us=asked.asked_us,
    )
