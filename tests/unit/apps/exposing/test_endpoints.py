import pytest

from route112.apps._console import Failure
from route112.apps.exposing.endpoints import read_endpoint, read_numeric_endpoint


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("9112", ("127.0.0.1", 9112)),
        ("192.0.2.1:0", ("192.0.2.1", 0)),
        ("[::1]:9112", ("::1", 9112)),
        ("watch.example:9112", ("watch.example", 9112)),
    ],
)
def test_where_to_answer(text, place):
    assert read_endpoint(text) == place


@pytest.mark.parametrize("text", ["", "host", ":9112", "1:65536", "1:-1", "1:٣"])
def test_what_is_no_address(text):
    with pytest.raises(Failure, match="is no address"):
        read_endpoint(text)


def test_a_station_resolves_no_names():
    assert read_numeric_endpoint("[::1]:9112") == ("::1", 9112)
    with pytest.raises(Failure, match="has no IP address"):
        read_numeric_endpoint("watch.example:9112")
