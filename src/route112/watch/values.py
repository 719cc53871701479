"""What the records of one attempt say, once they are put together."""

from dataclasses import dataclass

TEST_PREFIX = "urn:service:test."
"""How a service URN of a test call begins (RFC 6881 section 17)."""
TEST_SERVICE = "urn:service:test.sos"
"""What our own test calls ask for."""
WELL, BUSY = "well", "busy"
PROBE_WORDS = (WELL, "edge", "site", "trunk", "audio", BUSY)
"""What is said of a test call: that it did what it should, where it failed, or that a site has
calls to think of, so that nothing is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenTry:
    """One ringing of an answering point, or the try of it."""

    station: str
    """Site or edge that rang it."""
    psap: str
    number: str
    """Long number, E.164."""
    hop: str
    """`host:port` of the trunk's next hop."""
    via: str
    """`ip` or `rtc`."""
    outcome: str
    """`answered`, `failed`, `rang` (neither yet, or the caller went), `open` (no sign at all)."""
    cause: str = ""
    """`reply`, `timeout`, `transport`, `full`, `held`; empty unless failed."""
    code: int = 0
    """SIP status of the failure; 0: none."""
    party: str = ""
    """Who failed; empty unless failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenClock:
    """How far a site's clock is ahead of that of the edge that passed it a call, as bounds."""

    site: str
    most_us: int
    """The site wrote nothing before the edge had passed the call on."""
    least_us: int | None = None
    """The caller was not answered before the site had written so; None: that was not so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenCall:
    """One attempt of one caller, as edge and sites together have it on record."""

    call: str
    """Call-ID; with a space and a number where other callers had the same one before."""
    began_us: int
    """First record of the side that has the last word, the edge where there is one, microseconds
    since 1970."""
    ended_us: int
    """Last record, or when the attempt was given up as unknown."""
    number: str
    """Short number or service URN as dialled; empty where nothing could be read."""
    is_test: bool
    """A test call; it is counted nowhere else."""
    operator: str
    technology: str
    """Of the caller's access: `mobile`, `voip`, `pstn`; empty where unknown."""
    commune: str
    caller: str
    """Number in clear, E.164 where known: for the call-back list and nothing else."""
    edge: str
    """Edge that took the call; empty where an operator's own equipment did."""
    site: str
    """Site that served it, or was the last to have it; empty: none, the edge rang by itself."""
    passed: tuple[str, ...]
    """Sites that the edge passed it to, in order; those before the last did not serve it."""
    psap: str
    """Answering point that the decision ranks first; empty without a decision."""
    reached: str
    """Answering point that answered; empty: none."""
    tries: tuple[SeenTry, ...]
    """In the order of ringing, at sites and then at the edge."""
    degraded: str
    """Why it did not go where the plan says; empty: it did."""
    moved: tuple[str, ...] = ()
    """Answering points, trunks and next hops that the decision's trace names as down or paused."""
    generation: int
    """Of the snapshot that decided; 0 where unknown."""
    outcome: str
    """`answered`, `failed`, `cancelled`, `refused` or `unknown`, as the caller had it."""
    party: str
    """Who failed: `origin`, `edge`, `site`, `joint`, `carrier`, `psap`; empty: nobody."""
    code: int
    """Last SIP status that the caller got; 0 where unknown."""
    reason: str = ""
    """Why it was refused; empty unless refused."""
    ring_ms: int | None = None
    """From attempt to first ringing; None: it never rang."""
    answer_ms: int | None = None
    """From attempt to answer; None: not answered."""
    corrects: bool = False
    """This is what became of a call that was given before as unknown."""
    came_late: bool = False
    """All its records could not be read when they were written."""
    probe: str = ""
    """What whoever placed a test call says of it: `well`, or where it failed (see
    `watch.probing.verdict`); empty: told by the stations, or no test call."""
    clocks: tuple[SeenClock, ...] = ()
    """Of the sites that an edge passed it to, as far as they wrote anything."""
    heard_us: int | None = None
    """When watch first heard of it: as late as it was read, whatever a station's clock says."""
    end_heard_us: int | None = None
    """When watch heard of its end, or gave it up as unknown."""

    @property
    def got_through(self) -> bool:
        """Tell whether an answering point took the call."""
        return self.outcome == "answered"

    @property
    def is_direct(self) -> bool:
        """Tell whether the edge rang an answering point by itself."""
        return any(each.station == self.edge for each in self.tries) and bool(self.edge)
