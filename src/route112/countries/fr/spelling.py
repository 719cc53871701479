"""How prefectures spell things: headings of columns, hours, parts of a commune, numbers."""

from dataclasses import dataclass

from route112.countries.fr.intent import EVERY_DAY, WEEKDAYS, Opening, Part
from route112.countries.fr.quirks import FileStyle
from route112.countries.sheets import Cell


@dataclass(frozen=True, slots=True)
class Headers:
    """How one prefecture names its columns."""

    code: str
    name: str
    number: str
    target: str
    second: str
    third: str
    hours: str
    area: str
    departement: str
    wide: str
    """Shape of a number's column in a wide table."""
    wide_second: str


USUAL = Headers(
    code="Code INSEE",
    name="Commune",
    number="Numéro court",
    target="Numéro long",
    second="Secours",
    third="Tertiaire",
    hours="Horaires",
    area="Secteur",
    departement="Département",
    wide="{number}",
    wide_second="{number} secours",
)
SYNONYMS = (
    Headers(
        code="CODGEO",
        name="LIBGEO",
        number="N° court",
        target="N° long",
        second="Débordement",
        third="Tertiaire",
        hours="Plage horaire",
        area="Rues",
        departement="Dép",
        wide="{number} ({name})",
        wide_second="{number} (secondaire)",
    ),
    Headers(
        code="code_commune",
        name="Nom commune",
        number="Numéro appelé",
        target="Acheminement",
        second="Secondaire",
        third="Numéro de secours 2",
        hours="Heures",
        area="Zone",
        departement="dept",
        wide="N° {number}",
        wide_second="{number} débordement",
    ),
    Headers(
        code="C. INSEE",
        name="Ville",
        number="Num court",
        target="Numéro à 10 chiffres",
        second="Numéro de secours",
        third="Numéro de secours 2",
        hours="HORAIRES",
        area="Périmètre",
        departement="DEP",
        wide="{number}.0",
        wide_second="{number} secours",
    ),
    Headers(
        code="COG",
        name="Libellé",
        number="Appel",
        target="Numéro d'acheminement",
        second="Backup",
        third="Third",
        hours="Hours",
        area="Area",
        departement="département",
        wide="{number}",
        wide_second="{number} Secours",
    ),
    Headers(
        code="Commune INSEE",
        name="Nom de la commune",
        number="Service",
        target="Cible",
        second="Secondary",
        third="tertiaire",
        hours="heures",
        area="secteur",
        departement="dep",
        wide="n° {number}",
        wide_second="{number} (Secondaire)",
    ),
)
LABELS = {
    "15": "SAMU",
    "17": "Police secours",
    "18": "Pompiers",
    "112": "Europe",
    "114": "Sourds et malentendants",
    "115": "SAMU social",
    "116000": "Enfants disparus",
    "116111": "Écoute enfants",
    "116117": "Médecin",
    "119": "Enfance",
    "191": "Aéronautique",
    "196": "Mer",
    "197": "Attentat",
}
"""What a prefecture writes beside a number in the heading of its column."""
WORD_1252 = "Numéro d’acheminement"
"""A header that Windows-1252 has and Latin-1 has not."""


def choose_headers(style: FileStyle) -> Headers:
    """Return the column names of a file."""
    if "header-synonyms" not in style.quirks:
        return USUAL
    return SYNONYMS[style.ordinal % len(SYNONYMS)]


def render_opening(opening: Opening | None, ordinal: int) -> str:
    """Render hours in one of the notations that prefectures use."""
    if opening is None:
        return ""
    opens, closes = opening.opens_h, opening.closes_h
    match ordinal % 3:
        case 0:
            days = {EVERY_DAY: "", WEEKDAYS: "Mo-Fr "}[opening.days]
            return f"{days}{opens:02}:00-{closes:02}:00"
        case 1:
            days = {EVERY_DAY: "lun-dim ", WEEKDAYS: "lun-ven "}[opening.days]
            return f"{days}{opens}h-{closes}h"
        case _:
            days = {EVERY_DAY: "", WEEKDAYS: "lu-ve "}[opening.days]
            return f"{days}{opens:02}h00-{closes:02}h00"


def render_part(part: Part | None) -> str:
    """Render a part of a commune: WKT, or a list of streets."""
    if part is None:
        return ""
    if part.ring:
        points = ", ".join(f"{lon} {lat}" for lon, lat in part.ring)
        return f"POLYGON(({points}))"
    return f"rues: {'; '.join(part.streets)}"


def render_number(e164: str, notation: str, *, workbook: bool) -> Cell:
    """Render a French long number in a notation of `quirks`; workbooks may hold it as a number."""
    rest = e164.removeprefix("+33")
    pairs = [rest[at : at + 2] for at in range(1, len(rest), 2)]
    match notation:
        case "number-spaces":
            return " ".join([f"0{rest[0]}", *pairs])
        case "number-dots":
            return ".".join([f"0{rest[0]}", *pairs])
        case "number-dashes":
            return "-".join([f"0{rest[0]}", *pairs])
        case "number-plus":
            return " ".join(["+33", rest[0], *pairs])
        case "number-double-zero":
            return f"0033{rest}"
        case "number-lost-zero":
            return int(rest) if workbook else rest
        case "number-float":
            return f"{rest}.0"
        case _:
            return f"0{rest}"
