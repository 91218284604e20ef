"""Intake: other people's files in, our records out. Import by declared mappings, export, the bundled samples.

    mapping = load_mapping("colombia", DICTIONARY)
    summary = Import(path, mapping, register, author="import", errors=ErrorFile(Path("errors.csv"))).run()

Pure halves can be used alone: `Reader` gives rows, `Compiled` turns one into a document. What may not enter: the
network, the web, SQL; and no number passes through binary floating
point, but for those of workbooks, which are stored so (ADR 23).

Nothing of it is loaded before it is asked for: a console that shows a list of jobs needs no reader of workbooks.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from diwan_core.intake.columns import check_columns
    from diwan_core.intake.compiled import Compiled, content_digest
    from diwan_core.intake.exporting import export
    from diwan_core.intake.faults import Fault, MappingError, RowRefused, Unreadable
    from diwan_core.intake.importing import Import, Summary
    from diwan_core.intake.mapping import Mapping
    from diwan_core.intake.mapping import load as load_mapping
    from diwan_core.intake.reading import Read, Reader, Source
    from diwan_core.intake.tables import ErrorFile, Unwritable, guarded

__all__ = [
    "Compiled",
    "ErrorFile",
    "Fault",
    "Import",
    "Mapping",
    "MappingError",
    "Read",
    "Reader",
    "RowRefused",
    "Source",
    "Summary",
    "Unreadable",
    "Unwritable",
    "check_columns",
    "content_digest",
    "export",
    "guarded",
    "load_mapping",
]

_HOMES: Final = {
    "Compiled": ("compiled", "Compiled"),
    "ErrorFile": ("tables", "ErrorFile"),
    "Fault": ("faults", "Fault"),
    "Import": ("importing", "Import"),
    "Mapping": ("mapping", "Mapping"),
    "MappingError": ("faults", "MappingError"),
    "Read": ("reading", "Read"),
    "Reader": ("reading", "Reader"),
    "RowRefused": ("faults", "RowRefused"),
    "Source": ("reading", "Source"),
    "Summary": ("importing", "Summary"),
    "Unreadable": ("faults", "Unreadable"),
    "Unwritable": ("tables", "Unwritable"),
    "check_columns": ("columns", "check_columns"),
    "content_digest": ("compiled", "content_digest"),
    "export": ("exporting", "export"),
    "guarded": ("tables", "guarded"),
    "load_mapping": ("mapping", "load"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, held = _HOMES[name]
    return getattr(import_module(f"{__name__}.{module}"), held)
