"""The name of a commune beside its code: a column that was sorted alone is found by it."""

import re

from route112.model import Severity, Territory
from route112.wire.pdaau_table.line import Line
from route112.wire.pdaau_table.occurrences import Occurrences, Place, make_note
from route112.wire.pdaau_table.synonyms import NAME, SHORT_FORMS
from route112.wire.text import fold

_PREFIX_MIN = 5
"""Letters that a name cut short still has."""


class NameCheck:
    """Compares the names of one file with those of the territory."""

    def __init__(self, territory: Territory, notes: Occurrences) -> None:
        self._territory = territory
        self._notes = notes
        self._seen: set[tuple[str, str]] = set()
        self._others = 0
        self._place = Place("", 0, "")
        self._every_name: set[str] = set()

    def look(self, line: Line, code: str) -> None:
        """Warn of a row whose name is not that of its code; former codes have lost their name."""
        column = line.header.columns[NAME]
        name = line.cells[column]
        commune = self._territory.communes.get(code)
        if not name or commune is None or (code, name) in self._seen:
            return
        self._seen.add((code, name))
        parent = self._territory.communes.get(commune.parent, commune)
        is_code = name.upper() in self._territory.communes
        if not is_code and any(is_same_name(name, each.name) for each in (commune, parent)):
            return
        if is_code or self._names_another(name):
            self._place = self._place if self._others else line.place(column)
            self._others += 1
        self._notes.add(
            make_note(
                Severity.WARNING,
                "name-differs",
                f"commune {code} is {commune.name}, but the row gives another name",
                "Check that code and name belong together",
                value=name,
            ),
            line.place(column),
            once=(),
        )

    def finish(self) -> None:
        """Refuse a file in which most communes have the name of another one."""
        if self._others * 2 > len(self._seen):
            self._notes.add(
                make_note(
                    Severity.ERROR,
                    "names-of-others",
                    f"{self._others:,} of {len(self._seen):,} communes have the name of another"
                    " commune beside their code, here first",
                    "Put codes and names together again: a column was sorted or moved alone",
                ),
                self._place,
            )

    def _names_another(self, name: str) -> bool:
        if not self._every_name:
            self._every_name = {_spell(each.name) for each in self._territory.communes.values()}
        return _spell(name) in self._every_name


def is_same_name(first: str, second: str) -> bool:
    """
    Tell whether two spellings may name one commune.

    `St Martin` is `Saint-Martin`; words may be missing (`Paris 1er`), or the end of the name.
    """
    if first == second:
        return True
    one, other = (_spell(name).split() for name in (first, second))
    if not one or not other:
        return True
    if set(one) <= set(other) or set(other) <= set(one):
        return True
    short, long = sorted(("".join(one), "".join(other)), key=len)
    return len(short) >= _PREFIX_MIN and long.startswith(short)


def _spell(name: str) -> str:
    words = re.findall(r"[a-z]+", fold(name).replace("œ", "oe").replace("æ", "ae"))
    return " ".join(SHORT_FORMS.get(word, word) for word in words)
