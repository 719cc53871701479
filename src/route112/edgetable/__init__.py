"""
The edge's translation: one snapshot at one instant as one flat table for one operator.

An operator's edge has Kamailio and nothing else. When no site is left it places calls by this
table, so this is the fourth program that says where a call goes. It is written from docs/decisions
and docs/formats/snapshot.md, apart from `routing`, `native` and `redirect`, and imports none of
them: four programs that were written from one text and agree on every key are the proof that the
text was understood. As in `native`, the caller's position and all measured states are unknown;
orders in force and opening hours of the instant are worked in, and a table says how long that
stands. Another order changes ladders only, and `reorder` writes these anew.

What the configuration of an edge reads (`$sht(plan_a=>KEY)`, or `plan_b`):

    n:15             index of the short number that was dialled: digits, or a service URN in lower
                     case; an unknown sub-service is cut at its last full stop and tried again
    n:*              index of the short number of everything else
    c:29019          ladders of a commune, former codes included: one number for each short number,
                     by its index, joined by full stops
    d                the same of the operator's default commune; missing where it has none
    p:29             the same of an unknown commune whose code begins with a departement's: the
                     longest beginning counts
    pmax             the longest beginning that is worth a try
    *                the same of everything else: the national defaults
    r:4              a ladder: attempts in order, joined by `;`, each one
                     number|host:port|transport|answer_ms|ring_ms|psap
    x:0, y:0         first rule of the operator's dialect: field|place|name, and its substitution,
                     see `dialect`; then x:1, y:1 ...
    k:208-01-0a      code of the commune of a cell of the operator, in small letters
    l:33298          code of the commune of lines that begin so; of several the longest counts, and
                     lmax is the longest worth a try; missing where the operator lists none
    tech             technology where no rule finds one; missing where the operator has none
    count, gen, built  rows of the table without these three; generation; generation@instant of the
                     translation: what a half-written table would get wrong

Every list of ladders has every short number and every ladder an attempt, so that a call always
ends at one: the commune's, else the default commune's, else the departement's, else the country's.
"""

from route112.edgetable.table import EdgeTable, reorder, translate

__all__ = ["EdgeTable", "reorder", "translate"]
