"""Record lines under fuzzing: anything may stand in a raw file, nothing may break its reader."""

from route112.wire.record_calls import OUTCOMES, PARTIES, join_calls
from route112.wire.record_lines import cut_line, parse_piece
from route112.wire.record_numbers import mask_number

KEY = "0011aabbccdd"
SEEDS = (
    b"R1 attempt t=1795000001000120 site=s call=a@h by=python caller=+33639981234 dialled=15\n",
    b"R1 failed t=1 call=a n=1 cause=timeout via=rtc\nR1 end t=2.000001 call=a outcome=failed\n",
    b" 3(12) INFO: {R1 end t=1 x=y} R1 end k=0011aabbccdd t=1 call=%61 callx=61\nR1 try t=1",
    b"R1 refused t=1 call=<null> callx=zz reason=shed\nR1 site t=1 event=start\n",
)


def run(content: bytes) -> None:
    """Cut, parse, join and judge; check what must hold of any input."""
    records = []
    for line in content.split(b"\n"):
        for key in ("", KEY):
            pieces = cut_line(line, key=key)
            for piece in pieces:
                assert cut_line(piece) == (piece,), "a canonical piece stays what it is"
                records.append(parse_piece(piece))
            assert not pieces or b"R1 " in line
    for call in join_calls(records):
        assert call.call
        assert call.party in ("", *PARTIES) or call.get("end", "party")
        assert call.outcome in OUTCOMES or call.get("end", "outcome")
        assert isinstance(call.psaps, frozenset)
        masked = mask_number(call.get("attempt", "caller"))
        assert len(masked) <= max(40, 2 * len(call.get("attempt", "caller")))
