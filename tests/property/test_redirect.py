"""
The redirect server against `decide`: two programs written from one text give the same targets,
out of the same bytes, with empty states; and against any bytes at all.
"""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from tests.property.test_decide import contents, instants
from tests.support.edgetable import draw_busy
from tests.support.snapshots import NOW, VALID_FROM, small_content

from route112.model import Call, States, UtcTime
from route112.redirect import RefusedError, answer_request, read_book
from route112.redirect.origin import find_operator, listen
from route112.redirect.sip import parse_request, read_octets
from route112.redirect.targets import list_targets
from route112.routing import decide, read_call
from route112.snapshot.reader import Snapshot
from route112.snapshot.writer import write_snapshot

NO_STATES = States()
GOOD = write_snapshot(small_content())
BOOK = read_book(GOOD)
SNAPSHOT = Snapshot(GOOD)

dialled = st.sampled_from(
    (
        "15",
        "17",
        "18",
        "112",
        "999",
        "",
        "urn:service:sos.fire",
        "URN:service:SOS.Police.x",
        "urn:x",
    )
)
communes = st.sampled_from(
    ("29019", "29103", "29155", "75056", "75101", "29165", "75001", "29999", "29", "2", "99", "")
)
anything = st.text(st.characters(exclude_categories=()), max_size=20)
operators = st.sampled_from(("bruyere", "genet", "nobody"))
odd_text = anything.filter(lambda text: "." not in text)


@settings(deadline=None, max_examples=300, suppress_health_check=list(HealthCheck))
@given(
    contents(),
    st.lists(st.tuples(dialled | odd_text, communes | anything, operators, instants), max_size=8),
)
@example(small_content(), [("15", "29019", "bruyere", NOW)])
def test_the_redirect_server_names_the_targets_of_decide(content, questions):
    written = write_snapshot(content)
    snapshot, book = Snapshot(written), read_book(written)
    for number, commune, operator, now in questions:
        call = Call(dialled=number, commune=commune, operator=operator)
        decision = decide(call, snapshot, NO_STATES, now=UtcTime(now))
        found = snapshot.operator(operator)
        targets = list_targets(
            book,
            number,
            commune,
            default_commune=found.default_commune if found else "",
            now=now,
        )
        assert [(line.psap, line.number, rule) for line, rule in targets] == [
            (target.psap, target.number, target.rule) for target in decision.targets
        ]
        assert [line.hops for line, _ in targets] == [
            tuple((hop.address, hop.transport) for hop in target.hops)
            for target in decision.targets
        ]


@settings(deadline=None, max_examples=400)
@given(st.integers(0, 2**32 - 1), st.integers(-3, 21))
@example(54, 1)
@example(79, 1)
def test_orders_that_meet_each_other_everywhere_are_followed_as_decide_follows_them(seed, step):
    written, now = write_snapshot(draw_busy(seed)), UtcTime(NOW + step)
    snapshot, book = Snapshot(written), read_book(written)
    for short in snapshot.short_numbers:
        for index in range(snapshot.communes_count):
            call = Call(dialled=short.number, commune=snapshot.commune(index).code)
            decision = decide(call, snapshot, NO_STATES, now=now)
            targets = list_targets(book, call.dialled, call.commune, default_commune="", now=now)
            assert [(line.psap, line.number, rule) for line, rule in targets] == [
                (target.psap, target.number, target.rule) for target in decision.targets
            ], call


uris = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(("sip:", "sips:", "tel:", "urn:service:sos", "x:")),
    st.sampled_from(("15", "+33199001234", "", "1:pw")),
    st.sampled_from(("@127.0.0.1", "@[::1]:5060", "")),
    st.sampled_from((";commune=29019", ";COMMUNE=29103", ";commune=x?commune=75056", "")),
)


@given(
    uris, st.sampled_from(("29019", " 75101 ", "none", "")), st.sampled_from(("127.0.2.1", "::1"))
)
def test_the_whole_answer_is_what_dialect_and_decide_say(uri, header, source):
    snapshot = Snapshot(GOOD)
    read = read_call(
        snapshot, source=source, request_uri=uri, find_header={"X-Commune": header}.get
    )
    assert read is not None
    decision = decide(read.call, snapshot, NO_STATES, now=NOW)
    request = parse_request(
        f"INVITE {uri} SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
        f"To: <sip:15@b>\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nX-Commune: {header}\r\n\r\n".encode()
    )
    assert request is not None
    answer = answer_request(BOOK, request, source=(source, 5060), now=NOW)
    assert answer is not None
    contacts = [
        line.partition(b"sip:")[2].partition(b";")[0].decode()
        for line in answer.split(b"\r\n")
        if line.startswith(b"Contact:")
    ]
    assert contacts == [
        f"{target.number}@{hop.address}" for target in decision.targets for hop in target.hops[:2]
    ]


OPERATOR = SNAPSHOT.operator("bruyere")
odd_parts = st.sampled_from(
    ("sip:", "SIPS:", "tel:", "urn:", "nena:", "service:", "test", "sos.fire", "15", "%31", "%3",
     "%c3", "%7F", "\u00e9", "@", "@h", ":", ";", ";commune=", "29019", "?", "#", '"', ".", "<")
)  # fmt: skip
odd_uris = st.lists(odd_parts | st.text(max_size=3), max_size=8).map("".join)
odd_values = st.lists(
    st.sampled_from(("29019", "75101", " ", "\t", "\r\n ", "\n\t", "\u00e9", "+331", '"', "\x7f"))
    | st.text(st.characters(exclude_characters="\r\n"), max_size=3),
    max_size=5,
).map("".join)


@settings(deadline=None, max_examples=600)
@given(odd_uris, odd_values)
@example("sip:%31%35;x@h", " 29019\r\n ")
@example("urn:nena:service:te%73t.sos;x", "")
def test_both_read_an_odd_message_alike(uri, header):
    rules = BOOK.operators[find_operator(BOOK.networks, "127.0.2.1")].rules
    assert OPERATOR.sources
    read = read_call(
        SNAPSHOT, source="127.0.2.1", request_uri=uri, find_header={"X-Commune": header}.get
    )
    octets = header.encode("utf-8", "surrogatepass")
    request = parse_request(
        b"INVITE x SIP/2.0\r\nVia: SIP/2.0/UDP h\r\nFrom: a\r\nTo: b\r\nCall-ID: 1\r\nCSeq: 1 INVITE"
        b"\r\nX-Commune: " + octets + b"\r\n\r\n"
    )
    text = read_octets(uri.encode("utf-8", "surrogatepass"))
    spoken = listen(rules, text, request.find_header)
    assert spoken[:3] == (read.call.dialled, read.call.commune, read.is_test)


@settings(deadline=None)
@given(st.integers(0, len(GOOD) * 8 - 1))
def test_a_flipped_bit_before_the_signature_is_refused(bit):
    damaged = bytearray(GOOD)
    damaged[bit // 8] ^= 1 << bit % 8
    try:
        read_book(bytes(damaged))
    except RefusedError:
        return
    assert bit // 8 >= len(GOOD) - 128


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(content):
    for offered in (content, b"R112SNAP" + content, GOOD[: len(content)] + content):
        try:
            read_book(offered)
        except RefusedError:
            continue
        assert offered == GOOD


pieces = st.sampled_from(
    (
        b"INVITE sip:15@h SIP/2.0\r\n", b"OPTIONS sip:h SIP/2.0\r\n", b"ACK sip:h SIP/2.0\r\n",
        b"SIP/2.0 200 OK\r\n", b"Via: SIP/2.0/UDP h:5060;branch=z9;rport\r\n", b"v: SIP/2.0/UDP h\r\n",
        b"From: <sip:a@b>;tag=1\r\n", b"To: <sip:15@b>\r\n", b"i: 1\r\n", b"CSeq: 1 INVITE\r\n",
        b"CSeq: x\r\n", b" folded\r\n", b"\r\n", b":\r\n", b"\0", b"\xff\xfe: \xff\r\n", b"X: \r\r\n",
    )
)  # fmt: skip


@settings(deadline=None, max_examples=300)
@given(st.lists(pieces | st.binary(max_size=20), max_size=12).map(b"".join))
def test_no_message_is_too_strange(message):
    request = parse_request(message)
    if request is None:
        return
    answer = answer_request(BOOK, request, source=("127.0.2.1", 5060), now=VALID_FROM)
    assert (answer is None) == (request.method == b"ACK")
    if answer is not None:
        assert answer.startswith(b"SIP/2.0 ")
        assert answer.endswith(b"\r\n\r\n")
        assert answer.count(b"\r\n\r\n") == 1
