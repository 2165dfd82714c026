"""One walk over an invoice finds which syntax rules are broken and what all terms say.

`plan()` compiles the tables (syntax rules, terms) into an automaton over paths; `walk()` goes over a tree with it.
paths, predicates, conditions: the notations · rules, bindings, known: the tables · marks, automaton: the engine ·
walk, occurring: what it is used for
"""

from einvoice.formats.walk.groups import Group, Occurrence
from einvoice.formats.walk.names import SYNTAXES
from einvoice.formats.walk.plan import Plan, plan, walk
from einvoice.formats.walk.walk import Judging, Walked

__all__ = ["SYNTAXES", "Group", "Judging", "Occurrence", "Plan", "Walked", "plan", "walk"]
