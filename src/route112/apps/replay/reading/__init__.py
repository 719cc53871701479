"""A scenario on its way in: from a file or by name, and held against its country."""

from route112.apps.replay.reading.files import list_packaged, load_scenario
from route112.apps.replay.reading.sense import check_network, refuse_mistakes

__all__ = ["check_network", "list_packaged", "load_scenario", "refuse_mistakes"]
