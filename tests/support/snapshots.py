"""Small contents of snapshots for tests: two departements, six communes, every kind of table."""

import hashlib
import struct
from array import array
from dataclasses import replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from route112.model import (
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
)
from route112.snapshot.layout import SECTIONS
from route112.snapshot.trust import TrustedKey, TrustList

US_PER_S = 1_000_000
VALID_FROM = UtcTime(1_793_491_200 * US_PER_S)
"""2026-11-01T00:00:00Z."""
VALID_UNTIL = UtcTime(1_830_211_200 * US_PER_S)
"""2027-12-31T00:00:00Z."""
NOW = UtcTime(1_794_744_000 * US_PER_S)
"""2026-11-15T12:00:00Z, a Sunday, 13:00 in Paris."""

SHORT_NUMBERS = (
    ShortNumber(number="15", urn="urn:service:sos.ambulance", name="SAMU", kinds=("CRRA15",)),
    ShortNumber(
        number="17", urn="urn:service:sos.police", name="Police", kinds=("CIC17", "CORG17")
    ),
    ShortNumber(
        number="18", urn="urn:service:sos.fire", name="Sapeurs-pompiers", kinds=("CTA18",)
    ),
    ShortNumber(number="112", urn="urn:service:sos", name="Urgences", kinds=("CTA18", "CRRA15")),
)
PARIS_OFFSETS = (
    (-(2**40), 3600),
    (1_774_746_000, 7200),
    (1_792_890_000, 3600),
    (1_806_195_600, 7200),
)
"""Winter and summer time: changes of 29 March and 25 October 2026, and of 28 March 2027."""
DEPARTEMENTS = (
    DepartementRow(code="29", name="Finistère", zone="ouest", offsets=PARIS_OFFSETS),
    DepartementRow(code="75", name="Paris", zone="idf", offsets=PARIS_OFFSETS),
)


def _commune(code: str, name: str, departement: str, population: int, parent: str = "") -> Commune:
    lon_deg, lat_deg = (-4.4825, 48.4084) if departement == "29" else (2.3199, 48.858)
    return Commune(
        code=code,
        name=name,
        departement=departement,
        population=population,
        lon_deg=lon_deg,
        lat_deg=lat_deg,
        parent=parent,
    )


COMMUNES = (
    _commune("29019", "Brest", "29", 139_456),
    _commune("29103", "Landerneau", "29", 16_277),
    replace(_commune("29155", "Ouessant", "29", 835), lon_deg=None, lat_deg=None),
    _commune("75056", "Paris", "75", 2_103_778),
    _commune("75101", "Paris 1er Arrondissement", "75", 0, "75056"),
    _commune("75120", "Paris 20e Arrondissement", "75", 0, "75056"),
)
MERGED = (("29165", 1), ("75001", 4))
"""Two former communes: one is in Landerneau now, the other in the first arrondissement."""


def _psap(psap_id: str, number: str, *, technology: str = "ip", secondary: str = "") -> Psap:
    kind, departement = psap_id.split("-")[:2]
    return Psap(
        id=psap_id,
        name=f"{kind} of {departement}",
        kind=kind,
        departement=departement,
        primary=number,
        secondary=secondary,
        alternative=number[:-1] + "9",
        technology=Technology(technology),
        carrier="armor" if departement == "29" else "lutece",
        secondary_carrier="",
        building=f"building of {psap_id}",
        capacity_calls=300,
        contact="duty desk",
        row=2,
    )


PSAPS = (
    _psap("CIC17-29", "+33261910020"),
    _psap("CIC17-75", "+33199000020"),
    _psap("CRRA15-29", "+33261910010", secondary="+33261910011"),
    _psap("CRRA15-75", "+33199000010"),
    _psap("CTA18-29", "+33261910030", technology="rtc"),
    _psap("CTA18-75", "+33199000030"),
)
"""Ascending by id; each has a primary line and, at its index plus 6, an alternative one."""


def _line(psap: int, role: str) -> LineRow:
    row = PSAPS[psap]
    number = {"primary": row.primary, "alternative": row.alternative, "secondary": row.secondary}
    trunk = {"CTA18-29": 1}.get(row.id, 0 if row.departement == "29" else 2)
    return LineRow(number=number[role], psap=psap, role=role, trunk=trunk, ring_time_s=30)


LINES = (
    *(_line(index, "primary") for index in range(6)),
    *(_line(index, "alternative") for index in range(6)),
    _line(2, "secondary"),
    LineRow(number="+33465710001", psap=NONE, role="order", trunk=0, ring_time_s=20),
)
"""0 to 5 primary, 6 to 11 alternative, 12 the second line of CRRA15-29, 13 named by an order."""


def _hop(address: str, technology: str, vendor: str, zone: str = "") -> Hop:
    return Hop(
        address=address,
        transport="udp",
        technology=technology,
        vendor=vendor,
        capacity_calls=300,
        zone=zone,
    )


TRUNKS = (
    TrunkRow(
        name="armor/ip/",
        hops=(_hop("127.0.4.1:5060", "ip", "alder"), _hop("127.0.4.2:5060", "ip", "birch")),
    ),
    TrunkRow(name="armor/rtc/ouest", hops=(_hop("127.0.5.1:5060", "rtc", "birch", "ouest"),)),
    TrunkRow(name="lutece/ip/", hops=(_hop("[::1]:5064", "ip", "cedar"),)),
)
NIGHTS = Hours(tuple((day * 1440 + 1200, day * 1440 + 1440) for day in range(7)))
"""Every day from 20:00 to midnight."""
SQUARE = Area(
    text="POLYGON((-4.5 48.3, -4.4 48.3, -4.4 48.4, -4.5 48.4, -4.5 48.3))",
    rings=(((-4.5, 48.3), (-4.4, 48.3), (-4.4, 48.4), (-4.5, 48.4), (-4.5, 48.3)),),
)
STREETS = Area(text="rues: rue de Siam; Quai Éole", streets=("rue de siam", "quai eole"))

_ALWAYS = ("primary", "alternative")
ROUTES = (
    (VariantRow(lines=(0, 6), rules=_ALWAYS),),
    (VariantRow(lines=(1, 7), rules=_ALWAYS),),
    (
        VariantRow(lines=(4,), rules=("primary",), hours=0, row=7),
        VariantRow(lines=(2, 12, 8), rules=("primary", "secondary", "alternative")),
    ),
    (VariantRow(lines=(3, 9), rules=_ALWAYS),),
    (
        VariantRow(lines=(2,), rules=("primary",), area=0, row=12, source=1),
        VariantRow(lines=(0,), rules=("primary",), area=1, row=13),
        VariantRow(lines=(4, 10), rules=_ALWAYS),
    ),
    (VariantRow(lines=(5, 11), rules=_ALWAYS),),
)
"""By PSAP index; 2 has nights at the fire service, 4 is split by a polygon, which
stands in another file, and by streets."""
_BREIZH = (2, 0, 4, 4)
_PARIS = (3, 1, 5, 5)
SOURCES = (
    SourceRow(file="pdaau/PDAAU_29.ods", sheet="PDAAU", sha256="29" * 32),
    SourceRow(file="pdaau/pdaau-75.csv", sheet="", sha256="75" * 32),
)


def _fallback(number: int, departement: str) -> FallbackRow:
    here, there = (_BREIZH, _PARIS) if departement == "29" else (_PARIS, _BREIZH)
    return FallbackRow(neighbours=(there[number],), departement=here[number])


def _order(order_id: str, kind: OrderKind, psap: str, **changes: str) -> Order:
    return Order(
        id=order_id,
        kind=kind,
        psap=psap,
        author="duty officer, prefecture 29",
        approver="second officer",
        reason="works",
        starts=VALID_FROM,
        expires=UtcTime(NOW + 86_400 * US_PER_S),
        **changes,
    )


ORDERS = (
    _order("alternative-75", OrderKind.ALTERNATIVE, "CRRA15-75", to_number="+33465710001"),
    _order("divert-29", OrderKind.DIVERT, "CTA18-29", short_number="18", to_psap="CTA18-75"),
    _order("pause-75", OrderKind.PAUSE, "CIC17-75"),
)


DIALECT = (
    DialectRule(field="number", place="request-uri-user", pattern="^([0-9]{2,6})$"),
    DialectRule(
        field="commune",
        place="uri-parameter",
        name="commune",
        pattern="^([0-9][0-9AB][0-9]{3})$",
    ),
    DialectRule(
        field="commune", place="header", name="X-Commune", pattern="([0-9][0-9AB][0-9]{3})"
    ),
    DialectRule(
        field="caller", place="header", name="P-Asserted-Identity", pattern=r"(\+[0-9]{6,15})"
    ),
    DialectRule(
        field="technology", place="header", name="X-Technology", pattern="^(mobile|voip|pstn)$"
    ),
    DialectRule(field="cell", place="header", name="X-Cell", pattern="^([0-9A-Za-z-]{2,30})$"),
    DialectRule(field="line", place="header", name="X-Line", pattern="^([+]?[0-9]{2,18})$"),
)
CELLS = {
    "bruyere": (("208-01-0a", 0), ("208-01-0b", 2), ("208-01-1", 1), ("zone.b:7_x", 5)),
    "genet": (("208-01-0a", 3),),
}
"""Two operators call a cell alike; 1 and 5 are communes that others were merged into, or part of."""
CALLING_LINES = {
    "bruyere": (
        ("0298", 1), ("331", 4), ("33298", 0), ("332984", 2), ("33298455", 3), ("9", 5),
    ),
}  # fmt: skip
"""Ranges inside ranges; `0298` is written as a network does that sends national numbers."""
"""A dialect with every field; its first rule of a commune leaves room for a second one."""


def small_content(**changes: object) -> SnapshotContent:
    """
    Make a content that uses every table; `changes` replaces fields of it.

    The one key without a route is (Ouessant, 17); the arrondissements inherit the rows of Paris.
    """
    routes = [*_BREIZH, *_BREIZH, _BREIZH[0], NONE, *_BREIZH[2:], *_PARIS * 3]
    sources = [0] * 12 + [1] * 4 + [NONE] * 8
    content = SnapshotContent(
        country="fr",
        edition="2026-11",
        generation=42,
        parent="41" * 32,
        valid_from=VALID_FROM,
        valid_until=VALID_UNTIL,
        short_numbers=SHORT_NUMBERS,
        default_number=3,
        departements=DEPARTEMENTS,
        communes=COMMUNES,
        merged=MERGED,
        psaps=PSAPS,
        lines=LINES,
        trunks=TRUNKS,
        hours=(NIGHTS,),
        areas=(SQUARE, STREETS),
        routes=ROUTES,
        mapping_route=array("I", routes),
        mapping_source=array("I", sources),
        mapping_row=array(
            "I", [key + 2 if source != NONE else 0 for key, source in enumerate(sources)]
        ),
        sources=SOURCES,
        fallbacks=tuple(
            _fallback(number, row.code) for row in DEPARTEMENTS for number in range(4)
        ),
        national=_PARIS,
        operators=(
            Operator(
                id="bruyere",
                name="Bruyère Mobile",
                technologies=("mobile",),
                default_commune="75056",
                technology="mobile",
                sources=("127.0.2.0/28", "::1/128"),
                share=4,
                dialect=DIALECT,
            ),
            Operator(id="genet", name="Genêt", technologies=("voip", "pstn"), default_commune=""),
        ),
        orders=ORDERS,
        cells=CELLS,
        calling_lines=CALLING_LINES,
    )
    return replace(content, **changes)  # type: ignore[arg-type]


# Bytes of a snapshot, by the offsets of docs/formats/snapshot.md and not by the code under test.

TEST_SEEDS = {name: bytes([number]) * 32 for number, name in enumerate("abcde", 1)}
"""TEST KEYS ONLY: private keys that everybody knows. a and b are trusted, c is revoked, d has
ended, e is in no list."""
_ORDERS_OFFSET_AT, _SIGNATURE_OFFSET_AT = 56, 64
_PLAN_HASH_AT, _CONTENT_HASH_AT, _HEADER_SIZE = 112, 160, 192
_BLOCK_SIZE = 128
_ENTRY = struct.Struct("<IIQQ")


def make_test_key(name: str) -> Ed25519PrivateKey:
    """Return one of the test keys."""
    return Ed25519PrivateKey.from_private_bytes(TEST_SEEDS[name])


def trusted_key(name: str, **changes: Any) -> TrustedKey:
    """Return the public half of a test key, good from 2026-11-01 to 2027-12-31."""
    public_key = make_test_key(name).public_key().public_bytes_raw()
    key = TrustedKey(
        id=hashlib.sha256(public_key).hexdigest()[:16],
        name=f"TEST KEY {name}",
        public_key=public_key,
        not_before=VALID_FROM,
        not_after=VALID_UNTIL,
    )
    return replace(key, **changes)


def small_trust() -> TrustList:
    """Return a list of four test keys: two good ones, one revoked, one that has ended."""
    return TrustList(
        (
            trusted_key("a"),
            trusted_key("b"),
            trusted_key("c", revoked_at=VALID_FROM, reason="laptop stolen"),
            trusted_key("d", not_before=UtcTime(0), not_after=VALID_FROM),
        )
    )


def seal(content: bytes | bytearray) -> bytes:
    """Return a file with both hashes computed anew, unsigned."""
    sealed = bytearray(content)
    orders_at, signature_at = struct.unpack_from("<QQ", sealed, _ORDERS_OFFSET_AT)
    plan = b"route112 snapshot plan 1\0" + sealed[32:48] + sealed[_HEADER_SIZE:orders_at]
    sealed[_PLAN_HASH_AT : _PLAN_HASH_AT + 32] = hashlib.sha256(plan).digest()
    rest = sealed[:_CONTENT_HASH_AT] + sealed[orders_at:signature_at]
    digest = hashlib.sha256(b"route112 snapshot content 1\0" + rest).digest()
    sealed[_CONTENT_HASH_AT:_HEADER_SIZE] = digest
    return bytes(sealed[:-_BLOCK_SIZE]) + b"R112SIGN".ljust(_BLOCK_SIZE, b"\0")


def sign_blindly(content: bytes, name: str) -> bytes:
    """Sign a file with a test key, without looking whether it is a good snapshot."""
    key = make_test_key(name)
    key_id = hashlib.sha256(key.public_key().public_bytes_raw()).digest()[:8]
    digest = content[_CONTENT_HASH_AT:_HEADER_SIZE]
    message = b"route112 snapshot signature 1\0" + struct.pack("<I", 1) + key_id + digest
    block = b"R112SIGN" + struct.pack("<II", 1, 0) + key_id + b"\0" * 40 + key.sign(message)
    return content[:-_BLOCK_SIZE] + block


def list_entries(content: bytes | bytearray) -> dict[int, tuple[int, int, int, int]]:
    """Return place of the directory entry, record size, offset and count, by section id."""
    orders_at = struct.unpack_from("<Q", content, _ORDERS_OFFSET_AT)[0]
    plan_sections, orders_sections = struct.unpack_from("<II", content, 72)
    places = [_HEADER_SIZE + 24 * index for index in range(plan_sections)]
    places += [orders_at + 24 * index for index in range(orders_sections)]
    found = {}
    for place in places:
        number, record_size, offset, count = _ENTRY.unpack_from(content, place)
        found[number] = (place, record_size, offset, count)
    return found


def find_field(content: bytes | bytearray, path: str, record: int = 0) -> tuple[int, str]:
    """Return position and `struct` notation of `section.field` in a record."""
    name, field = path.split(".")
    section = SECTIONS[name]
    _, record_size, offset, count = list_entries(content)[section.id]
    assert record < count, f"{name} has only {count} records"
    kind = next(entry.type for entry in section.record.fields if entry.name == field)
    notation = (
        "<" + {"u8": "B", "u32": "I", "u64": "Q", "i32": "i", "i64": "q", "bytes24": "24s"}[kind]
    )
    return offset + record * record_size + section.record.offset(field), notation


def poke(content: bytes, path: str, value: int | bytes, record: int = 0) -> bytes:
    """Return a file with one field changed and hashes that are right again."""
    changed = bytearray(content)
    position, notation = find_field(content, path, record)
    struct.pack_into(notation, changed, position, value)
    return seal(changed)
