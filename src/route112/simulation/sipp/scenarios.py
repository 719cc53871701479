"""The scenarios that SIPp plays, rendered for one behaviour."""

from route112.simulation.behaviours import REASONS, Act, Behaviour, list_moves

FAILURES = (
    *(300, 301, 302, 400, 401, 403, 404, 405, 406, 408, 410, 413, 415, 416, 420, 480, 481, 482),
    *(483, 484, 486, 487, 488, 491, 494, 500, 501, 502, 503, 504, 513, 600, 603, 604, 606),
)
"""Final statuses that a SIPp caller takes for what they are; any other one aborts its call."""

_HEAD = '<?xml version="1.0" encoding="ISO-8859-1"?>\n<!DOCTYPE scenario SYSTEM "sipp.dtd">\n'
_OFFER = """
      v=0
      o=sipp 1 1 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [media_port] RTP/AVP 8
"""
_REQUEST = """
      {method} {uri} SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}
      {routes}From: <sip:[field5]@[local_ip]>;tag=[pid]caller[call_number]
      To: <sip:[field1]@[remote_ip]>{to_tag}
      Call-ID: [call_id]
      CSeq: {number} {method}
      Max-Forwards: 70
"""
_REPLY = """
      SIP/2.0 {status} {phrase}
      [last_Via:]
      [last_From:]
      [last_To:]{tag}
      [last_Call-ID:]
      {cseq}
"""
_INCOMING = (
    '<recv request="INVITE"><action>'
    '<ereg regexp="INVITE sip:([^@ ]+)@" search_in="msg" check_it="true" '
    'assign_to="line,number"/>'
    '<log message="rang [call_id] [$number] [timestamp]"/></action></recv>'
)
_TAG = ";tag=[pid]psap[call_number]"
_CONTACT = "      Contact: <sip:[$number]@[local_ip]:[local_port];transport=[transport]>\n"
_ANSWERER = (
    '<ereg regexp="sip:([+][0-9]+)@" search_in="hdr" header="Contact:" '
    'assign_to="contact,answerer"/><log message="answered-by [call_id] [$answerer]"/>'
)
"""Whoever answers and gives no number leaves the line without one."""


def render_caller(*, hold_ms: int, timeout_ms: int) -> str:
    """
    Render a caller: INVITE, ACK, BYE; CANCEL when nothing comes for `timeout_ms`.

    Injected fields: 0 key, 1 dialled, 2 commune, 3 operator, 4 technology, 5 caller.
    """
    parts = [_log("placed [call_id] [field0] [timestamp]"), _send(_invite(), retransmit=True)]
    # SIPp waits at whichever element it stands: each of them has to know the time-out.
    wait = f'timeout="{timeout_ms}" ontimeout="cancel"'
    heard = (("100", "first"), ("180", "ringing"), ("183", "first"))
    parts += [_hear(status, event, wait) for status, event in heard]
    parts += [_hear(str(code), f"final-{code}", f'{wait} next="over"') for code in FAILURES]
    parts.append(
        f'<recv response="200" rrs="true" {wait}>'
        f"{_action('final-200 [call_id] [field0] [timestamp]', _ANSWERER)}</recv>"
    )
    since_invite = len(parts) + 6
    parts += [
        _send(_in_dialog("ACK", 1)),
        f'<pause milliseconds="{hold_ms}"/>',
        _send(_in_dialog("BYE", 2), retransmit=True),
        '<recv response="200"/>',
        f'<nop next="end">{_action("ended [call_id] [field0] [timestamp]")}</nop>',
        '<label id="cancel"/>',
        _log("gave-up [call_id] [field0] [timestamp]"),
        _send(_cancel(since_invite - 1), retransmit=True),
        '<recv response="200" optional="true"/>',
        _terminated(),
        '<label id="over"/>',
        _log("ended [call_id] [field0] [timestamp]"),
        '<label id="end"/>',
        "<nop/>",
        '<Reference variables="contact"/>',
    ]
    return f'{_HEAD}<scenario name="callers">\n' + "\n".join(parts) + "\n</scenario>\n"


def render_psap(behaviour: Behaviour, *, answer_after_ms: int) -> str:
    """Render a line; one that is to be cancelled says 487 and writes it down."""
    parts = [_INCOMING, '<Reference variables="line"/>']
    moves = list_moves(behaviour, answer_after_s=answer_after_ms / 1e3)
    for move in moves:
        if move.act is Act.TRYING:
            parts.append(_send(_reply(100, "Trying", tag="")))
        elif move.act is Act.RING:
            parts.append(_send(_reply(180, "Ringing") + _CONTACT + _empty()))
        elif move.act is Act.REFUSE:
            reason = REASONS[move.status]
            header = f"      Reason: {reason}\n" if reason else ""
            parts.append(_final(str(move.status)))
            refusal = _reply(move.status, "Refused") + header + _empty()
            parts += [_send(refusal, retransmit=True), '<recv request="ACK"/>']
    if moves and moves[-1].act in (Act.TRYING, Act.RING):
        parts += ['<recv request="CANCEL"/>', *_cancelled()]
    elif moves and moves[-1].act is Act.ANSWER:
        wait = f'timeout="{max(1, answer_after_ms)}" ontimeout="answer"'
        parts += [f'<recv request="CANCEL" {wait}/>', *_cancelled(), '<nop next="end"/>']
        parts += ['<label id="answer"/>', *_answered(), '<label id="end"/>', "<nop/>"]
    elif not moves:
        parts.append('<pause milliseconds="32000"/>')
    return f'{_HEAD}<scenario name="{behaviour.value}">\n' + "\n".join(parts) + "\n</scenario>\n"


def _answered() -> list[str]:
    answer = _reply(200, "OK") + _CONTACT + _with_offer()
    bye = _reply(200, "OK", tag="") + _empty()
    return [
        _final("200"),  # before: after a retransmitted message SIPp does nothing but wait
        _send(answer, retransmit=True),
        '<recv request="ACK"/>',
        '<recv request="BYE"/>',
        _send(bye),
    ]


def _cancelled() -> list[str]:
    refusal = _reply(487, "Request Terminated", cseq="CSeq: [last_cseq_number] INVITE")
    return [
        _send(_reply(200, "OK", tag="") + _empty()),
        _final("487"),
        _send(refusal + _empty(), retransmit=True),
        '<recv request="ACK"/>',
    ]


def _reply(status: int, phrase: str, *, tag: str = _TAG, cseq: str = "[last_CSeq:]") -> str:
    return _REPLY.format(status=status, phrase=phrase, tag=tag, cseq=cseq)


def _invite() -> str:
    branch, uri = "[branch]", "sip:[field1]@[remote_ip]:[remote_port]"
    head = _REQUEST.format(method="INVITE", uri=uri, branch=branch, routes="", to_tag="", number=1)
    headers = "".join(
        f"      {name}: {value}\n"
        for name, value in (
            ("Contact", "<sip:caller@[local_ip]:[local_port];transport=[transport]>"),
            ("P-Asserted-Identity", "<sip:[field5]@[local_ip]>"),
            ("X-Commune", "[field2]"),
            ("X-Operator", "[field3]"),
            ("X-Technology", "[field4]"),
        )
    )
    return head + headers + _with_offer()


def _in_dialog(method: str, number: int) -> str:
    head = _REQUEST.format(
        method=method,
        uri="[next_url]",
        branch="[branch]",
        routes="[routes]\n      ",
        to_tag="[peer_tag_param]",
        number=number,
    )
    return head + _empty()


def _cancel(since_invite: int) -> str:
    head = _REQUEST.format(
        method="CANCEL",
        uri="sip:[field1]@[remote_ip]:[remote_port]",
        branch=f"[branch-{since_invite}]",
        routes="",
        to_tag="",
        number=1,
    )
    return head + _empty()


def _with_offer() -> str:
    return f"      Content-Type: application/sdp\n      Content-Length: [len]\n{_OFFER}"


def _empty() -> str:
    return "      Content-Length: 0\n\n"


def _send(text: str, *, retransmit: bool = False) -> str:
    if "Content-Length" not in text:
        text += _empty()
    again = ' retrans="500"' if retransmit else ""
    return f"<send{again}><![CDATA[{text}    ]]></send>"


def _hear(status: str, event: str, attributes: str) -> str:
    line = f"{event} [call_id] [field0] [timestamp]"
    return f'<recv response="{status}" optional="true" {attributes}>{_action(line)}</recv>'


def _final(status: str) -> str:
    return _log(f"final-{status} [call_id] [$number] [timestamp]")


def _terminated() -> str:
    line = "final-487 [call_id] [field0] [timestamp]"
    return f'<recv response="487" timeout="2000" ontimeout="end">{_action(line)}</recv>'


def _log(line: str) -> str:
    return f"<nop>{_action(line)}</nop>"


def _action(line: str, more: str = "") -> str:
    return f'<action><log message="{line}"/>{more}</action>'
