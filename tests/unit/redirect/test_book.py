import pytest
from tests.support.snapshots import small_content

from route112.redirect import RefusedError, read_book
from route112.snapshot.writer import write_snapshot

BOOK = read_book(write_snapshot(small_content()))


def test_a_book_says_what_the_snapshot_says():
    assert BOOK.numbers == ("15", "17", "18", "112")
    assert BOOK.by_urn["urn:service:sos.fire"] == 2
    assert (BOOK.communes["29019"], BOOK.communes["29165"]) == (0, 1)
    assert BOOK.lines[13] == ("+33465710001", "", BOOK.lines[0].hops)
    assert BOOK.lines[0].hops == (("127.0.4.1:5060", "udp"), ("127.0.4.2:5060", "udp"))
    assert BOOK.psap_numbers["CRRA15-29"] == ("+33261910010", "+33261910019")
    assert BOOK.departements[1].code == "75"
    assert [operator.default_commune for operator in BOOK.operators] == ["75056", ""]
    assert [network.bits for network in BOOK.networks] == [128, 28]


def test_variants_know_their_hours_and_what_is_known_of_their_area():
    nights, rest = BOOK.routes[2]
    assert nights.spans is not None
    assert nights.spans[0] == (1200, 1440)
    assert (rest.spans, rest.area) == (None, "everywhere")
    assert [variant.area for variant in BOOK.routes[4]] == ["told", "told", "everywhere"]


def test_orders_stand_at_the_psap_that_they_touch():
    assert set(BOOK.orders) == {"CRRA15-75", "CTA18-29", "CIC17-75"}
    assert BOOK.orders["CTA18-29"][0].to_psap == "CTA18-75"


def offer(**changes):
    return read_book(write_snapshot(small_content(**changes)), in_force=BOOK)


def test_an_older_file_and_another_one_of_the_same_generation_are_refused():
    assert offer(generation=43).generation == 43
    assert offer().generation == 42
    with pytest.raises(RefusedError, match="it is g41, older than g42"):
        offer(generation=41)
    with pytest.raises(RefusedError, match="it is another g42 than the one in force"):
        offer(edition="other")
