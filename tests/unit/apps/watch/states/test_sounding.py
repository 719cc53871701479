"""Who answers OPTIONS is well as far as they tell; silence counts where others are heard."""

from types import SimpleNamespace

import pytest

from route112.apps.watch.states.sounding import AGAIN_US, ANSWER_US, Sounding
from route112.model import Hop
from route112.model.states import StateKind, StateSource
from route112.watch.states.signs import HEARD_US, Verdict

T0, S = 1_795_000_000_000_000, 1_000_000
SITE, HOP = "site-1", "192.0.2.1:5060"
OTHER = "site-2"


class Network:
    """Takes questions, and gives the answers that it is told to."""

    def __init__(self):
        self.asked = []
        self.answers = []

    def ask(self, host, port, number):
        self.asked.append((f"{host}:{port}", number))

    def read(self):
        answers, self.answers = self.answers, []
        return iter(answers)

    def close(self):
        self.asked = None


class Desk:
    def __init__(self, **more):
        self.network = Network()
        sites = [SimpleNamespace(id=f"site-{n}", address=f"127.0.1.{n}:5060") for n in (1, 2)]
        hops = [
            Hop(address=at, transport=transport, technology="ip", vendor="v", capacity_calls=1)
            for at, transport in ((HOP, "udp"), (HOP, "udp"), ("192.0.2.9:5061", "tls"))
        ]
        topology = SimpleNamespace(sites=sites)
        self.sounding = Sounding(topology, hops, asker=self.network, **more)
        self.names = {"127.0.1.1:5060": SITE, "127.0.1.2:5060": OTHER, HOP: HOP}

    def step(self, at_s, **answers):
        """Let everybody who is named answer, and say what that shows."""
        by_name = {name.replace("-", "_"): name for name in self.names.values()} | {"hop": HOP}
        for word, status in answers.items():
            place = next(at for at, name in self.names.items() if name == by_name[word])
            number = next(n for at, n in reversed(self.network.asked) if at == place)
            self.network.answers.append((number, status))
        signs = self.sounding.step(T0 + int(at_s * S), frozenset())
        assert {sign.source for sign in signs} <= {StateSource.OPTIONS}
        assert {sign.kind for sign in signs} <= {StateKind.ELEMENT}
        return {sign.id: sign.verdict for sign in signs}

    def list_asked(self):
        return {self.names[place] for place, _ in self.network.asked}


@pytest.fixture
def desk():
    opened = Desk()
    opened.step(0)  # the room for questions fills from now on
    opened.step(0.25)
    return opened


def test_sites_and_hops_that_speak_udp_are_asked(desk):
    assert desk.list_asked() == {SITE, OTHER, HOP}


@pytest.mark.parametrize(
    ("status", "site", "hop"),
    [
        (200, Verdict.GOOD, Verdict.GOOD),
        (503, Verdict.LEFT, Verdict.LEFT),
        (405, Verdict.LEFT, Verdict.GOOD),
        (500, Verdict.LEFT, Verdict.GOOD),
    ],
)
def test_what_an_answer_shows(desk, status, site, hop):
    found = desk.step(0.5, site_1=status, hop=status)
    assert found == {SITE: site, HOP: hop}
    assert desk.step(0.6, site_1=status) == {}, "one answer to each question"


def test_one_that_is_lost_is_sent_again_and_silence_counts_where_others_are_heard(desk):
    sent = len(desk.network.asked)
    assert desk.step(0.5, site_2=200) == {OTHER: Verdict.GOOD}
    desk.step(0.25 + AGAIN_US / S)
    assert len(desk.network.asked) == sent + 2, "to the two that have not answered"
    assert desk.step(0.25 + ANSWER_US / S) == {SITE: Verdict.SILENT, HOP: Verdict.SILENT}


def test_silence_of_all_says_nothing(desk):
    assert desk.step(0.25 + ANSWER_US / S) == {}
    desk.step(3)
    found = desk.step(3.5, site_2=200)
    assert found == {OTHER: Verdict.GOOD}
    for step in range(100):
        at_s = 3.5 + step / 4
        said = desk.step(at_s)
        if at_s > 3.5 + (HEARD_US + ANSWER_US) / S:
            assert said == {}


def test_a_clock_that_is_set_back_makes_nobody_silent(desk):
    desk.step(0.5, site_2=200)
    assert desk.step(-3600) == {}


def test_nobody_is_asked_where_that_is_forbidden():
    desk = Desk(per_s_max=0)
    for step in range(20):
        desk.step(step)
    assert desk.network.asked == []
    desk.sounding.close()
    assert desk.network.asked is None
