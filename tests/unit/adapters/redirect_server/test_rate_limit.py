from route112.adapters.redirect_server import rate_limit
from route112.adapters.redirect_server.rate_limit import RateLimit


def test_an_address_has_a_rate_and_others_do_not_pay_for_it():
    limit = RateLimit(10)
    assert [limit.admit("a", 0.0) for _ in range(21)] == [True] * 20 + [False]
    assert limit.admit("b", 0.0)
    assert not limit.admit("a", 0.05)
    assert limit.admit("a", 0.2)


def test_the_longest_silent_address_is_forgotten_first(monkeypatch):
    monkeypatch.setattr(rate_limit, "SOURCES_KEPT_MAX", 2)
    limit = RateLimit(1)
    for source in ("a", "a", "b", "c"):
        assert limit.admit(source, 0.0)
    assert limit.admit("a", 0.0)
    assert limit.admit("c", 0.0)
    assert not limit.admit("c", 0.0)
