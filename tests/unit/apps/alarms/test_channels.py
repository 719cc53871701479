import pytest

from route112.apps._console import Failure
from route112.apps.alarms.channels import Channels, open_channels, read_channels

NONE = {
    "webhook": None,
    "webhook_secret_file": None,
    "reports": None,
    "reports_token_file": None,
}


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret"
    path.write_text("0123456789abcdef\n")
    path.chmod(0o600)
    return path


def test_nothing_is_open_unless_asked_for(world):
    assert read_channels(**NONE) == Channels()
    said = []
    with open_channels(Channels(), world.files.store, complain=said.append):
        assert said == []


@pytest.mark.parametrize("address", ["127.0.0.1:0", "[::1]:0"])
def test_both_run_beside_watch(world, secret, address):
    channels = read_channels(
        webhook="http://127.0.0.1:1/",
        webhook_secret_file=secret,
        reports=address,
        reports_token_file=secret,
    )
    assert channels.webhook.secret == channels.token == "0123456789abcdef"
    said = []
    with open_channels(channels, world.files.store, complain=said.append):
        assert said[0].startswith("takes reports on port ")


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"reports": "127.0.0.1:0"}, "belong together"),
        ({"webhook_secret_file": True}, "without --webhook"),
        ({"webhook": "http://example.invalid/"}, "use https"),
        ({"reports": "localhost:1", "reports_token_file": True}, "is no address"),
        ({"reports": "127.0.0.1:99999", "reports_token_file": True}, "is no address"),
        ({"reports": "0.0.0.0:9112", "reports_token_file": True}, "in clear"),
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_before_anything_runs(secret, asked, message):
    given = {name: secret if value is True else value for name, value in asked.items()}
    with pytest.raises(Failure, match=message):
        read_channels(**{**NONE, **given})


def test_an_address_of_another_machine_is_told(world):
    channels = Channels(reports=("192.0.2.1", 9_112), token="0123456789abcdef")
    with (
        pytest.raises(Failure, match="cannot be had"),
        open_channels(channels, world.files.store, complain=print),
    ):
        pass
