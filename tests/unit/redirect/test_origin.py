import pytest

from route112.redirect.origin import Spoken, find_operator, listen, make_network, make_rule

NETWORKS = [make_network("127.0.2.7/32", 1), make_network("::1/128", 0), make_network("127.0.0.0/8", 0)]  # fmt: skip


def rule(field, place, pattern, name=""):
    return make_rule(field, place, name=name, pattern=pattern)


@pytest.mark.parametrize(
    ("source", "operator"),
    [
        ("127.0.2.7", 1),
        ("127.0.2.8", 0),
        ("::ffff:127.0.2.7", 1),
        ("::1", 0),
        ("::1%lo", 0),
        ("::2", None),
        ("8.8.8.8", None),
        ("", None),
        ("host", None),
        ("\0", None),
    ],
)
def test_the_longest_network_that_holds_an_address_counts(source, operator):
    assert find_operator(NETWORKS, source) == operator


@pytest.mark.parametrize("text", ["", "127.0.0.1", "127.0.0.0/33", "::/129", "x/8", "1.1.1.1/-1"])
def test_text_that_is_no_network_holds_nothing(text):
    assert make_network(text, 0) is None


@pytest.mark.parametrize("pattern", ["(", "a", "(a)(b)", "(a{99999999999})"])
def test_a_pattern_without_its_one_group_never_matches(pattern):
    assert rule("number", "header", pattern) is None


def test_the_first_rule_that_matches_counts():
    rules = [
        rule("number", "request-uri-user", "^([0-9]{2,6})$"),
        rule("caller", "header", "(.+)", "From"),
        rule("commune", "uri-parameter", "^([0-9]{5})$", "Commune"),
        rule("commune", "header", "([0-9]{5})", "X-Commune"),
        rule("commune", "request-uri", "x=([0-9]{5})"),
    ]
    headers = {"x-commune": "in 29103"}
    assert listen(rules, "sip:15@h;COMMUNE=29019", headers.get) == Spoken("15", "29019")
    assert listen(rules, "sip:15@h", headers.get) == Spoken("15", "29103")
    assert listen(rules, "tel:15;x=75056", {}.get) == Spoken("15", "75056")
    assert listen(rules, "sip:112233445@h", {}.get) == Spoken("112233445", "")
    assert listen(rules, "URN:service:sos", headers.get) == Spoken("urn:service:sos", "29103")
    assert listen(rules, "mailto:15", {}.get) == Spoken("", "")


def test_values_beyond_the_limits_match_nothing():
    rules = [rule("commune", "header", "(a+)", "x")]
    for value, found in (
        ("a" * 64, "a" * 64),
        ("a" * 65, ""),
        ("ab" + "b" * 511, ""),
        ("a\t", ""),
    ):
        assert listen(rules, "sip:15@h", {"x": value}.get).commune == found
    assert len(listen(rules, "sip:" + "1" * 999 + "@h", {}.get).dialled) == 129


@pytest.mark.parametrize(
    ("uri", "dialled"),
    [
        ("sip:15;phone-context=+33@h;user=phone", "15"),
        ("SIP:%31%35:secret@h", "15"),
        ("sip:%31%3@h", "%31%3"),
        ("sip:1%C3@h", "1%C3"),
        ("tel:15;phone-context=+33", "15"),
        ("sip:15@a@b", "15"),
        ("sip:15@", "15"),
        ("urn:nena:service:sos.Fire;x=y", "urn:service:sos.Fire"),
        ("urn:service:sos%2efire?x", "urn:service:sos.fire"),
        ("http://15@x", ""),
    ],
)
def test_odd_request_uris(uri, dialled):
    assert listen([], uri, {}.get) == Spoken(dialled, "")


@pytest.mark.parametrize("uri", ["urn:service:test.sos", "URN:emergency:SERVICE:Test;x", "urn:service:%74est.x"])  # fmt: skip
def test_a_test_call_is_told(uri):
    assert listen([], uri, {}.get).is_test


def test_a_service_that_only_ends_like_a_test_is_none():
    assert not listen([], "urn:service:sos.test", {}.get).is_test
    assert not listen([], "urn:service:tests", {}.get).is_test
