from hypothesis import given
from hypothesis import strategies as st
from tests.support.commanding import ask

from route112.access import Identity, Via, hash_request
from route112.access.requests import cut_identity, is_well_formed

TEXTS = st.text(max_size=20).filter(str.isprintable)
REQUESTS = st.builds(
    lambda verb, reason, arguments: ask(verb, reason=reason, arguments=arguments),
    TEXTS,
    TEXTS,
    st.dictionaries(st.from_regex(r"[a-z][a-z0-9_]{0,5}", fullmatch=True), TEXTS, max_size=3),
)


@given(REQUESTS, REQUESTS)
def test_a_hash_stands_for_one_request_only(one, other):
    assert is_well_formed(one)
    assert (hash_request(one) == hash_request(other)) == (one == other)


def test_words_cannot_move_from_one_argument_into_another():
    one = ask(arguments={"a": "x a_b=y", "b": ""})
    other = ask(arguments={"a": "x", "b": "y"})
    assert hash_request(one) != hash_request(other)


def test_an_argument_is_found_by_its_name():
    assert ask().get("psap") == "CRRA15-29"
    assert ask().get("to_psap") == ""


def test_arguments_stand_in_one_order():
    request = ask(arguments={"a": "", "b": ""})
    assert is_well_formed(request)
    turned = type(request)(
        verb=request.verb, by=request.by, asked_at=1, arguments=request.arguments[::-1]
    )
    assert not is_well_formed(turned)


def test_an_identity_fits_a_line():
    assert cut_identity(Identity(Via.CERTIFICATE, "x" * 300)).name == "x" * 200
    odd = Identity(Via.CERTIFICATE, "CN=a\u00a0b\ud800")
    assert cut_identity(odd).name == "CN=a?b?", "a line of the audit log takes what is printable"
