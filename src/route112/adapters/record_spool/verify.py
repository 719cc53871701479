"""
Whether a records folder is what its recorder left: segments, the state, and the raw file behind.

Reads only, takes no lock, and may run beside a recorder: the state is read before the segments
are listed, and they are listed again until nothing has been sealed meanwhile.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from route112.adapters.record_spool.chain import (
    NEXT,
    Chain,
    Flaw,
    WriterTally,
    say_numbers,
    show_seal,
)
from route112.adapters.record_spool.examine import Seen, examine, list_lost
from route112.adapters.record_spool.layout import (
    Checkpoint,
    Folder,
    choose_start,
    hash_line,
    identify,
    load_state,
)
from route112.adapters.record_spool.reader import find_checkpoint, read_lines
from route112.adapters.record_spool.segments import list_segments


@dataclass(slots=True, kw_only=True)
class Verified:
    """What was found in one records folder."""

    folder: str
    writers: list[WriterTally]
    flaws: list[Flaw]
    notes: list[str]
    """What is no flaw, but has to be known."""
    segments: int
    records: int
    unsealed: int
    """Records of the raw file that no segment holds yet; nothing protects them."""
    number: int
    seal: str
    """Of the newest segment: whoever keeps it elsewhere can tell later that it is still there."""

    @property
    def is_intact(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.flaws


@dataclass(slots=True)
class _Tail:
    """The raw file behind the segments."""

    unsealed: int = 0
    lost: set[int] = field(default_factory=set)
    flaws: list[Flaw] = field(default_factory=list)


def verify_folder(path: Path, advance: Callable[[str, int], None]) -> Verified:
    """
    Verify one records folder.

    Args:
        advance: called with a name and 1 for each segment that was read.
    Raises: OSError where something cannot be read.
    """
    folder, chain = Folder(path), Chain()
    if folder.segments.exists():
        os.listdir(folder.segments)  # noqa: PTH208  says why it cannot be read, if it cannot
    state = load_state(folder.state)
    sealed: Seen | None = None
    done, tail = 0, _Tail()
    while True:
        found = [each for each in list_segments(folder.segments) if each.number > done]
        if done and found:  # sealed and removed since they were listed before
            chain.vanished.append(range(done + 1, found[0].number))
        for segment in found:
            seen = examine(segment)
            advance(segment.path.name, 1)
            if seen is None:
                chain.vanished.append(range(segment.number, segment.number + 1))
                continue
            chain.add(seen)
            if state is not None and state.number == segment.number:
                sealed = seen
        done = found[-1].number if found else done
        tail = _read_tail(folder, state)
        listed = list_segments(folder.segments)
        if not listed or listed[-1].number <= done:
            break
    chain.flaws += tail.flaws
    notes = _judge_beginning(chain, tail)
    _judge_state(folder, chain, state, sealed)
    return _report(folder, chain, tail, notes)


def _report(folder: Folder, chain: Chain, tail: _Tail, notes: list[str]) -> Verified:
    writers = list(chain.tallies.values())
    newest = chain.newest
    unchained = sum(each.unchained for each in writers)
    if unchained:
        notes.append(
            f"{unchained:,} segments are from before there was a chain: each holds its own seal"
        )
    if tail.unsealed:
        notes.append(f"{tail.unsealed:,} records of raw.log are not sealed: nothing protects them")
    return Verified(
        folder=str(folder.path),
        writers=writers,
        flaws=chain.flaws,
        notes=notes,
        segments=sum(each.segments for each in writers),
        records=sum(each.records for each in writers),
        unsealed=tail.unsealed,
        number=0 if newest is None else newest.segment.number,
        seal="" if newest is None or newest.span is None else newest.span.sha256,
    )


def _judge_beginning(chain: Chain, tail: _Tail) -> list[str]:
    """Tell segments that the bound removed from those that somebody did."""
    before = chain.begins - 1
    if before < 1:
        return []
    if before in chain.lost | tail.lost:
        removed = f"{say_numbers(1, before)} gone by the bound"
        return [f"begins at segment {chain.begins}: {removed}, as records-lost says"]
    first = next(iter(chain.tallies.values()))
    text = f"{say_numbers(1, before)} missing, and no record says that the bound removed it"
    chain.flaws.append(Flaw("missing", "segments", first.writer, 0, text, NEXT["missing"]))
    return []


def _judge_state(
    folder: Folder, chain: Chain, state: Checkpoint | None, sealed: Seen | None
) -> None:
    """The state holds the newest segment, which no later one does."""
    newest = 0 if chain.newest is None else chain.newest.segment.number
    if state is None:
        if newest:
            what = "cannot be read" if folder.state.exists() else "is missing"
            _flag_state(chain, "state", f"{what}: nothing holds the newest segment, {newest}")
        return
    if state.writer != state.raw and state.writer not in chain.tallies:
        what = "its recorder did not know how far raw.log was sealed"
        _flag_state(chain, "began-anew", what)
    if state.number > newest:
        gone = say_numbers(newest + 1, state.number)
        chain.flaws.append(
            Flaw(
                "missing",
                folder.segments.name,
                state.writer,
                0,
                f"{gone} missing: recorder.state says that {state.number} was the newest",
                NEXT["missing"],
            )
        )
    elif sealed is not None and sealed.is_sound and sealed.span is not None:
        seal = sealed.span.sha256
        is_known = any(sealed.segment.path.name in flaw.file for flaw in chain.flaws)
        if state.seal not in ("", seal) and not is_known:
            says = f"recorder.state says {show_seal(state.seal)}"
            chain.flag_replaced(sealed, f"ends with {show_seal(seal)}, but {says}")


def _flag_state(chain: Chain, kind: str, text: str) -> None:
    chain.flaws.append(Flaw(kind, "recorder.state", "", 0, text, NEXT[kind]))


def _read_tail(folder: Folder, state: Checkpoint | None) -> _Tail:
    """Count what is not sealed, and look whether the raw file can be the one that was."""
    tail = _Tail()
    try:
        raw = os.open(folder.raw, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return tail
    try:
        identity = identify(raw)
        if identity is None:
            return tail
        known, size = find_checkpoint(folder), os.fstat(raw).st_size
        start = choose_start(raw, identity, known)
        is_own = state is not None and state.raw == hash_line(identity.first_line)
        if state is not None and is_own and size < state.offset:
            text = f"cut to {size:,} bytes, of which {state.offset:,} had been sealed"
            tail.flaws.append(Flaw("raw", folder.raw.name, state.writer, 0, text, NEXT["raw"]))
        if known is None and start.writer != start.raw:
            text = "has been sealed and freed, but neither segments nor recorder.state are there"
            tail.flaws.append(
                Flaw("missing", "segments", start.raw, 0, f"raw.log {text}", NEXT["missing"])
            )
        while (lines := read_lines(raw, start.offset, key=identity.key)).to > start.offset:
            tail.unsealed += len(lines.pieces)
            for piece in lines.pieces:
                tail.lost.update(list_lost(piece))
            start = replace(start, offset=lines.to)
    finally:
        os.close(raw)
    return tail
