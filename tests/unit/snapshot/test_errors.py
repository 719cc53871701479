from route112.snapshot.errors import Reason, SnapshotError


def test_an_error_carries_a_reason_for_machines_and_a_text_for_people():
    error = SnapshotError(Reason.TRUNCATED, "the file has 3 of 5 bytes")
    assert error.reason_code == "truncated"
    assert str(error) == error.message == "the file has 3 of 5 bytes"
