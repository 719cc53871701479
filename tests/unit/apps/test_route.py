"""`route112 route`: the line, the table, the JSON, and what it says of input that it cannot use."""

import json
import os

import click
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.support.snapshots import small_content

from route112.adapters.clock import utc_now
from route112.apps import route as module
from route112.apps.route import route
from route112.snapshot.keys import find_key_id, sign_snapshot
from route112.snapshot.trust import TrustedKey, TrustList, render_trust
from route112.snapshot.writer import write_snapshot

AT = "2026-11-15T13:00:00+01:00"
NOT_CHECKED = "signature not checked; name a trust list with --trust\n"


@pytest.fixture(name="plan")
def _plan(tmp_path):
    path = tmp_path / "small.r112"
    path.write_bytes(write_snapshot(small_content()))
    return path


def run(plan, *arguments, at=AT):
    time = ["--at", at] if at else []
    return CliRunner().invoke(route, [*arguments, "--plan", str(plan), *time])


def test_people_read_the_line_then_the_targets_then_the_source(plan):
    result = run(
        plan, "17", "--commune", "29019", "--operator", "bruyere", "--technology", "mobile"
    )
    assert result.exit_code == 0
    assert [" ".join(line.split()) for line in result.stdout.splitlines()] == [
        "17 @29019 bruyere/mobile -> rule primary -> CIC17-29 +33261910020 [g42]",
        "",
        "try PSAP name number rule trunk next hops ring s",
        "1 CIC17-29 CIC17 of 29 +33261910020 primary armor/ip/ 127.0.4.1:5060 127.0.4.2:5060 30",
        "2 CIC17-29 CIC17 of 29 +33261910029 alternative armor/ip/ 127.0.4.1:5060 127.0.4.2:5060 30",
        "3 CIC17-75 CIC17 of 75 +33199000020 neighbour lutece/ip/ [::1]:5064 30",
        "",
        "mapping from pdaau/PDAAU_29.ods:PDAAU:3",
    ]
    assert result.stderr == NOT_CHECKED


def test_a_degraded_answer_is_an_answer(plan):
    result = run(plan, "17", "--commune", "29019", "--down", "CIC17-29", "--down", "CRRA15-29")
    assert result.exit_code == 0
    assert result.stdout.startswith("17 @29019 -> CIC17-29 DOWN -> ")
    assert "degraded: psap-paused+psap-down\n" in result.stdout


def test_an_answer_without_a_row_says_so(plan):
    result = run(plan, "17", "--commune", "75101")
    assert result.stdout.endswith("\nmapping from no row of a file: inherited or fallback\n")


def test_a_number_that_an_order_names_has_no_psap(plan):
    result = run(plan, "15", "--commune", "75056")
    assert "\n  1  - " in result.stdout
    assert "rule alternative -> +33465710001 [g42]" in result.stdout


def test_machines_read_json(plan):
    result = run(plan, "18", "--commune", "29019", "--street", "Rue de Siam", "--json")
    answer = json.loads(result.stdout)
    assert set(answer) == {"targets", "trace", "degraded", "generation", "in_one_pass"}
    assert answer["degraded"] == "area-unknown"
    assert answer["generation"] == 42
    first = answer["targets"][0]
    assert {"psap", "number", "rule", "trunk"} <= set(first)
    assert (first["psap"], first["number"]) == ("CIC17-29", "+33261910020")
    assert answer["trace"][-1] == "CIC17-29 +33261910020"


def test_a_position_places_the_call_in_a_split_commune(plan):
    result = run(plan, "112", "--commune", "29019", "--position", "48.35,-4.45", "--json")
    assert json.loads(result.stdout)["targets"][0]["psap"] == "CRRA15-29"
    assert (
        "48.35" not in run(plan, "112", "--commune", "29019", "--position", "48.35,-4.45").stdout
    )


def test_the_hour_is_that_of_the_commune(plan):
    for at, psap in (
        ("2026-11-15T18:59:59Z", "CRRA15-29"),
        ("2026-11-15T20:00+01:00", "CTA18-29"),
    ):
        answer = json.loads(run(plan, "15", "--commune", "29019", "--json", at=at).stdout)
        assert answer["targets"][0]["psap"] == psap


def test_without_a_time_it_is_now(plan):
    result = run(plan, "17", at=None)
    assert result.exit_code == 0
    assert "no-commune" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "message", "remedy"),
    [
        (
            ["--at", "2026-11-15T12:00"],
            "'2026-11-15T12:00' has no time zone",
            "Add Z for UTC, or the offset: 2026-11-22T18:00:00+01:00",
        ),
        (
            ["--at", "tomorrow"],
            "'tomorrow' is no time",
            "Write it as ISO 8601 with its zone: 2026-11-22T18:00:00+01:00",
        ),
        (["--position", "48"], "'48' is no position", "Write LAT,LON in degrees: 48.39,-4.48"),
        (["--position", "a,b"], "'a,b' is no position", "Write LAT,LON in degrees: 48.39,-4.48"),
        (
            ["--position", "98.3,-4"],
            "'98.3,-4' is not on Earth",
            "Write the latitude first: 48.39,-4.48",
        ),
        (
            ["--position", "nan,nan"],
            "'nan,nan' is not on Earth",
            "Write the latitude first: 48.39,-4.48",
        ),
        (
            ["--down", "crra15-92"],
            "the snapshot has no PSAP 'crra15-92'",
            "Did you mean CRRA15-29 or CRRA15-75?",
        ),
        (
            ["--operator", "Bruyeres"],
            "the snapshot has no operator 'Bruyeres'",
            "Did you mean bruyere?",
        ),
        (
            ["--operator", "?"],
            "the snapshot has no operator '?'",
            "Ids stand in operators/*.yaml",
        ),
        (["--down", "?"], "the snapshot has no PSAP '?'", "Ids look like CRRA15-29"),
    ],
)
def test_unusable_input_is_refused_with_a_remedy(plan, arguments, message, remedy):
    result = run(plan, "15", *arguments, at=None)
    assert result.exit_code == 2
    assert result.stderr.removeprefix(NOT_CHECKED) == f"route112: {message}\n  {remedy}\n"
    assert result.stdout == ""


@pytest.mark.parametrize("number", ["urn:service:test.sos", "URN:nena:service:TEST.sos.fire"])
def test_a_test_call_rings_nobody(plan, number):
    result = run(plan, number, "--commune", "29019")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "is a test call: no answering point is rung (test-call)" in result.stderr


def test_a_commune_is_read_as_the_importer_reads_it(plan):
    result = run(plan, "17", "--commune", " 29019 ")
    assert "17 @29019 -> rule primary -> CIC17-29" in result.stdout
    assert result.stderr == NOT_CHECKED + "commune ' 29019 ' is read as 29019\n"


def test_an_unknown_commune_is_told_and_answered(plan):
    result = run(plan, "17", "--commune", "99999")
    assert result.exit_code == 0
    assert result.stderr == NOT_CHECKED + (
        "the snapshot has no commune '99999'; the call is routed without one\n"
    )


def test_a_file_that_is_missing_cannot_be_asked(tmp_path):
    result = run(tmp_path / "none.r112", "15")
    assert result.exit_code == 2
    assert "none.r112 cannot be read: No such file or directory\n" in result.stderr


def test_a_pipe_is_no_snapshot_and_nobody_waits_for_it(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    result = run(tmp_path / "pipe", "15")
    assert result.exit_code == 2
    assert result.stderr.startswith(
        f"route112: {tmp_path / 'pipe'} cannot be read: it is no plain file\n"
    )


def test_a_refused_file_cannot_be_asked(plan):
    content = bytearray(plan.read_bytes())
    content[-300] ^= 1
    plan.write_bytes(content)
    result = run(plan, "15")
    assert result.exit_code == 2
    assert "small.r112 is refused (altered): " in result.stderr


def make_key(*, ends=3_600):
    private = Ed25519PrivateKey.generate()
    now = utc_now()
    public = TrustedKey(
        id=find_key_id(private),
        name="planner",
        public_key=private.public_key().public_bytes_raw(),
        not_before=now - 10_000_000,
        not_after=now + ends * 1_000_000,
    )
    return private, public


def write_trust(folder, *keys):
    path = folder / "trust.json"
    path.write_bytes(render_trust(TrustList(keys)))
    return str(path)


def test_a_signature_that_is_good_needs_no_words(plan, tmp_path):
    private, public = make_key()
    plan.write_bytes(sign_snapshot(plan.read_bytes(), private))
    trust = write_trust(tmp_path, public, make_key()[1])
    result = run(plan, "17", "--commune", "29019", "--trust", trust)
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_signature_that_is_not_good_is_refused(plan, tmp_path):
    trust = write_trust(tmp_path, make_key()[1], make_key()[1])
    result = run(plan, "17", "--trust", trust)
    assert result.exit_code == 2
    assert "small.r112 is refused (unsigned): nobody has signed the snapshot\n" in result.stderr


@pytest.mark.parametrize("content", [None, b"{}", b"\xff" * 9])
def test_a_trust_list_that_cannot_be_read_is_refused(plan, tmp_path, content):
    trust = tmp_path / "trust.json"
    if content is not None:
        trust.write_bytes(content)
    result = run(plan, "17", "--trust", str(trust))
    assert result.exit_code == 2
    assert "trust.json is no trust list: " in result.stderr


def complete(plan, text):
    parameter = next(option for option in route.params if option.name == "down")
    context = click.Context(route)
    context.params["plan"] = plan
    return [item.value for item in parameter.shell_complete(context, text)]


def test_a_shell_is_offered_psaps_of_the_plan(plan, tmp_path, monkeypatch):
    assert complete(plan, "cta18") == ["CTA18-29", "CTA18-75"]
    assert complete(tmp_path / "none.r112", "C") == complete(None, "C") == []
    monkeypatch.setattr(module, "COMPLETIONS_MAX", 3)
    assert len(complete(plan, "")) == 3


def test_help_shows_examples():
    result = CliRunner().invoke(route, ["--help"])
    assert "route112 route 15 --commune 29019 --plan fr.r112" in result.output
