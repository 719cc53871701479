"""Every kind has its means, every setting its bounds."""

import pytest

from route112.apps.fault.kinds import KINDS, Aim, FaultError, Lasts, Setting
from route112.apps.fault.means import MEANS


def test_every_kind_has_means_and_every_runner_something_to_do():
    assert list(MEANS) == list(KINDS)
    for name, kind in KINDS.items():
        repeats = MEANS[name].step is not None or MEANS[name].run is not None
        assert repeats == (kind.lasts is Lasts.RUNNER), name
        assert kind.summary
        assert kind.ending


@pytest.mark.parametrize("name", KINDS)
def test_defaults_are_within_their_own_bounds(name):
    kind = KINDS[name]
    settings = kind.read_settings({})
    assert list(settings) == list(kind.settings)
    assert kind.read_settings(settings) == settings


@pytest.mark.parametrize(
    ("kind", "given", "message"),
    [
        ("slow", {"share": "2"}, "share=2 cannot be"),
        ("slow", {"share": "much"}, "share=much cannot be"),
        ("slow", {"share": "nan"}, "share=nan cannot be"),
        ("grey", {"mode": "odd"}, "mode=odd is not known"),
        ("stop", {"speed": 1}, "there is no setting speed"),
    ],
)
def test_what_is_out_of_bounds_is_refused(kind, given, message):
    with pytest.raises(FaultError) as caught:
        KINDS[kind].read_settings(given)
    assert message in caught.value.message
    assert caught.value.remedy


def test_a_setting_without_words_takes_any_text():
    assert Setting(default="", meaning="").read("caller", "+33639980001") == "+33639980001"
    assert Aim.SITE.value == "sites"
