from dataclasses import replace

from route112.model.thresholds import Threshold, Thresholds

OWN = Threshold(
    number="15", below=0.85, attempts_min=100, window_s=900, justification="as in 2021"
)
ORDER = replace(OWN, below=0.9, order="A-1", starts_us=10, expires_us=20)


def test_an_order_takes_the_place_of_the_own_one_while_it_holds():
    found = Thresholds(version="1", law="L", own=(OWN,), ordered=(ORDER,))
    assert [found.list_in_force(now_us)[0].order for now_us in (9, 10, 19, 20)] == [
        "",
        "A-1",
        "A-1",
        "",
    ]


def test_of_two_orders_the_newest_holds():
    newer = replace(ORDER, order="A-2", starts_us=12, expires_us=0)
    found = Thresholds(version="1", law="L", own=(OWN,), ordered=(newer, ORDER))
    assert [each.order for each in found.list_in_force(15)] == ["A-2"]
    assert [each.order for each in found.list_in_force(99)] == ["A-2"]


def test_one_of_a_number_without_an_own_one_counts():
    other = replace(ORDER, number="18")
    found = Thresholds(version="1", law="L", own=(replace(OWN, expires_us=5),), ordered=(other,))
    assert [each.number for each in found.list_in_force(12)] == ["18"]
