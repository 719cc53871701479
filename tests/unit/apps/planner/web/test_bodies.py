import msgspec
import pytest
from tests.support.commanded import pause, stamp

from route112.apps.planner.web.bodies import ApprovalBody, ChangeBody, OrderBody, Pause, Resume


def read(values, shape=OrderBody):
    return msgspec.convert(values, shape)


def test_each_kind_of_order_has_its_own_fields():
    assert isinstance(read(pause()), Pause)
    assert isinstance(read(stamp(kind="resume", psap="CRRA15-29")), Resume)
    assert read(pause(kind="divert", to_psap="CTA18-29")).to_psap == "CTA18-29"
    assert read(pause(kind="alternative")).to_number == ""
    assert read(pause(kind="prefect", decree="n° 29-7")).decree == "n° 29-7"


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "divert"},
        {"to_psap": "CTA18-29"},
        {"kind": "prefect"},
        {"kind": "prefect", "decree": " "},
        {"kind": "alternative", "to_number": "0033261911838"},
        {"reason": " flooded"},
        {"reason": "a\u2028b"},
        {"reason": "a\u202eb"},
        {"reason": "x" * 501},
        {"kind": "prefect", "decree": "29-7", "reason": "x" * 391},
        {"nonce": "A" * 16},
        {"asked_us": -1},
        {"expires_us": 10**18},
        {"psap": "a" * 65},
    ],
)
def test_whatever_else_is_refused(change):
    with pytest.raises(msgspec.ValidationError):
        read(pause(**change))


def test_a_reason_is_written_as_people_write():
    text = "Inondation du CRRA — « salle » évacuée, coût > 10 k€, l’œil…"
    assert read(pause(reason=text)).reason == text


def test_changes_and_approvals_are_bounded():
    assert read(stamp(kind="plan", candidate="a" * 64), ChangeBody).soak_s == 60
    for wrong in ({"kind": "other"}, {"kind": "plan", "stations": ["a"] * 65}, {"soak_s": 86_401}):
        with pytest.raises(msgspec.ValidationError):
            read(stamp(**{"kind": "plan"} | wrong), ChangeBody)
    with pytest.raises(msgspec.ValidationError):
        read({"hash": "A" * 64}, ApprovalBody)
