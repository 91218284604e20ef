"""The words of a workbook in the language of the person who exports: the process that writes it knows English only."""

from typing import Any

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.language.i18n import _, direction, language


def export_words(kind: RecordKind) -> dict[str, Any]:
    """The values of `readable_workbook.Words`, as JSON takes them."""
    from diwan_core.intake.run.readable_workbook import SMALL_LIST, texts_of  # loaded by whoever exports

    lists = {item.codelist for _part, item in kind.record_type.every_field() if item.kind == "code"}
    small = {name: codes for name in lists if len(codes := DICTIONARY.codes(name)) <= SMALL_LIST}
    return {
        "language": language(),
        "from_the_right": direction() == "rtl",
        "texts": {text: _(text) for text in texts_of(kind.record_type, kind.plural)},
        "codes": {name: {code: codes.label(code, language()) for code in codes} for name, codes in small.items()},
    }
