from route112.adapters.watch_store import count, load_counts


def test_counts_add_up(store):
    count(store, "records", 3)
    count(store, "records", 4)
    count(store, "calls")
    assert load_counts(store) == {"records": 7, "calls": 1}
