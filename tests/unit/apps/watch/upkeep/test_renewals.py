import pytest
from tests.support.confirmed import write_sources

from route112.apps._console import Failure
from route112.apps.watch.upkeep.renewals import Where, list_renewals
from route112.countries.fr.sites import TOPOLOGY

NOW_US = 1_795_000_000_000_000


def test_what_is_looked_at_is_what_was_named(tmp_path):
    fixed = {"now": lambda: NOW_US, "complain": print}
    file = tmp_path / "topology.yaml"
    (only,) = list_renewals(TOPOLOGY, Where(file), **fixed)
    assert list(only()) == []
    write_sources(tmp_path)
    trust = tmp_path / "trust.json"
    assert len(list_renewals(TOPOLOGY, Where(file, tmp_path, trust, tmp_path), **fixed)) == 6
    with pytest.raises(Failure, match="is no source folder that can be read"):
        list_renewals(TOPOLOGY, Where(file, tmp_path / "none"), **fixed)
