"""What the table of `layout` is made of: fields, records, sections."""

import struct
from dataclasses import dataclass, field

TYPES = {"u8": "B", "u32": "I", "u64": "Q", "i32": "i", "i64": "q"}
TYPES |= {"bytes8": "8s", "bytes24": "24s", "bytes32": "32s", "bytes64": "64s"}
SIZES = {name: struct.calcsize("<" + notation) for name, notation in TYPES.items()}
"""Bytes of each type."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record."""

    name: str
    type: str = "u32"
    """A key of TYPES."""
    index: str = ""
    """Name of the table that the value is an index into."""
    optional: str = ""
    """The same, but stored plus one: 0 means none."""
    span: str = ""
    """Name of the table in which a run starts here; the next field is its length."""
    least: int | None = None
    """Lowest value allowed."""
    most: int | None = None
    """Highest value allowed."""

    @property
    def size(self) -> int:
        """Size in bytes."""
        return SIZES[self.type]


@dataclass(frozen=True, slots=True)
class Record:
    """Fields in their order, without gaps."""

    name: str
    fields: tuple[Field, ...]
    size: int = field(init=False)
    """Size in bytes; summed once, because every table that is opened asks for it."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", sum(each.size for each in self.fields))

    @property
    def format(self) -> str:
        """The notation of `struct`, little-endian, without padding."""
        return "<" + "".join(TYPES[each.type] for each in self.fields)

    def offset(self, name: str) -> int:
        """Return the offset in bytes of the field `name`."""
        position = 0
        for each in self.fields:
            if each.name == name:
                return position
            position += each.size
        raise KeyError(name)


@dataclass(frozen=True, slots=True)
class Section:
    """A run of equal records."""

    id: int
    record: Record
    count_max: int

    @property
    def name(self) -> str:
        """Name of the section, which is that of its record."""
        return self.record.name


def make_record(name: str, *fields: Field) -> Record:
    """Make a record of these fields."""
    return Record(name, fields)


def text_fields(*names: str, table: str = "strings") -> tuple[Field, ...]:
    """Make fields that are indexes into a string table."""
    return tuple(Field(name, index=table) for name in names)


def run_fields(
    name: str, table: str, least: int = 0, most: int | None = None
) -> tuple[Field, ...]:
    """Make the two fields of a run of records of another table: where, and how many."""
    return Field(f"{name}_start", span=table), Field(f"{name}_count", least=least, most=most)
