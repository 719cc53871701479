import pytest

from route112.wire.spreadsheets import survey
from route112.wire.spreadsheets.refusal import TEXT_BYTES_MAX, TableError
from route112.wire.spreadsheets.survey import CellBudget, Walk

DAMAGED = (
    "error: a: the workbook's content is damaged. Open it in LibreOffice or Excel and save it"
    " again."
)


def walk(xml):
    return Walk("a").run(xml, lambda *_: None)


def refusal(call):
    with pytest.raises(TableError) as caught:
        call()
    return str(caught.value.problem)


def test_sound_xml_is_returned_as_it_is():
    xml = '<?xml version="1.0" encoding="latin-1"?><a b="é>"/>'.encode()
    assert walk(xml) is xml
    assert walk(b"\xef\xbb\xbf<a><!-- x --></a>") == b"\xef\xbb\xbf<a></a>"


def test_comments_instructions_and_marked_sections_become_plain():
    assert walk(b"<a>1<!-- - --><?b c?>2<![CDATA[<&>]]></a>") == b"<a>12&lt;&amp;&gt;</a>"


def test_a_tag_is_changed_where_it_stands():
    walked = Walk("a")
    changed = walked.run(b"<a><b c='>'/></a>", lambda name, _: name == "b" and walked.change_tag(
        lambda tag: tag.upper()
    ))  # fmt: skip
    assert changed == b"<a><B C='>'/></a>"


def test_document_types_are_refused_before_entities_exist():
    for prolog in (b"<!DOCTYPE a>", b'<!DOCTYPE a [<!ENTITY b "c">]>', b'<!DOCTYPE a SYSTEM "x">'):
        assert refusal(lambda prolog=prolog: walk(prolog + b"<a/>")) == (
            "error: a: the workbook contains a document type, which no spreadsheet program"
            " writes. Open it in LibreOffice or Excel and save it again."
        )


@pytest.mark.parametrize(
    "xml", ['<?xml version="1.0" encoding="utf-16"?><a/>'.encode("utf-16"), b"", b"<a>", b"\xe9"]
)
def test_other_encodings_and_damage(xml):
    assert refusal(lambda: walk(xml)) == DAMAGED


def test_depth_costs_nothing():
    deep = b"<a>" * 100_000 + b"</a>" * 100_000
    assert walk(deep) == deep


def test_tags_are_bounded(monkeypatch):
    monkeypatch.setattr(survey, "TAGS_MAX", 3)
    assert walk(b"<a><b/></a>")
    assert refusal(lambda: walk(b"<a><b/><b/></a>")) == (
        "error: a: the workbook has more than 3 tags."
        " Remove everything but the table, then save it again."
    )


def test_an_edit_that_finds_no_tag_is_damage():
    walked = Walk("a")
    walked._edits.append((1, survey._TAG, lambda match: match[0]))
    assert refusal(lambda: walked.run(b"<a/>", lambda *_: None)) == DAMAGED


def test_text_is_bounded():
    budget = CellBudget("a")
    budget.spend_text(TEXT_BYTES_MAX)
    assert refusal(lambda: budget.spend_text(1)) == (
        "error: a: the cells repeat more than 128 MiB of text."
        " Remove everything but the table, then save it again."
    )
