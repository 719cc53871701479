"""A planner and a watch with something to lose, and the commands that keep it."""

import json

from click.testing import CliRunner
from tests.support.planned import Time, found_engine, give, make, open_engine, write_trust
from tests.support.seen import see

from route112.access import Identity, Reason, Via
from route112.adapters.clock import utc_now
from route112.adapters.month_keys import MonthKeys
from route112.adapters.watch_store import Calls, open_store, transaction
from route112.apps.cli import cli
from route112.apps.planner.desk import AccessDesk
from route112.apps.watch.keeping import Files

PEOPLE = "people:\n  - id: desk\n    system_users: [desk]\n    roles: [crisis]\n"
PASSPHRASE = "correct horse"
NUMBER = "+33639981234"


class Country:
    """A run directory with a planner's folder and watch's files; no process runs."""

    def __init__(self, folder):
        self.folder, self.run_dir = folder, folder / "run"
        self.planner, self.time = self.run_dir / "planner", Time()
        self.run_dir.mkdir()
        self.engine = found_engine(self.run_dir, time=self.time)
        (self.run_dir / "fr.r112").rename(folder / "fr.r112")
        (self.planner / "people.yaml").write_text(PEOPLE)
        self.secret = folder / "pass"
        self.secret.write_text(PASSPHRASE + "\n")
        self.secret.chmod(0o600)
        self.trust = write_trust(folder / "trust.json")
        self.key = folder / "planner.key"
        self.key.write_text("private\n")
        self.key.chmod(0o600)
        self.desk = AccessDesk(self.planner)
        self.refuse()

    def refuse(self):
        """Have a line in the audit log."""
        self.desk.refuse(Identity(Via.SYSTEM_USER, "desk"), "activate", Reason.NOT_YOUR_ROLE)

    def order(self, key="o-1", **changes):
        """Give an order, and have its generation made."""
        granted = give(self.engine, key, **changes)
        make(self.engine)
        return granted

    def watch(self):
        """Have somebody on the call-back list."""
        files, now_us = Files(self.run_dir), utc_now()
        store = open_store(files.store, create=True)
        with transaction(store):
            call = see(began_us=now_us - 9_000_000, ended_us=now_us - 8_000_000, caller=NUMBER)
            Calls(store).give(call, place="Brest", taken_us=now_us)
        store.close()
        MonthKeys(files.keys).name(NUMBER, now_us)
        files.alarms.write_bytes(b'{"event":1}\n{"event":')
        return files

    def end(self):
        """End the planner; what it has stays."""
        self.engine.close()
        self.desk.close()

    def lose(self):
        """Lose all that the planner and watch have."""
        self.end()
        self.run_dir.rename(self.folder / "lost")
        return self.folder / "lost"

    def start_again(self):
        """Open an engine on what is there now."""
        self.engine = open_engine(self.planner, time=self.time)
        return self.engine

    def backup(self, *words, target=None):
        path = target or self.folder / "b.backup"
        return run("backup", path, "--run-dir", self.run_dir, *words)

    def restore(self, *words, path=None):
        path = path or self.folder / "b.backup"
        return run("restore", path, "--run-dir", self.run_dir, "--reason", "burnt", *words)

    def list_callbacks(self):
        """List who has to be called back, as a person sees it."""
        return json.loads(run("callbacks", "list", "--json", "--run-dir", self.run_dir).stdout)

    @property
    def sealed(self):
        return ("--passphrase-file", self.secret)


def run(*words):
    """Type a command."""
    return CliRunner().invoke(cli, list(map(str, words)))
