import re
import subprocess
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from route112.model import DIALECT_VALUE_CHARS_MAX
from route112.wire.documents.patterns import DIALECT_PATTERN_CHARS_MAX, find_pattern_fault

GOOD = [
    "^([0-9]{2,6})$",
    "([0-9][0-9AB][0-9]{3})",
    r"(\+[0-9]{6,15})",
    "^(mobile|voip|pstn)$",
    "x(a|ab)$",
    r"(\(|\||\))$",
    "(a{2,})",
    "^(a*b*)",
    "([^-a])",
    "([-a]b?)",
    "(a.b)",
    r"\$(a)\\",
    "(a{64})",
    f"({'a' * (DIALECT_PATTERN_CHARS_MAX - 2)})",
]
BAD = {
    "": "is empty or longer than 200 characters",
    f"({'a' * (DIALECT_PATTERN_CHARS_MAX - 1)})": "is empty or longer than 200 characters",
    "(é)": "holds something other than printable ASCII",
    "a": "has 0 groups; the one group is the value",
    "(a)(b)": "has 2 groups; the one group is the value",
    "((a))": "has a group inside its group",
    "(a": "has a group that is not closed",
    "a)": "closes a group that is not open",
    "()": "has an empty group or alternative",
    "(a|)$": "has an empty group or alternative",
    "(?:a)(b)": "has a `(?...)` construct, which POSIX does not know",
    "(?P<a>b)": "has a `(?...)` construct, which POSIX does not know",
    "(a)+": "repeats its group, which Python and POSIX read differently",
    "(a*)*": "repeats its group, which Python and POSIX read differently",
    "(a|ab)": "has `|` in a group that `$` does not follow",
    r"(a|b)c\)$": "has `|` in a group that `$` does not follow",
    "(|a)$": "has `|` outside its group, or with nothing beside it",
    "(a||b)$": "has `|` outside its group, or with nothing beside it",
    "(a)|b": "has `|` outside its group, or with nothing beside it",
    "a|(b)": "has `|` outside its group, or with nothing beside it",
    r"(\d)": "has a backslash before what needs none; write [0-9] for \\d",
    r"(a)\1": "has a backslash before what needs none; write [0-9] for \\d",
    "(a\\": "has a backslash before what needs none; write [0-9] for \\d",
    "(^a)": "has `^` where nothing can be meant by it",
    "*(a)": "has `*` where nothing can be meant by it",
    "(a])": "has `]` where nothing can be meant by it",
    "(a{,3})": "has `{` where nothing can be meant by it",
    "(a$)": "has `$` before its end; write `\\$` for the character",
    "(a*?)": "has two quantifiers in a row, which POSIX does not know",
    "(a++)": "has two quantifiers in a row, which POSIX does not know",
    "(a{65})": "repeats {65,65} times; up to 64 are allowed",
    "(a{3,2})": "repeats {3,2} times; up to 64 are allowed",
    "(a{0})": "repeats {0,0} times; up to 64 are allowed",
    "([z-a])": "has a range that is not inside 0-9, A-Z or a-z",
    "([A-z])": "has a range that is not inside 0-9, A-Z or a-z",
    "([a--])": "has a bracket expression that is not plain, such as [0-9AB]",
    "([[:digit:]])": "has a bracket expression that is not plain, such as [0-9AB]",
    r"([\d])": "has a bracket expression that is not plain, such as [0-9AB]",
    "([])": "has a bracket expression that is not plain, such as [0-9AB]",
    "([": "has a bracket expression that is not plain, such as [0-9AB]",
    "(a*b*)": "repeats so much that a hostile value takes long; begin it with `^`, or repeat less",
    f"^({'a?' * 30})": "repeats so much that a hostile value takes long; begin it with `^`, or repeat less",
}


@pytest.mark.parametrize("pattern", GOOD)
def test_what_python_and_posix_read_alike_is_taken(pattern):
    assert find_pattern_fault(pattern) is None
    assert re.compile(pattern).groups == 1


@pytest.mark.parametrize("pattern", BAD)
def test_everything_else_is_refused_in_words(pattern):
    assert find_pattern_fault(pattern) == BAD[pattern]


@given(st.text("ab01AZ-[](){}|*+?^$.,\\: 9", max_size=24))
def test_what_is_taken_compiles_and_has_one_group(pattern):
    if find_pattern_fault(pattern) is None:
        assert re.compile(pattern).groups == 1


pieces = st.sampled_from(
    ("a", "b", "1", "[ab]", "[^a]", "[0-9]", ".", "a?", "b*", "[ab]+", "a{2}", "[0-9]{1,3}", r"\+")
)
sequences = st.lists(pieces, max_size=3).map("".join)


@st.composite
def patterns(draw):
    inside = "|".join(
        draw(st.lists(st.builds(str.__add__, pieces, sequences), min_size=1, max_size=3))
    )
    end = "$" if "|" in inside else draw(sequences) + draw(st.sampled_from(("", "$")))
    return f"{draw(st.sampled_from(('', '^')))}{draw(sequences)}({inside}){end}"


@given(st.lists(st.tuples(patterns(), st.text("ab1+", max_size=8)), min_size=40, max_size=40))
def test_the_c_library_finds_what_python_finds(questions):
    asked = [(pattern, text) for pattern, text in questions if not find_pattern_fault(pattern)]
    if not asked:
        return
    script = "".join(
        f"p='{pattern}'; if [[ '{text}' =~ $p ]]; then echo \"=${{BASH_REMATCH[1]}}\"; else echo -; fi\n"
        for pattern, text in asked
    )
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
    for (pattern, text), answer in zip(asked, done.stdout.splitlines(), strict=True):
        found = re.search(pattern, text)
        assert answer == (f"={found[1]}" if found else "-"), (pattern, text)


def test_the_worst_pattern_that_is_taken_ends_soon():
    for pattern in ("(a*b)", "^(a*a*b)", "([ab]*[bc]?c)$"):
        if find_pattern_fault(pattern):
            continue
        began = time.process_time()
        assert not re.search(pattern, "a" * DIALECT_VALUE_CHARS_MAX)
        assert time.process_time() - began < 0.1
