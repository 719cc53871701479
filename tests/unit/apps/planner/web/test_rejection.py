import pytest

from route112.access import Reason
from route112.apps.planner.web.rejection import Rejected, reject_verdict

NEVER_JUDGED = {Reason.NONE, Reason.IMPOSSIBLE, Reason.NOT_DONE}


@pytest.mark.parametrize("reason", sorted(set(Reason) - NEVER_JUDGED))
def test_each_refusal_says_what_to_do_next(reason):
    with pytest.raises(Rejected) as caught:
        reject_verdict(reason)
    rejected = caught.value
    assert 400 <= rejected.status < 500
    assert (rejected.reason, rejected.is_written) == (reason, True)
    assert rejected.todo
    answer = rejected.render()
    assert answer.media_type == "application/problem+json"
    assert f"urn:route112:{reason}".encode() in answer.body


def test_a_mistake_in_the_list_of_people_is_told():
    with pytest.raises(Rejected) as caught:
        reject_verdict(Reason.UNKNOWN_IDENTITY, flaw="line 3")
    assert (caught.value.status, caught.value.detail) == (503, "line 3")
    with pytest.raises(Rejected) as caught:
        reject_verdict(Reason.NOT_YOUR_ROLE, flaw="line 3")
    assert caught.value.status == 403
