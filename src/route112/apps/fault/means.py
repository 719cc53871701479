"""How each kind is done: what begins it, ends it, and repeats it."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from route112.apps.fault import hooks, network, offers, psaps, resources, signals, storm
from route112.apps.fault.book import Fault
from route112.apps.fault.ground import Ground


def _nothing(_ground: Ground, _fault: Fault) -> None:
    """Begin or end nothing: the runner does it."""


def _in_turn(step: Callable[[Ground, Fault], float]) -> Callable[[Ground, Fault, int], float]:
    return lambda ground, fault, _turn: step(ground, fault)


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What is done; ending is always possible, also twice, also half-way."""

    begin: Callable[[Ground, Fault], None] = _nothing
    end: Callable[[Ground, Fault], None] = _nothing
    step: Callable[[Ground, Fault, int], float] | None = None
    """One turn, by its number; returns the seconds until the next one."""
    run: Callable[[Ground, Fault, Callable[[], bool]], Awaitable[None]] | None = None
    """All turns, on an event loop, until it is over."""


def begin_grey(ground: Ground, fault: Fault) -> None:
    """Be grey on the wire where all calls are meant, and the process is not needed for it."""
    if is_on_wire(fault):
        network.begin_wire_grey(ground, fault)
    else:
        hooks.step_grey(ground, fault)


def step_grey(ground: Ground, fault: Fault, _turn: int) -> float:
    """Keep the row of the hook; rules stay by themselves."""
    return hooks.STEP_SECONDS if is_on_wire(fault) else hooks.step_grey(ground, fault)


def end_grey(ground: Ground, fault: Fault) -> None:
    """End either."""
    if is_on_wire(fault):
        network.end_rules(ground, fault)
    else:
        hooks.end_grey(ground, fault)


def is_on_wire(fault: Fault) -> bool:
    """Tell whether rules alone do it: a share of calls, or a 100, only the process can give."""
    mode, share = fault.settings["mode"], float(fault.settings["share"])
    return mode == "one-way" or (mode == "mute" and share == 1.0)


_PYTHON = Means(begin=hooks.begin_python, end=hooks.end_python)
_PSAPS = Means(begin=psaps.begin_psaps, end=psaps.end_psaps)

MEANS: Mapping[str, Means] = {
    "kill": Means(begin=signals.kill),
    "dead": Means(begin=signals.begin_dead, end=signals.end_dead),
    "stop": Means(begin=signals.begin_stop, end=signals.end_stop),
    "slow": Means(end=signals.end_stop, step=_in_turn(signals.step_slow)),
    "restart-loop": Means(step=_in_turn(signals.step_restart)),
    "link-cut": Means(begin=network.begin_cut, end=network.end_rules),
    "egress-cut": Means(begin=network.begin_egress, end=network.end_rules),
    "loss": Means(begin=network.begin_loss, end=network.end_rules),
    "grey": Means(begin=begin_grey, end=end_grey, step=step_grey),
    "delay": Means(begin=network.check, end=network.end_rules, run=storm.delay),
    "reconnect-storm": Means(run=storm.storm),
    "python-hang": _PYTHON,
    "python-raise": _PYTHON,
    "worker-crash": _PYTHON,
    "memory-full": Means(begin=resources.begin_memory, end=resources.end_memory),
    "disk-full": Means(begin=resources.begin_disk, end=resources.end_disk),
    "clock-jump": Means(begin=resources.begin_clock, end=resources.end_clock),
    "bad-snapshot": Means(begin=offers.begin_offer, end=offers.end_offer),
    "psap-silent": _PSAPS,
    "psap-busy": _PSAPS,
    "psap-flapping": Means(begin=psaps.begin_psaps, end=psaps.end_psaps, step=psaps.step_flapping),
    "gateway-grey": _PSAPS,
}
