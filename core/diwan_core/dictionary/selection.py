"""Ways of detection that say why something was selected: dictionary 4 asks this apart from what found it, and a file
that names one of them as the way of detection says the basis of selection."""

from typing import Any, Final

BASIS_OF: Final = {
    "risk_profile": "profile", "intelligence": "intelligence", "warning_message": "warning", "watch_list": "watch_list",
    "routine": "routine", "random": "random", "investigation": "investigation", "audit": "audit", "found": "chance",
    "volunteered": "declared",
}  # fmt: skip
"""Retired way of detection -> basis of selection."""


def follow_detection(document: dict[str, Any]) -> None:
    """Give a case that has just been read the basis of selection that its way of detection says, in place of that.
    Where the file says another basis, both stay."""
    method = document.get("detection_method")
    basis = BASIS_OF.get(method) if isinstance(method, str) else None
    if basis is not None and document.setdefault("selection_basis", basis) == basis:
        del document["detection_method"]
