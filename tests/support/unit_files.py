"""A host as docs/deploy.md installs it and deploy/systemd runs it, below a folder instead of `/`."""

import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
UNITS = REPOSITORY / "deploy" / "systemd"
PAGE = REPOSITORY / "docs" / "deploy.md"
PROGRAM = "/opt/route112/.venv/bin/route112"
COMMAND_SECONDS_MAX = 10.0
FENCE = "```"


@dataclass(frozen=True, slots=True)
class HostFolder:
    """Where one host keeps what it keeps below `/etc` and `/var/lib`."""

    path: Path
    owner: str = ""
    """Number of the user that stands for `route112`; empty: whoever runs this."""

    @property
    def settings(self) -> Path:
        """Stand for /etc/route112."""
        return self.path / "etc"

    @property
    def state(self) -> Path:
        """Stand for /var/lib/route112."""
        return self.path / "lib"

    @property
    def runtime(self) -> Path:
        """Stand for /run/route112."""
        return self.path / "run"

    def move(self, text: str) -> str:
        """Return a text of the page or of a unit with this host's folders."""
        moved = text.replace("/etc/route112", str(self.settings))
        moved = moved.replace("/run/route112", str(self.runtime))
        return moved.replace("/var/lib/route112", str(self.state))

    def install(self, beside: Path) -> None:
        """
        Run every `install` of any host but that of the units; no user and no program is installed.

        Args:
            beside: has `trust.json`, `topology.yaml` and `fr.r112`, as the page takes them.

        """
        self.path.mkdir()
        (every_host,) = [block for block in list_blocks() if any(map(_adds_user, block))]
        for line in every_host:
            if line.startswith("install ") and "systemd" not in line:
                self._run(line, beside)

    def offer(self, file: Path) -> None:
        """Offer a snapshot as the page says, by its one line of two steps."""
        (line,) = list_commands("install ", " && mv ")
        self._run(line.replace("fr-43.r112", file.name), file.parent)

    def write_options(self, kind: str, name: str, *, address: str, options: str) -> None:
        """Write the file of options of a unit, by the page's example of that kind."""
        (example,) = [text for path, text in list_files() if path.startswith(f"{kind}-")]
        written = []
        for line in example:
            variable, _, value = line.partition("=")
            if value.startswith("--listen "):
                value = f"--listen {address}"
            else:
                assert not value or value.startswith("--"), line
                value = options
            written.append(f"{variable}={value}\n")
        (self.settings / f"{name}.env").write_text("".join(written))

    def make_command(self, kind: str, name: str) -> list[str]:
        """Return what the unit of one member starts on this host."""
        unit = (UNITS / f"route112-{kind}@.service").read_text().replace("%i", name)
        values = dict(line.split("=", 1) for line in unit.splitlines() if "=" in line)
        path = self.move(values["EnvironmentFile"])
        environment = self._read_options(path.removeprefix("-"), may_lack=path.startswith("-"))
        words = []
        for word in shlex.split(self.move(values["ExecStart"])):
            # As systemd does: a variable that is a word of its own becomes no, one or several words.
            words += environment.get(word[1:], "").split() if word.startswith("$") else [word]
        assert words[0] == PROGRAM, words
        return [sys.executable, "-m", "route112.apps", *words[1:]]

    def _read_options(self, path: str, *, may_lack: bool) -> dict[str, str]:
        if may_lack and not Path(path).exists():
            return {}
        lines = Path(path).read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def _run(self, line: str, folder: Path) -> None:
        owned = f"-o {self.owner} " if self.owner else ""
        argv = ["sh", "-e", "-c", self.move(line.replace("-o route112 ", owned))]
        subprocess.run(argv, check=True, cwd=folder, timeout=COMMAND_SECONDS_MAX)


def _adds_user(line: str) -> bool:
    return line.startswith("useradd ")


def list_blocks() -> list[list[str]]:
    """List the fenced blocks of the page, as lines."""
    parts = PAGE.read_text().split(FENCE)
    return [part.strip("\n").splitlines() for part in parts[1::2]]


def list_commands(*wanted: str) -> list[str]:
    """List the command lines of the page that begin so, and hold the rest."""
    lines = [line for block in list_blocks() for line in block]
    found = [
        line
        for line in lines
        if line.startswith(wanted[0]) and all(text in line for text in wanted[1:])
    ]
    assert found, f"{PAGE} says nothing of {wanted}"
    return found


def list_files() -> list[tuple[str, list[str]]]:
    """List the files of options that the page shows: name and lines."""
    found: list[tuple[str, list[str]]] = []
    for line in (line for block in list_blocks() for line in block):
        if line.startswith("# /etc/route112/"):
            found.append((line.rpartition("/")[2], []))
        elif found and line.startswith("ROUTE112_"):
            found[-1][1].append(line)
    return found
