"""Write docs/formats/planner-api.yaml from the table of routes; `--check` compares only."""

import json
import sys
from pathlib import Path

import yaml

from route112.apps.planner.web.document import describe

PATH = Path(__file__).parents[1] / "docs" / "formats" / "planner-api.yaml"
HEAD = "# The planner's HTTP API. Written by tools/planner_api.py from the table of routes.\n"


def render() -> str:
    """Return the document as it is committed."""
    # By way of JSON, so that equal parts are written out and not referred to.
    document = json.loads(json.dumps(describe()))
    return HEAD + yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=100)


def main() -> int:
    """Write the document, or compare it; exit 1 where it differs."""
    if "--check" not in sys.argv[1:]:
        PATH.write_text(render(), encoding="utf-8")
        return 0
    if PATH.read_text(encoding="utf-8") == render():
        return 0
    print("docs/formats/planner-api.yaml is not what the code says: run `make docs`")
    return 1


if __name__ == "__main__":
    sys.exit(main())
