"""
Everything that could make a later look-up raise, checked once when a snapshot is opened.

The bounds come from `layout`: each field says what it refers to. Columns of 455,182 keys are
judged by `max` over a strided view, in C; only tables of a few hundred records are walked.
"""

import struct
from collections.abc import Iterator
from operator import add, ge, gt

from route112.snapshot import layout
from route112.snapshot.errors import Reason, SnapshotError
from route112.snapshot.fields import Field, Section
from route112.snapshot.frame import Frame

_CONTINUATION = bytes(range(0x80, 0xC0))
"""Bytes that stand inside a UTF-8 character, never at its start."""
_MINUTES_MAX = 7 * 24 * 60
_CELL_BYTES = b"\0+-.0123456789:_abcdefghijklmnopqrstuvwxyz"
_DIGIT_BYTES = bytes(high << 4 | low for high in range(11) for low in range(11) if high or not low)
"""Two digits of a calling line, one and none, or none."""
_ONES = 0x1111_1111_1111_1111
_FIRST_DIGIT_BIT = 60


def check_frame(frame: Frame) -> None:
    """
    Refuse a frame from which some record could not be decoded.

    Raises: SnapshotError with the reason malformed; the message names section and field.
    """
    for offsets in layout.STRING_TABLES.values():
        _check_strings(frame, offsets)
    _check_counts(frame)
    for section in layout.SECTIONS.values():
        if frame.sections[section.name]:
            _check_section(frame, section)
    for keys in ("commune_keys", "merged_keys"):
        _check_keys(frame, keys)
    _check_hours(frame)
    _check_cells(frame)
    _check_calling_lines(frame)


def _refuse(message: str) -> SnapshotError:
    return SnapshotError(Reason.MALFORMED, message)


def _check_strings(frame: Frame, name: str) -> None:
    """Check that the strings tile their bytes and that each one is UTF-8 by itself."""
    offsets = frame.columns(name)["offset"]
    content = bytes(frame.sections[name.replace("offsets", "bytes")])
    if not offsets or offsets[0] != 0 or offsets[-1] != len(content):
        raise _refuse(f"{name} does not span its bytes")
    ends = offsets[1:]
    if any(map(gt, offsets, ends)):
        raise _refuse(f"{name} does not ascend")
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refuse(f"{name} leads to bytes that are not UTF-8") from error
    # The whole is UTF-8, so a part is too unless it begins inside a character.
    padded = content + b"\0"
    if bytes(map(padded.__getitem__, offsets)).translate(None, _CONTINUATION) != bytes(
        map(padded.__getitem__, offsets)
    ):
        raise _refuse(f"{name} cuts a character in two")


def _check_counts(frame: Frame) -> None:
    """Check the sizes that follow from other sizes."""
    keys = frame.count("communes") * frame.count("short_numbers")
    wanted = {
        "meta": 1,
        "commune_keys": frame.count("communes"),
        "merged_keys": frame.count("merged"),
        "cell_keys": frame.count("cells"),
        "calling_line_keys": frame.count("calling_lines"),
        "mapping_routes": keys,
        "mapping_sources": keys,
        "mapping_rows": keys,
        "fallbacks": frame.count("departements") * frame.count("short_numbers"),
        "national": frame.count("short_numbers"),
    }
    for name, count in wanted.items():
        if frame.count(name) != count:
            raise _refuse(f"{name} has {frame.count(name)} records instead of {count}")


def _check_section(frame: Frame, section: Section) -> None:
    """Check each field of a section that is not empty against what its table says."""
    columns = frame.columns(section.name)
    previous: Field | None = None
    for field in section.record.fields:
        if field.name in columns:
            _check_column(frame, section, field, columns[field.name])
        if previous and previous.span:
            # A run that ends inside its table begins inside it, too: lengths are not negative.
            end = max(map(add, columns[previous.name], columns[field.name]))
            if end > frame.count(previous.span):
                raise _refuse(f"{section.name}.{previous.name} leads out of {previous.span}")
        previous = field


def _check_column(frame: Frame, section: Section, field: Field, column: "memoryview[int]") -> None:
    if field.index and max(column) >= frame.count(field.index):
        raise _refuse(f"{section.name}.{field.name} leads out of {field.index}")
    if field.optional and max(column) > frame.count(field.optional):
        raise _refuse(f"{section.name}.{field.name} leads out of {field.optional}")
    if field.least is not None and min(column) < field.least:
        raise _refuse(f"{section.name}.{field.name} is below {field.least}")
    if field.most is not None and max(column) > field.most:
        raise _refuse(f"{section.name}.{field.name} is above {field.most}")


def _check_keys(frame: Frame, name: str) -> None:
    """Check that bisection works, and that each key is the code of a commune."""
    keys = frame.columns(name)["key"]
    if any(map(ge, keys, keys[1:])):
        raise _refuse(f"{name} does not ascend")
    if bytes(frame.sections[name]).translate(None, bytes(range(0x80))):
        raise _refuse(f"{name} has a code that is not ASCII")


def _check_hours(frame: Frame) -> None:
    """Check what `Hours` promises: spans sorted, disjoint, inside one week."""
    hours, spans = frame.columns("hours"), frame.columns("hour_spans")
    for first, count in zip(hours["spans_start"], hours["spans_count"], strict=True):
        previous = 0
        for place in range(first, first + count):
            start, end = spans["start_min"][place], spans["end_min"][place]
            if not previous <= start < end <= _MINUTES_MAX:
                raise _refuse(f"hour_spans has {start} to {end} min after {previous} min")
            previous = end


def _check_cells(frame: Frame) -> None:
    """Check that the cells of each operator can be bisected, and that each key is a cell."""
    size = layout.CELL_SIZE_MAX
    section = bytes(frame.sections["cell_keys"])
    keys = [key for (key,) in struct.iter_unpack(f"{size}s", section)]
    if section.translate(None, _CELL_BYTES) or not all(
        key[0] and b"\0" not in key.rstrip(b"\0") for key in keys
    ):
        raise _refuse("cell_keys has a key that is no cell")
    for start, end in _list_runs(frame, "cells"):
        run = keys[start:end]
        if any(map(ge, run, run[1:])):
            raise _refuse("cell_keys does not ascend")


def _check_calling_lines(frame: Frame) -> None:
    """Check the same of calling lines; a digit is four bits, 1 to 10, and none follows a 0."""
    keys = frame.columns("calling_line_keys")["key"]
    if bytes(frame.sections["calling_line_keys"]).translate(None, _DIGIT_BYTES) or not all(
        key >> _FIRST_DIGIT_BIT and not _follows_nothing(key) for key in keys
    ):
        raise _refuse("calling_line_keys has a key that is no line")
    for start, end in _list_runs(frame, "calling_lines"):
        run = keys[start:end]
        if any(map(ge, run, run[1:])):
            raise _refuse("calling_line_keys does not ascend")


def _follows_nothing(key: int) -> bool:
    """Tell whether a digit follows a place that has none."""
    used = (key | key >> 1 | key >> 2 | key >> 3) & _ONES
    return bool(used << 4 & _ONES & ~used)


def _list_runs(frame: Frame, name: str) -> Iterator[tuple[int, int]]:
    """List where the cells or calling lines of each operator begin and end."""
    operators = frame.columns("operators")
    starts, counts = operators[f"{name}_start"], operators[f"{name}_count"]
    return ((start, start + count) for start, count in zip(starts, counts, strict=True))
