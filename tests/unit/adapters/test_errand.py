import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from route112.adapters import errand as subject
from route112.adapters.errand import OUTPUT_BYTES_MAX, ErrandError, run_bounded, run_errand
from route112.apps.country_run.exercise import find_library


def run(code, *, given=b"", seconds_max=10.0, nice=10):
    read, write = os.pipe()
    os.write(write, given)
    os.close(write)
    argv = (sys.executable, "-c", code)
    try:
        return asyncio.run(run_errand(argv, stdin=read, nice=nice, seconds_max=seconds_max))
    finally:
        os.close(read)


def is_there(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def test_a_program_reads_its_input_and_its_output_is_returned():
    assert run("print(input()[::-1])", given=b"abc\n") == b"cba\n"


def test_it_is_nice_in_a_session_of_its_own():
    wait = "import os, time; time.sleep(0.3); "
    said = run(wait + "print(os.getsid(0) == os.getpid(), os.nice(0))")
    assert said.split() == [b"True", str(min(19, max(os.nice(0), 10))).encode()]
    said = run(wait + "print(open('/proc/self/autogroup').read())")
    if said.startswith(b"/autogroup"):
        assert b"nice 10" in said


def test_the_last_line_of_one_that_fails_is_told():
    with pytest.raises(ErrandError, match=r"^ValueError: no \(ended with code 1\)$"):
        run("raise ValueError('no')")
    with pytest.raises(ErrandError, match=r"^ended with code 3$"):
        run("raise SystemExit(3)")
    with pytest.raises(ErrandError, match=r"^ended by SIGKILL$"):
        run("import os; os.kill(os.getpid(), 9)")


def test_a_program_that_is_not_there_is_named():
    with pytest.raises(ErrandError, match="/none could not be started: No such file"):
        asyncio.run(run_errand(("/none",), stdin=0, nice=0, seconds_max=1.0))


FORKS = "import os, time; pid = os.fork(); pid and open({!r}, 'w').write(str(pid)); time.sleep(60)"


def test_one_that_takes_too_long_ends_with_all_that_it_started(tmp_path):
    told = tmp_path / "pid"
    with pytest.raises(ErrandError, match="took longer than 1 s"):
        run(FORKS.format(str(told)), seconds_max=1.0)
    deadline = time.monotonic() + 60.0
    while is_there(told.read_text()) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not is_there(told.read_text())


def test_one_that_says_too_much_stands_until_its_end():
    with pytest.raises(ErrandError, match="took longer"):
        run(f"print('x' * {2 * OUTPUT_BYTES_MAX})", seconds_max=1.0)


def test_a_child_that_keeps_the_pipe_is_not_waited_for():
    code = "import os, time; os.fork() or time.sleep(60)"
    began = time.monotonic()
    assert run(code) == b""
    assert time.monotonic() - began < 5.0


def test_whoever_stops_waiting_ends_it(tmp_path):
    told = tmp_path / "pid"

    async def give_up():
        argv = (sys.executable, "-c", FORKS.format(str(told)))
        task = asyncio.create_task(run_errand(argv, stdin=0, nice=0, seconds_max=60.0))
        while not (told.exists() and told.read_text()):  # noqa: ASYNC110  another process
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait((task,))
        assert task.cancelled()

    asyncio.run(give_up())
    time.sleep(0.1)
    assert not is_there(told.read_text())


def bounded(code, *, seconds_max=10.0, **env):
    argv = (sys.executable, "-c", code)
    return run_bounded(argv, env={**os.environ, **env}, seconds_max=seconds_max)


def test_its_code_and_the_end_of_its_errors_are_returned():
    code, errors = bounded("import sys; print('x' * 70_000, 'end', file=sys.stderr); sys.exit(3)")
    assert code == 3
    assert len(errors) == OUTPUT_BYTES_MAX
    assert errors.endswith(b"x end\n")
    assert bounded("print('on its output')") == (0, b"")


def test_what_takes_too_long_is_killed():
    began = time.monotonic()
    with pytest.raises(ErrandError, match=r"took longer than 0\.2 s"):
        bounded("import time; time.sleep(60)", seconds_max=0.2)
    assert time.monotonic() - began < 10


def test_it_waits_below_a_clock_that_is_faked(tmp_path):
    """There `time.sleep` is refused, and with it each wait of `subprocess` that has a bound."""
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    program = (
        "import os, sys; from route112.adapters.errand import run_bounded\n"
        "slow = [sys.executable, '-c', 'import os, select; os.close(1); os.close(2);'"
        " 'select.select([], [], [], 0.3)']\n"
        "sys.exit(run_bounded(slow, env=os.environ, seconds_max=10)[0])"
    )
    faked = {
        "LD_PRELOAD": str(find_library()),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    source = str(Path(subject.__file__).parents[2])
    code, errors = bounded(program, PYTHONPATH=source, **faked)
    assert code == 0, errors
