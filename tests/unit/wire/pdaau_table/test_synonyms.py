import pytest

from route112.wire.pdaau_table import synonyms
from route112.wire.text import fold

LISTS = {
    **synonyms.COLUMNS,
    "secondary words": synonyms.SECONDARY_WORDS,
    "third words": synonyms.THIRD_WORDS,
    "leading words": synonyms.LEADING_WORDS,
    "doubtful words": synonyms.DOUBTFUL_WORDS,
    "weak numbers": synonyms.WEAK_NUMBERS,
    "short forms": synonyms.SHORT_FORMS,
    "nothing": synonyms.NOTHING,
    "whole areas": synonyms.WHOLE_AREAS,
    "always": synonyms.ALWAYS,
    "days": synonyms.DAYS,
    "streets": synonyms.STREETS,
}


@pytest.mark.parametrize("name", LISTS)
def test_words_are_stored_as_they_are_compared(name):
    assert [fold(word) for word in LISTS[name]] == list(LISTS[name])


def test_no_header_means_two_things():
    headers = [header for names in synonyms.COLUMNS.values() for header in names]
    assert len(headers) == len(set(headers))


def test_a_week_has_seven_days():
    assert sorted(set(synonyms.DAYS.values())) == list(range(7))
