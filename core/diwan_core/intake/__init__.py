"""Intake: other people's files in, our records out. Import by declared mappings, export, the bundled samples.

    mapping = load_mapping("colombia", DICTIONARY)
    summary = Import(path, mapping, register, author="import", errors=ErrorFile(Path("errors.csv"))).run()

Pure halves can be used alone: `Reader` gives rows, `Compiled` turns one into a document. What may not enter: the
network, the web, SQL; and no number passes through binary floating point.
"""

from diwan_core.intake.compiled import Compiled, content_digest
from diwan_core.intake.exporting import export
from diwan_core.intake.faults import Fault, MappingError, RowRefused, Unreadable
from diwan_core.intake.importing import Import, Summary, check_columns
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
