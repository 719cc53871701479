"""
Allowed, waiting for a second person, or refused: total, and nothing is allowed by default.

The order of the questions is the order in which an answer helps: what is asked, who asks, whether
that person may, whether it is new, whether somebody else has to agree.
"""

from route112.access.people import People, Person
from route112.access.requests import (
    HASH,
    NEVER,
    Approval,
    Desk,
    Reason,
    Request,
    Ruling,
    Verdict,
    cut_identity,
    hash_request,
    is_identity,
    is_well_formed,
)
from route112.access.verbs import RULES, Rule
from route112.model import UtcTime

APPROVE = "approve"
"""Verb of an approval."""
AGE_MAX_US = 300_000_000
"""A request that is older is refused, wherever it was meanwhile."""
SKEW_MAX_US = 30_000_000
"""A request may come from a clock that is so much ahead."""
APPROVAL_US = 900_000_000
"""So long a request waits for the second person."""
ORDER = "order "
"""How the verbs of emergency orders begin: these have bounds of their own, so that nothing else
that people ask for keeps an order out."""
WAITING_MAX = 100
"""Orders that wait at a time; as many of all other requests."""
ORDERS_EACH_MAX = 30
"""Orders of one person that wait at a time."""
OTHERS_EACH_MAX = 10
"""Other requests of one person that wait at a time."""
USED_MAX = 10_000
"""Orders that are remembered because they count once; as many of all other requests."""
USED_EACH_MAX = 1_000
"""Of these, one person's."""


def judge(asked: Request | Approval, desk: Desk, people: People, *, now: UtcTime) -> Verdict:
    """
    Answer a request or an approval. The verdict goes to the audit log before anything is done.

    Args:
        asked: by an identity that whoever holds the connection has made sure of.
        desk: what waits and what was used, `note`d with each verdict.
        now: UTC.
    """
    if isinstance(asked, Approval):
        return _judge_approval(asked, desk, people, now)
    return _judge_request(asked, desk, people, now)


def _judge_request(request: Request, desk: Desk, people: People, now: UtcTime) -> Verdict:
    def refuse(reason: Reason, *, author: str = "", known: bool = True) -> Verdict:
        return Verdict(
            ruling=Ruling.REFUSED,
            at=now,
            by=cut_identity(request.by),
            reason=reason,
            request=request if known else None,
            hash=hash_request(request) if known else "",
            author=author,
        )

    if not is_well_formed(request):
        return refuse(Reason.MALFORMED, known=False)
    rule = RULES.get(request.verb)
    if rule is None or request.verb == APPROVE:
        return refuse(Reason.UNKNOWN_VERB)
    person = people.find(request.by, now)
    if person is None:
        return refuse(Reason.UNKNOWN_IDENTITY)
    is_own = rule.own_psap and bool(person.psap) and person.psap == request.get("psap")
    if not is_own and not person.roles & rule.roles:
        return refuse(Reason.NOT_YOUR_ROLE, author=person.id)
    waits = rule.two_person and not is_own
    wrong = _find_wrong(request, rule, desk, now)
    if not wrong and rule.changes and _is_full(request.verb, person, desk, now, waits=waits):
        wrong = Reason.TOO_MANY
    if wrong:
        return refuse(wrong, author=person.id)
    return Verdict(
        ruling=Ruling.WAITING if waits else Ruling.ALLOWED,
        at=now,
        by=request.by,
        request=request,
        hash=hash_request(request),
        author=person.id,
        until=_find_until(request, now, waits=waits) if rule.changes else NEVER,
    )


def _find_wrong(request: Request, rule: Rule, desk: Desk, now: UtcTime) -> Reason:
    """Return what is wrong with a request of somebody who may ask for it."""
    if not now - AGE_MAX_US < request.asked_at:
        return Reason.TOO_OLD
    if request.asked_at > now + SKEW_MAX_US:
        return Reason.NOT_YET
    if not rule.changes:
        return Reason.NONE
    if not request.nonce or not request.reason.strip():
        return Reason.MALFORMED
    key = hash_request(request)
    if key in desk.waiting or key in desk.used:
        return Reason.REPLAYED
    return Reason.NONE


def _is_full(verb: str, person: Person, desk: Desk, now: UtcTime, *, waits: bool) -> bool:
    """Tell whether there is no room for one more of its kind: for anybody, or for this person."""
    is_order = verb.startswith(ORDER)
    used = [
        each.author
        for each in desk.used.values()
        if now < each.until and each.verb.startswith(ORDER) is is_order
    ]
    if len(used) >= USED_MAX or used.count(person.id) >= USED_EACH_MAX:
        return True
    waiting = [
        each.author
        for each in desk.waiting.values()
        if now < each.until and each.request.verb.startswith(ORDER) is is_order
    ]
    each_max = ORDERS_EACH_MAX if is_order else OTHERS_EACH_MAX
    return waits and (len(waiting) >= WAITING_MAX or waiting.count(person.id) >= each_max)


def _find_until(request: Request, now: UtcTime, *, waits: bool) -> UtcTime:
    """Return how long it waits, or has to be remembered: as long as it is young enough to come."""
    if waits:
        return UtcTime(now + APPROVAL_US)
    return UtcTime(request.asked_at + AGE_MAX_US + SKEW_MAX_US)


def _judge_approval(approval: Approval, desk: Desk, people: People, now: UtcTime) -> Verdict:
    person = people.find(approval.by, now)
    waiting = desk.waiting.get(approval.request)
    wrong = _find_unfit(approval, person, desk, people, now=now)
    return Verdict(
        ruling=Ruling.REFUSED if wrong else Ruling.ALLOWED,
        at=now,
        by=cut_identity(approval.by),
        approves=True,
        reason=wrong,
        request=None if waiting is None else waiting.request,
        hash=approval.request if HASH.fullmatch(approval.request) else "",
        author="" if waiting is None else waiting.author,
        approver="" if person is None else person.id,
        until=NEVER if wrong else UtcTime(now + APPROVAL_US),
    )


def _find_unfit(
    approval: Approval, person: Person | None, desk: Desk, people: People, *, now: UtcTime
) -> Reason:
    """Return why an approval does not count."""
    if not is_identity(approval.by) or not HASH.fullmatch(approval.request):
        return Reason.MALFORMED
    if person is None:
        return Reason.UNKNOWN_IDENTITY
    if not person.roles & RULES[APPROVE].roles:
        return Reason.NOT_YOUR_ROLE
    waiting = desk.waiting.get(approval.request)
    if waiting is None:
        return Reason.REPLAYED if approval.request in desk.used else Reason.UNKNOWN_REQUEST
    if now >= waiting.until:
        return Reason.EXPIRED
    if person.id == waiting.author:
        return Reason.OWN_REQUEST
    rule = RULES[waiting.request.verb]
    if not person.roles & rule.approvers:
        return Reason.NOT_YOUR_ROLE
    author = people.find(waiting.request.by, now)
    if author is None or author.id != waiting.author or not author.roles & rule.roles:
        return Reason.AUTHOR_GONE
    return Reason.NONE
