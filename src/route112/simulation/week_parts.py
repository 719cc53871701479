"""
An ordinary week nearer to: networks in slots of five seconds, and what edges and sites have of it.

`weeks` counts by the minute, which is too coarse for series that bring a call each second: a run
of failures within a minute would be smoothed away. Here each minute's counts are dealt among its
slots as they came, in clumps: the calls of one event fall into one slot. Then the calls of each
slot are dealt among networks, those of each minute among paths of edge and site, and those of
each departement among its trunks. The failures of a network swing of their own, for all its
callers together, and hour by hour.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from route112.simulation.weeks import CLUMP_MEAN, HOURS, MINUTES, Counts, Floats, Land, Week

SLOT_S = 5
SLOTS_PER_MINUTE = 60 // SLOT_S
NETWORK_FAILED_SWING = 0.3
"""Standard deviation of the logarithm of what fails in a network more than in others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Counts of parts of a country: the first axis is time."""

    places: Counts
    callers: Counts
    failed: Counts


def draw_networks(land: Land, week: Week, *, seed: int) -> tuple[Part, Part]:
    """Deal a week among slots, and then networks: slots x numbers, slots x numbers x networks."""
    rng = np.random.default_rng([seed, week.index, 1])
    shape = (MINUTES, len(land.departements), len(land.numbers))
    places, callers, failed = (
        each.reshape(shape).sum(axis=1) for each in (week.places, week.callers, week.failed)
    )
    slots = _deal_slots(rng, places, callers, failed)
    weights = _normalise(land.networks)
    swing = np.exp(rng.normal(0.0, NETWORK_FAILED_SWING, (HOURS, len(weights))))
    tilted = weights * swing
    tilted /= tilted.sum(axis=1, keepdims=True)
    tilted = np.repeat(tilted, 60 * SLOTS_PER_MINUTE, axis=0)
    return slots, deal(rng, slots, weights, failed_weights=tilted)


def draw_paths(week: Week, paths: Mapping[tuple[str, str], float], *, seed: int) -> Part:
    """Deal a week among paths of edge and site: minutes x paths."""
    rng = np.random.default_rng([seed, week.index, 2])
    whole = Part(
        places=week.places.sum(axis=1),
        callers=week.callers.sum(axis=1),
        failed=week.failed.sum(axis=1),
    )
    return deal(rng, whole, _normalise(paths))


def draw_trunks(land: Land, week: Week, *, trunks: int, seed: int) -> Part:
    """Deal the calls of each departement among its trunks: minutes x departements x trunks."""
    rng = np.random.default_rng([seed, week.index, 3])
    shape = (MINUTES, len(land.departements), len(land.numbers))
    whole = Part(
        places=week.places.reshape(shape).sum(axis=2),
        callers=week.callers.reshape(shape).sum(axis=2),
        failed=week.failed.reshape(shape).sum(axis=2),
    )
    return deal(rng, whole, np.full(trunks, 1.0 / trunks))


def deal(
    rng: np.random.Generator, whole: Part, weights: Floats, *, failed_weights: Floats | None = None
) -> Part:
    """
    Deal counts among parts, which get a new last axis.

    Args:
        weights: of the parts; they add up to one.
        failed_weights: the same for failures, where they differ by time: time x parts.
    """
    failing = weights if failed_weights is None else failed_weights
    if failing.ndim > 1:
        between = (1,) * (whole.failed.ndim - 1)
        failing = failing.reshape(len(failing), *between, failing.shape[1])
    failed = rng.multinomial(whole.failed, failing)
    callers = failed + rng.multinomial(whole.callers - whole.failed, weights)
    # An event brings a geometric number of calls, and touches a part with any of them.
    away = 1.0 - weights
    touched = 1.0 - away / (CLUMP_MEAN - (CLUMP_MEAN - 1.0) * away)
    per_event = max(1.0, float(whole.callers.sum()) / max(1.0, float(whole.places.sum())))
    apart = np.minimum(touched / (weights * per_event), 1.0)
    places = np.sign(callers) + rng.binomial(np.maximum(callers - 1, 0), apart)
    places = np.minimum(places, whole.places[..., None])
    return Part(places=places, callers=callers, failed=failed)


def _deal_slots(rng: np.random.Generator, places: Counts, callers: Counts, failed: Counts) -> Part:
    """Deal what came in each minute among its slots: minutes x numbers to slots x numbers."""
    even = np.full(SLOTS_PER_MINUTE, 1.0 / SLOTS_PER_MINUTE)
    events = rng.multinomial(places, even)
    # Sizes of events are geometric: how many callers fall into the slot of how many events,
    # when their sum is known, is what a Dirichlet distribution says.
    parts = rng.standard_gamma(np.maximum(events, 0).astype(float))
    parts /= np.maximum(parts.sum(axis=2, keepdims=True), 1e-300)
    parts[places == 0] = even
    further = rng.multinomial(callers - places, parts)
    came = events + further
    lost = _pick(rng, came, failed)
    return Part(
        **{
            name: each.transpose(0, 2, 1).reshape(-1, places.shape[1])
            for name, each in (("places", events), ("callers", came), ("failed", lost))
        }
    )


def _pick(rng: np.random.Generator, came: Counts, failed: Counts) -> Counts:
    """Draw in which slot each of a minute's failures was, all callers being alike."""
    left, to_fail = came.sum(axis=2), failed.copy()
    lost = np.zeros_like(came)
    for slot in range(came.shape[2]):
        here = came[:, :, slot]
        lost[:, :, slot] = rng.hypergeometric(to_fail, left - to_fail, here)
        to_fail -= lost[:, :, slot]
        left -= here
    return lost


def _normalise(weights: Mapping[tuple[str, str], float]) -> Floats:
    values = np.array(list(weights.values()))
    return np.asarray(values / values.sum())
