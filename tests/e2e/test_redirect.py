"""The redirect server as a process: asked over UDP and TCP, tortured, and given new snapshots."""

import contextlib
import csv
import datetime as dt
import gzip
import io
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.support.load import replace_file
from tests.support.redirect import find_numbers, find_status, find_values, make_request
from tests.support.sipp_psaps import find_free_port
from tests.support.snapshots import ROUTES, sign_blindly, small_content, small_trust, trusted_key

import route112
from route112.countries.fr import build_demo
from route112.countries.fr.expected import holds, list_lines
from route112.countries.fr.national import SHORT_NUMBERS
from route112.snapshot.trust import render_trust
from route112.snapshot.writer import write_snapshot

pytestmark = pytest.mark.e2e

HOST = "127.0.66.1"
PORTS = range(5060, 5099)
BRUYERE, CORMORAN, DOLMEN, ECUME = ("127.0.2.1", "127.0.2.17", "127.0.2.33", "127.0.2.49")
DEFAULTS = {DOLMEN: "35238", ECUME: "44109"}
"""Where calls go that tell neither cell nor line, as those here."""
KEYS = 2_000
TOUCHED = {"48", "90", "975"}
"""Departements with overrides in the demo: what they answer depends on the date of the test."""
WAIT_S = 30.0


def run_route112(*arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(Path(route112.__file__).parents[1])}
    command = [sys.executable, "-m", "route112.apps", *map(str, arguments)]
    return subprocess.Popen(
        command, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True, **options
    )  # fmt: skip


class Server:
    """A running redirect server, and what it said."""

    def __init__(self, process, port):
        self.process = process
        self.port = port
        self.said = []

    def wait_for(self, text):
        """Read lines until one holds `text`; the process says each of them at once."""
        while line := self.process.stderr.readline():
            self.said.append(line)
            if text in line:
                return line
        raise AssertionError("".join(self.said))

    def ask_udp(self, message, source=BRUYERE, host=HOST, wait_s=WAIT_S):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as sender:
            sender.bind((source, 0))
            sender.settimeout(wait_s)
            sender.sendto(message, (host, self.port))
            return sender.recv(65_535)

    @contextmanager
    def connect(self, source=BRUYERE):
        with socket.create_connection(
            (HOST, self.port), timeout=WAIT_S, source_address=(source, 0)
        ) as stream:
            yield stream

    def rss_mb(self):
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGESIZE") / 1e6


@contextmanager
def serve(plan, *options):
    port = find_free_port(HOST, PORTS, hosts=("::1",))
    process = run_route112(
        *("redirect", "run", "--plan", plan, "--listen", f"{HOST}:{port}"),
        *("--listen", f"[::1]:{port}", *options),
    )
    server = Server(process, port)
    try:
        server.wait_for("is in force on")
        yield server
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(WAIT_S)
        process.stderr.close()


def receive(stream, count):
    """Receive `count` responses without a body."""
    content = b""
    while content.count(b"\r\n\r\n") < count:
        piece = stream.recv(65_535)
        if not piece:
            break
        content += piece
    return [part + b"\r\n\r\n" for part in content.split(b"\r\n\r\n")[:-1]]


# The demo country


@pytest.fixture(scope="module")
def demo():
    return build_demo()


@pytest.fixture(scope="module")
def country(demo, tmp_path_factory):
    folder = tmp_path_factory.mktemp("redirect") / "fr"
    for name, content in demo.render_files():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    output = folder.parent / "fr.r112"
    build = run_route112("plan", "build", folder, "-o", output, stdout=subprocess.DEVNULL)
    said = build.communicate(timeout=120)[1]
    assert build.returncode == 0, said[-2000:]
    return folder, output


def expect(demo, code, number):
    """Return the lines that a key may have now, by the demo's own derivation, without a place."""
    commune = next(row for row in demo.intent.ground.communes if row.code == code)
    zone = next(
        row.timezone for row in demo.intent.ground.departements if row.code == commune.departement
    )
    place = [short.number for short in SHORT_NUMBERS].index(number)
    answer = demo.intent.answers[code][place]
    now = dt.datetime.now(dt.UTC)  # noqa: TID251  the server goes by the clock
    return [
        next(
            list_lines(variant, demo.intent.psaps)
            for variant in answer
            if variant.part is None
            and holds(variant.opening, (now + shift).astimezone(ZoneInfo(zone)))
        )
        for shift in (dt.timedelta(0), dt.timedelta(minutes=-1))
    ]


def ask_as(operator, number, code):
    """Return the request by which an operator's network asks for a number and a commune."""
    if operator == BRUYERE:
        return make_request(f"sip:{number}@{HOST};user=phone;commune={code}")
    if operator == CORMORAN:
        access = f"3GPP-E-UTRAN-FDD; insee={code}"
        return make_request(f"sip:{number}@{HOST}", P_Access_Network_Info=access)
    return make_request(f"sip:{number}@{HOST}")


def test_two_thousand_keys_over_udp_and_tcp_in_four_dialects(demo, country):
    folder, plan = country
    table = gzip.decompress((folder / "expected.csv.gz").read_bytes()).decode()
    rows = [
        (row["insee"], row["number"], row["targets_day"], row["targets_night"])
        for row in csv.DictReader(io.StringIO(table))
        if not row["insee"].startswith(tuple(TOUCHED))
    ]
    drawn = random.Random(112).sample(rows, KEYS)
    wrong, asked = [], 0
    with serve(plan) as server:
        for place, operator in enumerate((BRUYERE, CORMORAN, DOLMEN, ECUME)):
            part = drawn[place::4]
            messages = [ask_as(operator, number, code) for code, number, _, _ in part]
            half = len(part) // 2
            answers = [server.ask_udp(message, operator) for message in messages[:half]]
            with server.connect(operator) as stream:
                stream.sendall(b"".join(messages[half:]))
                answers += receive(stream, len(part) - half)
            for (code, number, day, night), answer in zip(part, answers, strict=True):
                asked += 1
                numbers = find_numbers(answer)
                if operator in DEFAULTS or day != night:
                    possible = expect(demo, DEFAULTS.get(operator, code), number)
                else:
                    possible = [day.split("|")]
                if not any(numbers[: len(lines)] == lines for lines in possible):
                    wrong.append((operator, code, number, numbers, possible))
        assert server.rss_mb() < 300
    assert asked == KEYS
    assert wrong == []


# A small country


@pytest.fixture
def small(tmp_path):
    path = tmp_path / "small.r112"
    (tmp_path / "trust.json").write_bytes(render_trust(small_trust()))
    by_day = (*ROUTES[:2], ROUTES[2][1:], *ROUTES[3:])  # one answer at any hour
    put(path, small_content(orders=(), routes=by_day))
    return path


def put(path, content, key="a"):
    fresh = path.with_suffix(".new")
    written = content if isinstance(content, bytes) else write_snapshot(content)
    fresh.write_bytes(sign_blindly(written, key) if written.startswith(b"R112") else written)
    fresh.rename(path)


CALL = make_request("sip:15@h;commune=29019")


def test_both_families_both_transports_and_everybody_who_may_not(small):
    with serve(small) as server:
        first = ["+33261910010", "+33261910011", "+33261910019", "+33199000010"]
        assert find_numbers(server.ask_udp(CALL)) == first
        assert find_numbers(server.ask_udp(CALL, "::1", "::1")) == first
        with server.connect() as stream:
            stream.sendall(make_request(method="ACK") + CALL + make_request(method="BYE"))
            statuses = [find_status(answer) for answer in receive(stream, 2)]
        assert statuses == [302, 405]
        assert find_status(server.ask_udp(CALL, "127.0.3.1")) == 403
        assert find_status(server.ask_udp(make_request(method="OPTIONS"))) == 200
        with pytest.raises(TimeoutError):
            server.ask_udp(make_request(method="ACK"), wait_s=0.3)
        server.process.send_signal(signal.SIGTERM)
        assert server.wait_for("ended: 6 answered, 0 dropped, 0 failed")
        assert server.process.wait(WAIT_S) == 0


def test_a_newer_snapshot_is_taken_and_bad_ones_leave_it_in_force(small):
    trust = ("--trust", small.with_name("trust.json"))
    with serve(small, *trust) as server:
        refused = {
            "it is no snapshot": b"nonsense",
            "it is g41, older than g42": small_content(generation=41),
            "it is another g42": small_content(edition="other"),
        }
        for reason, content in refused.items():
            put(small, content)
            assert reason in server.wait_for("stays in force")
        put(small, small_content(generation=43), key="c")
        assert "revoked" in server.wait_for("stays in force")
        assert find_values(server.ask_udp(CALL), "Server") == ["route112-redirect g42"]
        put(small, small_content(generation=43, national=(2, 0, 4, 4)))
        server.wait_for("g43 is in force")
        answer = server.ask_udp(make_request("sip:15@h;commune=00000", X_Commune="none"))
        assert find_values(answer, "Server") == ["route112-redirect g43"]


def test_a_new_trust_list_is_taken_without_a_restart(small):
    trust = small.with_name("trust.json")
    with serve(small, "--trust", str(trust)) as server:
        put(small, small_content(generation=43), key="e")
        assert "unknown key" in server.wait_for("stays in force")
        replace_file(trust, b"{")
        server.wait_for("the trust list stays as it was")
        whole = small_trust()
        longer = replace(whole, keys=(*whole.keys, trusted_key("e")))
        replace_file(trust, render_trust(longer))
        server.wait_for("g43 is in force")
        assert find_values(server.ask_udp(CALL), "Server") == ["route112-redirect g43"]


def test_a_call_may_be_ugly_over_both_transports(small):
    ugly = make_request("sip:%31%35;isub=1@h", X_Commune="29019\r\n ").replace(
        b"From:", b"X-Odd no colon\r\nX-\xe9: 1\r\nFrom:", 1
    )
    with serve(small) as server:
        plain = find_numbers(server.ask_udp(make_request("sip:15@h", X_Commune="29019")))
        for message in (ugly, ugly.replace(b"\r\n", b"\n")):
            assert find_numbers(server.ask_udp(message)) == plain
            with server.connect() as stream:
                stream.sendall(message + message)
                answers = receive(stream, 2)
            assert [find_numbers(answer) for answer in answers] == [plain, plain]
        for uri, status in (("urn:service:test.sos.fire", 404), ("http://15@x", 302)):
            assert find_status(server.ask_udp(make_request(uri))) == status
        other = make_request().replace(b"SIP/2.0\r\n", b"SIP/3.0\r\n", 1)
        assert find_status(server.ask_udp(other)) == 505


def test_a_message_that_is_too_large_is_told_so(small):
    large = CALL.replace(b"Content-Length: 0", b"Content-Length: 70000") + b"x" * 70_000
    with serve(small) as server, server.connect() as stream:
        stream.sendall(large)
        [answer] = receive(stream, 1)
        assert find_status(answer) == 513
        assert stream.recv(100) == b""


def make_torture(seed):
    """Make messages that no sane peer sends: cut, doubled, flipped, stuffed, and noise."""
    draw = random.Random(seed)
    whole = make_request("sip:15@h;commune=29019", X_Commune="29019")
    made = [b"", b"\0", b"\r\n" * 40, b"INVITE", b"SIP/2.0 200 OK\r\n\r\n", b"\xff" * 60_000]
    for name in (b"Via", b"From", b"To", b"Call-ID", b"CSeq", b"Content-Length"):
        made += [
            whole.replace(name + b":", name, 1),
            whole.replace(name + b":", name + b":\r\n " + b" " * 500, 1),
            whole.replace(name + b":", name + b": " + b'<>;,"\\' * 1_000, 1),
            whole.replace(name + b": ", (name + b": x\r\n") * 300 + name + b": ", 1),
        ]
    for _ in range(300):
        changed = bytearray(whole)
        for _ in range(draw.randint(1, 8)):
            place = draw.randrange(len(changed))
            changed[place : place + draw.randint(0, 3)] = draw.randbytes(draw.randint(0, 3))
        made.append(bytes(changed))
        made.append(whole[: draw.randrange(len(whole))])
    return made


def test_torture_stops_nobody(small):
    with serve(small, "--rate", "100000") as server:
        server.ask_udp(CALL)
        before = server.rss_mb()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((BRUYERE, 0))
            for message in make_torture(1) * 3:
                sender.sendto(message[:60_000], (HOST, server.port))
        for message in make_torture(2)[::10]:
            with server.connect() as stream:
                stream.sendall(message)
        with server.connect() as stream:
            stream.sendall(b"INVITE sip:15@h SIP/2.0\r\nX: " + b"x" * 70_000)
            # The end comes as a reset where the kernel still held unread bytes, else as an end.
            with contextlib.suppress(ConnectionResetError):
                assert stream.recv(100) == b""
        assert find_status(server.ask_udp(CALL)) == 302
        assert server.rss_mb() < before + 50
        server.process.send_signal(signal.SIGTERM)
        assert "0 failed" in server.wait_for("ended:")


def test_a_flood_from_one_address_is_cut_and_another_one_is_served(small):
    with serve(small, "--rate", "50") as server:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind(("127.0.2.2", 0))
            for _ in range(2_000):
                sender.sendto(CALL, (HOST, server.port))
            began = time.monotonic()
            assert find_status(server.ask_udp(CALL)) == 302
            assert time.monotonic() - began < 2
        server.process.send_signal(signal.SIGTERM)
        said = server.wait_for("ended:")
        assert int(said.split("ended: ")[1].split()[0]) < 1_000
