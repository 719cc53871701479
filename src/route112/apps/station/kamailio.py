"""Keeps one Kamailio running: checked, started or found again, asked, restarted, ended."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from route112.adapters.errand import ErrandError, run_bounded
from route112.adapters.processes import find_listeners
from route112.adapters.sip_probe import ask_options
from route112.adapters.supervision import Group, end_orphans, find_group, start_group
from route112.apps.station.events import Reporter
from route112.apps.station.listen import Listen
from route112.apps.station.setup import SYSTEM_PATH, Station, make_token

READY_SECONDS_MAX = 10.0
"""From its start until it answers OPTIONS."""
PROBE_SECONDS_MAX = 0.25
CHECK_SECONDS_MAX = 20.0
STARTS_MAX = 5
"""Starts without ever an answer, after which a person has to look."""
BACK_OFF_FIRST_S = 0.7
"""Longer than an edge repeats an INVITE (500 ms): what ended Kamailio must not meet it again."""
BACK_OFF_MAX_S = 5.0
LIFE_GOOD_S = 60.0
"""A life as long as this is no part of a series of failures."""
LOG_LINES_SHOWN = 5
LOG_TAIL_BYTES = 65_536
OK = 200

_PACKAGES = (
    "Install it; on Debian: kamailio kamailio-python3-modules kamailio-sqlite-modules "
    "kamailio-tls-modules"
)


class KamailioError(Exception):
    """Kamailio cannot be run; a person has to act."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What Kamailio is started in."""

    environment: Mapping[str, str]
    """All of it."""
    raw: int
    """Descriptor of the raw file of records: both of its outputs."""
    record_key: str
    """Proof of that file."""


@dataclass(slots=True)
class BackOff:
    """How long to wait before the next start."""

    wait_s: float = 0.0

    def after_end(self, life_s: float) -> float:
        """Return the seconds to wait after a life of `life_s` seconds."""
        doubled = max(BACK_OFF_FIRST_S, self.wait_s * 2)
        self.wait_s = BACK_OFF_FIRST_S if life_s >= LIFE_GOOD_S else min(doubled, BACK_OFF_MAX_S)
        return self.wait_s


def _rank(listen: Listen) -> int:
    return ("udp", "tcp", "tls").index(listen.transport)


class Kamailio:
    """The one Kamailio of a station."""

    def __init__(
        self,
        setup: Station,
        report: Reporter,
        *,
        surroundings: Surroundings,
        monotonic_s: Callable[[], float],
        wake: Callable[[], None],
    ) -> None:
        self.ready = False
        """Whether it answers OPTIONS, with whatever status."""
        self.starts = 0
        """Groups begun or found so far."""
        self.vain = 0
        """How many of them ended without ever having answered."""
        self._setup = setup
        self._report = report
        self._surroundings = surroundings
        self._monotonic_s = monotonic_s
        self._wake = wake
        self._group: Group | None = None
        self._began_s = 0.0
        self._due_s = 0.0
        self._back_off = BackOff()
        self.was_ready = False
        """Whether it ever did: it is then kept running whatever happens."""
        self._log_start = 0
        self._argv: list[str] = []
        self._token = ""
        self._tls = None if setup.tls is None else setup.tls.make_context()

    def prepare(self) -> None:
        """
        Write the configuration and let Kamailio read it.

        Raises: KamailioError where it is missing or does not take it, OSError, TemplateError.
        """
        setup = self._setup
        program = shutil.which("kamailio", path=SYSTEM_PATH)
        if program is None:
            raise KamailioError(f"kamailio is not in {SYSTEM_PATH}", _PACKAGES)
        files = setup.render_files(record_key=self._surroundings.record_key)
        for path, text in files.items():
            _write_private(path, text)
        self._argv = [*setup.list_arguments(program)]
        self._token = make_token(self._argv, self._surroundings.environment, [*files.values()])
        environment = self._surroundings.environment
        try:
            code, errors = run_bounded(
                [*self._argv, "-c"], env=environment, seconds_max=CHECK_SECONDS_MAX
            )
        except ErrandError as error:
            raise KamailioError(f"{program} -c {error}", f"Look into {setup.config}") from error
        if code:
            said = _pick_errors(errors)
            remedy = _PACKAGES if "module" in said else f"Look into {setup.config}"
            raise KamailioError(f"kamailio does not take {setup.config}:{said}", remedy)

    async def begin(self) -> None:
        """
        Take over what an earlier supervisor left behind, or clear it away.

        Raises: SupervisionError where something does not go away.
        """
        state = self._setup.group_state
        if orphans := await end_orphans(state):
            self._report.say(f"ended {orphans} workers of a Kamailio whose main process was gone")
        group = find_group(state)
        if group is None:
            return
        if group.token == self._token and await self._ask() is not None:
            self._adopt(group)
            self._report.tell(
                "start",
                f"goes on with the running Kamailio (process {group.pid})",
                reason="adopted",
            )
            return
        self._report.say(f"replaces the Kamailio of an earlier start (process {group.pid})")
        await group.end()

    def _adopt(self, group: Group) -> None:
        self._group = group
        self._began_s = self._monotonic_s()
        self.ready = self.was_ready = True
        self.starts += 1
        group.watch(self._wake)

    async def step(self) -> None:
        """
        Start, ask, or bury; returns soon.

        Raises: KamailioError where it has never answered and a person has to look.
        """
        if self._group is not None and self._group.has_ended():
            await self._bury(self._group.describe_end(), "ended")
        if self._group is None and self._monotonic_s() >= self._due_s:
            self._start()
        elif self._group is not None and not self.ready:
            await self._await_ready()

    def _start(self) -> None:
        self._check_free()
        setup = self._setup
        self._log_start = self._measure_log()
        setup.rpc_socket.unlink(missing_ok=True)
        self._group = start_group(
            [
                *self._argv, *setup.list_start_arguments(),
                "-DD", "-E", "-P", str(setup.run_dir / "kamailio.pid"),
            ],
            state=setup.group_state,
            token=self._token,
            output=self._surroundings.raw,
            env=self._surroundings.environment,
        )  # fmt: skip
        if self._group.trouble:
            self._report.say(f"the next supervisor will not find it: {self._group.trouble}")
        self._group.watch(self._wake)
        self._began_s = self._monotonic_s()
        self.starts += 1

    def _check_free(self) -> None:
        """Refuse a place that somebody has: two would share a UDP port without any error."""
        taken = {name: find_listeners(name) for name in ("udp", "tcp")}
        for listen in self._setup.listens:
            places = taken["udp" if listen.transport == "udp" else "tcp"]
            everywhere = "::" if ":" in listen.host else "0.0.0.0"  # noqa: S104  seen, not bound
            if {(listen.host, listen.port), (everywhere, listen.port)} & places:
                self._due_s = self._monotonic_s() + self._back_off.after_end(0.0)
                raise KamailioError(
                    f"{listen} is taken by another program",
                    "`ss -lnptu` shows which one; end it, or name another address to listen on",
                )

    async def _await_ready(self) -> None:
        status = await self._ask()
        if status is not None:
            again = self.was_ready
            self.ready = self.was_ready = True
            self._tell_ready(status, again=again)
        elif self._monotonic_s() - self._began_s > READY_SECONDS_MAX:
            await self._bury(f"did not answer OPTIONS in {READY_SECONDS_MAX:g} s", "silent")

    def _tell_ready(self, status: int, *, again: bool) -> None:
        took_s = self._monotonic_s() - self._began_s
        reason, state = "ready", ""
        if status != OK:
            reason, state = self._setup.unwell
        if deaf := self._list_deaf():
            reason, state = "not-listening", f", but nothing listens on {' '.join(deaf)}"
        self._report.tell(
            "restart" if again else "start",
            f"Kamailio answers {status} after {took_s:.1f} s{state}",
            reason=reason,
        )

    def _list_deaf(self) -> list[str]:
        """List the addresses that Kamailio left out, as it does without an error for TLS."""
        heard = {name: find_listeners(name) for name in ("udp", "tcp")}
        return [
            str(listen)
            for listen in self._setup.listens
            if (listen.host, listen.port)
            not in heard["udp" if listen.transport == "udp" else "tcp"]
        ]

    async def _ask(self) -> int | None:
        """Ask where asking is cheapest: UDP before TCP before TLS."""
        listen = min(
            self._setup.listens, key=lambda place: ("udp", "tcp", "tls").index(place.transport)
        )
        return await ask_options(
            listen.transport,
            listen.host,
            listen.port,
            timeout_s=PROBE_SECONDS_MAX,
            tls=self._tls,
        )

    async def _bury(self, how: str, reason: str) -> None:
        """End what is left of the group and plan the next start."""
        assert self._group is not None
        self.vain += not self.ready
        group, self._group, self.ready = self._group, None, False
        await group.end()
        wait_s = self._back_off.after_end(self._monotonic_s() - self._began_s)
        self._due_s = self._monotonic_s() + wait_s
        if not self.was_ready and self.starts >= STARTS_MAX:
            said = _pick_errors(self._read_log())
            raise KamailioError(
                f"Kamailio {how}, {self.starts} times, and never answered:{said}",
                f"Read {self._setup.records / 'raw.log'} and {self._setup.config}",
            )
        self._report.tell(
            "stop", f"Kamailio {how}; started again in {wait_s:.1f} s", reason=reason
        )

    async def stop(self) -> None:
        """End the group; what is found of it afterwards is a SupervisionError."""
        if self._group is not None:
            group, self._group, self.ready = self._group, None, False
            await group.end()

    def _read_log(self) -> bytes:
        """Return the end of what was logged since the last start."""
        try:
            with self._raw_log.open("rb") as file:
                file.seek(max(self._log_start, self._measure_log() - LOG_TAIL_BYTES))
                return file.read(LOG_TAIL_BYTES)
        except OSError:
            return b""

    @property
    def _raw_log(self) -> Path:
        return self._setup.records / "raw.log"

    def _measure_log(self) -> int:
        """Return the bytes of the raw file: nobody goes unserved because it was taken away."""
        try:
            return self._raw_log.stat().st_size
        except OSError as error:
            self._report.say(f"records may be lost: {error}")
            return 0


def _pick_errors(content: bytes) -> str:
    """Return the last errors of a log, one a line, without any record of a call."""
    lines = content.decode("utf-8", "replace").splitlines()
    errors = [
        line for line in lines if ("ERROR" in line or "CRITICAL" in line) and "R1 " not in line
    ]
    return "".join(f"\n    {line[:300]}" for line in errors[-LOG_LINES_SHOWN:])


def _write_private(path: Path, text: str) -> None:
    """Replace a file that nobody else may read: it has the key of the records."""
    aside = path.with_name(f".{path.name}.new")
    aside.unlink(missing_ok=True)
    aside.touch(mode=0o600)
    aside.write_text(text, encoding="utf-8")
    aside.replace(path)
