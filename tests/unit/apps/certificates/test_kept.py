"""Certificates that are renewed on the disk while somebody uses them."""

import datetime as dt

import pytest
from tests.support import certificates
from tests.support.certificates import BEGINS, ENDS, write_authority

from route112.apps.certificates.ends import CERTIFICATE_WARN_US, TlsFiles
from route112.apps.certificates.kept import KeptContext
from route112.apps.receiver.planner_link import make_context

ENDS_US = int(ENDS.timestamp()) * 1_000_000
BEGINS_US = int(BEGINS.timestamp()) * 1_000_000
YEAR = dt.timedelta(days=365)
YEAR_US = YEAR // dt.timedelta(microseconds=1)


class Held:
    def __init__(self, folder):
        self.authority, self.said, self.now_us = write_authority(folder / "ca.pem"), [], 0
        self.pair = self.authority.issue("site-1")
        files = TlsFiles(self.pair.certificate, self.pair.key, self.pair.authority)
        self.kept = KeptContext(files, make_context, say=self.said.append, now=lambda: self.now_us)


@pytest.fixture
def held(tmp_path):
    return Held(tmp_path)


def test_nothing_is_made_anew_while_the_files_are_the_same(held):
    assert held.kept.get() is held.kept.get()
    assert held.said == []


def test_other_files_make_another_context(held):
    before = held.kept.get()
    held.authority.issue("site-1")
    assert held.kept.get() is not before
    assert held.kept.get() is held.kept.get()
    assert held.said == [f"{held.pair.certificate}, its key and authority are read anew"]


def test_half_a_pair_leaves_what_there_is_until_the_other_half_comes(held):
    before, key = held.kept.get(), held.pair.key.read_bytes()
    held.authority.issue("site-1")
    renewed = held.pair.key.read_bytes()
    held.pair.key.write_bytes(key)
    assert held.kept.get() is before
    assert held.kept.get() is before
    assert len(held.said) == 1, "said once"
    assert held.said[0].endswith("those of before hold on")
    held.pair.key.write_bytes(renewed)
    assert held.kept.get() is not before


def test_what_has_ended_already_waits_until_the_one_that_holds_has_ended(held):
    held.now_us = BEGINS_US + 2 * YEAR_US
    before = held.kept.get()
    held.authority.issue("site-1", ends=BEGINS + YEAR)
    assert held.kept.get() is before
    assert held.kept.get() is before
    pair = held.pair.certificate
    ended = "certificate site-1.pem ended 2020-12-31: renew it"
    assert held.said == [f"{pair}, its key or authority: {ended}; those of before hold on"]
    held.now_us = ENDS_US
    assert held.kept.get() is not before
    assert held.said[1] == f"{pair}, its key and authority are read anew"


def test_what_is_not_valid_yet_waits_until_it_is(held, monkeypatch):
    held.now_us = BEGINS_US + 2 * YEAR_US
    before = held.kept.get()
    monkeypatch.setattr(certificates, "BEGINS", BEGINS + 3 * YEAR)
    held.authority.issue("site-1")
    assert held.kept.get() is before
    assert held.said[0].endswith("not valid yet; those of before hold on")
    held.now_us += YEAR_US
    assert held.kept.get() is not before
    assert len(held.said) == 2


def test_an_authority_that_has_ended_waits_too_and_a_good_one_takes_its_place(held):
    held.now_us = BEGINS_US + 2 * YEAR_US
    before, good = held.kept.get(), held.authority.path.read_bytes()
    write_authority(held.authority.path, ends=BEGINS + YEAR)
    assert held.kept.get() is before
    ended = held.authority.path.read_bytes()
    held.authority.path.write_bytes(ended + good)
    assert held.kept.get() is not before, "one authority that is valid is enough"


def test_where_none_is_valid_the_one_on_the_disk_is_taken(held):
    held.now_us = ENDS_US
    before = held.kept.get()
    held.authority.issue("site-1", ends=BEGINS + YEAR)
    assert held.kept.get() is not before


def test_files_that_are_gone_leave_what_there_is(held):
    before = held.kept.get()
    held.pair.certificate.unlink()
    assert held.kept.get() is before
    assert "No such file" in held.said[0]


def test_what_does_not_fit_at_the_start_is_raised(held):
    held.pair.key.write_bytes(b"no key")
    files = TlsFiles(held.pair.certificate, held.pair.key, held.pair.authority)
    with pytest.raises(OSError, match=r".+"):
        KeptContext(files, make_context, say=print)


def test_an_end_is_told_a_month_before_and_when_it_has_come(held):
    held.now_us = ENDS_US - CERTIFICATE_WARN_US - 1
    held.kept.get()
    assert held.said == []
    held.now_us += 1
    held.kept.get()
    held.kept.get()
    assert held.said == [
        "certificate site-1.pem ends 2040-01-01, in 30 days: renew it",
        "authority ca.pem ends 2040-01-01, in 30 days: renew it",
    ]
    held.now_us = ENDS_US
    held.kept.get()
    assert held.said[2:] == [
        "certificate site-1.pem ended 2040-01-01: renew it",
        "authority ca.pem ended 2040-01-01: renew it",
    ]


def test_who_takes_what_has_no_date_is_told_of_none(tmp_path):
    files = TlsFiles(*(tmp_path / name for name in ("a", "b", "c")))
    kept = KeptContext(files, lambda *_files: "context", say=print)
    assert kept.get() == "context"
