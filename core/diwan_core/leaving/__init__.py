"""What may leave without personal data: which columns of which record types, and how each value is reduced.

    from diwan_core.leaving import project, may_leave
    project(DICTIONARY.type("case"), record.values, known)     what may be given to others
    may_leave(declared, document, "goods.2.brand", known)      whether one value may

Every way out without personal data goes through `project`, which takes nothing but what a template names (`templates`),
and of that only what the classes of the field allow (`dictionary.classes`). What a template does not name stays, also
what a newer dictionary may bring. The room knows the dictionary and nothing else.
"""

from .coarsen import Known
from .projection import leaving_value, may_leave, project
from .released import is_released
from .templates import TEMPLATES, NoTemplate, columns_of

__all__ = [
    "TEMPLATES",
    "Known",
    "NoTemplate",
    "columns_of",
    "is_released",
    "leaving_value",
    "may_leave",
    "project",
]
