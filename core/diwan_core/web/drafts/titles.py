"""The titles of drafts in lists and links."""

from diwan_core.web.drafts.form_state import Working
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.records.display import Shown
from diwan_core.web.records.listing import told_apart


def title_of(working: Working) -> str:
    """The title of a draft in lists."""
    return kind_of(working.draft.type).title_from(working.filled.document)


def telling_of(working: Working) -> tuple[Shown, ...]:
    """The facts that tell a draft apart from others of its day."""
    return () if working.draft.record else told_apart(kind_of(working.draft.type), working.filled.document)
