"""
Odd INVITEs: what networks send that is ugly, and what each translation has to make of it.

A short number may stand in many request URIs, and a commune in many headers. Whoever reads one of
them otherwise than the others misroutes calls on the day when it serves.
"""

from dataclasses import dataclass

from route112.simulation.agreement import Network

PARAMETER, HEADER, CELL, LINE = "127.0.2.1", "127.0.2.17", "127.0.2.33", "127.0.2.49"
"""Addresses of the demo country's operators, by how they tell where the caller is."""
DEFAULT_NUMBER = "112"
LONG_CHARS = 8_400
"""More than Kamailio's substitutions read."""


@dataclass(frozen=True, slots=True)
class Oddity:
    """A way to write a key down, from one source, and what it means."""

    source: str
    network: Network
    number: str = ""
    """Short number that it means; empty: that of the key."""
    commune: str | None = None
    """Commune that it means; None: that of the key, empty: whatever the operator's default is."""


def _told(uri: str, header: str = "X-Commune: {commune}", **means: str) -> Oddity:
    return Oddity(PARAMETER, Network(uri, header), **means)


URIS = (
    _told("sip:{number};phone-context=+33@{to};user=phone"),
    _told("sip:{number};isub=12;ext=3@{to};commune={commune}", ""),
    _told("sip:%39{number}@{to}", number=DEFAULT_NUMBER),
    _told("sip:%31%35@{to}", number="15"),
    _told("sip:1%35;x=y@{to}", number="15"),
    _told("sip:%31%3@{to}", number=DEFAULT_NUMBER),
    _told("sip:{number}%C3@{to}", number=DEFAULT_NUMBER),
    _told("sip:{number}:secret@{to}"),
    _told("sip:{number};a=b:secret@{to};user=phone"),
    _told("SIP:{number}@{to};USER=phone;COMMUNE={commune}", ""),
    _told("sips:{number}@{to};transport=udp"),
    _told("tel:{number};phone-context=+33"),
    _told("TEL:{number};phone-context=+33;commune={commune}", ""),
    _told("tel:%31%35", number="15"),
    _told("sip:{number}@"),
    _told("sip:{number}@a@b"),
    _told("sip:{number}@{to}@b;commune={commune}", ""),
    _told("sip:{number}@h:99999"),
    _told("sip:@{to}", number=DEFAULT_NUMBER),
    _told("sip:{to}", number=DEFAULT_NUMBER),
    _told("sip:{number}\udce9@{to}", number=DEFAULT_NUMBER),
    _told("<sip:{number}@{to}>", number=DEFAULT_NUMBER),
    _told("mailto:{number}@h", number=DEFAULT_NUMBER),
    _told("http://{number}@x", number=DEFAULT_NUMBER),
    _told("{number}", number=DEFAULT_NUMBER),
    _told("{number}@h", number=DEFAULT_NUMBER),
    _told("urn:service:sos.fire;x=y", number="18"),
    _told("URN:SERVICE:SOS.Police?x", number="17"),
    _told("urn:service:s%6Fs.fire.at.sea", number="18"),
    _told("urn:nena:service:sos.ambulance", number="15"),
    _told("urn:emergency:service:sos.police;a", number="17"),
    _told("urn:service:sos.fire." + "a." * 60 + "a", number=DEFAULT_NUMBER),
    _told("urn:service:sos.fire" + ".a" * 20, number="18"),
    _told("urn:service:directory", number=DEFAULT_NUMBER),
    _told("urn:other:thing", number=DEFAULT_NUMBER),
    Oddity(PARAMETER, Network("sip:{commune}*{number};phone-context=+33@{to}")),
    Oddity(PARAMETER, Network("sip:{commune}%2A{number}:secret@{to}")),
    Oddity(LINE, Network("tel:{number};x"), commune=""),
)
"""Request URIs; what stands before the number must not matter."""

LONG = (
    _told("sip:{number}@{to};x=" + "a" * LONG_CHARS),
    _told("sip:{number};x=" + "a" * LONG_CHARS + "@{to};commune={commune}", ""),
    _told("sip:{number};x=" + "\udce9" * LONG_CHARS + "@{to};commune={commune}", ""),
    _told("sip:{number}@{to}" + ";x=y" * (LONG_CHARS // 4) + ";commune={commune};z", ""),
    _told("sip:" + "1" * LONG_CHARS + "@{to}", number=DEFAULT_NUMBER),
    _told("tel:{number};x=" + "a" * LONG_CHARS + ";commune={commune}", ""),
    _told("urn:service:sos.fire;x=" + "a" * LONG_CHARS, number="18"),
)
"""Request URIs that no substitution reads; so large a message may take another hop."""

PARAMETERS = (
    _told("sip:{number}@{to};commune={commune};commune=75056", "X-Commune: 75056"),
    _told("sip:{number}@{to};Commune={commune};commune=75056", ""),
    _told("sip:{number}@{to};xcommune=75056;commune={commune}", ""),
    _told("sip:{number}@{to};commune;commune={commune}", ""),
    _told('sip:{number}@{to};a="b;commune={commune};c"', ""),
    _told('sip:{number}@{to};commune="75056"', "X-Commune: {commune}"),
    _told("sip:{number}@{to};commune=75056%20", "X-Commune: {commune}"),
    _told("sip:{number};commune=75056@{to}", "X-Commune: {commune}"),
    _told("sip:{number}@{to}?commune=75056", "X-Commune: {commune}"),
    _told("sip:{number}@{to};commune={commune}?commune=75056", ""),
    _told("tel:{number};commune={commune};commune=75056", ""),
)
"""Parameters of a request URI: the first of a name counts."""

HEADERS = tuple(
    _told("sip:{number}@{to}", header)
    for header in (
        "X-Commune:   {commune} \t ",
        "X-Commune:\r\n {commune}",
        "X-Commune: {commune}\r\n ",
        "x-commune : {commune}",
        "X-Commune: {commune}\r\nX-Commune: 75056",
        "X-Odd no colon\r\nX-Commune: {commune}",
        "X-\udce9: 1\r\nX-Commune: {commune}",
        ": 1\r\nX-Commune: {commune}",
        "X Odd: 1\r\n folded\r\nX-Commune: {commune}",
        'X-Odd: "never closed\r\nX-Commune: {commune}',
        "X-Commune: {commune}\r\nFrom: <sip:second@h>;tag=2",
        "X-Commune: {commune}\r\nCall-ID: second",
        "X-Commune: {commune}\r\nContent-Length: x",
        "X-Commune: {commune}\r\nContent-Length: -1",
    )
) + tuple(
    Oddity(HEADER, Network("sip:{number}@{to}", header))
    for header in (
        "P-Access-Network-Info: 3GPP; a=\udce9\u00e9; insee={commune}",
        "P-Access-Network-Info: 3GPP;\r\n\t  insee={commune}",
        "P-Access-Network-Info: insee={commune}\r\nP-Access-Network-Info: insee=75056",
    )
)
"""Headers: the first of a name, unfolded, trimmed; a line that is no header is passed over."""

ODDITIES = (*URIS, *LONG, *PARAMETERS, *HEADERS)

TESTS = tuple(
    Network(uri, "X-Commune: {commune}")
    for uri in (
        "urn:service:test.sos",
        "URN:service:TEST.sos.fire;x",
        "urn:service:te%73t",
        "urn:nena:service:test.sos",
    )
)
"""Test services: nobody rings."""
