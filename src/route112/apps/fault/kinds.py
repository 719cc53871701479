"""The kinds of faults: what each hurts, what may be set, how it is ended; one table for all."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

SHARE_ALL = 1.0
PER_MILLE_ALL = 1_000


class FaultError(Exception):
    """The fault cannot be put in, or ended; a person reads why, and what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class Aim(enum.Enum):
    """What the targets of a kind are."""

    KAMAILIO = "sites and edges"
    SITE = "sites"
    MEMBER = "members"
    PSAP = "ids or numbers of answering points"
    VENDOR = "vendors of gateways"


class Lasts(enum.Enum):
    """What there is of a fault between its beginning and its end."""

    MOMENT = "over at once"
    STATE = "until it is cleared"
    RUNNER = "as long as its runner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A number or a word that a kind takes."""

    default: float | str
    least: float = 0.0
    most: float = 0.0
    words: tuple[str, ...] = ()
    """Of a word: those that there are; empty: any text."""
    meaning: str

    def read(self, name: str, given: object) -> float | str:
        """Return what was given, checked; raises FaultError."""
        if isinstance(self.default, str):
            text = str(given)
            if self.words and text not in self.words:
                raise FaultError(
                    f"{name}={text} is not known", f"There is {', '.join(self.words)}"
                )
            return text
        try:
            number = float(str(given))
        except ValueError:
            number = self.least - 1.0
        if not self.least <= number <= self.most:
            raise FaultError(
                f"{name}={given} cannot be", f"Give a number from {self.least:g} to {self.most:g}"
            )
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One kind of fault."""

    summary: str
    aim: Aim
    lasts: Lasts = Lasts.STATE
    settings: Mapping[str, Setting]
    ending: str
    """What ends it, for people."""
    excludes: str = ""
    """Two faults of one such name do not go together at one target."""

    def read_settings(self, given: Mapping[str, object]) -> dict[str, float | str]:
        """Return every setting, checked; raises FaultError."""
        if unknown := sorted(set(given) - set(self.settings)):
            known = ", ".join(self.settings) or "none"
            raise FaultError(f"there is no setting {unknown[0]}", f"Settings are: {known}")
        return {
            name: setting.read(name, given.get(name, setting.default))
            for name, setting in self.settings.items()
        }


_CALLER = Setting(default="", meaning="caller whose calls it hits; empty: all calls")
_PEERS = Setting(
    default="",
    meaning="the other ends, with commas: ids, addresses of trunks; empty: edges, or sites",
)
_GOES_ON = "SIGCONT to its processes"
_RULES = "its rules of nftables are removed"

KINDS: Mapping[str, Kind] = {
    "kill": Kind(
        summary="SIGKILL to Kamailio; its supervisor starts it again",
        aim=Aim.KAMAILIO,
        lasts=Lasts.MOMENT,
        settings={},
        ending="its supervisor starts Kamailio again",
        excludes="processes",
    ),
    "dead": Kind(
        summary="Kamailio killed, and kept away: its supervisor is stopped",
        aim=Aim.KAMAILIO,
        settings={},
        ending="SIGCONT to its supervisor",
        excludes="processes",
    ),
    "stop": Kind(
        summary="SIGSTOP to every process of Kamailio",
        aim=Aim.KAMAILIO,
        settings={},
        ending=_GOES_ON,
        excludes="processes",
    ),
    "slow": Kind(
        summary="Kamailio runs only a share of the time",
        aim=Aim.KAMAILIO,
        lasts=Lasts.RUNNER,
        settings={
            "share": Setting(default=0.5, least=0.05, most=0.95, meaning="of the time, stopped"),
            "period_ms": Setting(default=200, least=20, most=900, meaning="of one stop and go"),
        },
        ending=_GOES_ON,
        excludes="processes",
    ),
    "restart-loop": Kind(
        summary="Kamailio killed again and again",
        aim=Aim.KAMAILIO,
        lasts=Lasts.RUNNER,
        settings={"every_s": Setting(default=2, least=0.5, most=600, meaning="between two kills")},
        ending="its supervisor starts Kamailio again",
        excludes="processes",
    ),
    "link-cut": Kind(
        summary="nothing passes between a member and others, both ways",
        aim=Aim.MEMBER,
        settings={"peers": _PEERS},
        ending=_RULES,
    ),
    "egress-cut": Kind(
        summary="nothing of a site reaches any trunk; OPTIONS are fine",
        aim=Aim.SITE,
        settings={},
        ending=_RULES,
    ),
    "loss": Kind(
        summary="packets from and to a member are lost by chance",
        aim=Aim.MEMBER,
        settings={
            "per_mille": Setting(
                default=20, least=1, most=PER_MILLE_ALL, meaning="of all packets, each way"
            )
        },
        ending=_RULES,
    ),
    "grey": Kind(
        summary="OPTIONS are fine, calls are not",
        aim=Aim.SITE,
        lasts=Lasts.RUNNER,
        settings={
            "mode": Setting(
                default="trying",
                words=("mute", "trying", "one-way"),
                meaning="mute: no 100; trying: 100, then nothing; one-way: it rings, unheard",
            ),
            "share": Setting(default=1.0, least=0.01, most=SHARE_ALL, meaning="of the calls"),
        },
        ending="rules and row are removed",
    ),
    "delay": Kind(
        summary="datagrams of edges reach a site late",
        aim=Aim.SITE,
        lasts=Lasts.RUNNER,
        settings={
            "ms": Setting(default=100, least=1, most=5_000, meaning="of each datagram"),
            "peers": _PEERS,
        },
        ending="rules are removed, the relay ends",
    ),
    "reconnect-storm": Kind(
        summary="TCP connections, each with one OPTIONS, opened and dropped",
        aim=Aim.KAMAILIO,
        lasts=Lasts.RUNNER,
        settings={"per_s": Setting(default=100, least=1, most=500, meaning="connections")},
        ending="its runner ends",
    ),
    "python-hang": Kind(
        summary="a decision never returns",
        aim=Aim.SITE,
        settings={
            "caller": _CALLER,
            "hard": Setting(
                default="no",
                words=("no", "yes"),
                meaning="yes: like C code, which no guard interrupts",
            ),
        },
        ending="the hook's file says so",
    ),
    "python-raise": Kind(
        summary="a decision ends in an exception",
        aim=Aim.SITE,
        settings={"caller": _CALLER},
        ending="the hook's file says so",
    ),
    "worker-crash": Kind(
        summary="a worker dies with a call in its hands",
        aim=Aim.SITE,
        settings={"caller": _CALLER},
        ending="the hook's file says so",
    ),
    "memory-full": Kind(
        summary="no process of a member gets more memory",
        aim=Aim.KAMAILIO,
        settings={
            "spare_kb": Setting(default=0, least=0, most=1_000_000, meaning="that it still gets")
        },
        ending="limits as before",
        excludes="memory",
    ),
    "disk-full": Kind(
        summary="not a byte left on the disk of a member's folder",
        aim=Aim.KAMAILIO,
        settings={
            "spare_kb": Setting(default=0, least=0, most=1_000_000, meaning="that are left")
        },
        ending="the file that fills it is removed",
        excludes="disk",
    ),
    "clock-jump": Kind(
        summary="a member's wall clock is set",
        aim=Aim.KAMAILIO,
        settings={
            "by_s": Setting(default=3_600, least=-315_360_000, most=315_360_000, meaning="seconds")
        },
        ending="the clock is set back",
        excludes="clock",
    ),
    "bad-snapshot": Kind(
        summary="a snapshot that must be refused is offered to a member",
        aim=Aim.KAMAILIO,
        settings={
            "content": Setting(
                default="garbage",
                words=("garbage", "older", "other"),
                meaning="older: a lower generation; other: the same, with another content",
            ),
            "file": Setting(default="", meaning="to offer instead of one made here"),
        },
        ending="the plan of all is offered again",
        excludes="snapshot",
    ),
    "psap-silent": Kind(
        summary="lines of answering points say nothing",
        aim=Aim.PSAP,
        settings={},
        ending="they answer again",
    ),
    "psap-busy": Kind(
        summary="lines of answering points are busy",
        aim=Aim.PSAP,
        settings={},
        ending="they answer again",
    ),
    "psap-flapping": Kind(
        summary="lines of answering points are silent, and answer, in turn",
        aim=Aim.PSAP,
        lasts=Lasts.RUNNER,
        settings={"period_s": Setting(default=4, least=0.5, most=600, meaning="of one turn")},
        ending="they answer again",
    ),
    "gateway-grey": Kind(
        summary="every gateway of a vendor takes calls, and does nothing with them",
        aim=Aim.VENDOR,
        settings={},
        ending="they answer again",
    ),
}
