import pytest

from route112.routing.request_uri import is_test_call, read_request_uri, replace_foreign


@pytest.mark.parametrize(
    ("uri", "user", "parameter"),
    [
        ("sip:15@h;a=1;A=2", "15", "1"),
        ("SIPS:15:secret@h;A=1?a=3", "15", "1"),
        ("sip:15;a=0@h", "15", None),
        ("sip:15;phone-context=+33@h;user=phone", "15", None),
        ("sip:15;x=y:secret@h;a=1", "15", "1"),
        ("sip:%31%35@h", "15", None),
        ("sip:%315;a=0@h", "15", None),
        ("sip:15%3B@h", "15;", None),
        ("sip:%31%3@h", "%31%3", None),
        ("sip:%31%C3@h", "%31%C3", None),
        ("sip:%31%00@h", "%31%00", None),
        ("sip:%31%7F@h", "%31%7F", None),
        ("sip:15@", "15", None),
        ("sip:15@a@b;a=1", "15", "1"),
        ("sip:15\u00e9@h", "15??", None),
        ("sip:h;a=1", "", "1"),
        ("sip:@h", "", None),
        ("sip:15@h;a", "15", None),
        ('sip:15@h;b="x;a=1"', "15", '1"'),
        ("sip:15@[::1]:5060;a=%31", "15", "%31"),
        ("tel:15;a=1", "15", "1"),
        ("TEL:%31%35;phone-context=+33", "15", None),
        ("urn:service:sos;a=1", None, None),
        ("mailto:15@h;a=1", None, None),
        ("15@h;a=1", None, None),
        ("sip", None, None),
        ("", None, None),
    ],
)
def test_user_and_parameters(uri, user, parameter):
    read = read_request_uri(uri)
    assert (read.user, read.find_parameter("a")) == (user, parameter)
    assert read.whole == replace_foreign(uri)


@pytest.mark.parametrize(
    ("uri", "service"),
    [
        ("urn:service:sos.fire", "urn:service:sos.fire"),
        ("URN:Service:SOS.Fire", "urn:service:SOS.Fire"),
        ("urn:service:sos;x=y", "urn:service:sos"),
        ("urn:service:sos?x#y", "urn:service:sos"),
        ("urn:service:s%6Fs", "urn:service:sos"),
        ("urn:nena:service:sos.psap", "urn:service:sos.psap"),
        ("urn:emergency:service:sos.police", "urn:service:sos.police"),
        ("urn:service:", "urn:service:"),
        ("urn:other:service:sos", ""),
        ("urn:service", ""),
        ("sip:sos@h", ""),
    ],
)
def test_services(uri, service):
    assert read_request_uri(uri).service == service


@pytest.mark.parametrize(
    ("uri", "test"),
    [
        ("urn:service:test.sos", True),
        ("URN:SERVICE:TEST.SOS.fire", True),
        ("urn:service:te%73t", True),
        ("urn:nena:service:test.sos;x=y", True),
        ("urn:service:tests.sos", False),
        ("urn:service:sos.test", False),
        ("urn:service:counseling.children", False),
        ("sip:test.sos@h", False),
    ],
)
def test_a_test_call_is_told_by_its_first_label(uri, test):
    assert is_test_call(read_request_uri(uri).service) == test
