"""Carriers with their next hops, operators, and the orders in force: all invented."""

from collections.abc import Iterator, Sequence

from route112.countries.fr.ground import Ground
from route112.countries.fr.national import quote, quote_all
from route112.model import Carrier, DialectRule, Hop, Operator

CARRIERS = (
    ("armor", "Armor Télécom"),
    ("beffroi", "Beffroi Réseaux"),
    ("cigale", "Cigale Liaisons"),
    ("donjon", "Donjon Voix"),
    ("estran", "Estran Communications"),
    ("garrigue", "Garrigue Lignes"),
)
"""(id, name); invented."""
CARRIER_IDS = tuple(id_ for id_, _ in CARRIERS)
VENDORS = ("alder", "birch", "cedar", "elder")
"""Makers of gateways and session controllers; invented."""
ONE_VENDOR = {"antilles": "cedar"}
"""Zone whose gateways all come from one vendor, which the plan's check must find."""
FIRST_OCTET = 4
"""Third octet of the first carrier's addresses: 127.0.4.x, then one more for each carrier."""
PORT = 5060
CONTACTS_CONFIRMED = "2026-10-12"
"""Day on which the contacts of operators and answering points were last reached; invented."""

_COMMUNE = "[0-9][0-9AB][0-9]{3}"
_PLAIN_NUMBER = DialectRule(field="number", place="request-uri-user", pattern="^([0-9]{2,6})$")
_ASSERTED = DialectRule(
    field="caller", place="header", name="P-Asserted-Identity", pattern=r"(\+[0-9]{6,15})"
)
_FROM = DialectRule(field="caller", place="header", name="From", pattern=r"(\+[0-9]{6,15})")

OPERATORS = (
    Operator(
        id="bruyere",
        name="Bruyère Mobile",
        contact="permanence@bruyere.example",
        contact_confirmed=CONTACTS_CONFIRMED,
        technologies=("mobile",),
        default_commune="75056",
        technology="mobile",
        sources=("127.0.2.1/32", "127.0.2.8/29", "127.0.0.1/32", "::1/128"),
        share=4,
        dialect=(
            DialectRule(
                field="number",
                place="request-uri-user",
                pattern=r"^[0-9][0-9AB][0-9]{3}\*([0-9]{2,6})$",
            ),
            _PLAIN_NUMBER,
            DialectRule(
                field="commune",
                place="request-uri-user",
                pattern=rf"^({_COMMUNE})\*[0-9]{{2,6}}$",
            ),
            DialectRule(
                field="commune",
                place="uri-parameter",
                name="commune",
                pattern=f"^({_COMMUNE})$",
            ),
            DialectRule(
                field="commune", place="header", name="X-Commune", pattern=f"^({_COMMUNE})$"
            ),
            _ASSERTED,
            _FROM,
        ),
    ),
    Operator(
        id="cormoran",
        name="Cormoran Mobile",
        contact="permanence@cormoran.example",
        contact_confirmed=CONTACTS_CONFIRMED,
        technologies=("mobile",),
        default_commune="69123",
        technology="mobile",
        sources=("127.0.2.2/32", "127.0.2.16/28"),
        share=3,
        dialect=(
            _PLAIN_NUMBER,
            DialectRule(
                field="commune",
                place="header",
                name="P-Access-Network-Info",
                pattern=f"insee=({_COMMUNE})",
            ),
            _ASSERTED,
            _FROM,
        ),
    ),
    Operator(
        id="dolmen",
        name="Dolmen Mobile",
        contact="permanence@dolmen.example",
        contact_confirmed=CONTACTS_CONFIRMED,
        technologies=("mobile",),
        default_commune="35238",
        technology="mobile",
        sources=("127.0.2.3/32", "127.0.2.32/28"),
        share=2,
        dialect=(
            _PLAIN_NUMBER,
            DialectRule(
                field="cell",
                place="header",
                name="P-Access-Network-Info",
                pattern="utran-cell-id-3gpp=([0-9A-Fa-f]{11,16})",
            ),
            _ASSERTED,
            _FROM,
        ),
    ),
    Operator(
        id="ecume",
        name="Écume IP",
        contact="permanence@ecume.example",
        contact_confirmed=CONTACTS_CONFIRMED,
        technologies=("voip", "pstn"),
        default_commune="44109",
        technology="voip",
        sources=("127.0.2.4/32", "127.0.2.48/28"),
        dialect=(
            _PLAIN_NUMBER,
            DialectRule(
                field="technology",
                place="header",
                name="X-Technology",
                pattern="^(voip|pstn)$",
            ),
            DialectRule(
                field="line",
                place="header",
                name="P-Asserted-Identity",
                pattern=r"(\+[0-9]{6,15})",
            ),
            _ASSERTED,
        ),
    ),
)
"""
Networks that hand calls over; invented. Each says in its own way where the caller is: the commune
in the request URI (a parameter, or `29019*15`), the commune in a header, a cell only, nothing but
the calling line. The first of its sources is its edge; the others are for whoever plays the
operator without one.
"""

CELL_OPERATOR, LINE_OPERATOR = "dolmen", "ecume"
"""Those of OPERATORS that deliver a table of cells, and one of calling lines."""

OVERRIDES = {
    "overrides/2026-09-10-cta18-48.yaml": (
        "# Over since September: shows an expired order.",
        "orders:",
        "  - {id: storm-48, kind: divert, psap: CTA18-48, to_psap: CTA18-43,",
        '     author: "duty officer 48", reason: "storm, no power at the fire centre",',
        "     starts: 2026-09-10T18:00:00Z, expires: 2026-09-12T06:00:00Z}",
    ),
    "overrides/2026-11-05-cic17-90.yaml": (
        "# In force in November 2026; touches the few communes of the police in Belfort.",
        "orders:",
        '  - {id: works-90, kind: divert, psap: CIC17-90, short_number: "17", to_psap: CORG17-90,',
        '     author: "duty officer, prefecture 90", reason: "works on the police switchboard",',
        "     starts: 2026-11-05T00:00:00Z, expires: 2026-12-01T00:00:00Z}",
    ),
    "overrides/2027-02-01-crra15-975.yaml": (
        "# In the future: a planned removal.",
        "orders:",
        "  - {id: removal-975, kind: pause, psap: CRRA15-975,",
        '     author: "prefecture 975", reason: "the SAMU moves house",',
        "     starts: 2027-02-01T10:00:00Z, expires: 2027-02-01T16:00:00Z}",
    ),
}
"""Path to the lines of an override file: one expired, one in force, one to come."""


def build_carriers(ground: Ground) -> tuple[Carrier, ...]:
    """Build every carrier with two IP hops for the country and two gateways for each zone."""
    zones = sorted({departement.zone for departement in ground.departements})
    return tuple(
        Carrier(id=id_, name=name, hops=tuple(_list_hops(index, zones)))
        for index, (id_, name) in enumerate(CARRIERS)
    )


def _list_hops(index: int, zones: Sequence[str]) -> Iterator[Hop]:
    octet = FIRST_OCTET + index
    for host in (1, 2):
        yield Hop(
            address=f"127.0.{octet}.{host}:{PORT}",
            transport="udp",
            technology="ip",
            vendor=VENDORS[(index + host) % len(VENDORS)],
            capacity_calls=400 // host,
        )
    for place, zone in enumerate(zones):
        for gateway in (0, 1):
            yield Hop(
                address=f"127.0.{octet}.{10 + 2 * place + gateway}:{PORT}",
                transport="udp",
                technology="rtc",
                vendor=ONE_VENDOR.get(zone, VENDORS[(index + place + gateway) % len(VENDORS)]),
                capacity_calls=60 + 30 * ((index + place) % 3),
                zone=zone,
            )


def render_trunks(carriers: Sequence[Carrier]) -> bytes:
    """Render `trunks.yaml`."""
    lines = ["# Synthetic: invented carriers and vendors, loopback addresses.", "carriers:"]
    for carrier in carriers:
        lines += [f"  - id: {carrier.id}", f"    name: {quote(carrier.name)}", "    hops:"]
        for hop in carrier.hops:
            zone = f", zone: {hop.zone}" if hop.zone else ""
            lines.append(
                f"      - {{address: {quote(hop.address)}, transport: {hop.transport},"
                f" technology: {hop.technology}, vendor: {hop.vendor},"
                f" capacity_calls: {hop.capacity_calls}{zone}}}"
            )
    return ("\n".join(lines) + "\n").encode()


def render_operator(operator: Operator) -> bytes:
    """Render one file of `operators/`."""
    lines = [
        f"id: {operator.id}",
        f"name: {quote(operator.name)}",
        f"technologies: {quote_all(operator.technologies)}",
    ]
    if operator.default_commune:
        lines.append(f"default_commune: {quote(operator.default_commune)}")
    lines += [
        f"contact: {quote(operator.contact)}",
        f"contact_confirmed: {operator.contact_confirmed}",
        f"technology: {operator.technology}",
        f"sources: {quote_all(operator.sources)}",
        f"share: {operator.share}",
        "dialect:",
    ]
    for rule in operator.dialect:
        name = f", name: {rule.name}" if rule.name else ""
        lines.append(
            f"  - {{field: {rule.field}, place: {rule.place}{name}, pattern: '{rule.pattern}'}}"
        )
    return ("\n".join(lines) + "\n").encode()
