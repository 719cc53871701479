"""Metrics as a process serves them, and as docs/metrics.md has them."""

import re
from pathlib import Path

TEXT = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
SERIES = ("number", "operator", "technology", "edge", "site", "trunk", "psap")
_ROW = re.compile(r"\| `(\w+)` \| (\w+) \| (.*?) ?\| ")


def list_documented(heading):
    """Return type and labels of each metric below a heading."""
    below = TEXT.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return {
        name: (kind, {*re.findall(r"`(\w+)`", labels), *(SERIES if "*series*" in labels else ())})
        for name, kind, labels in _ROW.findall(below)
    }


def list_served(families):
    """Return the same of metrics that a collector yields, each with a sample at least."""
    found = {}
    for family in families:
        assert family.samples, f"{family.name} has no sample to compare"
        labels = {label for sample in family.samples for label in sample.labels}
        end = "_total" if family.type == "counter" else ""
        found[f"{family.name}{end}"] = (family.type, labels)
    return found


def read_values(text):
    """Return the value of each sample of an answer, by what stands before it."""
    return {
        name: float(value)
        for name, value in (
            line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")
        )
    }
