"""What one identity may ask for in a time; what is judged is in test_api."""

from tests.support.commanding import user

from route112.apps.planner.web.guard import IDENTITIES_MAX, TOLD_EACH_S, Rates, reject_wish
from route112.change.asking import Refusal


class Clock:
    now_s = 0.0

    def __call__(self):
        return self.now_s


def test_a_burst_passes_and_then_so_many_a_second():
    clock = Clock()
    rates = Rates(per_s=2.0, burst=3.0, monotonic_s=clock)
    assert [rates.take(user("a")) for _ in range(5)] == [True, True, True, False, False]
    assert rates.take(user("b")), "everybody has his own"
    clock.now_s = 1.0
    assert [rates.take(user("a")) for _ in range(3)] == [True, True, False]
    clock.now_s = 100.0
    assert [rates.take(user("a")) for _ in range(4)] == [True, True, True, False]


def test_that_somebody_asks_for_too_much_is_news_once_a_minute():
    clock = Clock()
    rates = Rates(monotonic_s=clock)
    assert [rates.is_news(user(name)) for name in "aab"] == [True, False, True]
    clock.now_s = TOLD_EACH_S
    assert rates.is_news(user("a"))


def test_few_are_remembered():
    rates = Rates(per_s=1.0, burst=1.0, monotonic_s=Clock())
    for number in range(IDENTITIES_MAX + 10):
        assert rates.take(user(str(number)))
        assert rates.is_news(user(str(number)))
    assert len(rates._left) == len(rates._told_s) == IDENTITIES_MAX


def test_a_refused_wish_says_what_helps():
    frozen = reject_wish(Refusal("alarm-open", "frozen: alarm drought is open"))
    assert (frozen.status, frozen.detail) == (409, "frozen: alarm drought is open")
    assert "`route112 alarms` shows it" in frozen.todo
    assert "`route112 history`" in reject_wish(Refusal("goes-back", "it goes back already")).todo
