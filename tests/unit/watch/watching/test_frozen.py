import pickle
from collections import Counter, OrderedDict, defaultdict, deque

import numpy as np
import pytest
from tests.support.seen import T0, S, see

from route112.watch.baseline import Baseline
from route112.watch.detectors import make_detectors
from route112.watch.findings import FindingKind
from route112.watch.recent import Recent
from route112.watch.watching import frozen
from route112.watch.watching.frozen import FrozenError, freeze, thaw


class World:
    def hour_of(self, now_us):
        return now_us

    def mean(self, dialled):
        return dialled


def test_plain_values_and_own_classes_come_back_as_they_were():
    recent = Recent(10)
    recent.is_new("a", 1)
    values = [
        OrderedDict(a=1), defaultdict(int, a=1), deque([1], 5), Counter("ab"), {1}, frozenset({2}),
        see("c1"), FindingKind.GREY,
    ]  # fmt: skip
    array, scalar = np.arange(6.0).reshape(2, 3), np.float64(2.5)
    thawed, other, arrays = thaw(freeze((values, recent, (array, scalar)), {}), {})
    assert thawed == values
    assert not other.is_new("a", 2)
    assert np.array_equal(arrays[0], array)
    assert arrays[1] == scalar


def test_hooks_are_left_out_and_put_in_again():
    one, other = World(), World()
    baseline, fresh = Baseline([0]), Baseline([0])
    content = freeze({"hour": one.hour_of, "usual": baseline}, {"h": one.hour_of, "u": baseline})
    assert thaw(content, {"h": other.hour_of, "u": fresh}) == {
        "hour": other.hour_of, "usual": fresh
    }  # fmt: skip
    with pytest.raises(FrozenError):
        thaw(content, {})


@pytest.mark.parametrize("content", [b"", b"no state", pickle.dumps(print), pickle.dumps(World)])
def test_nothing_else_is_made_of_such_bytes(content):
    with pytest.raises(FrozenError):
        thaw(content, {})


def test_what_stands_for_a_hook_is_none_itself():
    with pytest.raises(LookupError):
        frozen.find_hook("h")


def test_every_detector_can_be_frozen():
    hook = World().mean
    hooks = {"hook": hook}
    detectors = make_detectors(number_of=hook, departement_of=hook)
    for detector in detectors:
        detector.add_arrival(see("c1", caller="p"))
        detector.add_end(see("c1", caller="p"))
        detector.tick(T0 + 60 * S)
    thawed = thaw(freeze(detectors, hooks), hooks)
    assert [type(each) for each in thawed] == [type(each) for each in detectors]
    assert freeze(thawed, hooks) == freeze(thaw(freeze(thawed, hooks), hooks), hooks)
