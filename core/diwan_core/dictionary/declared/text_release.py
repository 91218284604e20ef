"""The part of a record that says which of its texts somebody released, each for exactly one content.

Since dictionary 4. A gated text may leave without personal data only while the digest of its present content stands
here: whoever changes the text voids its release by that, at every node and whatever the order of the changes."""

from dataclasses import replace
from typing import Final

from ..field import other, text
from ..record import Part

TEXT_RELEASE: Final = Part(
    "text_release",
    "Released texts",
    tuple(
        replace(field, since=4)
        for field in (
            text(
                "path", "Field", "Which text, for example goods.1.description.", max_length=120, required=True,
                identifies="nobody", leaves="never",
            ),
            other("digest", "sha256", "SHA-256 of the text that was released", required=True),
            text("by", "By", "User name.", max_length=60, identifies="officer"),
            other("at", "datetime", "At", leaves="never"),
        )
    ),
    "A text that may name somebody leaves only where somebody released exactly this content.",
)  # fmt: skip
