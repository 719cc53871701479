"""
Which plan file is odd in which way: the files as a hundred prefectures really write them.

Every oddity is one that must be accepted: repaired and reported, or read as it stands. Oddities
that a file must be refused for are not here. `hours`, `area` and the further targets follow from
the layouts; everything else is chosen by the table below.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from route112.countries.fr.ground import Ground
from route112.countries.fr.layouts import STREET_SPLITS, THIRD_TARGETS, find_layout

SUPPLEMENT = "2A*"
"""Key of the one further file: Corse-du-Sud delivers 116117 apart. Codes with a letter exist in
two departements only, and `insee-lower-case` shall occur in three files."""
SUPPLEMENT_NUMBER = "116117"

ARRONDISSEMENTS = {"75": "city", "69": "both", "13": "only"}
"""Departement of a city with arrondissements to the levels that its file has rows for."""


def _keys(text: str) -> tuple[str, ...]:
    return tuple(text.split(","))


QUIRKS = {
    "ods": _keys(
        "01,03,05,10,13,18,21,24,26,28,33,35,37,41,45,49,56,58,61,69,72,75,79,86,89,974,988"
    ),
    "xlsx": _keys("04,07,12,15,19,23,32,36,40,46,53,65,82,87,90,2B,971"),
    "separator-comma": _keys("02,06,08,11,14"),
    "separator-tab": _keys("16,17,22,25"),
    "separator-pipe": _keys("27,29,30,31"),
    "utf-8-bom": _keys("02,14,16,27,29,59"),
    "windows-1252": _keys("22,44,60,62,80,68"),
    "latin-1": _keys("08,11,25,38,50"),
    "mojibake": _keys("06,30,34,39,83,12"),
    "title-rows": _keys("02,03,04,09,15,21,31,35,57,69,76"),
    "further-sheets": _keys("01,05,07,13,19,23,33,75,971"),
    "long": _keys(
        "04,05,06,09,11,13,15,19,22,26,29,35,38,40,43,44,45,48,56,60,64,66,69,73,74,75,83,85,90,2A"
        ",2A*,971,974,976,977,984,989"
    ),
    "header-synonyms": _keys(
        "03,06,08,09,11,12,15,19,22,24,27,29,32,35,38,41,44,46,50,54,57,60,63,64,68,70,71,74,78,80"
        ",81,83,86,91,95,973,986"
    ),
    "insee-lost-zero": _keys("01,03,04,05,07,08,09"),
    "insee-float": _keys("05,07,10,16,19,31,87"),
    "insee-spaces": _keys("02,14,17,24,57,2B,975"),
    "insee-lower-case": _keys("2A,2A*,2B"),
    "overseas": _keys("971,972,973,974,975,976,977,978,984,986,987,988,989"),
    "merged-codes": _keys("14,24,27,49,50,61,79,85"),
    "arrondissements": _keys("13,69,75"),
    "number-spaces": _keys("01,10,22,35,44,59,75"),
    "number-dots": _keys("03,13,29,62,69,2A"),
    "number-dashes": _keys("16,37,57,83"),
    "number-plus": _keys("05,14,33,34,972,974"),
    "number-double-zero": _keys("17,25,41,72,987"),
    "number-lost-zero": _keys("02,04,18,24,40,54,76,971"),
    "number-float": _keys("12,49,61,80"),
    "blank-rows": _keys("26,39,63,67"),
    "departement-column": _keys("06,30,59,971"),
    "unknown-column": _keys("21,43,65,88"),
}
"""Quirk to the keys of its files; a key is a departement or SUPPLEMENT."""

NUMBER_QUIRKS = tuple(quirk for quirk in QUIRKS if quirk.startswith("number-"))
ENCODINGS = {
    "utf-8-bom": "utf-8-sig",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
    "mojibake": "mojibake",
}
"""Quirk to the codec that `delimited` takes."""
SEPARATORS = {"separator-comma": ",", "separator-tab": "\t", "separator-pipe": "|"}

FILE_NAMES = (
    "PDAAU_{code}",
    "pdaau-{code}-v3",
    "PDAAU {code} diffusion",
    "Plan_{code}_acheminement",
)
"""Ways in which prefectures name their file; each names the departement as a word of its own."""


@dataclass(frozen=True, slots=True)
class FileStyle:
    """How one plan file is written."""

    key: str
    departement: str
    file: str
    """Path in the source folder."""
    format: str
    """`csv`, `ods` or `xlsx`."""
    quirks: frozenset[str]
    ordinal: int
    """Position among all files, for choices that only have to vary."""

    @property
    def long(self) -> bool:
        """Tell whether it has a row for each number rather than a column."""
        return "long" in self.quirks

    @property
    def encoding(self) -> str:
        """Codec of a delimited file."""
        return next((ENCODINGS[quirk] for quirk in ENCODINGS if quirk in self.quirks), "utf-8")

    @property
    def separator(self) -> str:
        """Separator of a delimited file."""
        return next((SEPARATORS[quirk] for quirk in SEPARATORS if quirk in self.quirks), ";")

    @property
    def notation(self) -> str:
        """How it writes long numbers: one of NUMBER_QUIRKS, or `plain`."""
        return next((quirk for quirk in NUMBER_QUIRKS if quirk in self.quirks), "plain")

    @property
    def levels(self) -> str:
        """Which levels of a city with arrondissements it has: `city`, `both` or `only`."""
        return ARRONDISSEMENTS.get(self.departement, "both")

    def covers(self, number: str) -> bool:
        """Tell whether it says anything of a short number."""
        if self.departement != SUPPLEMENT.rstrip("*"):
            return True
        return (number == SUPPLEMENT_NUMBER) == (self.key == SUPPLEMENT)


def list_styles(ground: Ground) -> Iterator[FileStyle]:
    """List every plan file, in the order of the departements; the supplement comes last."""
    codes = [departement.code for departement in ground.departements]
    for ordinal, key in enumerate((*codes, SUPPLEMENT)):
        quirks = {quirk for quirk, keys in QUIRKS.items() if key in keys}
        extension = next((name for name in ("ods", "xlsx") if name in quirks), "csv")
        code = key.rstrip("*")
        stem = FILE_NAMES[ordinal % len(FILE_NAMES)].format(code=code)
        if key == SUPPLEMENT:
            stem = f"pdaau-{code.lower()}-complement"
        yield FileStyle(
            key=key,
            departement=code,
            file=f"pdaau/{stem}.{extension}",
            format=extension,
            quirks=frozenset(quirks | _imply(key, quirks, extension)),
            ordinal=ordinal,
        )


def _imply(key: str, quirks: set[str], extension: str) -> set[str]:
    """Name what the other quirks leave to the usual, and what follows from the layouts."""
    layout = find_layout(key.rstrip("*"))
    implied = {"csv"} if extension == "csv" else set()
    if extension == "csv" and not quirks & SEPARATORS.keys():
        implied.add("separator-semicolon")
    if extension == "csv" and not quirks & ENCODINGS.keys():
        implied.add("utf-8")
    if "long" not in quirks:
        implied.add("wide")
    if key == SUPPLEMENT:
        return implied
    if layout.samu in ("two-nights", "night-neighbour") or layout.social == "weekday":
        implied.add("hours")
    if layout.fire == "halves" or key in STREET_SPLITS:
        implied.add("area")
    if layout.fire == "codis":
        implied.add("second-target")
    if key in THIRD_TARGETS:
        implied.add("third-target")
    return implied
