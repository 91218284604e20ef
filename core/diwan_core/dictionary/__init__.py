"""The dictionary: declarations of all record types, fields and code lists, and the validator made from them.

    from diwan_core.dictionary import DICTIONARY
    case = DICTIONARY.type("case")
    problems = case.check({"date": "2026-11-22", "office": "JOAQJ"}, creating=True)

Everything else (tables, forms, import columns, reference pages, sample documents) is made from these declarations.
The declarations have a version. The room uses no database, no network and no clock; it reads only its own code lists
and imports no other room.
"""

import os
from typing import Final

from .amounts import Amounts, amounts_of
from .catalogue import Dictionary, UnknownCodeList, UnknownType
from .checkdigits import container_check_digit, is_container_number, is_imo_number
from .code_table import CodeSource, CodeTable
from .codelist import CodeList
from .decimals import NotADecimal, decimal_text
from .declared import TYPES, VERSION
from .extract import ReferenceReader
from .field import Field, FieldGroup, Kind, WrongDeclaration
from .folding import fold
from .lists import ALL_LISTS
from .mrz import NotAnMrz, TravelDocument, read_mrz
from .older import added_since, as_of, dictionary_of
from .problem import N_, CodeTerm, Either, Parameter, Problem, ProblemCode, Sentence, Term, problem, sentence
from .record import Condition, Document, Part, RecordDeclaration, ScopeField, ShortField, StatusChange
from .record_type import RecordType
from .state_machine import StateMachine, Step
from .units import normalise

#: For `diwan scenario` only: a node whose release is older than the others'.
_KNOWN = int(os.environ.get("DIWAN_DICTIONARY_VERSION") or VERSION)

DICTIONARY: Final = as_of(Dictionary(VERSION, TYPES, ALL_LISTS), _KNOWN)

__all__ = [
    "DICTIONARY",
    "N_",
    "Amounts",
    "CodeList",
    "CodeSource",
    "CodeTable",
    "CodeTerm",
    "Condition",
    "Dictionary",
    "Document",
    "Either",
    "Field",
    "FieldGroup",
    "Kind",
    "NotADecimal",
    "NotAnMrz",
    "Parameter",
    "Part",
    "Problem",
    "ProblemCode",
    "RecordDeclaration",
    "RecordType",
    "ReferenceReader",
    "ScopeField",
    "Sentence",
    "ShortField",
    "StateMachine",
    "StatusChange",
    "Step",
    "Term",
    "TravelDocument",
    "UnknownCodeList",
    "UnknownType",
    "WrongDeclaration",
    "added_since",
    "amounts_of",
    "as_of",
    "container_check_digit",
    "decimal_text",
    "dictionary_of",
    "fold",
    "is_container_number",
    "is_imo_number",
    "normalise",
    "problem",
    "read_mrz",
    "sentence",
]
