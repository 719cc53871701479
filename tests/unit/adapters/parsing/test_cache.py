import hashlib
import os
from dataclasses import replace

import msgspec
import pytest
from tests.support.plans import CRRA15_29, DAY, make_file

from route112.adapters.parsing import cache as parse_cache
from route112.adapters.parsing.cache import (
    DIGEST_SIZE,
    MAGIC,
    ParseCache,
    ParseCacheError,
    find_cache_folder,
    fingerprint,
)
from route112.model import Area, Problem, Severity

NAME = "pdaau/PDAAU_29.csv"
CONTENT = b"delivered"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def parsed():
    area = Area(text="POLYGON", rings=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)),))
    rows = [("29019", "15", CRRA15_29, DAY), ("29019", "15", (CRRA15_29,), None, area)]
    problem = Problem(severity=Severity.REPAIR, code="c", message="m", remedy="r", file=NAME)
    return replace(make_file("29", rows, problems=[problem]), sha256=SHA256)


@pytest.fixture
def cache(tmp_path):
    return ParseCache(tmp_path / "cache", "fingerprint")


def entries(tmp_path):
    return sorted((tmp_path / "cache").iterdir())


def test_a_stored_file_comes_back_equal(cache, parsed):
    assert cache.find(NAME, CONTENT) is None
    cache.store(NAME, CONTENT, parsed)
    assert cache.find(NAME, CONTENT) == parsed


def test_other_bytes_another_name_or_other_rules_find_nothing(cache, parsed, tmp_path):
    cache.store(NAME, CONTENT, parsed)
    assert cache.find(NAME, CONTENT + b"\n") is None
    assert cache.find("pdaau/PDAAU_30.csv", CONTENT) is None
    assert ParseCache(tmp_path / "cache", "other").find(NAME, CONTENT) is None


def rewrite(path, change):
    """Change the decoded entry and give it a right checksum again, as a forger would."""
    body = msgspec.msgpack.decode(path.read_bytes()[len(MAGIC) + DIGEST_SIZE :])
    body = msgspec.msgpack.encode(change(body))
    path.write_bytes(MAGIC + hashlib.sha256(body).digest() + body)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-1] + b"\xff"),
        lambda path: path.write_bytes(b"other" + path.read_bytes()),
        lambda path: rewrite(path, lambda _entry: {"no": "entry"}),
        lambda path: rewrite(path, lambda entry: [*entry[:1], "other.csv", *entry[2:]]),
        lambda path: rewrite(path, lambda entry: ["0" * 64, *entry[1:]]),
        lambda path: rewrite(path, lambda entry: [*entry[:2], "0" * 64, *entry[3:]]),
        lambda path: rewrite(path, lambda entry: [*entry[:8], entry[8] + b"\0", entry[9]]),
        lambda path: rewrite(path, lambda entry: [*entry[:8], b"\xff" * 20, entry[9]]),
        lambda path: rewrite(path, lambda entry: [*entry[:5], [], *entry[6:]]),
        lambda path: rewrite(
            path, lambda entry: [*entry[:7], [[["+33"], [[[9, 3]]], None]], *entry[8:]]
        ),
    ],
)
def test_a_damaged_or_foreign_entry_is_removed_and_parsed_again(cache, parsed, tmp_path, damage):
    cache.store(NAME, CONTENT, parsed)
    (path,) = entries(tmp_path)
    damage(path)
    assert cache.find(NAME, CONTENT) is None
    assert entries(tmp_path) == []


def test_the_folder_is_private(cache, tmp_path):
    assert (tmp_path / "cache").stat().st_mode & 0o777 == 0o700


def test_a_folder_into_which_others_write_is_not_used(tmp_path):
    folder = tmp_path / "cache"
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(ParseCacheError, match="others may write into") as caught:
        ParseCache(folder, "fingerprint")
    assert "chmod 700" in caught.value.remedy


def test_a_folder_that_cannot_be_made_says_why(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ParseCacheError, match="cannot be made: Not a directory"):
        ParseCache(tmp_path / "file" / "cache", "fingerprint")


def test_what_was_used_longest_ago_goes_first(tmp_path, parsed):
    cache = ParseCache(tmp_path / "cache", "fingerprint", bytes_max=2_000)
    for index in range(10):
        content = b"%d" % index
        cache.store(NAME, content, replace(parsed, sha256=hashlib.sha256(content).hexdigest()))
    for age, path in enumerate(entries(tmp_path)):
        os.utime(path, (age, age))
    oldest, newest = entries(tmp_path)[0], entries(tmp_path)[-1]
    assert cache.evict() > 0
    assert sum(path.stat().st_size for path in entries(tmp_path)) <= 2_000
    assert newest.exists()
    assert not oldest.exists()
    assert cache.evict() == 0


def test_an_entry_above_the_limit_is_not_kept(cache, parsed, tmp_path, monkeypatch):
    monkeypatch.setattr(parse_cache, "ENTRY_BYTES_MAX", 10)
    cache.store(NAME, CONTENT, parsed)
    assert entries(tmp_path) == []


def test_a_full_disk_only_means_parsing_again(cache, parsed, tmp_path, monkeypatch):
    def full(**_options):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.mkstemp", full)
    cache.store(NAME, CONTENT, parsed)
    assert cache.find(NAME, CONTENT) is None


def test_big_endian_machines_read_the_same_entries(cache, parsed, monkeypatch):
    monkeypatch.setattr("sys.byteorder", "big")
    cache.store(NAME, CONTENT, parsed)
    assert cache.find(NAME, CONTENT) == parsed


def test_the_fingerprint_hangs_on_every_part_and_on_the_importers_code(monkeypatch):
    first = fingerprint([b"profile", b"communes"])
    assert first == fingerprint([b"profile", b"communes"])
    assert first != fingerprint([b"profile", b"communes2"])
    assert fingerprint([b"ab", b"c"]) != fingerprint([b"a", b"bc"])
    monkeypatch.setattr(parse_cache, "IMPORTER_PACKAGES", ("model",))
    assert first != fingerprint([b"profile", b"communes"])


def test_the_usual_folder_follows_the_desktop_standard(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert find_cache_folder() == tmp_path / "route112"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_cache_folder() == tmp_path / ".cache" / "route112"
