"""
France: the real communes, invented answering points, fictional numbers.

`ground` reads the packaged tables (see ATTRIBUTION.md). `layouts` says who answers what in each
departement; `centres` invents the answering points that the layouts ask for, `rules` turns layouts
into an `Intent` that has an answer for every commune and number. From there two paths part:
`tables` writes the plan files as prefectures do, spelt and odd as `spelling` and `quirks` say, and
`expected` writes what any importer must make of them. `generator` puts the source folder together.

Nothing here reads a clock or draws a random number: choices that only have to vary hang on a
SHA-256 of what they are for, so one more centre changes no other.
"""

from route112.countries.fr.generator import DemoCountry, build_demo

__all__ = ["DemoCountry", "build_demo"]
