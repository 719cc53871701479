"""`route112 call`: steps, the last line, and its three exit codes."""

import asyncio
import json
import threading

import pytest
from click.testing import CliRunner

from route112.adapters.sip import Address, CallResult
from route112.apps.call import call, describe
from route112.apps.ends import Psaps
from route112.simulation.behaviours import Behaviour

HOST = "127.0.47.7"
NOBODY = "somebody who does not say who"
DIALECT = """
id: dolmen
name: Dolmen
technologies: [pstn]
default_commune: "35238"
dialect:
  - {field: number, place: request-uri-user, pattern: '^[0-9]{5}\\*([0-9]{2,6})$'}
  - {field: commune, place: request-uri-user, pattern: '^([0-9]{5})\\*[0-9]{2,6}$'}
"""


@pytest.fixture(scope="module")
def psap():
    """Answer on a thread of its own: the command has an event loop itself."""
    ready, over, found = threading.Event(), None, {}

    async def answer():
        nonlocal over
        over = asyncio.Event()
        async with Psaps(numbers={"17": Behaviour.BUSY}, answer_after_s=0.02) as psaps:
            found["place"] = (await psaps.listen(Address("udp", HOST, 0))).place
            found["psaps"], found["loop"] = psaps, asyncio.get_running_loop()
            ready.set()
            await over.wait()

    thread = threading.Thread(target=asyncio.run, args=(answer(),))
    thread.start()
    assert ready.wait(10)
    yield found
    found["loop"].call_soon_threadsafe(over.set)
    thread.join(10)


def invoke(psap, *arguments):
    return CliRunner().invoke(call, [*arguments, "--to", psap["place"], "--hold", "0.1"])


def test_one_call_step_by_step(psap):
    result = invoke(psap, "15", "--commune", "29019")
    assert result.exit_code == 0, result.output
    *steps, last = result.output.splitlines()
    assert [line.split()[2] for line in steps] == ["sent", "180", "200", "sent", "sent", "200"]
    assert last.startswith(f"answered by sip:15@{psap['place']}")
    assert last.endswith("audio packets")


def test_a_call_that_is_not_answered_is_1(psap):
    result = invoke(psap, "17")
    assert result.exit_code == 1
    assert result.output.endswith(
        'not answered: 486 Busy Here (Q.850;cause=17;text="User busy")\n'
    )


def test_many_calls_are_counted_and_logged(psap, tmp_path):
    log = tmp_path / "callers.jsonl"
    result = invoke(psap, "15", "--count", "3", "--rate", "100", "--log", str(log))
    assert result.exit_code == 0, result.output
    assert result.output == "      3  200\n3 of 3 calls answered\n"
    assert len(log.read_bytes().splitlines()) == 3


def test_each_of_many_calls_has_a_caller_of_its_own_as_the_help_says(psap, monkeypatch):
    placed = []

    async def place(orders, *_args, **_options):
        placed.extend(order.caller for order in orders)
        return ()

    monkeypatch.setattr("route112.apps.call.place", place)
    invoke(psap, "15", "--caller", "+999000777")
    invoke(psap, "15", "--caller", "+999000777", "--count", "2")
    assert placed == ["+999000777", "+999000001", "+999000002"]
    said = " ".join(CliRunner().invoke(call, ["--help"]).output.split())
    assert "with --count above 1 each call has another one instead, from +999000001 on." in said


def test_json_for_machines(psap):
    one = json.loads(invoke(psap, "17", "--json").output)
    assert (one["status"], one["steps"][0]["name"]) == (486, "sent")
    many = json.loads(invoke(psap, "15", "--json", "--count", "2").output)
    assert [each["status"] for each in many] == [200, 200]


def test_a_body_a_header_and_a_dialect(psap, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"--b--")
    dialect = tmp_path / "dolmen.yaml"
    dialect.write_text(DIALECT)
    result = invoke(
        *[psap, "15", "--commune", "29019", "--dialect", str(dialect), "--body", str(body)],
        *["--header", "Content-Type: multipart/mixed;boundary=b", "--header", "X-More: yes"],
    )
    assert result.exit_code == 0, result.output
    assert f"INVITE sip:29019*15@{psap['place']} to udp:{psap['place']}" in result.output
    assert result.output.endswith("no audio\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["15", "--header", "nonsense"], "--header 'nonsense' is no header"),
        (["1 5"], "no call could be placed: no URI"),
        (["1 5", "--count", "2"], "no call could be placed: no URI"),
        (["15", "--from", "192.0.2.1"], "no call could be placed"),
        (["15", "--from", "x"], "--from x: 'x' is no IP address"),
        (["15", "--transport", "tls", "--timeout", "0.2"], "TLS needs a certificate"),
    ],
)
def test_what_cannot_be_sent_is_2(psap, arguments, message):
    result = invoke(psap, *arguments)
    assert result.exit_code == 2, result.output
    assert message in result.output


def test_a_body_that_is_too_large_and_a_dialect_that_does_not_fit_are_2(psap, tmp_path):
    large = tmp_path / "large"
    large.write_bytes(b"x" * 70_000)
    result = invoke(psap, "15", "--body", str(large))
    assert (result.exit_code, "is too large for a SIP message" in result.output) == (2, True)
    dialect = tmp_path / "dolmen.yaml"
    dialect.write_text(DIALECT)
    assert "no request URI says 15" in invoke(psap, "15", "--dialect", str(dialect)).output
    dialect.write_text("id: [")
    assert invoke(psap, "15", "--dialect", str(dialect)).exit_code == 2


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, "not answered: no final response"),
        ({"status": 503, "phrase": "No Target"}, "not answered: 503 No Target"),
        (
            {"status": 200, "answered_us": 90_000, "ringing_us": 5_000, "audio_packets": 7},
            f"answered by {NOBODY} after 90 ms, rang after 5 ms; 7 audio packets",
        ),
    ],
)
def test_the_last_line(changes, line):
    assert describe(CallResult(call_id="a", placed_us=0, **changes)) == line
