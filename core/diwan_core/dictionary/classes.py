"""The two classes of a field: whom its value may identify, and whether the value may leave the country.

They say how a value is handled, never whether it is valid, so they are no part of the dictionary's digest. They do not
move a field from one half to the other: the halves (`nominal`) decide who sees a value inside the country.
"""

from typing import Final, Literal, get_args

Identifies = Literal["", "nobody", "business", "person", "officer"]
"""Whom a value of the field can lead to, at worst. "" only while a field is not yet declared."""
Leaves = Literal["", "free", "coarsened", "gated", "agreement", "never"]
"""free       as it is
coarsened  reduced, so that it leads to nobody: a position to 0.1 degree, a container number to its owner's letters
gated      a text that somebody released for exactly this content
agreement  only where an agreement with the partner names the field
never      not at all"""

IDENTIFIES: Final = tuple(word for word in get_args(Identifies) if word)
LEAVES: Final = tuple(word for word in get_args(Leaves) if word)

_DECLARED_KINDS: Final = frozenset({"text", "longtext", "position", "reference"})
_BY_KIND: Final[dict[str, Leaves]] = {
    "position": "coarsened",
    "reference": "never",  # an id links what a reader should not be able to link
    "time": "never",
    "datetime": "coarsened",  # to the day
    "sha256": "never",  # whoever has the file can tell that we have it
}
_BY_WHOM: Final[dict[str, Leaves]] = {
    "person": "agreement",
    "business": "agreement",
    "officer": "never",
    "nobody": "free",
}


def complete(
    kind: str, nominal: bool, open_list: bool, identifies: Identifies, leaves: Leaves
) -> tuple[Identifies, Leaves]:
    """Both classes, where one follows plainly from the other or from the kind; "" where it must be declared.

    A nominal field identifies a person and needs an agreement; a gated text may name a person. A code, number or date
    identifies nobody and is free; a code of an open list leaves only where the list knows it. Whom a text, a position
    or a reference identifies is always declared.
    """
    if not identifies:
        if nominal or leaves == "gated":
            identifies = "person"
        elif kind not in _DECLARED_KINDS:
            identifies = "nobody"
    if not leaves and identifies:
        if nominal:
            leaves = _BY_WHOM[identifies]
        elif kind in _BY_KIND:
            leaves = _BY_KIND[kind]
        elif open_list and identifies == "nobody":
            leaves = "coarsened"
        elif kind not in _DECLARED_KINDS or identifies != "nobody":
            leaves = _BY_WHOM[identifies]
    return identifies, leaves


def contradictions(kind: str, nominal: bool, open_list: bool, identifies: Identifies, leaves: Leaves) -> list[str]:
    """What is wrong with completed classes, each as a reason; a missing class is not judged here."""
    text = kind in ("text", "longtext")
    return [
        reason
        for wrong, reason in (
            (bool(identifies) and identifies not in IDENTIFIES, f"it identifies {identifies!r}, which is no class"),
            (bool(leaves) and leaves not in LEAVES, f"it leaves as {leaves!r}, which is no class"),
            (nominal and identifies == "nobody", "a nominal field identifies somebody"),
            (nominal and leaves not in ("agreement", "never"), "a nominal field leaves under an agreement or never"),
            (text and leaves == "free", "no text is free: people write names everywhere; it is gated, or never leaves"),
            (leaves == "gated" and not text, "only texts are gated"),
            (open_list and leaves == "free", "its list is open: a code leaves only where the list knows it"),
            (identifies == "officer" and leaves != "never", "what identifies an officer never leaves"),
            (
                leaves == "free" and identifies not in ("", "nobody"),
                "what identifies somebody is not free: coarsened, agreement or never",
            ),
        )
        if wrong
    ]
