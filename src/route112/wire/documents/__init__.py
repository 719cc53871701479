"""
The YAML files of a source folder.

`nodes` reads YAML into plain text, lists and mappings that know their line; scalars are never
interpreted, so that 0261910015 stays a telephone number. `fields` reads typed fields out of a
mapping and collects what is wrong. The other modules say what each document holds.
"""
