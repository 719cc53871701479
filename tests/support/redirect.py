"""Messages to a redirect server, and what its answers say."""


def make_request(
    uri: str = "sip:15@127.0.0.1",
    *,
    method: str = "INVITE",
    transport: str = "UDP",
    call_id: str = "1",
    rport: bool = True,
    **headers: str,
) -> bytes:
    """Make a request; `headers` adds lines, with `_` for `-`."""
    extra = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"{method} {uri} SIP/2.0\r\n"
        f"Via: SIP/2.0/{transport} 127.0.0.1:5060;branch=z9hG4bK{call_id}{';rport' * rport}\r\n"
        f"Max-Forwards: 70\r\n"
        f"From: <sip:+33199001234@example.invalid>;tag=a\r\n"
        f"To: <sip:15@example.invalid>\r\n"
        f"Call-ID: {call_id}\r\n"
        f"CSeq: 1 {method}\r\n"
        f"{extra}Content-Length: 0\r\n\r\n"
    ).encode()


def find_status(response: bytes) -> int:
    """Return the status of a response."""
    return int(response.split(b" ", 2)[1])


def find_values(response: bytes, name: str) -> list[str]:
    """Return the values of a header, in order."""
    start = f"{name}: ".encode()
    return [
        line[len(start) :].decode() for line in response.split(b"\r\n") if line.startswith(start)
    ]


def find_numbers(response: bytes) -> list[str]:
    """Return the numbers of the contacts, each once, in order."""
    contacts = find_values(response, "Contact")
    return list(dict.fromkeys(contact.split("sip:")[1].split("@")[0] for contact in contacts))


CALL = make_request("sip:15@127.0.0.1;commune=29019")
"""Somebody in Brest asks for an ambulance."""
