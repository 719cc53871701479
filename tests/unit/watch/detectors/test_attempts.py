from route112.watch.detectors import attempts
from route112.watch.detectors.attempts import AGAIN_US, TOP_MAX, Callers, Sort, Top


def test_attempts_of_one_caller_hang_together_for_some_minutes():
    callers = Callers()
    sorts = [callers.sort("+1", "15", now_us=at_us) for at_us in range(5)]
    assert sorts == [Sort.FIRST, Sort.AGAIN, Sort.MORE, Sort.OFTEN, Sort.OFTEN]
    assert callers.sort("+1", "18", now_us=5) is Sort.FIRST, "another number, another need"
    assert callers.sort("+1", "15", now_us=AGAIN_US + 1) is Sort.FIRST


def test_who_has_no_name_is_nobody_twice():
    callers = Callers()
    assert {callers.sort(each, "15", now_us=1) for each in ("", "anonymous") * 2} == {
        Sort.NAMELESS
    }


def test_callers_are_forgotten_by_time_and_by_number(monkeypatch):
    callers = Callers()
    callers.sort("+1", "15", now_us=0)
    callers.sort("+2", "15", now_us=10)
    callers.forget(AGAIN_US + 1)
    assert callers.sort("+2", "15", now_us=11) is Sort.AGAIN
    callers.forget(AGAIN_US * 3)
    assert callers.sort("+2", "15", now_us=12) is Sort.FIRST
    monkeypatch.setattr(attempts, "CALLERS_MAX", 1)
    callers.sort("+3", "15", now_us=13)
    assert callers.sort("+2", "15", now_us=14) is Sort.FIRST


def test_what_is_frequent_is_not_missed_among_many():
    top = Top()
    for index in range(10 * TOP_MAX):
        top.add(f"rare {index}")
        top.add("often")
    (thing, count), *rest = top.list()
    assert thing == "often"
    assert 9 * TOP_MAX <= count <= 10 * TOP_MAX
    assert all(count == 1 for _, count in rest), "no more is certain of them"
    assert top.total == 20 * TOP_MAX
    top.clear()
    assert (top.list(), top.total) == ([], 0)
