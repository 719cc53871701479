"""YAML to nodes that know their line: text, lists and mappings, and nothing else of YAML."""

from dataclasses import dataclass, field

import yaml

from route112.wire.problems import ProblemList
from route112.wire.text import decode_text

DOCUMENT_BYTES_MAX = 1024 * 1024
"""Largest YAML document."""
DEPTH_MAX = 20
"""Deepest nesting of lists and mappings."""
_LOADER: type = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(slots=True)
class Node:
    """A value of a document: exactly one of text, items or fields is not None."""

    line: int
    """From 1."""
    text: str | None = None
    items: "list[Node] | None" = None
    fields: "dict[str, Node] | None" = None
    key: str | None = field(default=None, repr=False)
    """Of a mapping being read: the key that waits for its value."""


class _RefusedError(Exception):
    def __init__(self, line: int, message: str, remedy: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.remedy = remedy


def read_document(content: bytes, problems: ProblemList) -> Node | None:
    """Read a document whose top is a mapping; None, and a problem, if it is not that."""
    if len(content) > DOCUMENT_BYTES_MAX:
        problems.error(
            "document-too-large",
            f"the file has {len(content):,} bytes, at most {DOCUMENT_BYTES_MAX:,} are read",
            "Split the file, or remove what does not belong there",
        )
        return None
    try:
        top = _build(decode_text(content).text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problems.error(
            "broken-yaml",
            f"the file is not YAML: {getattr(error, 'problem', None) or 'unexpected character'}",
            "Mend the line; indentation and quotation marks are what is mostly wrong",
            row=mark.line + 1 if mark else 0,
        )
        return None
    except _RefusedError as error:
        problems.error("refused-yaml", error.message, error.remedy, row=error.line)
        return None
    if top is None or top.fields is None:
        problems.error(
            "broken-yaml", "the file holds no fields", "Write `name: value` lines", row=1
        )
        return None
    return top


def _build(text: str) -> Node | None:
    top: Node | None = None
    stack: list[Node] = []
    for event in yaml.parse(text, Loader=_LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            stack.pop()
        elif node := _make_node(event, line, is_key=_awaits_key(stack)):
            if not stack:
                if top is not None:
                    raise _RefusedError(line, "a second document begins here", "Remove it")
                top = node
            else:
                _attach(stack[-1], node)
            if node.text is None:
                stack.append(node)
            if len(stack) > DEPTH_MAX:
                raise _RefusedError(
                    line, f"the file nests deeper than {DEPTH_MAX} levels", "Write it flat"
                )
    return top


def _awaits_key(stack: list[Node]) -> bool:
    return bool(stack) and stack[-1].fields is not None and stack[-1].key is None


def _make_node(event: yaml.Event, line: int, *, is_key: bool) -> Node | None:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        raise _RefusedError(line, "anchors and aliases are not read", "Write the value out")
    if getattr(event, "tag", None):
        raise _RefusedError(line, "YAML tags are not read", "Write the plain value")
    if isinstance(event, yaml.ScalarEvent):
        return Node(line, text=event.value)
    if not isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
        return None
    if is_key:
        raise _RefusedError(line, "a field's name is not plain text", "Write `name: value`")
    if isinstance(event, yaml.SequenceStartEvent):
        return Node(line, items=[])
    return Node(line, fields={})


def _attach(parent: Node, node: Node) -> None:
    if parent.items is not None:
        parent.items.append(node)
        return
    assert parent.fields is not None, "only lists and mappings are on the stack"
    if parent.key is None:
        assert node.text is not None, "refused before"
        if node.text in parent.fields:
            raise _RefusedError(
                node.line, f"the field {node.text[:40]} is there twice", "Remove one of them"
            )
        parent.key = node.text
    else:
        parent.fields[parent.key] = node
        parent.key = None
