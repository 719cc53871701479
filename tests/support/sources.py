"""A small source folder as text: two departements, three communes, four PSAPs, no error."""

PROFILE = r"""
country: fr
edition: "test"
valid_from: 2026-11-01T00:00:00Z
valid_until: 2027-12-31T00:00:00Z
communes: communes.csv
number_plan:
  country_code: "33"
  national_prefix: "0"
  national_length: 10
  rules:
    - {name: geographic, pattern: '0([1-59]\d{8})', e164: '+33\1'}
short_numbers:
  - {number: "15", urn: "urn:service:sos.ambulance", name: SAMU, kinds: [CRRA15]}
  - {number: "18", urn: "urn:service:sos.fire", name: Pompiers, kinds: [CTA18]}
default_number: "18"
kinds:
  - {name: CRRA15, title: "SAMU", ring_time_s: 30}
  - {name: CTA18, title: "Pompiers", ring_time_s: 20}
departements:
  - {code: "29", name: Finistère, zone: ouest, timezone: Europe/Paris, neighbours: ["56"]}
  - {code: "56", name: Morbihan, zone: ouest, timezone: Europe/Paris, neighbours: ["29"]}
national_defaults: {"15": CRRA15-29, "18": CTA18-29}
"""
PSAPS = """\
id,name,kind,departement,primary,secondary,alternative,technology,carrier,building,capacity,contact
CRRA15-29,SAMU 29,CRRA15,29,0261910015,0261915615,0261919915,ip,armor,a,10,desk@example.invalid
CTA18-29,CTA 29,CTA18,29,0261910018,,,ip,armor,b,10,desk@example.invalid
CRRA15-56,SAMU 56,CRRA15,56,0261915615,,,ip,birch,c,10,desk@example.invalid
CTA18-56,CTA 56,CTA18,56,0261915618,,,ip,birch,d,10,desk@example.invalid
"""
TRUNKS = """\
carriers:
  - id: armor
    name: Armor
    hops:
      - {address: "127.0.4.1:5060", transport: udp, technology: ip, vendor: alder, capacity_calls: 9}
  - id: birch
    name: Birch
    hops:
      - {address: "127.0.5.1:5060", transport: udp, technology: ip, vendor: birch, capacity_calls: 9}
"""
COMMUNES = """\
insee,name,departement,type,population,lon,lat,area_km2,parent
29019,Brest,29,commune-actuelle,139000,-4.5,48.4,49.5,
29103,Landerneau,29,commune-actuelle,16000,-4.25,48.45,13.2,
56260,Vannes,56,commune-actuelle,54000,-2.75,47.66,32.3,
"""
PLAN_29 = """\
insee;commune;numéro court;numéro long;horaires
29019;Brest;15;02 61 91 00 15;lun-dim 08h-20h
29019;Brest;15;02 61 91 56 15;lun-dim 20h-08h
29019;Brest;18;02 61 91 00 18;
29103;Landerneau;15;02 61 91 00 15;
29103;Landerneau;18;02 61 91 00 18;
"""
PLAN_56 = """\
insee;commune;15;18
56260;Vannes;02.61.91.56.15;02.61.91.56.18
"""
OPERATOR = "id: bruyere\nname: Bruyère\ntechnologies: [mobile]\ndefault_commune: '29019'\n"

SOURCES = {
    "profile.yaml": PROFILE,
    "psaps.csv": PSAPS,
    "trunks.yaml": TRUNKS,
    "communes.csv": COMMUNES,
    "operators/bruyere.yaml": OPERATOR,
    "pdaau/PDAAU_29.csv": PLAN_29,
    "pdaau/PDAAU_56.csv": PLAN_56,
}


def write_sources(folder, **changes):
    """Write the folder; keyword `pdaau/PDAAU_29.csv=text` (through **) changes a file."""
    for name, text in {**SOURCES, **changes}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder
