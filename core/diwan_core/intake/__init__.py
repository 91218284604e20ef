"""Intake: import of files from other systems, export of records, and the bundled samples.

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
    from diwan_core.intake.faults import Fault, MappingError, RowRefused, Unreadable
    from diwan_core.intake.mapping.column_check import check_columns
    from diwan_core.intake.mapping.compiled_mapping import Compiled, content_digest
    from diwan_core.intake.mapping.mapping_file import load as load_mapping
    from diwan_core.intake.mapping.model import Mapping
    from diwan_core.intake.run.export import export
    from diwan_core.intake.run.import_file import Import
    from diwan_core.intake.run.summary import Summary
    from diwan_core.intake.sources.reader import Read, Reader, Source
    from diwan_core.intake.sources.tables import ErrorFile, Unwritable, guard_cell

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
    "guard_cell",
    "load_mapping",
]

_HOMES: Final = {
    "Compiled": ("mapping.compiled_mapping", "Compiled"),
    "ErrorFile": ("sources.tables", "ErrorFile"),
    "Fault": ("faults", "Fault"),
    "Import": ("run.import_file", "Import"),
    "Mapping": ("mapping.model", "Mapping"),
    "MappingError": ("faults", "MappingError"),
    "Read": ("sources.reader", "Read"),
    "Reader": ("sources.reader", "Reader"),
    "RowRefused": ("faults", "RowRefused"),
    "Source": ("sources.reader", "Source"),
    "Summary": ("run.summary", "Summary"),
    "Unreadable": ("faults", "Unreadable"),
    "Unwritable": ("sources.tables", "Unwritable"),
    "check_columns": ("mapping.column_check", "check_columns"),
    "content_digest": ("mapping.compiled_mapping", "content_digest"),
    "export": ("run.export", "export"),
    "guard_cell": ("sources.tables", "guard_cell"),
    "load_mapping": ("mapping.mapping_file", "load"),
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, held = _HOMES[name]
    return getattr(import_module(f"{__name__}.{module}"), held)
