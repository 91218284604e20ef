"""Export maps: templates of other administrations, filled from records, as import mappings turned round.

    from diwan_core.leaving.maps import load, make
    template = load("cites-illegal-trade")        raises TemplateError with everything that is wrong, and where
    made = make(template, records, Setting(...))  rows, and the refused ones with their reasons

A template is a TOML file that names for each column of theirs where its text comes from (docs/how-to/export-maps.md).
Each value goes through `diwan_core.leaving`: a template cannot name what may not leave, and is refused when it is
loaded; what it names leaves as the class of its field allows. The room is pure: it opens no register and no clock.
"""

from .make_rows import Made, Refused, Setting, make, why_left_out
from .preview import Shown, what_leaves
from .shipped import load, parse, shipped
from .template import Column, Template, TemplateError

__all__ = [
    "Column",
    "Made",
    "Refused",
    "Setting",
    "Shown",
    "Template",
    "TemplateError",
    "load",
    "make",
    "parse",
    "shipped",
    "what_leaves",
    "why_left_out",
]
