"""Typed fields out of a YAML mapping, with every mistake named by line and path."""

import datetime as dt
import re
from typing import Iterator

from route112.wire.documents.nodes import Node
from route112.wire.problems import ProblemList
from route112.wire.text import DAY_REMEDY, read_day

TEXT_CHARS_MAX = 500
"""Longest text of a field."""
ITEMS_MAX = 2_000
"""Most items of a list."""
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class Fields:
    """
    The fields of one mapping.

    Each `get_` returns a value of its type even if the field is missing or wrong, and then has
    reported it: callers go on, so that one reading finds all mistakes, and look at
    `ProblemList.has_errors` in the end.
    """

    def __init__(self, node: Node, path: str, problems: ProblemList) -> None:
        self.line = node.line
        self.path = path
        self._problems = problems
        self._fields = dict(node.fields or {})
        self._lines = {name: field.line for name, field in self._fields.items()}
        if node.fields is None:
            self._refuse("", node, "fields are expected here", "Write `name: value`")

    def has(self, name: str) -> bool:
        """Tell whether a field is there that has not been read."""
        return name in self._fields

    def find_line(self, name: str) -> int:
        """Return the line of a field, of the mapping where it is missing."""
        return self._lines.get(name, self.line)

    def refuse(self, name: str, message: str, remedy: str, *, value: str = "") -> None:
        """Report an error in a field that has been read."""
        self._problems.error(
            "bad-field", message, remedy,
            row=self.find_line(name), column=self._name(name), value=value,
        )  # fmt: skip

    def get_text(self, name: str, *, required: bool = True, among: tuple[str, ...] = ()) -> str:
        """Return the text of a field; one of `among` if that is not empty."""
        node = self._take(name, required=required)
        if node is None:
            return ""
        text = node.text
        if text is None:
            self._refuse(name, node, "a single value is expected here", "Write `name: value`")
        elif required and not text.strip():
            self._refuse(name, node, "the field is empty", "Fill it in")
        elif len(text) > TEXT_CHARS_MAX or "\0" in text:
            self._refuse(name, node, "the value is too long or holds a NUL", "Shorten it")
        elif among and text and text not in among:
            self._refuse(
                name, node, "the value is not one of those known", f"Write {' or '.join(among)}"
            )
        else:
            return text.strip()
        return ""

    def get_match(self, name: str, pattern: str, *, shape: str, required: bool = True) -> str:
        """Return the text of a field that matches `pattern`; `shape` says so in words."""
        node = self._fields.get(name)
        text = self.get_text(name, required=required)
        if text and node and not re.fullmatch(pattern, text):
            self._refuse(name, node, f"the value is not {shape}", "Correct the value")
            return ""
        return text

    def get_integer(self, name: str, *, least: int, most: int, required: bool = True) -> int:
        """Return a whole number between two bounds, both included; 0 where it may be missing."""
        node = self._fields.get(name)
        if node is None and not required:
            return 0
        text = self.get_text(name)
        if re.fullmatch("-?[0-9]{1,9}", text) and least <= int(text) <= most:
            return int(text)
        if text and node:
            self._refuse(
                name, node, f"the value is not a whole number from {least:,} to {most:,}",
                "Correct the value",
            )  # fmt: skip
        return least

    def get_time(self, name: str) -> int:
        """Return an instant with its offset, such as 2026-11-01T00:00:00Z, in microseconds."""
        node = self._fields.get(name)
        text = self.get_text(name)
        try:
            instant = dt.datetime.fromisoformat(text)
            if instant.tzinfo is not None:
                return (instant - _EPOCH) // _MICROSECOND
        except (ValueError, OverflowError):
            instant = None
        if text and node:
            self._refuse(
                name, node, "the value is not an instant with its offset from UTC",
                "Write it as 2026-11-01T00:00:00Z",
            )  # fmt: skip
        return 0

    def get_day(self, name: str) -> str:
        """Return a day as `2027-03-15`; empty where it is missing."""
        node = self._fields.get(name)
        text = self.get_text(name, required=False)
        day = read_day(text)
        if text and node and not day:
            self._refuse(name, node, "the value is no day", DAY_REMEDY)
        return day

    def get_texts(self, name: str, *, required: bool = True) -> tuple[str, ...]:
        """Return a list of texts; empty only if it is not required."""
        texts = []
        for node in self._take_items(name, required=required):
            if node.text is None or not node.text.strip() or len(node.text) > TEXT_CHARS_MAX:
                self._refuse(name, node, "a list of plain values is expected", "Write `[a, b]`")
            else:
                texts.append(node.text.strip())
        return tuple(texts)

    def get_map(self, name: str) -> dict[str, str]:
        """Return a mapping of text to text."""
        node = self._take(name, required=True)
        if node is None:
            return {}
        inner = Fields(node, self._name(name), self._problems)
        return {key: inner.get_text(key) for key in (node.fields or {})}

    def get_fields(self, name: str, *, required: bool = True) -> "Fields | None":
        """Return a mapping below this one; None where it is missing."""
        node = self._take(name, required=required)
        return Fields(node, self._name(name), self._problems) if node else None

    def iterate(self, name: str) -> "Iterator[Fields]":
        """Yield the mappings of a list; each must be finished by the caller."""
        for index, node in enumerate(self._take_items(name, required=True)):
            yield Fields(node, f"{self._name(name)}[{index}]", self._problems)

    def finish(self) -> None:
        """Report fields that nobody asked for: a typing error must not pass as absence."""
        for name, node in self._fields.items():
            self._refuse(name, node, "no such field is known here", "Correct or remove the field")

    def _take_items(self, name: str, *, required: bool) -> list[Node]:
        node = self._take(name, required=required)
        if node is None:
            return []
        if node.items is None:
            self._refuse(name, node, "a list is expected here", "Write `[a, b]` or lines with `-`")
            return []
        if required and not node.items:
            self._refuse(name, node, "the list is empty", "Fill it in")
        if len(node.items) > ITEMS_MAX:
            self._refuse(name, node, f"the list has more than {ITEMS_MAX:,} items", "Shorten it")
            return []
        return node.items

    def _take(self, name: str, *, required: bool) -> Node | None:
        node = self._fields.pop(name, None)
        if node is None and required:
            self._problems.error(
                "missing-field", f"the field {name} is missing", "Add the field",
                row=self.line, column=self._name(name),
            )  # fmt: skip
        return node

    def _refuse(self, name: str, node: Node, message: str, remedy: str) -> None:
        self._problems.error(
            "bad-field" if message != "no such field is known here" else "unknown-field",
            message, remedy, row=node.line, column=self._name(name), value=node.text or "",
        )  # fmt: skip

    def _name(self, name: str) -> str:
        return f"{self.path}.{name}".strip(".")
