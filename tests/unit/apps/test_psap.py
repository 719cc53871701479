"""`route112 psap run`: bad usage is told, a run ends and says how many rang."""

import pytest
from click.testing import CliRunner

from route112.apps.psap import psap


def invoke(*arguments):
    return CliRunner().invoke(psap, ["run", *arguments])


def test_a_run_ends_after_its_time_and_says_where_it_listened(tmp_path):
    log = tmp_path / "psaps.jsonl"
    result = invoke(
        *["--listen", "127.0.47.6:5077", "--for", "0.05", "--behaviour", "busy"],
        *["--numbers", "15=silent,17=trying", "--log", str(log)],
    )
    assert result.exit_code == 0, result.output
    assert "ready udp:127.0.47.6:5077 tcp:127.0.47.6:5077 busy" in result.output
    assert result.output.endswith("0 calls\n")
    assert log.read_bytes() == b""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--listen", "nowhere"], "'nowhere' is no IP address"),
        (["--listen", "192.0.2.1:5060", "--for", "0"], "cannot listen: "),
        (["--listen", "tls:127.0.47.6", "--for", "0"], "TLS needs a certificate"),
        (["--listen", "127.0.47.6", "--numbers", "15=asleep"], "no behaviour 'asleep'"),
        (["--listen", "127.0.47.6", "--behaviour", "asleep"], "Invalid value"),
    ],
)
def test_what_cannot_be_done_is_2(arguments, message):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert message in result.output


def test_a_run_knows_the_loop_numbers_of_its_gateways():
    options = ("--listen", "127.0.47.6:5078", "--for", "0.05", "--loop", "+33199000112")
    result = invoke(*options)
    assert result.exit_code == 0, result.output
