"""A dialog: what both ends of a call have to agree on, and the requests that are sent in it."""

from dataclasses import dataclass

from sipmessage import Request, Response

from route112.wire.sip.messages import (
    SipError,
    find_tag,
    find_uri,
    parse_uri,
    read_cseq,
    split_values,
)

ROUTES_MAX = 20
"""Record-Route entries of a dialog; more is a loop."""


@dataclass(slots=True, kw_only=True)
class Dialog:
    """
    One end's view; header values are kept as they were written.

    Source: RFC 3261 section 12.2. Routes are taken as loose routes (`lr`).
    """

    call_id: str
    local: str
    """Own From or To value, with its tag."""
    remote: str
    """The peer's From or To value; with its tag once there is one."""
    target: str
    """URI of the peer's Contact."""
    routes: tuple[str, ...] = ()
    """Route values, nearest first."""
    local_sequence: int
    remote_sequence: int = -1
    """CSeq number of the peer's last request; -1 before the first."""

    @classmethod
    def of_response(cls, invite: Request, response: Response) -> "Dialog":
        """Open the caller's side from a response with a To tag."""
        routes = split_values(response.headers.getlist("Record-Route"))
        return cls(
            call_id=invite.headers["Call-ID"],
            local=invite.headers["From"],
            remote=response.headers["To"],
            target=read_contact(response) or str(invite.uri),
            routes=_bound(routes[::-1]),
            local_sequence=read_cseq(invite).sequence,
        )

    @classmethod
    def of_request(cls, invite: Request, tag: str) -> "Dialog":
        """
        Open the callee's side; `tag` is our own.

        Raises: SipError when neither Contact nor From says where the caller is.
        """
        return cls(
            call_id=invite.headers["Call-ID"],
            local=f"{invite.headers['To']};tag={tag}",
            remote=invite.headers["From"],
            target=str(parse_uri(read_contact(invite) or find_uri(invite.headers["From"]))),
            routes=_bound(split_values(invite.headers.getlist("Record-Route"))),
            local_sequence=0,
            remote_sequence=read_cseq(invite).sequence,
        )

    @property
    def remote_tag(self) -> str:
        """Return the peer's tag."""
        return find_tag(self.remote)

    @property
    def next_hop(self) -> str:
        """Return the URI whose address a request is sent to."""
        return find_uri(self.routes[0]) if self.routes else self.target

    def make_request(self, method: str, *, sequence: int | None = None) -> Request:
        """Make the next request; ACK gets the number of what it acknowledges as `sequence`."""
        if sequence is None:
            self.local_sequence += 1
            sequence = self.local_sequence
        request = Request(method, parse_uri(self.target))
        for route in self.routes:
            request.headers.add("Route", route)
        request.headers.set("From", self.local)
        request.headers.set("To", self.remote)
        request.headers.set("Call-ID", self.call_id)
        request.headers.set("CSeq", f"{sequence} {method}")
        request.headers.set("Max-Forwards", "70")
        return request

    def admit(self, request: Request) -> bool:
        """Note the number of the peer's request; False when it is out of order."""
        sequence = read_cseq(request).sequence
        if sequence < self.remote_sequence:
            return False
        self.remote_sequence = sequence
        return True

    def refresh(self, message: Request | Response) -> None:
        """Take the peer's new Contact, if there is one that can be used."""
        self.target = read_contact(message) or self.target


def read_contact(message: Request | Response) -> str:
    """Return the URI of the first Contact; empty without a usable one."""
    contacts = split_values(message.headers.getlist("Contact"))
    uri = find_uri(contacts[0]) if contacts else ""
    try:
        return str(parse_uri(uri)) if uri else ""
    except SipError:
        return ""


def _bound(routes: tuple[str, ...]) -> tuple[str, ...]:
    if len(routes) > ROUTES_MAX:
        raise SipError(f"more than {ROUTES_MAX} routes", status=400)
    return routes
