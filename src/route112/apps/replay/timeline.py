"""The fault script of a scenario as a plain list of things to do, each at its second."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from route112.model import FaultStep, Scenario, Wiring


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """A fault that begins or ends."""

    at_s: float
    """Scenario seconds."""
    begins: bool
    index: int
    """The step that it belongs to; a step that ends is the one that began."""
    step: FaultStep


def list_deeds(scenario: Scenario, wiring: Wiring, sites: Iterable[str]) -> tuple[Deed, ...]:
    """
    List what happens, in order; at one instant, ends before beginnings.

    Where state is shared, a step that spreads reaches every other site that the script does not
    hit in the same way meanwhile, and stays there as long as where it began. That is a model of a
    domino, not a measurement of one.
    """
    steps = list(scenario.faults)
    if wiring.shared_state:
        steps += _spread(scenario.faults, tuple(sites))
    deeds = [
        Deed(at_s=at_s, begins=begins, index=index, step=step)
        for index, step in enumerate(steps)
        for at_s, begins in ((step.at_s, True), (step.until_s, False))
    ]
    return tuple(sorted(deeds, key=lambda deed: (deed.at_s, deed.begins, deed.index)))


def _spread(steps: Sequence[FaultStep], sites: tuple[str, ...]) -> list[FaultStep]:
    further = []
    for step in steps:
        hit = {
            site
            for other in steps
            if other.kind == step.kind and other.at_s < step.until_s and step.at_s < other.until_s
            for site in other.targets
        }
        others = tuple(site for site in sites if site not in hit)
        if step.spreads_after_s is None or not others:
            continue
        at_s = step.at_s + step.spreads_after_s
        if at_s < step.until_s:
            further.append(replace(step, at_s=at_s, targets=others, spreads_after_s=None))
    return further
