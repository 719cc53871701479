"""The table of an edge, written by hand in its row format: no generator is under test here."""

from route112.adapters.tables.file import write_htables

NUMBERS = ("15", "17", "18", "112")
MARK = "\x1f"
RULES = (
    ("number|request-uri-user|", "/^([0-9]{2,6})$/"),
    ("commune|uri-parameter|commune", "/^([0-9][0-9AB][0-9]{3})$/"),
    ("commune|header|X-Commune", "/([0-9][0-9AB][0-9]{3})/"),
    ("caller|header|P-Asserted-Identity", r"/(\+[0-9]{6,15})/"),
)


def attempt(number, hop, psap, *, transport="udp", answer_ms=2000, ring_ms=30000):
    """Render one attempt."""
    return f"{number}|{hop}|{transport}|{answer_ms}|{ring_ms}|{psap}"


def make_rows(routes, *, communes=None, rest="0.0.0.0", generation=42):
    """
    Make the rows of a plan.

    Args:
        routes: attempts of each route, by its id.
        communes: route ids with dots, by commune.
        rest: the same for calls from nowhere.
    """
    rows = {f"n:{number}": str(index) for index, number in enumerate(NUMBERS)}
    rows |= {"n:*": "3", "n:urn:service:sos.police": "1", "n:urn:service:sos": "3"}
    rows |= {f"r:{name}": ";".join(found) for name, found in routes.items()}
    rows |= {f"c:{code}": ids for code, ids in (communes or {}).items()}
    for index, (rule, pattern) in enumerate(RULES):
        rows |= {f"x:{index}": rule, f"y:{index}": f"{pattern}{MARK}\\1{MARK}/s"}
    rows |= {"tech": "mobile", "d": rest, "p:29": rest, "pmax": "2", "*": rest}
    rows["gen"] = str(generation)
    return rows


def write_rows(path, rows):
    """Replace the file of an edge's table."""
    write_htables(path, {"plan": {**rows, "count": str(len(rows))}})
