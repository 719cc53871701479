"""What the cells of a plan table say, worked out once per distinct text."""

from route112.model import Area, Hours, PlanRoute, Profile, Severity, Territory
from route112.wire.areas import AreaError, parse_area
from route112.wire.cells import (
    Reading,
    Refusal,
    find_code_width,
    read_commune_code,
    read_long_number,
    read_short_number,
)
from route112.wire.hours import HoursError, parse_hours
from route112.wire.pdaau_table.occurrences import Occurrences, Place, make_note

REFUSED = -1
"""Index of a cell that cannot be taken; its problem is noted."""
VARIANTS_MAX = 500
"""Most distinct pairs of hours and area in one file."""
MERGERS_TOLD_MAX = 5
"""Most merged communes that are named one by one; the others of a file are counted."""
_HOURS_REMEDY = "Write hours such as Mo-Fr 08:00-20:00 or lun-ven 8h-20h, or leave it empty"
_AREA_REMEDY = "Write POLYGON((longitude latitude, ...)) or `rues: A; B`, or leave it empty"


class CellReader:
    """Reads cells into indexes of distinct communes, numbers, variants and routes."""

    def __init__(self, profile: Profile, territory: Territory, notes: Occurrences) -> None:
        self.communes: dict[str, int] = {}
        self.numbers: dict[str, int] = {}
        self.known_communes: dict[str, tuple[int, str]] = {}
        self.known_numbers: dict[str, int] = {}
        self.routes: list[PlanRoute] = []
        self._profile = profile
        self._territory = territory
        self._notes = notes
        self._width = 0
        self._mergers: set[str] = set()
        self._codes: dict[str, Reading] = {}
        self._shorts: dict[str, Reading] = {}
        self._longs: dict[str, Reading] = {}
        self._hours: dict[str, Hours | HoursError | None] = {}
        self._areas: dict[str, Area | AreaError | None] = {}
        self._variants: dict[tuple[Hours | None, Area | None], int] = {(None, None): 0}
        self._pairs: list[tuple[Hours | None, Area | None]] = [(None, None)]
        self._variant_texts: dict[tuple[str, str], int] = {("", ""): 0}
        self._route_indexes: dict[tuple[tuple[str, ...], int], int] = {}

    def begin_sheet(self) -> None:
        """Forget which cells were noted, since each sheet's repairs are told anew."""
        self.known_communes.clear()
        self.known_numbers.clear()

    def read_commune(self, text: str, place: Place) -> tuple[int, str]:
        """Return the index of today's commune, and the code that the cell means."""
        reading = self._read_code(text)
        self._note(reading, text, place)
        if not reading.value:
            return REFUSED, ""
        today = reading.value
        if today not in self._territory.communes:
            today = self._territory.merged[today]
            self._note_merged(reading.value, today, text, place)
        known = self.communes.setdefault(today, len(self.communes)), reading.value
        self.known_communes[text] = known
        return known

    def _note_merged(self, code: str, today: str, text: str, place: Place) -> None:
        """Name the first merged communes of a file one by one, and count the others."""
        name = self._territory.communes[today].name
        if len(self._mergers) < MERGERS_TOLD_MAX:
            self._mergers.add(code)
        is_told = code in self._mergers
        message = f"commune {code} is now part of {today} {name}, which is taken instead"
        if not is_told:
            message = (
                f"further codes are of communes that were merged, as {code} into {today} {name}"
            )
        note = make_note(
            Severity.REPAIR,
            "commune-merged",
            message,
            f"Replace the code by {today}",
            value=text,
            is_counted=not is_told,
        )
        self._notes.add(note, place, once=(code,) if is_told else ())

    def is_commune(self, text: str) -> bool:
        """Tell whether a cell holds the code of a commune, however mended; notes nothing."""
        return bool(self._read_code(text).value)

    def _read_code(self, text: str) -> Reading:
        reading = self._codes.get(text)
        if reading is None:
            self._width = self._width or find_code_width(self._territory)
            reading = read_commune_code(text, self._territory, width=self._width)
            self._codes[text] = reading
        return reading

    def read_number(self, text: str, place: Place) -> int:
        """Return the index of a short number."""
        reading = self._shorts.get(text)
        if reading is None:
            reading = self._shorts[text] = read_short_number(text, self._profile)
        self._note(reading, text, place)
        if not reading.value:
            return REFUSED
        index = self.numbers.setdefault(reading.value, len(self.numbers))
        self.known_numbers[text] = index
        return index

    def read_target(self, text: str, place: Place) -> str:
        """Return a target in E.164; empty if it is refused."""
        reading = self._longs.get(text)
        if reading is None:
            reading = self._longs[text] = read_long_number(text, self._profile)
        if reading.note:
            self._note(reading, text, place)
        return reading.value

    def read_variant(self, hours: str, area: str, places: tuple[Place, Place]) -> int:
        """Return the index of a pair of hours and area; 0 is always and everywhere."""
        known = self._variant_texts.get((hours, area))
        if known is not None and known != REFUSED:
            return known
        if known is None and len(self._variant_texts) > VARIANTS_MAX:
            message = f"the file has more than {VARIANTS_MAX} different hours and areas"
            self._refuse(
                ("too-many-variants", message, "Write equal hours and areas in the same way"),
                "",
                places[0] if hours else places[1],
            )
            return REFUSED
        self._note_variant(hours, _HOURS_REMEDY, self._find_hours(hours), places[0])
        self._note_variant(area, _AREA_REMEDY, self._find_area(area), places[1])
        pair = (self._find_hours(hours), self._find_area(area))
        index = self._index_pair(pair)
        self._variant_texts[hours, area] = index
        return index

    def _index_pair(self, pair: tuple[Hours | HoursError | None, Area | AreaError | None]) -> int:
        hours, area = pair
        if isinstance(hours, HoursError) or isinstance(area, AreaError):
            return REFUSED
        index = self._variants.setdefault((hours, area), len(self._variants))
        if index == len(self._pairs):
            self._pairs.append((hours, area))
        return index

    def _find_hours(self, text: str) -> Hours | HoursError | None:
        if text not in self._hours:
            try:
                self._hours[text] = parse_hours(text)
            except HoursError as error:
                self._hours[text] = error
        return self._hours[text]

    def _find_area(self, text: str) -> Area | AreaError | None:
        if text not in self._areas:
            try:
                self._areas[text] = parse_area(text)
            except AreaError as error:
                self._areas[text] = error
        return self._areas[text]

    def _note_variant(
        self, text: str, remedy: str, outcome: Hours | Area | ValueError | None, place: Place
    ) -> None:
        if isinstance(outcome, ValueError):
            code = "unreadable-hours" if isinstance(outcome, HoursError) else "unreadable-area"
            self._refuse((code, str(outcome), remedy), text, place)

    def _refuse(self, words: tuple[str, str, str], text: str, place: Place) -> None:
        note = make_note(Severity.ERROR, *words, value=text)
        self._notes.add(note, place)

    def find_route(self, targets: tuple[str, ...], variant: int) -> int:
        """Return the index of the distinct route with these targets in this variant."""
        index = self._route_indexes.get((targets, variant))
        if index is None:
            index = self._route_indexes[targets, variant] = len(self.routes)
            hours, area = self._pairs[variant]
            self.routes.append(PlanRoute(targets, hours, area))
        return index

    def _note(self, reading: Reading, text: str, place: Place) -> None:
        note = reading.note
        if note is None:
            return
        severity = Severity.ERROR if isinstance(note, Refusal) else Severity.REPAIR
        self._notes.add(
            make_note(severity, note.code, note.message, note.remedy, value=text),
            place,
            # A repair is told once per file, a refusal once per value.
            once=None if severity is Severity.ERROR else (),
        )
