"""Delivered files built in memory: CSV, XLSX, ODS, with the oddities that tests need."""

import io
import zipfile
from xml.sax.saxutils import escape, quoteattr

import xlsxwriter

from route112.model import (
    Commune,
    Departement,
    NumberRule,
    Profile,
    PsapKind,
    ShortNumber,
    Territory,
)

ODS_TYPE = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:{urn}"'
    for prefix, urn in (
        ("office", "oasis:names:tc:opendocument:xmlns:office:1.0"),
        ("table", "oasis:names:tc:opendocument:xmlns:table:1.0"),
        ("text", "oasis:names:tc:opendocument:xmlns:text:1.0"),
        ("calcext", "org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"),
    )
)


def make_csv(rows, *, separator=";", encoding="utf-8"):
    """Rows of cells to delimited text; cells with the separator are quoted."""
    lines = []
    for row in rows:
        cells = [
            '"' + cell.replace('"', '""') + '"' if separator in cell or '"' in cell else cell
            for cell in map(str, row)
        ]
        lines.append(separator.join(cells))
    return ("\r\n".join(lines) + "\r\n").encode(encoding)


def make_xlsx(sheets):
    """Sheet name to rows of str, int, float or None; a str with `=` first is a formula."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            for c, cell in enumerate(row):
                if isinstance(cell, str) and cell.startswith("=") and "|" in cell:
                    formula, _, value = cell.partition("|")
                    sheet.write_formula(r, c, formula, None, value)
                elif isinstance(cell, str):
                    sheet.write_string(r, c, cell)
                elif cell is not None:
                    sheet.write(r, c, cell)
    book.close()
    return buffer.getvalue()


def make_raw_xlsx(sheet_data, **members):
    """An XLSX whose one sheet `A` holds this `sheetData` XML; `members` replace whole parts."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    parts = {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": (
            f'<Relationships xmlns="{package}"><Relationship Id="rId1" '
            f'Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": (
            f'<workbook xmlns="{main}" xmlns:r="{office}"><sheets>'
            '<sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>'
        ),
        "xl/_rels/workbook.xml.rels": (
            f'<Relationships xmlns="{package}"><Relationship Id="rId1" '
            f'Type="{office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ),
        "xl/worksheets/sheet1.xml": (
            f'<worksheet xmlns="{main}"><sheetData>{sheet_data}</sheetData></worksheet>'
        ),
    }
    return make_zip(parts | members)


def make_ods(sheets):
    """Sheet name to rows of str, int, float or None; a str with `#` first is a formula error."""
    tables = []
    for name, rows in sheets.items():
        body = "".join(
            "<table:table-row>" + "".join(map(_ods_cell, row)) + "</table:table-row>"
            for row in rows
        )
        tables.append(f"<table:table table:name={quoteattr(name)}>{body}</table:table>")
    return make_raw_ods("".join(tables))


def _ods_cell(cell):
    if cell is None or cell == "":
        return "<table:table-cell/>"
    if isinstance(cell, (int, float)):
        return (
            f'<table:table-cell office:value-type="float" office:value="{cell}">'
            f"<text:p>{cell}</text:p></table:table-cell>"
        )
    if cell.startswith("#"):
        return (
            '<table:table-cell table:formula="of:=IF(A1&gt;2;1/0;NA())" '
            'office:value-type="string" office:string-value="" calcext:value-type="error">'
            f"<text:p>{escape(cell)}</text:p></table:table-cell>"
        )
    return (
        f'<table:table-cell office:value-type="string"><text:p>{escape(cell)}</text:p>'
        "</table:table-cell>"
    )


def make_raw_ods(tables, *, prolog="", **members):
    """An ODS whose spreadsheet holds this XML of tables."""
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{prolog}<office:document-content {_NAMESPACES}>'
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        "</office:document-content>"
    )
    manifest = (
        '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
    )
    parts = {"mimetype": ODS_TYPE, "content.xml": content, "META-INF/manifest.xml": manifest}
    return make_zip(parts | members)


def make_zip(parts):
    """Member name to text or bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _departement(code, name):
    return Departement(code=code, name=name, zone="z", timezone="Europe/Paris", neighbours=())


def make_profile():
    """A small country like France."""
    shorts = {
        "15": "SAMU", "17": "Police secours", "18": "Pompiers", "112": "112", "114": "114", "115": "115",
        "116117": "Médecin de garde",
    }  # fmt: skip
    return Profile(
        country="fr",
        edition="2026-11",
        valid_from=0,
        valid_until=1,
        communes="builtin:fr",
        country_code="33",
        national_prefix="0",
        national_length=10,
        number_plan=(
            NumberRule(name="geographic", pattern=r"0([1-59]\d{8})", e164=r"+33\1"),
            NumberRule(name="mobile", pattern=r"0(6\d{8})", e164=r"+33\1"),
        ),
        short_numbers=tuple(
            ShortNumber(number=n, urn="urn:service:sos", name=name, kinds=("CRRA15",))
            for n, name in shorts.items()
        ),
        default_number="112",
        kinds=(
            PsapKind(name="CRRA15", title="SAMU", ring_time_s=30),
            PsapKind(name="CTA18", title="Pompiers", ring_time_s=30),
        ),
        departements=(
            _departement("01", "Ain"),
            _departement("29", "Finistère"),
            _departement("2A", "Corse-du-Sud"),
            _departement("75", "Paris"),
            _departement("971", "Guadeloupe"),
        ),
        national_defaults={},
    )


def make_territory():
    """A few communes of five departements, with arrondissements and mergers."""
    rows = (
        ("01004", "Ambérieu-en-Bugey", "01", ""),
        ("29019", "Brest", "29", ""),
        ("29232", "Quimper", "29", ""),
        ("29151", "Morlaix", "29", ""),
        ("2A004", "Ajaccio", "2A", ""),
        ("75056", "Paris", "75", ""),
        ("75101", "Paris 1er Arrondissement", "75", "75056"),
        ("97105", "Basse-Terre", "971", ""),
    )
    communes = {
        code: Commune(
            code=code, name=name, departement=dep, population=1, lon_deg=None, lat_deg=None,
            parent=parent,
        )
        for code, name, dep, parent in rows
    }  # fmt: skip
    return Territory(communes, {"29030": "29232", "29031": "29232", "29500": "01004"})
