"""
The native translation: one snapshot at one instant as two flat tables that Kamailio looks up.

Written from docs/decisions and docs/formats/snapshot.md, apart from `routing`, which it never
imports: two programs that were written from one text and agree on every key are the proof that
the text was understood. It holds for a call whose position and street are unknown and for empty
measured states; orders in force and opening hours of the instant are worked in, and a table
says until when that stands. A zone is named by what rings before any order, so that another order
changes rows of `zn` only, which `reorder` makes anew.

What the configuration of a site reads (`$sht(c2z_a=>KEY)`, `$sht(zn_a=>KEY)`, or `_b`):

    c2z  29019            zone of a commune, former codes included
    c2z  d:29             zone of an unknown commune whose code begins with a departement's;
                          the longest beginning counts, `dmax` is the longest length worth a try
    c2z  o:bruyere        zone of an operator's calls without a usable commune: asked before `d:`
    c2z  s:0              network, operator and share, the narrowest network first; then s:1 ...
    c2z  r:bruyere:0      field, place and name of an operator's rule; p:bruyere:0 its pattern;
                          then r:bruyere:1 ...; t:bruyere its technology; see `operators`
    c2z  k:bruyere:208    code of the commune of an operator's cell, small letters; l:bruyere:3329
                          that of lines which begin so, lmax:bruyere the most digits to try
    c2z  shares, operators  sum of all shares; how many operators there are
    c2z  *                zone of everything else: the national defaults
    c2z  n:15             short number of what was dialled: digits, or a service URN in lower case;
                          an unknown sub-service is cut at its last full stop and tried again
    c2z  n:*              short number of everything else
    zn   ZONE:NUMBER      attempts in order, separated by `;`, each one
                          number|host:port|transport|answer_ms|ring_ms|psap|room
    both count, gen, built  rows of the table without these three; generation; generation@instant
                          of the translation: what a half-written table would get wrong

Every zone has every number, so that two look-ups always end in an attempt.
"""

from route112.native.table import NativeTable, reorder, translate

__all__ = ["NativeTable", "reorder", "translate"]
