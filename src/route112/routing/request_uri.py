"""
Take a request URI apart: user, parameters, service. Total: any text has some reading.

It is read by its text alone. Whether it is a sound URI is nobody's concern here: whoever sends an
INVITE to an emergency site wants help.

Source: docs/formats/snapshot.md, *Dialects*.
"""

import re
from functools import lru_cache
from typing import NamedTuple

URIS_KEPT_MAX = 256
"""Request URIs whose parts are remembered: most are a short number at this site."""

_SIP = ("sip", "sips")
_SERVICE = re.compile(r"urn:(?:(?:nena|emergency):)?service:", re.IGNORECASE)
_SERVICE_END = re.compile(r"[;?#]")
_USER_END = re.compile(r"[:;]")
_TEST = re.compile(r"urn:service:test(?:\.|$)", re.IGNORECASE)
_ESCAPED = re.compile(r"(?:[^%]|%(?:[2-6][0-9A-Fa-f]|7[0-9A-Ea-e]))*")
"""Each `%` begins the escape of a printable ASCII character."""
_ESCAPE = re.compile(r"%(..)")
_FOREIGN = re.compile(r"[^\x00-\x7f]")


class RequestUri(NamedTuple):
    """The parts of a request URI that rules look at."""

    whole: str
    user: str | None
    """Without parameters and password, unescaped; None in a URI of a kind without users."""
    parameters: str
    """Separated by `;`, as they stand."""
    service: str
    """`urn:service:` and what follows it; empty where no service is asked for."""

    def find_parameter(self, name: str) -> str | None:
        """Return the value of the first parameter called `name` (in small letters)."""
        for parameter in self.parameters.split(";"):
            key, equals, value = parameter.partition("=")
            if equals and key.lower() == name:
                return value
        return None


@lru_cache(maxsize=URIS_KEPT_MAX)
def read_request_uri(text: str) -> RequestUri:
    """Take a request URI apart; total."""
    whole = replace_foreign(text)
    scheme, colon, rest = whole.partition(":")
    scheme = scheme.lower()
    if colon and scheme in _SIP:
        user, at, host = rest.partition("@")
        if not at:
            user, host = "", rest
        user = _USER_END.split(user, maxsplit=1)[0]
        parameters = host.partition("?")[0].partition(";")[2]
        return RequestUri(whole, _unescape(user), parameters, "")
    if colon and scheme == "tel":
        user, _, parameters = rest.partition(";")
        return RequestUri(whole, _unescape(user), parameters, "")
    return RequestUri(whole, None, "", _read_service(whole))


def is_test_call(service: str) -> bool:
    """Tell whether a service URN asks for a test, which must ring at no answering point."""
    return _TEST.match(service) is not None


def replace_foreign(text: str) -> str:
    """Replace each byte that is not ASCII by a question mark, so that bytes can be counted."""
    if text.isascii():
        return text
    return _FOREIGN.sub("?", text.encode("utf-8", "surrogatepass").decode("latin-1"))


def _read_service(whole: str) -> str:
    """Read a service URN; those of NENA and of the emergency tree mean the same services."""
    begun = _SERVICE.match(whole)
    if begun is None:
        return ""
    name = _SERVICE_END.split(whole[begun.end() :], maxsplit=1)[0]
    return "urn:service:" + _unescape(name)


def _unescape(text: str) -> str:
    if "%" not in text or _ESCAPED.fullmatch(text) is None:
        return text
    return _ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)
