"""Requests in many conversations, from either end."""

from functools import partial

BATCH = 10
"""Requests that are under way together."""
WAIT_SECONDS_MAX = 12.0
ACK_SECONDS = 0.02
"""For what nobody answers."""


def batched(talks):
    """Part conversations into batches."""
    return [talks[start : start + BATCH] for start in range(0, len(talks), BATCH)]


def ask_from_caller(end, talks, method, cseq):
    """Send a request in each conversation; return what each was answered."""
    for some in batched(talks):
        for one in some:
            end.send(method, one, cseq)
        keys = {(one.call.call_id, f"{cseq} {method}") for one in some}
        end.listen(WAIT_SECONDS_MAX, until=partial(keys.issubset, end.replies))
        if method == "INVITE":
            for one in some:
                end.send("ACK", one, cseq)
    return [end.replies.get((one.call.call_id, f"{cseq} {method}"), 0) for one in talks]


def ask_from_psap(end, talks, method, cseq, edge):
    """The same from the other end; what the PSAP received is on its own list."""
    psap = talks[0].psap
    seen = len(psap.received)
    replies = {}

    def are_answered(wanted):
        for message in list(psap.received[seen:]):
            if message.status >= 200 and message.get("CSeq") == f"{cseq} {method}":
                replies[message.get("Call-ID")] = message.status
        return wanted <= replies.keys()

    for some in batched(talks):
        for one in some:
            one.send(method, cseq, edge.address)
        wanted = {one.call.call_id for one in some}
        end.listen(WAIT_SECONDS_MAX, until=partial(are_answered, wanted))
        if method == "INVITE":
            for one in some:
                one.send("ACK", cseq, edge.address)
        end.listen(ACK_SECONDS)
    return [replies.get(one.call.call_id, 0) for one in talks]
