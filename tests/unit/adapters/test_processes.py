"""Child groups start, are waited for, and are gone afterwards, whatever ends the block."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from route112.adapters import processes
from route112.adapters.processes import (
    ChildError,
    Children,
    ask_options,
    find_listeners,
    find_process,
    find_sockets,
    list_sockets,
)

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(child.pid, flush=True)
time.sleep(60)
"""
STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(60)
"""


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def start(children: Children, argv: list[str], log: Path) -> processes.Child:
    child = children.start("sleeper", argv, log=log)
    children.wait_until(lambda: log.stat().st_size > 0, timeout_s=10, what="first line")
    return child


def test_children_are_gone_after_the_block(tmp_path):
    with Children() as children:
        child = start(children, SLEEPER, tmp_path / "log")
        assert is_alive(child.popen.pid)
    assert not is_alive(child.popen.pid)


def test_children_are_gone_after_an_exception(tmp_path):
    with pytest.raises(ZeroDivisionError), Children() as children:  # noqa: PT012
        child = start(children, SLEEPER, tmp_path / "log")
        raise ZeroDivisionError
    assert not is_alive(child.popen.pid)


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (signal.SIGINT, KeyboardInterrupt),
        (signal.SIGTERM, SystemExit),
        (signal.SIGHUP, SystemExit),
    ],
)
def test_children_are_gone_after_a_signal(tmp_path, number, expected):
    before = signal.getsignal(number)
    with pytest.raises(expected), Children() as children:  # noqa: PT012
        child = start(children, SLEEPER, tmp_path / "log")
        os.kill(os.getpid(), number)
    assert not is_alive(child.popen.pid)
    assert signal.getsignal(number) is before


def test_a_signal_while_a_child_starts_does_not_lose_it(tmp_path, monkeypatch):
    real = processes.subprocess.Popen
    started = []

    def interrupted(*args, **kwargs):
        popen = real(*args, **kwargs)
        started.append(popen.pid)
        os.kill(os.getpid(), signal.SIGTERM)
        return popen

    monkeypatch.setattr(processes.subprocess, "Popen", interrupted)
    with pytest.raises(SystemExit) as end, Children() as children:
        children.start("sleeper", SLEEPER, log=tmp_path / "log")
    assert end.value.code == 128 + signal.SIGTERM
    assert not is_alive(started[0])


def test_grandchildren_end_with_their_group(tmp_path):
    log = tmp_path / "log"
    with Children() as children:
        start(children, [sys.executable, "-c", PARENT], log)
        grandchild = int(log.read_text(encoding="ascii"))
        assert is_alive(grandchild)
    Children().wait_until(lambda: not is_alive(grandchild), timeout_s=5, what="end")


def test_a_child_that_ignores_sigterm_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "STOP_SECONDS_MAX", 0.1)
    with Children() as children:
        child = start(children, [sys.executable, "-c", STUBBORN], tmp_path / "log")
    assert child.popen.returncode == -signal.SIGKILL


def test_children_end_when_their_parent_is_killed(tmp_path):
    log = tmp_path / "log"
    script = (
        "from pathlib import Path; from route112.adapters.processes import Children\n"
        "with Children() as children:\n"
        f"    child = children.start('sleeper', {SLEEPER!r}, log=Path({str(log)!r}))\n"
        "    print(child.popen.pid, flush=True)\n"
        "    children.wait_until(lambda: False, timeout_s=60, what='never')\n"
    )
    source = str(Path(processes.__file__).parents[2])
    parent = subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": source},
    )
    with parent:
        child = int(parent.stdout.readline())
        watch = Children()
        watch.wait_until(lambda: log.stat().st_size > 0, timeout_s=10, what="first line")
        assert is_alive(child)
        parent.kill()
    watch.wait_until(lambda: not is_alive(child), timeout_s=5, what="end")


def test_a_missing_program_is_named(tmp_path):
    with Children() as children, pytest.raises(ChildError, match="site could not be started"):
        children.start("site", ["/nonexistent/program"], log=tmp_path / "log")


def test_waiting_ends_when_a_child_fails_and_shows_its_last_words(tmp_path):
    argv = [sys.executable, "-c", "import sys; print('port is taken'); sys.exit(3)"]
    with Children() as children:
        children.start("site", argv, log=tmp_path / "log")
        with pytest.raises(ChildError, match=r"code 3.*\n    port is taken"):
            children.wait_until(lambda: False, timeout_s=10, what="never")


def test_waiting_is_bounded():
    with Children() as children, pytest.raises(ChildError, match=r"ready: not within 0\.05 s"):
        children.wait_until(lambda: False, timeout_s=0.05, what="ready")


def test_children_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "CHILDREN_MAX", 1)
    with Children() as children:
        start(children, SLEEPER, tmp_path / "log")
        with pytest.raises(AssertionError, match="more than 1 children"):
            children.start("second", SLEEPER, log=tmp_path / "log2")


def test_listeners_are_seen_without_touching_them():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
    ):
        udp.bind(("127.0.8.9", 0))
        tcp.bind(("127.0.8.9", 0))
        assert udp.getsockname() in find_listeners("udp")
        assert tcp.getsockname() not in find_listeners("tcp")
        tcp.listen()
        assert tcp.getsockname() in find_listeners("tcp")
        address = udp.getsockname()
    assert address not in find_listeners("udp")


def test_options_without_anybody_there_has_no_status():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.8.9", 0))
        port = closed.getsockname()[1]
    assert ask_options("127.0.8.9", port) is None


def test_options_against_silence_is_bounded():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.8.9", 0))
        assert ask_options("127.0.8.9", silent.getsockname()[1], timeout_s=0.05) is None
        request = silent.recv(2_000).decode("ascii")
    assert request.startswith("OPTIONS sip:127.0.8.9:")
    assert request.endswith("\r\n\r\n")


@pytest.mark.parametrize(
    ("reply", "status"),
    [(b"SIP/2.0 503 No Decision\r\n\r\n", 503), (b"not SIP at all", None), (b"SIP/2.0 ", None)],
)
def test_options_return_the_status_of_the_reply(reply, status):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as answering:
        answering.bind(("127.0.8.9", 0))
        answering.settimeout(10)

        def answer():
            _request, asker = answering.recvfrom(2_000)
            answering.sendto(reply, asker)

        thread = threading.Thread(target=answer)
        thread.start()
        assert ask_options("127.0.8.9", answering.getsockname()[1], timeout_s=10) == status
        thread.join()


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.67.1"), (socket.AF_INET6, "::1")]
)
def test_listeners_are_seen_over_both_families(family, host):
    with socket.socket(family, socket.SOCK_DGRAM) as udp, socket.socket(family) as tcp:
        udp.bind((host, 0))
        tcp.bind((host, 0))
        place = tcp.getsockname()[:2]
        assert udp.getsockname()[:2] in find_listeners("udp")
        assert place not in find_listeners("tcp")
        tcp.listen()
        assert place in find_listeners("tcp")


def test_a_kernel_without_ipv6_has_no_listeners_there(monkeypatch):
    real = processes.Path.read_text

    def read(path, **options):
        if path.name.endswith("6"):
            raise FileNotFoundError(path)
        return real(path, **options)

    monkeypatch.setattr(processes.Path, "read_text", read)
    assert all(":" not in host for host, _ in find_listeners("tcp"))


def test_a_socket_belongs_to_the_process_that_has_it_open():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.67.1", 0))
        found = find_sockets("udp")[udp.getsockname()]
        assert len(found) == 1
        assert found <= list_sockets([os.getpid()])
        assert found.isdisjoint(list_sockets([1]))
        assert find_process(found) == os.getpid()
    assert find_process(found) is None


def test_a_place_that_is_shared_has_two_sockets():
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second,
    ):
        for each in (first, second):
            each.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first.bind(("127.0.67.1", 0))
        second.bind(first.getsockname())
        assert len(find_sockets("udp")[first.getsockname()]) == 2


def test_a_process_that_has_ended_has_nothing_open():
    assert not Path("/proc/4194305").exists(), "beyond the highest number"
    assert list_sockets([4_194_305]) == frozenset()
