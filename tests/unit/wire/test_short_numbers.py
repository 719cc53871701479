import pytest
from tests.support.workbooks import make_profile

from route112.wire.short_numbers import find_short_number

PROFILE = make_profile()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("15", "15"),
        ("15 (SAMU)", "15"),
        ("N° 18", "18"),
        ("112.0", "112"),
        ("116 117", "116117"),
        ("116117 médecin de garde", "116117"),
        ("15 - SAMU 29", "15"),
        ("SAMU (15)", "15"),
        ("17 ou 18", ""),
        ("SAMU 29 - 15", ""),
        ("SAMU 15", "15"),
        ("116 000", ""),
        ("N°15-SAMU", "15"),
        ("18 (CTA 18)", "18"),
        ("15\n(SAMU)", "15"),
        ("1) 15", ""),
        ("1.7", ""),
        ("1/8", ""),
        ("1 8", ""),
        ("1 15", ""),
        ("11 (urgences) 4", ""),
        ("15 (et 112)", ""),
        ("15 à 197", ""),
        ("15 à 20", ""),
        ("15 (1)", ""),
        ("15.5", ""),
        ("15/112", ""),
        ("116 117 118", ""),
        ("116-117", ""),
        ("116117.0", "116117"),
        ("-17", ""),
        ("−17", ""),
        ("17%", ""),
        ("0.18", ""),
        ("99", ""),
        ("", ""),
    ],
)
def test_short_numbers_in_text(text, number):
    assert find_short_number(text, PROFILE) == number
