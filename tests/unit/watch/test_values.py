from tests.unit.watch.calls.test_joining import join, record

from route112.watch.values import TEST_PREFIX


def test_only_a_test_urn_is_a_test_call():
    for dialled, is_test in (
        (f"{TEST_PREFIX}sos", True),
        ("URN:SERVICE:TEST.SOS.fire", True),
        ("15", False),
    ):
        (call,) = join(
            record("attempt", 0, by="native", dialled=dialled), record("end", 1, outcome="failed")
        )
        assert call.is_test is is_test


def test_a_site_is_never_direct():
    (call,) = join(
        record("attempt", 0, by="native", dialled="15"), record("end", 1, outcome="failed")
    )
    assert not call.is_direct
    assert not call.got_through
