"""Chained lines, of which each holds all before it: files to which commands are written down."""

from route112.wire.chained.lines import (
    LINE_BYTES_MAX,
    ChainedLine,
    ChainEnd,
    ReadChain,
    begin_chain,
    parse_chain,
    render_chained,
)

__all__ = [
    "LINE_BYTES_MAX",
    "ChainEnd",
    "ChainedLine",
    "ReadChain",
    "begin_chain",
    "parse_chain",
    "render_chained",
]
