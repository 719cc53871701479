"""A source folder that says when its contacts and numbers were confirmed."""

from route112.countries import read_builtin_profile

PSAPS = """\
id,name,kind,departement,primary,alternative,technology,carrier,building,capacity,contact,{}
CRRA15-29,SAMU 29,CRRA15,29,0261910015,0261910099,ip,armor,CHU,40,desk,{}
"""
OPERATOR = "id: bruyere\nname: B\ntechnologies: [mobile]\ncontact: night desk\n"


def write_sources(folder, *, contact="2026-11-01", alternative="2026-11-01", operator=OPERATOR):
    """Write a profile, one answering point and one operator."""
    (folder / "operators").mkdir(exist_ok=True)
    (folder / "profile.yaml").write_bytes(read_builtin_profile("fr"))
    titles, days = "contact_confirmed,alternative_confirmed", f"{contact},{alternative}"
    (folder / "psaps.csv").write_text(PSAPS.format(titles, days))
    (folder / "operators" / "bruyere.yaml").write_text(
        f"{operator}contact_confirmed: 2026-11-01\n"
    )
