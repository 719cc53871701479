"""What France is as a country profile: short numbers, number plan, kinds of centres."""

import json
from collections.abc import Iterable

from route112.countries.fr.ground import Ground
from route112.model import NumberRule, PsapKind, ShortNumber

EDITION = "2026-11"
VALID_FROM = "2026-11-01T00:00:00Z"
VALID_UNTIL = "2027-12-31T00:00:00Z"

SHORT_NUMBERS = (
    ShortNumber(
        number="15",
        urn="urn:service:sos.ambulance",
        name="SAMU",
        kinds=("CRRA15", "PFC1518"),
    ),
    ShortNumber(
        number="17",
        urn="urn:service:sos.police",
        name="Police secours",
        kinds=("CIC17", "CORG17"),
    ),
    ShortNumber(
        number="18",
        urn="urn:service:sos.fire",
        name="Sapeurs-pompiers",
        kinds=("CTA18", "PFC1518", "CODIS18"),
    ),
    ShortNumber(
        number="112",
        urn="urn:service:sos",
        name="Numéro d'urgence européen",
        kinds=("CTA18", "PFC1518", "CRRA15", "CORG17", "CODIS18"),
    ),
    ShortNumber(
        number="114",
        urn="urn:service:sos.accessible",
        name="Urgence pour personnes sourdes ou malentendantes",
        kinds=("CN114",),
    ),
    ShortNumber(
        number="115",
        urn="urn:service:counseling.shelter",
        name="SAMU social",
        kinds=("SIAO115",),
    ),
    ShortNumber(
        number="116000",
        urn="urn:service:counseling.children.missing",
        name="Enfants disparus",
        kinds=("CN116000",),
    ),
    ShortNumber(
        number="116111",
        urn="urn:service:counseling.children.helpline",
        name="Écoute des enfants",
        kinds=("CN116111",),
    ),
    ShortNumber(
        number="116117",
        urn="urn:service:sos.physician",
        name="Médecin de garde",
        kinds=("PDS116117", "CRRA15", "PFC1518"),
    ),
    ShortNumber(
        number="119",
        urn="urn:service:counseling.children",
        name="Enfance en danger",
        kinds=("CN119",),
    ),
    ShortNumber(
        number="191",
        urn="urn:service:sos.aviation",
        name="Sauvetage aéronautique",
        kinds=("CN191",),
    ),
    ShortNumber(
        number="196",
        urn="urn:service:sos.marine",
        name="Sauvetage en mer",
        kinds=("CROSS196",),
    ),
    ShortNumber(
        number="197",
        urn="urn:service:sos.police.attack",
        name="Alerte attentat et enlèvement",
        kinds=("CN197",),
    ),
)
"""
The thirteen numbers, in the order of every table.

Source: IANA registry "Service URN Labels" (RFC 5031) for `sos`, `sos.ambulance`, `sos.police`,
`sos.fire`, `sos.marine`, `sos.physician` and `counseling.children`. The registry has no label for
the other six; theirs are route112's own, each below the parent that may answer in its place.
"""

KINDS = (
    PsapKind(name="CRRA15", title="Réception et régulation des appels du SAMU", ring_time_s=30),
    PsapKind(name="CTA18", title="Traitement de l'alerte des sapeurs-pompiers", ring_time_s=25),
    PsapKind(name="CODIS18", title="Débordement du CTA, au CODIS", ring_time_s=25),
    PsapKind(name="PFC1518", title="Plateforme commune 15-18-112", ring_time_s=25),
    PsapKind(name="CIC17", title="Information et commandement de la police", ring_time_s=25),
    PsapKind(name="CORG17", title="Opérations et renseignement de la gendarmerie", ring_time_s=25),
    PsapKind(name="SIAO115", title="Accueil et orientation, SAMU social", ring_time_s=60),
    PsapKind(name="PDS116117", title="Permanence des soins de la zone", ring_time_s=45),
    PsapKind(name="CROSS196", title="Surveillance et sauvetage en mer", ring_time_s=30),
    PsapKind(name="CN114", title="Centre national relais 114", ring_time_s=30),
    PsapKind(name="CN116000", title="Centre national enfants disparus", ring_time_s=45),
    PsapKind(name="CN116111", title="Centre national d'écoute des enfants", ring_time_s=45),
    PsapKind(name="CN119", title="Centre national enfance en danger", ring_time_s=45),
    PsapKind(name="CN191", title="Coordination du sauvetage aéronautique", ring_time_s=30),
    PsapKind(name="CN197", title="Centre national alerte attentat", ring_time_s=30),
)

NATIONAL_DEFAULTS = {
    "15": "CRRA15-75",
    "17": "CIC17-75",
    "18": "CTA18-75",
    "112": "CTA18-75",
    "114": "CN114-63",
    "115": "SIAO115-75",
    "116000": "CN116000-45",
    "116111": "CN116111-37",
    "116117": "PDS116117-75",
    "119": "CN119-72",
    "191": "CN191-33",
    "196": "CROSS196-29",
    "197": "CN197-78",
}

NUMBER_RULES = (
    NumberRule(name="mobile for fiction", pattern=r"0(63998\d{4})", e164=r"+33\1"),
    NumberRule(name="Réunion", pattern=r"0((?:262|692|693)\d{6})", e164=r"+262\1"),
    NumberRule(name="Mayotte", pattern=r"0((?:263|269|639)\d{6})", e164=r"+262\1"),
    NumberRule(name="Saint-Pierre-et-Miquelon", pattern=r"0508(\d{6})", e164=r"+508\1"),
    NumberRule(name="Guadeloupe", pattern=r"0((?:590|690|691)\d{6})", e164=r"+590\1"),
    NumberRule(name="Guyane", pattern=r"0((?:594|694)\d{6})", e164=r"+594\1"),
    NumberRule(name="Martinique", pattern=r"0((?:596|696|697)\d{6})", e164=r"+596\1"),
    NumberRule(name="geographic", pattern=r"0([1-59]\d{8})", e164=r"+33\1"),
    NumberRule(name="mobile", pattern=r"0([67]\d{8})", e164=r"+33\1"),
)
"""
The first rule that matches holds: the overseas ranges stand before the ranges that hold them.

08 and four-digit special numbers match none: no plan may lead there. Polynesia, New Caledonia and
Wallis have plans of their own without a prefix; their invented centres use French numbers.
"""


HOLIDAYS = (
    *("01-01", "easter+1", "05-01", "05-08", "easter+39", "easter+50"),
    *("07-14", "08-15", "11-01", "11-11", "12-25"),
)
"""Of the whole country (code du travail, L3133-1)."""
USUAL_WORKDAY = (
    *(34, 28, 24, 22, 22, 26, 36, 54, 72, 86, 94, 96),
    *(92, 90, 88, 88, 90, 96, 104, 108, 98, 80, 62, 46),
)
USUAL_WEEKEND = (
    *(56, 48, 44, 40, 34, 30, 32, 42, 58, 76, 90, 98),
    *(98, 94, 92, 90, 90, 94, 100, 104, 100, 88, 74, 62),
)
"""Invented, as an emergency service's days use to look: quiet before dawn, busy in the evening."""
CONTACT_DAYS = 183
ALTERNATIVE_DAYS = 366
"""Proposals of this project: who is told at night is asked twice a year, the number that is given
to the public in a crisis is rung once a year."""


def render_profile(ground: Ground) -> bytes:
    """Render `profile.yaml`."""
    lines = [
        "# Synthetic: see README.md beside this file.",
        "country: fr",
        f"edition: {quote(EDITION)}",
        f"valid_from: {VALID_FROM}",
        f"valid_until: {VALID_UNTIL}",
        "communes: builtin:fr",
        "number_plan:",
        '  country_code: "33"',
        '  national_prefix: "0"',
        '  international_prefix: "00"',
        "  national_length: 10",
        "  rules:",
        *(
            f"    - {{name: {quote(rule.name)}, pattern: '{rule.pattern}', e164: '{rule.e164}'}}"
            for rule in NUMBER_RULES
        ),
        "short_numbers:",
        *(
            f"  - {{number: {quote(short.number)}, urn: {quote(short.urn)},"
            f" name: {quote(short.name)}, kinds: {quote_all(short.kinds)}}}"
            for short in SHORT_NUMBERS
        ),
        'default_number: "112"',
        "kinds:",
        *(
            f"  - {{name: {kind.name}, title: {quote(kind.title)},"
            f" ring_time_s: {kind.ring_time_s}}}"
            for kind in KINDS
        ),
        "departements:",
        *(
            f"  - {{code: {quote(dep.code)}, name: {quote(dep.name)}, zone: {dep.zone},"
            f" timezone: {dep.timezone}, neighbours: {quote_all(dep.neighbours)}}}"
            for dep in ground.departements
        ),
        "national_defaults:",
        *(f"  {quote(number)}: {psap}" for number, psap in NATIONAL_DEFAULTS.items()),
        f"holidays: {quote_all(HOLIDAYS)}",
        "usual_day:",
        f"  workday: {list(USUAL_WORKDAY)}",
        f"  weekend: {list(USUAL_WEEKEND)}",
        f"confirmed_within_days: {{contact: {CONTACT_DAYS}, alternative: {ALTERNATIVE_DAYS}}}",
    ]
    return ("\n".join(lines) + "\n").encode()


def quote(text: str) -> str:
    """Quote a scalar so that YAML reads it as this text."""
    return json.dumps(text, ensure_ascii=False)


def quote_all(texts: Iterable[str]) -> str:
    """Render a flow sequence of quoted scalars."""
    return f"[{', '.join(quote(text) for text in texts)}]"
