"""A real site with PSAPs around it on loopback: what the end-to-end tests are told in."""

import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.bare_site import start_site
from tests.support.sipp_calls import CALLER_HOST, DemoCall, Outcome, place_calls
from tests.support.sipp_psaps import Place, find_free_port, start_psaps
from tests.support.snapshots import small_content

from route112.adapters.processes import Children
from route112.model import Hop
from route112.native import NativeTable
from route112.snapshot.content import TrunkRow
from route112.snapshot.writer import write_snapshot
from route112.wire.record_lines import Record, parse_line

PORTS = range(5060, 5100)
WAIT_SECONDS_MAX = 20.0
REPLIES_MAX = 20

STOPS = """<send><![CDATA[
      SIP/2.0 200 OK
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
  <send><![CDATA[
      SIP/2.0 487 Request Terminated
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]stopped[call_number]
      [last_Call-ID:]
      CSeq: 1 INVITE
      Content-Length: 0

  ]]></send>
  <recv request="ACK"/>
</scenario>
"""
BUSY = """<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="busy">
  <recv request="INVITE">
    <action>
      <ereg regexp="INVITE sip:([^@ ]+)@" search_in="msg" check_it="true" assign_to="all,number"/>
      <log message="refused [call_id] [$number]"/>
    </action>
  </recv>
  <Reference variables="all"/>
  <send><![CDATA[
      SIP/2.0 486 Busy Here
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]busy[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
  <recv request="ACK"/>
</scenario>
"""
GREY = (
    """<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="a gateway that says 100 and nothing more, until it is told to stop">
  <recv request="INVITE"/>
  <send><![CDATA[
      SIP/2.0 100 Trying
      [last_Via:]
      [last_From:]
      [last_To:]
      [last_Call-ID:]
      [last_CSeq:]
      Content-Length: 0

  ]]></send>
  <recv request="CANCEL">
    <action><log message="stopped [call_id]"/></action>
  </recv>
  """
    + STOPS
)
RINGING = (
    """<?xml version="1.0" encoding="ISO-8859-1"?>
<scenario name="a line that rings and is never answered, until the caller hangs up">
  <recv request="INVITE">
    <action>
      <ereg regexp="INVITE sip:([^@ ]+)@" search_in="msg" check_it="true" assign_to="all,number"/>
      <log message="rang [call_id] [$number]"/>
    </action>
  </recv>
  <Reference variables="all"/>
  <send><![CDATA[
      SIP/2.0 180 Ringing
      [last_Via:]
      [last_From:]
      [last_To:];tag=[pid]ringing[call_number]
      [last_Call-ID:]
      [last_CSeq:]
      Contact: <sip:[local_ip]:[local_port]>
      Content-Length: 0

  ]]></send>
  <recv request="CANCEL">
    <action><log message="stopped [call_id]"/></action>
  </recv>
  """
    + STOPS
)


def make_hop(place: Place, technology: str = "ip") -> Hop:
    """Make the next hop that ends at `place`."""
    return Hop(
        address=str(place),
        transport=place.transport,
        technology=technology,
        vendor="alder",
        capacity_calls=300,
    )


@dataclass
class Stage:
    """
    A folder, the children of one test, and three trunks as in `small_content`.

    Trunk 0 carries the lines of departement 29, trunk 1 those of CTA18-29 (rtc), trunk 2 those
    of Paris, which are the national defaults.
    """

    folder: Path
    children: Children
    brest: tuple[Place, ...] = ()
    fire: tuple[Place, ...] = ()
    paris: tuple[Place, ...] = ()
    site: Place | None = None
    _sockets: list[socket.socket] = field(default_factory=list)

    def free_place(self, host: str, transport: str = "udp") -> Place:
        """Return a place on `host` that nobody uses."""
        return Place(host, find_free_port(host, PORTS), transport)

    def psap(self, host: str, scenario: str = "", *, transport: str = "udp") -> Place:
        """Start a PSAP; `scenario` is SIPp's XML, by default one that answers."""
        place = self.free_place(host, transport)
        path = None
        if scenario:
            path = self.folder / f"{host}.xml"
            path.write_text(scenario, encoding="ascii")
        start_psaps(self.children, self.folder, (place,), scenario=path)
        return place

    def silent(self, host: str) -> Place:
        """Take a place without ever answering."""
        place = self.free_place(host)
        mute = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        mute.bind((place.host, place.port))
        self._sockets.append(mute)
        return place

    def write_snapshot(self) -> Path:
        """Write the small snapshot, without orders, over the three trunks."""
        trunks = (
            TrunkRow(name="armor/ip/", hops=tuple(map(make_hop, self.brest))),
            TrunkRow(
                name="armor/rtc/ouest", hops=tuple(make_hop(place, "rtc") for place in self.fire)
            ),
            TrunkRow(name="lutece/ip/", hops=tuple(map(make_hop, self.paris))),
        )
        path = self.folder / "small.r112"
        path.write_bytes(write_snapshot(small_content(trunks=trunks, orders=())))
        return path

    def start(
        self,
        *,
        serve: Path | None = None,
        native: NativeTable | None = None,
    ) -> None:
        """Start the site over the three trunks; Python reads `serve`, if given, instead."""
        path = self.write_snapshot()
        self.site = start_site(
            self.children, self.folder, plan=path, serve=serve, native=native, site="site-test"
        )

    def call(self, *calls: DemoCall) -> tuple[Outcome, ...]:
        """Place calls, by default with what the real callers' scenario sends."""
        assert self.site is not None
        return place_calls(self.children, calls, site=self.site, folder=self.folder)

    def hang_up_while_ringing(self, uri: str, commune: str) -> int:
        """Call `uri`, hang up at the first 180, return the final status of the INVITE."""
        assert self.site is not None
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as caller:
            caller.settimeout(WAIT_SECONDS_MAX)
            caller.bind((CALLER_HOST, 0))
            caller.connect((self.site.host, self.site.port))
            host, port = caller.getsockname()
            headers = (
                f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bKhangup\r\n"
                f"From: <sip:+999@{host}>;tag=caller\r\nTo: <{uri}>\r\n"
                "Call-ID: hangup@route112.test\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n"
            )
            own = f"Contact: <sip:{host}:{port}>\r\nX-Commune: {commune}\r\n"
            invite = f"INVITE {uri} SIP/2.0\r\n{headers}{own}CSeq: 1 INVITE\r\n\r\n"
            caller.send(invite.encode("ascii"))
            for _ in range(REPLIES_MAX):
                status, method = _read_reply(caller.recv(65_535))
                if status == 180:
                    cancel = f"CANCEL {uri} SIP/2.0\r\n{headers}CSeq: 1 CANCEL\r\n\r\n"
                    caller.send(cancel.encode("ascii"))
                if status >= 200 and method == "INVITE":
                    return status
        raise AssertionError(f"no final reply among {REPLIES_MAX}")

    def log(self) -> str:
        """Return what Kamailio has said so far."""
        return (self.folder / "kamailio.log").read_text(encoding="utf-8", errors="replace")

    def records(self, kind: str) -> list[Record]:
        """Return the records of a kind among what Kamailio has said so far."""
        lines = (self.folder / "kamailio.log").read_bytes().splitlines(keepends=True)
        found = (parse_line(line) for line in lines)
        return [record for record in found if record is not None and record.kind == kind]

    def close(self) -> None:
        """Free the silent places."""
        for mute in self._sockets:
            mute.close()


@contextmanager
def open_stage(folder: Path):
    """Give a stage whose children and sockets are gone afterwards."""
    with Children() as children:
        stage = Stage(folder, children)
        try:
            yield stage
        finally:
            stage.close()


def _read_reply(reply: bytes) -> tuple[int, str]:
    lines = reply.decode("utf-8").split("\r\n")
    cseq = next(line for line in lines if line.lower().startswith("cseq:"))
    return int(lines[0].split()[1]), cseq.split()[-1]


def make_call(
    dialled: str = "17", commune: str = "29019", number: str = "+33261910020", key: int = 1
) -> DemoCall:
    """Make a call that is expected to ring at `number`."""
    return DemoCall(
        key=key,
        dialled=dialled,
        commune=commune,
        name="",
        operator="bruyere",
        technology="mobile",
        psap="",
        number=number,
    )
