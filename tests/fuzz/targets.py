"""One fuzz target per reader: a name, the bytes it begins with, and what is run on each input."""

import contextlib
import io
import zipfile
from dataclasses import dataclass
from typing import Callable

from tests.fuzz import oracle, record_lines, sip_messages
from tests.support import workbooks as make

from route112.geo import contains
from route112.wire.areas import AreaError, parse_area
from route112.wire.cells import read_commune_code, read_long_number, read_short_number
from route112.wire.hours import HoursError, parse_hours
from route112.wire.pdaau import parse_pdaau
from route112.wire.psaps import parse_psaps
from route112.wire.territory import parse_communes
from route112.wire.text import decode_text, fold
from route112.wire.yaml_documents import (
    parse_operator,
    parse_overrides,
    parse_profile,
    parse_trunks,
)

WIDE = [
    ["Plan"], [], ["insee", "commune", "15 (SAMU)", "15 secours", "N° 18", "horaires", "secteur"],
    ["29019", "Brest", "02 61 91 00 15", "+33261910016", "261910018", "lun-ven 8h-20h", ""],
    ["29030", "Quimper", "0033261910015", "", "02.61.91.00.18", "", "rues: A; B"],
]  # fmt: skip
LONG = [
    ["code insee", "numéro court", "numéro long", "dep"],
    ["29019", "112.0", "0261910015.0", "29"],
    [29232.0, 116117, 261910015.0, 29],
]
PSAPS = [
    ["id", "name", "kind", "departement", "primary", "secondary", "technology", "carrier",
     "building", "capacity", "contact"],
    ["CRRA15-29", "SAMU", "CRRA15", "29", "0261910015", "261910016", "ip", "a", "b", "4", "c"],
]  # fmt: skip
PROFILE = rb"""country: fr
edition: "1"
valid_from: 2026-11-01T00:00:00Z
valid_until: 2027-12-31T00:00:00Z
communes: builtin:fr
number_plan: {country_code: "33", national_prefix: "0", national_length: 10, rules: [
  {name: g, pattern: '0([1-59]\d{8})', e164: '+33\1'}]}
short_numbers: [{number: "15", urn: "urn:service:sos", name: S, kinds: [CRRA15]}]
default_number: "15"
kinds: [{name: CRRA15, title: T, ring_time_s: 30}]
departements: [{code: "29", name: F, zone: z, timezone: Europe/Paris}]
national_defaults: {"15": CRRA15-29}
"""
TRUNKS = b"""carriers: [{id: a, name: A, hops: [
  {address: "127.0.0.1:5060", transport: udp, technology: ip, vendor: v, capacity_calls: 3}]}]
"""
OPERATOR = b'id: a\nname: A\ntechnologies: [mobile]\ndefault_commune: "75056"\n'
ORDERS = b"""orders: [{id: a, kind: divert, psap: CTA18-29, to_psap: CTA18-56, author: A, reason: R,
  starts: 2026-11-05T00:00:00Z, expires: 2026-12-01T00:00:00Z}]
"""
COMMUNES = b"insee,name,departement,population,lon,lat,parent\n29019,B,29,5,-4.5,48.4,\n"


@dataclass(frozen=True, slots=True)
class FuzzTarget:
    run: Callable[[bytes], None]
    seeds: tuple[bytes, ...]


def _plan(content, file):
    plan = parse_pdaau(content, file=file, profile=oracle.PROFILE, territory=oracle.TERRITORY)
    oracle.check_plan_file(plan, file=file)


def _psaps(content):
    psaps, problems = parse_psaps(content, file="psaps.csv", profile=oracle.PROFILE)
    oracle.check_psaps(psaps, problems, file="psaps.csv")


def _territory(content):
    communes, _, merged = content.partition(b"\n\n")
    territory, problems = parse_communes(communes, merged, file="communes.csv")
    oracle.check_territory(territory, problems, file="communes.csv")


def _document(parse):
    def run(content):
        value, problems = parse(content, file="a.yaml")
        oracle.check_document(value, problems, file="a.yaml")

    return run


def _ods_content(content):
    # Past the zip, which would hide nearly every change of a byte.
    _plan(make.make_zip({"mimetype": make.ODS_TYPE, "content.xml": content}), "PDAAU_29.ods")


def _xlsx_sheet(content):
    sheet = content.decode("utf-8", "replace")
    _plan(make.make_raw_xlsx(sheet), "PDAAU_29.xlsx")


def _cells(content):
    text = decode_text(content).text
    assert fold(fold(text)) == fold(text)
    number = read_long_number(text, oracle.PROFILE).value
    assert number == "" or oracle.PLAN.fullmatch(number)
    short = read_short_number(text, oracle.PROFILE).value
    assert short == "" or oracle.PROFILE.find_short_number(short)
    code = read_commune_code(text, oracle.TERRITORY, width=5).value
    assert code == "" or code in {*oracle.TERRITORY.communes, *oracle.TERRITORY.merged}


def _hours_and_area(content):
    text = decode_text(content).text
    with contextlib.suppress(HoursError):  # the one that is declared
        hours = parse_hours(text)
        assert hours is None or hours.covers(hours.spans[0][0])
    with contextlib.suppress(AreaError):
        area = parse_area(text)
        assert area is None or area.streets or contains(area.rings, *area.rings[0][0])


def _ods_xml(rows):
    return make.make_ods({"T": rows}), _inner(make.make_ods({"T": rows}), "content.xml")


def _inner(archive, name):
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        return opened.read(name)


XLSX_ROWS = (
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>insee</t></is></c><c r="B1"><v>15</v></c></row>'
    b'<row r="2"><c r="A2"><v>29019</v></c><c r="B2"><v>261910015</v></c></row>'
    b'<row><c/><c t="e"><v>#N/A</v></c></row>'
)
ODS_LONG, ODS_LONG_XML = _ods_xml(LONG)
ODS_WIDE, ODS_WIDE_XML = _ods_xml([*WIDE, ["29232", "#N/A"]])

TARGETS = {
    "csv": FuzzTarget(
        lambda content: _plan(content, "PDAAU_29.csv"),
        (
            make.make_csv(WIDE),
            make.make_csv(LONG, separator=",", encoding="cp1252"),
            make.make_csv(WIDE, separator="\t", encoding="utf-16"),
            make.make_csv(WIDE).decode().encode().decode("cp1252").encode(),
            make.make_csv([*WIDE, *WIDE, ["29019", "", "15", "x"], ["9", "", "02"]]),
        ),
    ),
    "ods": FuzzTarget(lambda content: _plan(content, "PDAAU_29.ods"), (ODS_LONG, ODS_WIDE)),
    "xlsx": FuzzTarget(
        lambda content: _plan(content, "PDAAU_29.xlsx"),
        (make.make_xlsx({"T": LONG}), make.make_raw_xlsx(XLSX_ROWS.decode())),
    ),
    "ods-content": FuzzTarget(_ods_content, (ODS_LONG_XML, ODS_WIDE_XML)),
    "xlsx-sheet": FuzzTarget(_xlsx_sheet, (XLSX_ROWS,)),
    "psaps": FuzzTarget(_psaps, (make.make_csv(PSAPS),)),
    "communes": FuzzTarget(_territory, (COMMUNES, COMMUNES + b"\nold,new\n29001,29019\n")),
    "profile": FuzzTarget(_document(parse_profile), (PROFILE,)),
    "trunks": FuzzTarget(_document(parse_trunks), (TRUNKS,)),
    "operator": FuzzTarget(_document(parse_operator), (OPERATOR,)),
    "overrides": FuzzTarget(_document(parse_overrides), (ORDERS,)),
    "cells": FuzzTarget(
        _cells,
        tuple(
            cell.encode()
            for cell in ("02 61 91 00 15", "+33 (0)2 61 91 00 15", "2.61910015E+08", "15 (SAMU)",
                         "261910015.0", "2a004", "1004.0", "#N/A", "2026-01-02", "N° 116 117")
        ),
    ),
    "hours-and-area": FuzzTarget(
        _hours_and_area,
        (b"lun-ven 8h-20h; sam,dim 20:00-08:00", b"POLYGON((1 2, 3.5 4, -5 6, 1 2))",
         b"rues: A; B"),
    ),
    "record-lines": FuzzTarget(record_lines.run, record_lines.SEEDS),
    "sip-message": FuzzTarget(sip_messages.read_message, sip_messages.SEEDS),
    "sip-stream": FuzzTarget(
        sip_messages.read_stream,
        (*sip_messages.SEEDS, b"\r\n\r\n".join(sip_messages.SEEDS[:3])),
    ),
    "sip-agent": FuzzTarget(
        sip_messages.ask_agent,
        (*sip_messages.SEEDS, b"\xff\xfe".join(sip_messages.SEEDS)),
    ),
    "redirect": FuzzTarget(sip_messages.ask_redirect, sip_messages.SEEDS),
    "dialect": FuzzTarget(sip_messages.read_alike, sip_messages.DIALECT_SEEDS),
}  # fmt: skip
"""By the name that `run.py --target` takes."""
