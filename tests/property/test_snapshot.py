"""Snapshots under Hypothesis: every content comes back, and no damage ends in another exception."""

from array import array

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.support.snapshots import (
    COMMUNES,
    NOW,
    US_PER_S,
    find_field,
    list_entries,
    seal,
    sign_blindly,
    small_content,
    small_trust,
)

from route112.model import (
    DIALECT_FIELDS,
    DIALECT_PLACES,
    Area,
    Commune,
    DialectRule,
    Hop,
    Hours,
    Operator,
    Order,
    OrderKind,
    Psap,
    ShortNumber,
    Technology,
    UtcTime,
)
from route112.snapshot.content import (
    NONE,
    DepartementRow,
    FallbackRow,
    LineRow,
    SnapshotContent,
    SourceRow,
    TrunkRow,
    VariantRow,
    split_lines,
    with_orders,
)
from route112.snapshot.errors import SnapshotError
from route112.snapshot.keys import verify_snapshot
from route112.snapshot.layout import RULES, SECTIONS
from route112.snapshot.reader import Snapshot
from route112.snapshot.unpack import unpack_snapshot
from route112.snapshot.writer import write_orders, write_snapshot

GOOD = sign_blindly(write_snapshot(small_content()), "a")
TRUST = small_trust()

texts = st.text(max_size=12)
codes = st.text(st.characters(min_codepoint=1, max_codepoint=127), min_size=1, max_size=8)
u32 = st.integers(0, 2**32 - 1)
i64 = st.integers(-(2**63), 2**63 - 1)
lon = st.integers(-1_800_000_000, 1_800_000_000).map(lambda unit: unit / 10_000_000)
lat = st.integers(-900_000_000, 900_000_000).map(lambda unit: unit / 10_000_000)
hashes = st.binary(min_size=32, max_size=32).map(bytes.hex)


def indexes(count: int) -> st.SearchStrategy[int]:
    return st.integers(0, count - 1)


def optionals(count: int) -> st.SearchStrategy[int]:
    return st.just(NONE) | indexes(count) if count else st.just(NONE)


def tuples(one: st.SearchStrategy, least: int = 0, most: int = 3) -> st.SearchStrategy:
    return st.lists(one, min_size=least, max_size=most).map(tuple)


@st.composite
def draw_hours(draw) -> Hours:
    edges = sorted(draw(st.sets(st.integers(0, 10_080), min_size=2, max_size=8)))
    return Hours(tuple(zip(edges[::2], edges[1::2], strict=False)))


@st.composite
def draw_variants(draw, lines: int, hours: int, areas: int, sources: int) -> VariantRow:
    chosen = draw(tuples(indexes(lines), 1))
    return VariantRow(
        lines=chosen,
        rules=draw(tuples(st.sampled_from(RULES), len(chosen), len(chosen))),
        hours=draw(optionals(hours)),
        area=draw(optionals(areas)),
        row=draw(u32),
        source=draw(optionals(sources)),
    )


def draw_lines(psaps: int, trunks: int, role: st.SearchStrategy[str]) -> st.SearchStrategy:
    return st.builds(
        LineRow,
        number=texts,
        psap=optionals(psaps),
        role=role,
        trunk=indexes(trunks),
        ring_time_s=u32,
    )


@st.composite
def draw_communes(draw, departements: tuple[DepartementRow, ...]) -> Commune:
    positioned = draw(st.booleans())
    return Commune(
        code=draw(codes),
        name=draw(texts),
        departement=draw(st.sampled_from(departements)).code,
        population=draw(u32),
        lon_deg=draw(lon) if positioned else None,
        lat_deg=draw(lat) if positioned else None,
        parent=draw(texts),
    )


def sort_unique(rows: tuple, key) -> tuple:
    return tuple(sorted({key(row): row for row in rows}.values(), key=key))


@st.composite
def contents(draw) -> SnapshotContent:
    """Draw any content that the format can hold, small."""
    shorts = draw(
        tuples(st.builds(ShortNumber, number=texts, urn=texts, name=texts, kinds=tuples(texts)), 1)
    )
    offsets = tuples(st.tuples(i64, st.integers(-(2**31), 2**31 - 1)), 1)
    departements = sort_unique(
        draw(
            tuples(st.builds(DepartementRow, code=texts, name=texts, zone=texts, offsets=offsets))
        ),
        lambda row: row.code,
    )
    communes = (
        sort_unique(draw(tuples(draw_communes(departements))), lambda row: row.code)
        if departements
        else ()
    )
    merged = draw(st.dictionaries(codes, indexes(len(communes)), max_size=3)) if communes else {}
    hop = st.builds(
        Hop,
        **dict.fromkeys(("address", "transport", "technology", "vendor", "zone"), texts),
        capacity_calls=u32,
    )
    trunks = draw(tuples(st.builds(TrunkRow, name=texts, hops=tuples(hop, 1)), 1))
    psap_texts = "id name kind departement primary secondary alternative carrier secondary_carrier building contact"
    psap = st.builds(
        Psap,
        **dict.fromkeys(psap_texts.split(), texts),
        technology=st.sampled_from(Technology),
        capacity_calls=u32,
        row=u32,
    )
    psaps = sort_unique(draw(tuples(psap)), lambda row: row.id)
    roles = st.sampled_from(("primary", "secondary", "alternative"))
    lines = draw(tuples(draw_lines(len(psaps), len(trunks), roles), 1))
    order_lines = draw(tuples(draw_lines(len(psaps), len(trunks), st.just("order"))))
    hours = draw(tuples(draw_hours()))
    area = st.builds(
        Area, text=texts, rings=tuples(tuples(st.tuples(lon, lat))), streets=tuples(texts)
    )
    areas = draw(tuples(area))
    sources = draw(tuples(st.builds(SourceRow, file=texts, sheet=texts, sha256=hashes)))
    variants = draw_variants(len(lines), len(hours), len(areas), len(sources))
    routes = draw(tuples(tuples(variants, 1)))
    keys = len(communes) * len(shorts)
    line = optionals(len(lines))
    neighbours = tuples(indexes(len(lines)), 0, 2)
    fallbacks = st.builds(FallbackRow, neighbours=neighbours, departement=line)
    defaults = len(departements) * len(shorts)
    order_texts = "id psap short_number to_psap to_number author approver reason"
    order = st.builds(
        Order,
        **dict.fromkeys(order_texts.split(), texts),
        kind=st.sampled_from(OrderKind),
        starts=i64,
        expires=i64,
    )
    rule = st.builds(
        DialectRule,
        field=st.sampled_from(DIALECT_FIELDS),
        place=st.sampled_from(DIALECT_PLACES),
        name=texts,
        pattern=texts,
    )
    operator = st.builds(
        Operator,
        **dict.fromkeys(("id", "name", "default_commune", "technology"), texts),
        technologies=tuples(texts),
        sources=tuples(texts),
        share=st.integers(1, 2**32 - 1),
        dialect=tuples(rule),
    )
    return SnapshotContent(
        country=draw(texts),
        edition=draw(texts),
        generation=draw(st.integers(1, 2**64 - 1)),
        parent=draw(st.just("") | hashes.filter(lambda digits: digits.strip("0"))),
        valid_from=draw(i64),
        valid_until=draw(i64),
        short_numbers=shorts,
        default_number=draw(indexes(len(shorts))),
        departements=departements,
        communes=communes,
        merged=tuple(sorted(merged.items())),
        psaps=psaps,
        lines=lines + order_lines,
        trunks=trunks,
        hours=hours,
        areas=areas,
        routes=routes,
        mapping_route=array("I", draw(tuples(optionals(len(routes)), keys, keys))),
        mapping_source=array("I", draw(tuples(optionals(len(sources)), keys, keys))),
        mapping_row=array("I", draw(tuples(u32, keys, keys))),
        sources=sources,
        fallbacks=draw(tuples(fallbacks, defaults, defaults)),
        national=draw(tuples(indexes(len(lines)), len(shorts), len(shorts))),
        operators=sort_unique(draw(tuples(operator)), lambda row: row.id),
        orders=sort_unique(draw(tuples(order)), lambda row: row.id),
    )


def walk(snapshot: Snapshot) -> None:
    """Ask an opened snapshot for everything that it has; nothing may raise."""
    unpack_snapshot(snapshot)
    for commune in range(snapshot.communes_count):
        snapshot.find_commune(snapshot.commune(commune).code)
        snapshot.commune_departement(commune)
        for number in range(len(snapshot.short_numbers)):
            snapshot.route_index(commune, number)
            snapshot.provenance(commune, number)
    for departement, row in enumerate(snapshot.departements):
        snapshot.find_departement(row.code)
        for at_s in (-(2**60), 0, 2**33, 2**60):
            snapshot.offset_s(departement, UtcTime(at_s * US_PER_S))
        for number in range(len(snapshot.short_numbers)):
            snapshot.fallback(departement, number)
    for short in snapshot.short_numbers:
        assert snapshot.find_number(short.number) is not None
        snapshot.find_number(short.urn + ".x")
    snapshot.find_psap("CRRA15-29")
    snapshot.find_line("+33199000010")
    snapshot.operator("bruyere")
    assert len(snapshot.operators) == len({row.id for row in snapshot.operators})


@given(contents())
def test_every_content_comes_back_and_is_written_the_same_again(content):
    written = write_snapshot(content)
    snapshot = Snapshot(written)
    assert unpack_snapshot(snapshot) == content
    assert write_snapshot(unpack_snapshot(snapshot)) == written
    walk(snapshot)
    codes_written = [commune.code for commune in content.communes]
    assert [snapshot.find_commune(code) for code in codes_written] == list(
        range(len(codes_written))
    )


@given(contents(), contents())
def test_orders_on_a_file_are_the_bytes_of_their_content_written_whole(content, other):
    parent = Snapshot(write_snapshot(content))
    lines = split_lines(other.lines)[1]
    fitting = [row for row in lines if row.trunk < len(content.trunks)]
    fitting = [row for row in fitting if row.psap == NONE or row.psap < len(content.psaps)]
    written = write_orders(parent, other.orders, generation=7, lines=fitting)
    expected = with_orders(
        content, other.orders, generation=7, parent=parent.content_hash, lines=fitting
    )
    assert written == write_snapshot(expected)
    assert Snapshot(written).plan_hash == parent.plan_hash


@given(st.sets(st.integers(0, len(GOOD) * 8 - 1), min_size=1, max_size=4))
def test_flipped_bits_are_always_noticed(bits):
    damaged = bytearray(GOOD)
    for bit in bits:
        damaged[bit // 8] ^= 1 << bit % 8
    with pytest.raises(SnapshotError) as caught:
        verify_snapshot(bytes(damaged), TRUST, now=NOW, floor=None)
    in_block = all(bit // 8 >= len(GOOD) - 128 for bit in bits)
    if in_block:
        assert caught.value.reason_code in ("altered", "unsigned", "unknown-key", "bad-signature")
        return
    with pytest.raises(SnapshotError):
        Snapshot(damaged)


@given(st.integers(0, len(GOOD) - 1), st.binary(max_size=16))
def test_a_file_that_was_cut_is_always_noticed(size, tail):
    cut = GOOD[:size] + tail
    assume(cut != GOOD)
    with pytest.raises(SnapshotError):
        verify_snapshot(cut, TRUST, now=NOW, floor=None)


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_with_a_reason(content):
    with pytest.raises(SnapshotError):
        Snapshot(content)
    with pytest.raises(SnapshotError):
        Snapshot(b"R112SNAP" + content)


@given(
    st.lists(
        st.tuples(st.integers(192, len(GOOD) - 129), st.binary(min_size=1, max_size=8)),
        min_size=1,
        max_size=3,
    )
)
def test_what_opens_never_raises_even_if_a_signer_wrote_nonsense(patches):
    changed = bytearray(GOOD)
    for position, patch in patches:
        end = min(position + len(patch), len(GOOD) - 128)
        changed[position:end] = patch[: end - position]
    try:
        snapshot = Snapshot(seal(changed))
    except SnapshotError:
        return
    walk(snapshot)


NUMBERS = [
    (f"{section.name}.{field.name}", field.size * 8, count)
    for section in SECTIONS.values()
    if (count := list_entries(GOOD)[section.id][3])
    for field in section.record.fields
    if not field.type.startswith("bytes")
]


@given(st.data())
def test_any_number_in_any_field_is_refused_or_harmless(data):
    path, bits, count = data.draw(st.sampled_from(NUMBERS))
    record = data.draw(st.integers(0, count - 1))
    unsigned = data.draw(st.integers(0, 40) | st.integers(0, 2**bits - 1) | st.just(2**bits - 1))
    content = bytearray(GOOD)
    position, _ = find_field(content, path, record)
    content[position : position + bits // 8] = unsigned.to_bytes(bits // 8, "little")
    try:
        snapshot = Snapshot(seal(content))
    except SnapshotError:
        return
    walk(snapshot)


@given(st.integers(0, 5), st.text(max_size=40))
def test_look_ups_take_any_text(index, text):
    snapshot = Snapshot(GOOD)
    assert snapshot.find_commune(text) in (None, *range(6))
    assert snapshot.find_number(text) in (None, *range(4))
    assert snapshot.find_commune(COMMUNES[index].code) == index
