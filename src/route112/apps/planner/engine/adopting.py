"""A snapshot that others made, taken apart: the candidate under it, and the orders on top."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from route112.adapters.source_folder import read_plain
from route112.apps.planner.engine.making import Maker
from route112.apps.planner.engine.shelf import CandidateError, Shelf
from route112.change import State
from route112.change.holding import AdoptServed
from route112.change.ordering import find_order_flaw
from route112.model import Order
from route112.planning.orders.numbered import FlawError
from route112.planning.orders.revision import place_orders
from route112.snapshot.errors import SnapshotError
from route112.snapshot.layout import TOTAL_SIZE_MAX
from route112.snapshot.reader import Snapshot


class UnfitError(CandidateError):
    """Of what a file holds no generation can be made; the text says why."""


def read_served(
    maker: Maker, state: State, wish: AdoptServed, now_us: int, serving: Collection[str]
) -> AdoptServed:
    """
    Return a wish with what stands in its file.

    Args:
        serving: the stations that have it.
    Raises: CandidateError where it is not there, UnfitError where orders would never reach who
        has it, OSError where there is no room.
    """
    snapshot = _open_served(maker.shelf, wish.content_hash)
    candidate, orders = _take_fit(maker, state, snapshot, now_us, serving, wish.seen)
    return replace(
        wish, number=snapshot.generation, candidate=candidate, orders=tuple(orders.values())
    )


def list_brought(
    maker: Maker, state: State, content_hash: str, now_us: int, serving: Collection[str]
) -> tuple[tuple[Order, ...], int]:
    """
    Return the orders that a file would bring to all stations, and how many stay in its plan.

    Raises: as `read_served`.
    """
    snapshot = _open_served(maker.shelf, content_hash)
    known = _find_candidate(maker.shelf, state, snapshot)
    unknown = _list_unknown(known, state, snapshot, now_us)
    _, given = _take_fit(maker, state, snapshot, now_us, serving, None)
    brought = tuple(order for order in unknown if order.id in given)
    return brought, len(unknown) - len(brought)


def _take_fit(
    maker: Maker,
    state: State,
    snapshot: Snapshot,
    now_us: int,
    serving: Collection[str],
    seen: Collection[str] | None,
) -> tuple[str, Mapping[str, Order]]:
    """Take a snapshot apart, so that what comes of it can be made for all stations."""
    candidate, given = take_apart(maker.shelf, state, snapshot, now_us, seen)
    in_force = [order for order in state.orders.values() if now_us < order.expires]
    known = _find_candidate(maker.shelf, state, snapshot)
    new = [each for each in _list_unknown(known, state, snapshot, now_us) if each.id in given]
    others = {
        state.assigned[each]
        for each in state.stations
        if each not in serving and each not in state.held
    }
    fit = new
    for each in (*sorted(others), candidate):
        fit = _list_fit(maker, each, in_force, fit)
    if fit != new:
        kept = {order.id for order in fit}
        candidate, given = take_apart(maker.shelf, state, snapshot, now_us, kept)
    try:
        maker.check(candidate, [*in_force, *fit])
    except FlawError as error:
        raise UnfitError(f"orders in force could not reach it: {error}") from error
    return candidate, given


def _list_fit(
    maker: Maker, candidate: str, in_force: Sequence[Order], new: Sequence[Order]
) -> list[Order]:
    """List those of the new orders that go with a candidate: others would end everywhere."""
    left = list(new)
    while left:
        try:
            maker.check(candidate, [*in_force, *left])
        except FlawError as error:
            fit = [order for order in left if order.id not in error.culprits]
            if len(fit) == len(left):
                break
            left = fit
        else:
            break
    return left


def _open_served(shelf: Shelf, content_hash: str) -> Snapshot:
    path = shelf.find_candidate(content_hash)
    if path is None:
        raise CandidateError(f"there is no file {content_hash[:16]}")
    try:
        return Snapshot(read_plain(path, TOTAL_SIZE_MAX))
    except (SnapshotError, OSError) as error:
        raise CandidateError(f"{path} cannot be read: {error}") from error


def take_apart(
    shelf: Shelf,
    state: State,
    snapshot: Snapshot,
    now_us: int,
    seen: Collection[str] | None = None,
) -> tuple[str, Mapping[str, Order]]:
    """
    Return the candidate that a snapshot is made of, and the orders that are not that plan's own.

    An order that nobody could give here stays in the plan, and so does one that nobody agreed to:
    the journal never has it.

    Args:
        seen: ids of unknown orders that are agreed to; None: whichever there are.
    Raises: CandidateError, OSError.
    """
    known = _find_candidate(shelf, state, snapshot)
    own = _list_own(known)
    others = {order.id: order for order in snapshot.orders if order.id not in own}
    left = {
        order.id
        for order in _list_unknown(known, state, snapshot, now_us)
        if (seen is not None and order.id not in seen) or find_order_flaw(order, now_us)[0]
    }
    given = {key: order for key, order in others.items() if key not in left}
    if known is not None and not left:
        return known.content_hash, given
    if not given and shelf.find_candidate(snapshot.content_hash):
        return snapshot.content_hash, given
    # As it is without the others: whoever gives one more must be able to leave one out.
    kept = [order for order in snapshot.orders if order.id not in given]
    bare = place_orders(snapshot, kept, generation=snapshot.generation + 1)
    content_hash = Snapshot(bare).content_hash
    shelf.keep_own(content_hash, bare)
    return content_hash, given


def _list_own(known: Snapshot | None) -> set[str]:
    return {order.id for order in known.orders} if known is not None else set()


def _list_unknown(
    known: Snapshot | None, state: State, snapshot: Snapshot, now_us: int
) -> list[Order]:
    """List the orders in force that neither the plan has nor this planner ever had."""
    there = {*_list_own(known), *state.orders, *state.ended_orders}
    return [order for order in snapshot.orders if order.id not in there and now_us < order.expires]


def _find_candidate(shelf: Shelf, state: State, snapshot: Snapshot) -> Snapshot | None:
    """Return the candidate in use that this is made of; None: of none."""
    for content_hash in sorted({state.candidate, *state.assigned.values()}):
        known = shelf.open_candidate(content_hash)
        if known.plan_hash == snapshot.plan_hash:
            return known
    return None
