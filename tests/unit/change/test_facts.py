import pytest

from route112.change import Built, Facts


def test_whoever_makes_facts_says_how_long_he_has_been_listening():
    with pytest.raises(TypeError, match="listening_s"):
        Facts()
    facts = Facts(listening_s=1.0)
    assert (dict(facts.stations), facts.alarms, facts.gate) == ({}, (), None)


def test_what_was_built_has_no_flaw_unless_it_is_named():
    assert Built(content_hash="a").flaw == ""
