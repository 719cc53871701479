"""The YAML files that people write, each with its own reader."""

from route112.wire.documents.network import parse_overrides, parse_trunks
from route112.wire.documents.operators import parse_operator
from route112.wire.documents.profile import parse_profile
from route112.wire.documents.scenario import parse_scenario

__all__ = ["parse_operator", "parse_overrides", "parse_profile", "parse_scenario", "parse_trunks"]
