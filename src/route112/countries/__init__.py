"""
Countries: tables of their communes, and demo source folders with invented answering points.

Nothing outside this package knows a country. A country is a sub-package with a `build_demo` that
yields the files of a source folder, and tables that `read_builtin_communes` hands to the planner
where a profile says `communes: builtin:fr`.

The writers of workbooks and delimited text stand beside the countries because every country's
authorities deliver such files. They are deterministic: equal rows give equal bytes.
"""

import gzip
from importlib.resources import files

COUNTRIES = ("fr",)
"""ISO 3166 codes, lower case, of the countries that are built in."""

__all__ = [
    "COUNTRIES",
    "read_builtin_communes",
    "read_builtin_profile",
    "read_builtin_thresholds",
]


def read_builtin_communes(country: str) -> tuple[bytes, bytes]:
    """
    Return the built-in tables of communes and of merged communes, both UTF-8 CSV.

    Columns: `insee,name,departement,type,population,lon,lat,area_km2,parent` and `old,new`.

    Raises: LookupError where the country is not built in.
    """
    if country not in COUNTRIES:
        known = ", ".join(COUNTRIES)
        raise LookupError(f"no table of communes for country {country!r}; built in: {known}")
    folder = files(f"route112.countries.{country}")
    return (
        gzip.decompress((folder / "communes.csv.gz").read_bytes()),
        gzip.decompress((folder / "merged.csv.gz").read_bytes()),
    )


def read_builtin_profile(country: str) -> bytes:
    """
    Return the built-in `profile.yaml` of a country, the one of its demo.

    Raises: LookupError where the country is not built in.
    """
    if country not in COUNTRIES:
        known = ", ".join(COUNTRIES)
        raise LookupError(f"no profile for country {country!r}; built in: {known}")
    from route112.countries.fr.ground import load_ground
    from route112.countries.fr.national import render_profile

    return render_profile(load_ground())


def read_builtin_thresholds(country: str) -> bytes:
    """
    Return the built-in `alert-thresholds.yaml` of a country.

    Raises: LookupError where the country is not built in.
    """
    if country not in COUNTRIES:
        known = ", ".join(COUNTRIES)
        raise LookupError(f"no thresholds for country {country!r}; built in: {known}")
    return (files(f"route112.countries.{country}") / "alert-thresholds.yaml").read_bytes()
