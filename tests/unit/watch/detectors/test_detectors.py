from tests.support.paths import World

from route112.watch.detectors import make_detectors
from route112.watch.findings import Change


def test_all_of_them_are_calm_when_all_is_well():
    detectors = make_detectors(
        number_of=lambda dialled: dialled, departement_of=lambda commune: commune[:2]
    )
    assert len({type(each) for each in detectors}) == len(detectors)
    for each in detectors:
        assert all(change == Change() for _, change in World(seed=7).play(each, 900))
