import pytest

from route112.apps.country_run.state import Entry, Process, UpState, own_process, write_state
from route112.apps.country_run.survey import Sample
from route112.apps.duty.software import Software, choose_software
from route112.apps.planner.senses import lives as module
from route112.apps.planner.senses.lives import ENDS_MAX, ILL_SECONDS, MUTE_S, Lives, ask_station
from route112.apps.station.standing import Standing, write_standing

T0 = 1_795_000_000_000_000


class World:
    def __init__(self, folder):
        self.folder, self.seconds = folder, 100.0
        (folder / "site-1").mkdir()
        self.state, self.status, self.asked = "up", 200, 0
        self.lives = Lives(folder, ask=self.ask, monotonic_s=lambda: self.seconds)

    def ask(self, entry):
        self.asked += 1
        return Sample(entry=entry, at_s=0.0, state=self.state, status=self.status)

    def up(self, restarts=0, *, leader=True, **changes):
        entry = Entry(
            id="site-1", kind="site", address="127.0.0.1:1", folder=str(self.folder / "site-1"),
            leader=Process(pid=1, start_ticks=1) if leader else None, started_us=T0,
            restarts=restarts, **{"kamailio_restarts": 0, "last_end": ""} | changes,
        )  # fmt: skip
        write_state(
            self.folder,
            UpState(
                name="n", topology="t", plan="p", exercise=False, up=own_process(), is_ready=True,
                began_us=T0, members=(entry,),
            ),
        )  # fmt: skip

    def choose(self, version="1.1"):
        choose_software(self.folder / "site-1", Software(version=version, tree="/v"))

    def fallen(self, version="1.1", key="k"):
        return self.lives.find_fallen("site-1", version, key)

    def ill(self, seconds=0.0, key="k"):
        self.seconds += seconds
        return self.lives.find_ill("site-1", key)


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_what_ends_again_and_again_since_it_was_chosen_cannot_run(world):
    assert world.fallen() == ""
    world.up(7)
    assert world.fallen() == ""
    world.choose()
    assert world.fallen() == ""
    world.up(7 + ENDS_MAX - 1, last_end="exit code 1")
    assert world.fallen() == ""
    world.up(7 + ENDS_MAX, last_end="exit code 1")
    assert world.fallen() == "exit code 1, 3 times since it was started"
    assert world.fallen(key="other") == "", "each step begins to count anew"
    assert world.fallen(version="1.2") == ""


def test_so_cannot_what_starts_its_kamailio_again_and_again(world):
    world.choose()
    world.up()
    assert world.fallen() == ""
    world.up(kamailio_restarts=ENDS_MAX)
    assert world.fallen() == "its Kamailio ends, 3 times since it was started"


def test_what_lives_and_says_nothing_cannot_run_either(world):
    world.choose()
    world.up()
    assert world.fallen() == "", "what runs in this instant may be the version of before"
    world.seconds += MUTE_S - 1
    assert world.fallen() == ""
    world.seconds += 1
    assert world.fallen() == "it has not said its version for 60 s"
    world.up(leader=False)
    assert world.fallen() == ""
    world.up()
    write_standing(world.folder / "site-1", Standing(version="1.1"))
    assert world.fallen() == ""
    world.state = "silent"
    assert world.fallen() == "it has not answered for 60 s"


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("degraded", "it answers OPTIONS with 503: Python decides no call there"),
        ("silent", "it does not answer OPTIONS"),
        ("down", "it does not run"),
        ("up", ""),
        ("drained", ""),
    ],
)
def test_a_station_is_ill_when_it_has_been_for_a_while(world, state, said):
    world.up()
    world.state, world.status = state, 503
    assert world.ill() == ""
    assert world.ill(ILL_SECONDS / 2) == ""
    assert world.ill(ILL_SECONDS / 2) == said


def test_one_good_answer_begins_anew_and_so_does_another_step(world):
    world.up()
    world.state = "silent"
    world.ill()
    world.state = "up"
    world.ill(ILL_SECONDS)
    world.state = "silent"
    assert world.ill(1.0) == ""
    assert world.ill(ILL_SECONDS, "other") == ""
    assert world.ill(ILL_SECONDS, "other") != ""


def test_it_is_asked_once_a_second_and_one_that_is_not_there_is_not(world):
    assert world.ill() == ""
    world.up()
    assert world.ill() == ""
    assert world.asked == 0
    for _ in range(4):
        world.ill(0.5)
    assert world.asked == 2


def test_a_station_is_asked_by_its_entry(world, monkeypatch):
    async def survey(entries, *, now_s):
        assert now_s > 0
        return entries

    monkeypatch.setattr(module, "survey", survey)
    assert ask_station("entry") == "entry"


def test_it_has_answered_in_a_step_when_it_did_once(world):
    assert world.lives.has_answered("site-1", "nobody to ask")
    world.seconds += 1
    world.up()
    world.state = "silent"
    assert not world.lives.has_answered("site-1", "k")
    world.state = "degraded"
    assert not world.lives.has_answered("site-1", "k"), "it is asked once a second"
    world.seconds += 1
    assert world.lives.has_answered("site-1", "k")
    world.state = "silent"
    world.seconds += 1
    assert world.lives.has_answered("site-1", "k")
    assert not world.lives.has_answered("site-1", "later")
