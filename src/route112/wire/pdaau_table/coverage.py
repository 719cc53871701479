"""Which departement a plan file covers, and what to say of communes of another."""

import re
from collections import Counter

from route112.model import Profile, Territory
from route112.wire.pdaau_table.keys import FirstRow
from route112.wire.problems import ProblemList

_DATE = re.compile(
    r"(?<![0-9])(?:[0-9]{1,2}([-_. ])[0-9]{1,2}\1[0-9]{4}|[0-9]{4}([-_. ])[0-9]{1,2}\2[0-9]{1,2})"
    r"(?![0-9])"
)


def list_named_departements(file: str, profile: Profile) -> list[str]:
    """List the departements whose code is a word of the file's name, in order; dates aside."""
    stem = file.rpartition("/")[2].rpartition(".")[0] or file
    words = re.split(r"[^0-9A-Za-z]+", _DATE.sub(" ", stem).upper())
    known = {departement.code.upper(): departement.code for departement in profile.departements}
    return [known[word] for word in words if word in known]


def check_coverage(
    communes: list[str],
    first_rows: list[FirstRow],
    *,
    named: list[str],
    territory: Territory,
    problems: ProblemList,
) -> str:
    """
    Tell the departement of a file, and report communes that are not of it.

    A name may hold several codes (`2026-11-pdaau-29.ods`); the one that the rows agree with is
    meant. Returns: the code, or empty for a file without rows and without a code in its name.
    """
    counts = Counter(territory.communes[code].departement for code in communes)
    # Where two lead, the one of the name does, and else the first by code.
    majority = min(counts, key=lambda c: (-counts[c], c not in named, c)) if counts else ""
    departement = majority if not named or majority in named else named[0]
    if not named and majority:
        problems.warn(
            "no-departement-in-name",
            "the file's name holds no code of a departement;"
            f" by its rows it is taken for {majority}",
            f"Name the file so that it holds the code, for example PDAAU_{majority}",
        )
    if majority and departement != majority:
        problems.error(
            "wrong-departement",
            f"the file is not what its name says: it is named for departement {departement},"
            f" but most of its communes lie in {majority}",
            "Deliver the table of the departement that the name says, or correct the name",
        )
        return departement
    for code, first in zip(communes, first_rows, strict=True):
        if territory.communes[code].departement != departement:
            _report_foreign(territory, code, first, departement, problems)
    return departement


def _report_foreign(
    territory: Territory, code: str, first: FirstRow, departement: str, problems: ProblemList
) -> None:
    commune = territory.communes[code]
    since = "" if first.code == code else f" (now part of {code})"
    problems.error(
        "foreign-commune",
        f"commune {first.code}{since} lies in departement {commune.departement},"
        f" but the file is of {departement}",
        "Remove the row; the other departement's own file says where its calls go",
        sheet=first.sheet,
        row=first.row,
        column=first.column,
        value=first.code,
    )
