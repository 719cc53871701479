from tests.support.seen import T0, S

from route112.adapters.watch_store import Refusal, Refusals


def test_what_a_station_refuses_is_kept_until_it_has_a_later_generation(store):
    refusals = Refusals(store)
    first, edge = Refusal("site", "site-1", 42, T0), Refusal("edge", "e", 42, T0)
    for refusal in (first, edge, Refusal("site", "site-1", 42, T0 + S)):
        refusals.note(refusal)
    refusals.forget("site", "site-1", 42)
    assert refusals.list_all() == [edge, Refusal("site", "site-1", 42, T0 + S)]
    refusals.forget("site", "site-1", 43)
    assert refusals.list_all() == [edge]
