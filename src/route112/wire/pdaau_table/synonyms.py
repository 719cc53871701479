"""
Words of delivered files: language, and the only place that has it. All folded.

Another country adds its words here; what a number or a code looks like comes from the profile.
"""

COMMUNE = "commune"
NAME = "name"
NUMBER = "number"
TARGET = "target"
SECONDARY = "secondary"
THIRD = "third"
HOURS = "hours"
AREA = "area"
DEPARTEMENT = "departement"

COLUMNS = {
    COMMUNE: (
        "insee", "code insee", "code commune", "codgeo", "code_commune", "cog", "commune insee",
        "c. insee", "code_insee", "insee commune", "n insee", "n° insee", "numero insee",
        "code geo", "code geographique", "commune code", "code insee commune",
        "code insee de la commune",
    ),
    NAME: (
        "commune", "nom commune", "nom de la commune", "libelle", "libgeo", "ville", "nom",
        "nom_commune", "libelle commune", "communes",
    ),
    NUMBER: (
        "numero court", "n court", "n° court", "numero", "numero appele", "short number", "appel",
        "num court", "service", "numero_court", "numero d'appel", "numero d'urgence", "urgence",
    ),
    TARGET: (
        "numero long", "n long", "n° long", "numero d'acheminement", "acheminement", "cible",
        "numero a 10 chiffres", "destination", "long number", "target", "numero_long",
        "num long", "numero de destination",
    ),
    SECONDARY: (
        "secours", "secondaire", "debordement", "numero de secours", "backup", "secondary",
        "numero secondaire", "numero de debordement", "cible secondaire", "cible secours",
        "numero de secours 1", "secours 1", "acheminement secours",
    ),
    THIRD: (
        "tertiaire", "numero de secours 2", "third", "secours 2", "second secours",
        "cible tertiaire", "debordement 2",
    ),
    HOURS: ("horaires", "heures", "plage horaire", "hours", "horaire", "plages horaires"),
    AREA: ("secteur", "zone", "rues", "area", "perimetre", "secteurs"),
    DEPARTEMENT: ("departement", "dep", "dept", "code departement", "code dep", "department"),
}  # fmt: skip
"""Role of a column to the folded headers that mean it."""

SECONDARY_WORDS = frozenset(
    {"secours", "secondaire", "debordement", "backup", "secondary", "repli", "sec", "renvoi",
     "renvois"}
)  # fmt: skip
"""Words in the header of a number's column that make it the column of second targets."""
THIRD_WORDS = frozenset({"tertiaire", "third", "ter"})
"""Likewise for third targets; a second word followed by `2` means the same."""
LEADING_WORDS = frozenset(
    {
        "n", "no", "num", "numero", "appel", "appels", "service", "urgence", "le", "du", "pour",
        "acheminement", "cible", "court", "number", "call", "d", "de", "tel",
    }
)  # fmt: skip
"""Words that may stand before the short number in a header."""
DOUBTFUL_WORDS = frozenset(
    {
        "ancien", "anciens", "ancienne", "ex", "old", "former", "sauf", "hors", "sans", "avant",
        "apres", "nuit", "jour", "journee", "semaine", "ferie", "feries",
    }
)  # fmt: skip
"""Words that make a header of a short number say something else than where its calls go."""
WEAK_NUMBERS = frozenset({"service", "urgence", "appel"})
"""Headers of the short number that describe it where a clearer one stands beside them."""

ALWAYS = frozenset(
    {"", "24h/24", "24/7", "h24", "24h/24 7j/7", "24h/24, 7j/7", "7j/7 24h/24", "permanent",
     "permanence", "toujours", "always", "24h", "24h24", "-"}
)  # fmt: skip
"""What an hours cell says when the row always holds."""

_DAY_NAMES = (
    ("mo", "mon", "monday", "lu", "lun", "lundi"),
    ("tu", "tue", "tuesday", "ma", "mar", "mardi"),
    ("we", "wed", "wednesday", "me", "mer", "mercredi"),
    ("th", "thu", "thursday", "je", "jeu", "jeudi"),
    ("fr", "fri", "friday", "ve", "ven", "vendredi"),
    ("sa", "sat", "saturday", "sam", "samedi"),
    ("su", "sun", "sunday", "di", "dim", "dimanche"),
)
DAYS = {name: day for day, names in enumerate(_DAY_NAMES) for name in names}
"""Name of a day to its number; Monday is 0."""

STREETS = frozenset({"rues", "rue", "streets", "street", "voies"})
"""Words before the colon of a list of streets."""

SHORT_FORMS = {"st": "saint", "ste": "sainte", "sts": "saints", "stes": "saintes"}
"""Words that names of communes are shortened by."""
NOTHING = frozenset({"-", "--", "neant", "aucun", "aucune", "sans objet", "none"})
"""What a cell of second or third targets says when there is none."""
WHOLE_AREAS = frozenset(
    {"police", "gendarmerie", "zone police", "zone gendarmerie", "police nationale",
     "gendarmerie nationale", "zp", "zg", "pn", "gn", "zpn", "zgn"}
)  # fmt: skip
"""What an area cell says that names a service, and no part of the commune."""
