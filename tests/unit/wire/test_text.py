import pytest

from route112.wire.text import (
    INTRICATE_LINES_MAX,
    DecodedText,
    decode_text,
    fold,
    read_day,
    repair_accents,
)

TEXT = "Numéro d’acheminement;L'Haÿ-les-Roses;Cœur\n"


@pytest.mark.parametrize(
    ("encoding", "named"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("windows-1252", "windows-1252"),
    ],
)
def test_encodings_met_in_delivered_files(encoding, named):
    assert decode_text(TEXT.encode(encoding)) == DecodedText(TEXT, named, repaired=False)


def test_latin_1_is_what_is_left():
    content = "Évêché\x81".encode("latin-1")
    assert decode_text(content) == DecodedText("Évêché\x81", "latin-1", repaired=False)


def test_a_broken_byte_after_a_mark_falls_back():
    assert decode_text(b"\xef\xbb\xbfa\xe9").encoding == "windows-1252"


@pytest.mark.parametrize("codec", ["windows-1252", "latin-1"])
def test_accents_decoded_with_the_wrong_table_are_restored(codec):
    damaged = "Numéro à l'évêché\n".encode().decode(codec)
    decoded = decode_text(("insee;commune\n" + damaged).encode())
    assert decoded.text == "insee;commune\nNuméro à l'évêché\n"
    assert (decoded.repaired, decoded.repaired_line) == (True, 2)


def test_accents_damaged_twice_are_restored():
    twice = "Élévation".encode().decode("windows-1252", "replace").replace("\ufffd", "")
    assert repair_accents("é".encode().decode("cp1252").encode().decode("cp1252")) == "é"
    assert repair_accents(twice)


def test_sound_text_is_left_alone():
    for sound in ("Âge, Ålesund, château, Ãlo", "Saint-Étienne", "", "15 °C"):
        assert repair_accents(sound) == sound


def test_only_damaged_lines_are_touched():
    assert repair_accents("Ã©t\xe9\nété ½\n") == "été\nété ½\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  Numéro   Court ", "numero court"),
        ("L’Haÿ–les–Roses", "l'hay-les-roses"),
        ("CŒUR\u00a0d'Ivoire", "coeur d'ivoire"),
        ("", ""),
        # Found by fuzzing: decomposing a sign makes capitals.
        ("\x99™", "\x99tm"),
    ],
)
def test_fold(text, expected):
    assert fold(text) == expected


def test_lines_damaged_in_parts_are_bounded():
    line = "Ã©t\xe9\n"
    mended = repair_accents(line * (INTRICATE_LINES_MAX + 1))
    assert mended == "été\n" * INTRICATE_LINES_MAX + line


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2027-03-15", "2027-03-15"),
        ("2027-03-15 00:00:00", "2027-03-15"),
        ("15/03/2027", "2027-03-15"),
        ("1.3.2027", "2027-03-01"),
        ("", ""),
        ("2027-02-30", ""),
        ("31/13/2027", ""),
        ("2027-03-15T12:00", ""),
        ("spring", ""),
    ],
)
def test_days(text, day):
    assert read_day(text) == day
