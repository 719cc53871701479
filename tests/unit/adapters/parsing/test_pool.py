import os
import signal

from tests.support.plans import make_file

from route112.adapters.parsing import pool as parse_pool
from route112.adapters.parsing.pool import WORKERS, parse_in_processes


def parse(name, content):
    if content == b"crash":
        os.kill(os.getpid(), signal.SIGKILL)
    return make_file("29", [], name=name)


def crash_once(flag, name, content):
    if content == b"unlucky" and not flag.exists():
        flag.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return make_file("29", [], name=name)


def test_every_file_is_parsed_in_another_process():
    tasks = [(f"{index}.csv", b"") for index in range(5)]

    def tell_process(name, _content):
        return make_file(str(os.getpid()), [], name=name)

    parsed = list(parse_in_processes(tasks, tell_process))
    assert sorted(file.file for file in parsed) == [name for name, _ in tasks]
    processes = {file.departement for file in parsed}
    assert str(os.getpid()) not in processes
    assert len(processes) <= WORKERS


def test_a_file_that_crashes_its_reader_is_refused_and_the_rest_goes_on():
    tasks = [
        ("a.csv", b""),
        ("b.csv", b"crash"),
        ("c.csv", b""),
        ("d.csv", b"crash"),
        ("e.csv", b""),
    ]
    parsed = {file.file: file for file in parse_in_processes(tasks, parse)}
    assert [name for name, file in sorted(parsed.items()) if file.refused] == ["b.csv", "d.csv"]
    (problem,) = parsed["b.csv"].problems
    assert (problem.code, problem.file) == ("reader-crashed", "b.csv")
    assert (
        problem.message
        == "the program that reads this file crashed twice on it, or never came to an end"
    )
    assert len(parsed) == 5


def test_a_file_that_was_merely_near_a_crash_is_taken(tmp_path):
    def unlucky(name, content):
        return crash_once(tmp_path / "flag", name, content)

    parsed = list(parse_in_processes([("a.csv", b"unlucky"), ("b.csv", b"")], unlucky))
    assert [file.refused for file in parsed] == [False, False]


def test_a_file_that_takes_for_ever_is_refused(monkeypatch):
    def loop(name, content):
        while content == b"loop":
            pass
        return make_file("29", [], name=name)

    monkeypatch.setattr(parse_pool, "PARSE_SECONDS_MAX", 0.1)
    parsed = {file.file: file for file in parse_in_processes([("a", b"loop"), ("b", b"")], loop)}
    assert parsed["a"].refused
    assert not parsed["b"].refused


def test_a_file_that_wants_too_much_memory_is_refused(monkeypatch):
    def fill(name, _content):
        bytearray(parse_pool.PARSE_BYTES_MAX)
        return make_file("29", [], name=name)

    (file,) = parse_in_processes([("a", b"")], fill)
    assert file.refused


def test_nothing_to_do_starts_nothing():
    assert list(parse_in_processes([], parse)) == []
