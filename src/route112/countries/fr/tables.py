"""One plan file from the intent, with its quirks: title, header, rows, further sheets."""

from collections.abc import Iterator

from route112.countries.delimited import MOJIBAKE, garble, write_delimited
from route112.countries.fr.intent import Intent, Variant
from route112.countries.fr.national import SHORT_NUMBERS
from route112.countries.fr.quirks import FileStyle
from route112.countries.fr.spelling import (
    LABELS,
    WORD_1252,
    choose_headers,
    render_number,
    render_opening,
    render_part,
)
from route112.countries.ods import write_ods
from route112.countries.sheets import Cell, Sheet
from route112.countries.xlsx import write_xlsx
from route112.model import Commune

BLANK_EVERY_ROWS = 50
"""Distance of the empty rows in a file with `blank-rows`."""


def render_file(intent: Intent, style: FileStyle) -> bytes:
    """Render one plan file."""
    sheets = _Table(intent, style).build_sheets()
    if style.format == "csv":
        return write_delimited(sheets[0], separator=style.separator, encoding=style.encoding)
    if style.encoding == MOJIBAKE:
        sheets = tuple(_garble_sheet(sheet) for sheet in sheets)
    return write_ods(sheets) if style.format == "ods" else write_xlsx(sheets)


def _garble_sheet(sheet: Sheet) -> Sheet:
    rows = (
        tuple(garble(cell) if isinstance(cell, str) else cell for cell in row)
        for row in sheet.rows
    )
    return Sheet(sheet.name, tuple(rows))


class _Table:
    """Builds the sheets of one file."""

    def __init__(self, intent: Intent, style: FileStyle) -> None:
        self._intent = intent
        self._style = style
        self._headers = choose_headers(style)
        self._workbook = style.format != "csv"
        self._numbers = [
            (at, short.number)
            for at, short in enumerate(SHORT_NUMBERS)
            if style.covers(short.number)
        ]
        self._rendered: dict[str, Cell] = {}

    def build_sheets(self) -> tuple[Sheet, ...]:
        """Build the table, and the sheets around it where the style has such."""
        quirks = self._style.quirks
        rows = [*self._build_title(), self._build_header(), *self._spread(self._list_rows())]
        table = Sheet(f"PDAAU {self._style.departement}", tuple(rows))
        if "further-sheets" not in quirks:
            return (table,)
        notes = Sheet(
            "Lisez-moi",
            (
                ("Notes de la préfecture (fictives)",),
                ("Les numéros à dix chiffres sont inventés.",),
                ("Mise à jour", "novembre 2026"),
            ),
        )
        macros = Sheet("PDAAU_Macro", (("Sub Controle()",), ("REM vide",), ("End Sub",)))
        return (notes, table, macros) if self._style.ordinal % 2 else (table, macros, notes)

    def _build_title(self) -> Iterator[tuple[Cell, ...]]:
        if "title-rows" in self._style.quirks:
            code = self._style.departement
            yield (f"Préfecture du département {code} (exemple fictif)",)
            yield ("Plan départemental d'acheminement des appels d'urgence",)
            yield ("Édition de novembre 2026", None, "diffusion restreinte")
        if "blank-rows" in self._style.quirks:
            yield ()

    def _build_header(self) -> tuple[Cell, ...]:
        heads = self._headers
        cells: list[Cell] = [heads.code, heads.name]
        if "departement-column" in self._style.quirks:
            cells.append(heads.departement)
        if self._style.long:
            target = WORD_1252 if self._style.encoding == "cp1252" else heads.target
            cells += [heads.number, target]
            cells += [heads.second] if self._seconds else []
            cells += [heads.third] if "third-target" in self._style.quirks else []
        else:
            cells += self._list_wide_headers()
        cells += [heads.hours] if "hours" in self._style.quirks else []
        cells += [heads.area] if "area" in self._style.quirks else []
        cells += ["Observations"] if "unknown-column" in self._style.quirks else []
        return tuple(cells)

    @property
    def _seconds(self) -> bool:
        return "second-target" in self._style.quirks

    def _list_wide_headers(self) -> Iterator[str]:
        for _, number in self._numbers:
            yield self._headers.wide.format(number=number, name=LABELS[number])
            if self._has_second(number):
                yield self._headers.wide_second.format(number=number)

    def _has_second(self, number: str) -> bool:
        return self._seconds and number in ("18", "112")

    def _spread(self, rows: Iterator[tuple[Cell, ...]]) -> Iterator[tuple[Cell, ...]]:
        blank = "blank-rows" in self._style.quirks
        for at, row in enumerate(rows, start=1):
            yield row
            if blank and at % BLANK_EVERY_ROWS == 0:
                yield ()

    def _list_rows(self) -> Iterator[tuple[Cell, ...]]:
        list_commune = self._list_long if self._style.long else self._list_wide
        levels = self._style.levels
        cities = {commune.parent for commune in self._communes if commune.parent}
        for commune in self._communes:
            if levels == "city" and commune.parent:
                continue
            if levels == "only" and commune.code in cities:
                continue
            for code in self._list_codes(commune):
                yield from list_commune(self._start_row(code, commune), commune)

    @property
    def _communes(self) -> tuple[Commune, ...]:
        return self._intent.ground.list_communes(self._style.departement)

    def _list_codes(self, commune: Commune) -> tuple[str, ...]:
        """List the codes that stand for a commune: its own, or in their place its former ones."""
        former = self._intent.ground.former.get(commune.code, ())
        if "merged-codes" in self._style.quirks:
            home = self._style.departement
            former = tuple(code for code in former if code.startswith(home))
            return former or (commune.code,)
        return (commune.code,)

    def _start_row(self, code: str, commune: Commune) -> tuple[Cell, ...]:
        start: tuple[Cell, ...] = (self._render_code(code), commune.name)
        if "departement-column" in self._style.quirks:
            start = (*start, self._style.departement)
        return start

    def _render_code(self, code: str) -> Cell:
        quirks = self._style.quirks
        if "insee-lower-case" in quirks:
            code = code.lower()
        if "insee-float" in quirks:
            return f"{int(code)}.0"
        if "insee-lost-zero" in quirks:
            return int(code) if self._workbook else code.lstrip("0")
        if "insee-spaces" in quirks:
            return f" {code}" if int(code[-1]) % 2 else f"{code}  "
        return code

    def _list_long(self, start: tuple[Cell, ...], commune: Commune) -> Iterator[tuple[Cell, ...]]:
        answers = self._intent.answers[commune.code]
        width = 1 + self._seconds + ("third-target" in self._style.quirks)
        for at, number in self._numbers:
            for variant in answers[at]:
                targets = [self._render_target(psap) for psap in variant.psaps]
                padding = [None] * (width - len(targets))
                yield (*start, number, *targets, *padding, *self._end_row(variant))

    def _list_wide(self, start: tuple[Cell, ...], commune: Commune) -> Iterator[tuple[Cell, ...]]:
        answers = self._intent.answers[commune.code]
        limits = {(v.opening, v.part): v for at, _ in self._numbers for v in answers[at]}
        for limit, sample in limits.items():
            cells: list[Cell] = []
            for at, number in self._numbers:
                variant = next((v for v in answers[at] if (v.opening, v.part) == limit), None)
                targets = [self._render_target(psap) for psap in variant.psaps] if variant else []
                width = 2 if self._has_second(number) else 1
                cells += [*targets, *[None] * (width - len(targets))]
            yield (*start, *cells, *self._end_row(sample))

    def _end_row(self, variant: Variant) -> Iterator[Cell]:
        if "hours" in self._style.quirks:
            yield render_opening(variant.opening, self._style.ordinal)
        if "area" in self._style.quirks:
            yield render_part(variant.part)
        if "unknown-column" in self._style.quirks:
            yield "néant"

    def _render_target(self, psap: str) -> Cell:
        if psap not in self._rendered:
            primary = self._intent.psaps[psap].primary
            notation = self._style.notation
            self._rendered[psap] = render_number(primary, notation, workbook=self._workbook)
        return self._rendered[psap]
