import pytest
from tests.support.plans import make_file, usual_rows

from route112.model import Severity
from route112.planning.assemble import SourceFile, assemble_plan, read_settings, sort_names

PROFILE = """\
country: fr
edition: "test"
valid_from: 2026-11-01T00:00:00Z
valid_until: 2027-12-31T00:00:00Z
communes: {communes}
number_plan:
  country_code: "33"
  national_prefix: "0"
  national_length: 10
  rules:
    - {{name: geographic, pattern: '0([1-59]\\d{{8}})', e164: '+33\\1'}}
short_numbers:
  - {{number: "18", urn: "urn:service:sos.fire", name: Pompiers, kinds: [CTA18]}}
default_number: "18"
kinds:
  - {{name: CTA18, title: "Centre", ring_time_s: 30}}
departements:
  - {{code: "29", name: Finistère, zone: ouest, timezone: Europe/Paris, neighbours: []}}
national_defaults: {{"18": CTA18-29}}
"""
PSAPS = (
    "id,name,kind,departement,primary,secondary,alternative,technology,carrier,building,"
    "capacity,contact\n"
    "CTA18-29,CTA,CTA18,29,0261910018,,,ip,armor,house,10,desk@example.invalid\n"
)
TRUNKS = """\
carriers:
  - id: armor
    name: Armor
    hops:
      - {address: "127.0.4.1:5060", transport: udp, technology: ip, vendor: alder, capacity_calls: 9}
"""
OPERATOR = "id: bruyere\nname: Bruyère\ntechnologies: [mobile]\ndefault_commune: '29019'\n"
OVERRIDE = """\
orders:
  - {id: works-29, kind: pause, psap: CTA18-29, author: "duty officer", reason: works,
     starts: 2026-11-05T00:00:00Z, expires: 2026-12-01T00:00:00Z}
"""
COMMUNES = (
    "insee,name,departement,type,population,lon,lat,area_km2,parent\n"
    "29019,Brest,29,commune-actuelle,139000,-4.5,48.4,49.5,\n"
)


def make_contents(communes="builtin:fr", **changes):
    contents = {
        "profile.yaml": PROFILE.format(communes=communes),
        "psaps.csv": PSAPS,
        "trunks.yaml": TRUNKS,
        "pdaau/PDAAU_29.csv": "",
    } | changes
    return {name: content.encode() for name, content in contents.items()}


def read(contents, builtin=COMMUNES):
    names, _ = sort_names(list(contents))

    def read_communes(country):
        return (builtin.encode(), b"old,new\n29001,29019\n") if country == "fr" else None

    return read_settings(names, contents, read_communes=read_communes)


def codes(problems):
    return [problem.code for problem in problems if problem.severity == Severity.ERROR]


def test_settings_join_all_documents_of_a_folder():
    contents = make_contents(
        **{"operators/bruyere.yaml": OPERATOR, "overrides/works.yaml": OVERRIDE}
    )
    settings, problems = read(contents)
    assert problems == ()
    assert list(settings.psaps) == ["CTA18-29"]
    assert list(settings.carriers) == ["armor"]
    assert list(settings.operators) == ["bruyere"]
    assert [order.id for order in settings.orders] == ["works-29"]
    assert settings.order_files == {"works-29": "overrides/works.yaml"}
    assert settings.territory.merged["29001"] == "29019"


@pytest.mark.parametrize("folder", ["", "territory/"])
def test_communes_may_stand_in_the_folder_with_former_ones_beside_them(folder):
    name = f"{folder}communes.csv"
    settings, problems = read(make_contents(name, **{name: COMMUNES}))
    assert problems == ()
    assert settings.territory.merged == {}
    merged = {f"{folder}merged.csv": "old,new\n29001,29019\n"}
    settings, _ = read(make_contents(name, **{name: COMMUNES}, **merged))
    assert settings.territory.merged == {"29001": "29019"}


@pytest.mark.parametrize("communes", ["builtin:xx", "nowhere.csv"])
def test_a_table_of_communes_that_is_not_there_is_an_error(communes):
    settings, (problem,) = read(make_contents(communes))
    assert settings is None
    assert problem.code == "communes-missing"
    assert problem.message == f"the table of communes {communes!r} was not found"


def test_a_profile_that_cannot_be_read_ends_the_reading():
    settings, problems = read(make_contents(**{"profile.yaml": "country: ["}))
    assert settings is None
    assert codes(problems)


def test_one_id_in_two_operator_files_is_an_error():
    contents = make_contents(**{"operators/a.yaml": OPERATOR, "operators/b.yaml": OPERATOR})
    _, problems = read(contents)
    assert codes(problems) == ["duplicate-operator"]
    assert problems[0].message == "the operator 'bruyere' already stands in operators/a.yaml"


def test_an_operator_file_with_errors_is_left_out():
    settings, problems = read(make_contents(**{"operators/a.yaml": "id: [a"}))
    assert settings.operators == {}
    assert codes(problems)


def test_one_id_in_two_override_files_is_an_error():
    contents = make_contents(**{"overrides/a.yaml": OVERRIDE, "overrides/b.yaml": OVERRIDE})
    settings, problems = read(contents)
    assert codes(problems) == ["duplicate-override"]
    assert len(settings.orders) == 1


def test_files_stand_in_the_order_of_their_names_with_all_their_problems(make_problem):
    settings, _ = read(make_contents())
    warning = make_problem(Severity.WARNING)
    files = [make_file("56", usual_rows("56")), make_file("29", [], problems=[warning])]
    assembly = assemble_plan(settings, files)
    assert [file.departement for file in assembly.plan.files] == ["29", "56"]
    assert assembly.problems == (warning,)


def test_a_source_file_is_a_name_and_bytes():
    assert SourceFile("profile.yaml", b"").path == "profile.yaml"
