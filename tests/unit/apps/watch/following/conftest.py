import pytest
from tests.support.followed import EDGE
from tests.support.records import World
from tests.support.watched import SITE


@pytest.fixture
def worlds(tmp_path):
    """Records folders of an edge and a site."""
    return {name: World(tmp_path / name / "records") for name in (EDGE, SITE)}
