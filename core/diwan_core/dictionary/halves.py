"""Splitting a document into its nominal half and the rest, and joining them again."""

from collections.abc import Callable, Mapping
from typing import Any

from .record import Document, RecordDeclaration

Split = Callable[[Mapping[str, Any]], tuple[Document, Document]]


def splitter(record: RecordDeclaration) -> Split:
    """The compiled split. Values are shared with the document, not copied. It does not check: a wrong value in the
    place of a part is passed on, and the validator reports it."""
    plain = frozenset(name for name, item in record.fields.items() if not item.nominal)
    parts: dict[str, tuple[frozenset[str], bool]] = {}
    for name, part in record.parts.items():
        in_rest = frozenset(item.name for item in part.fields.values() if not item.nominal)
        parts[name] = (in_rest, len(in_rest) < len(part.fields))

    def split(document: Mapping[str, Any]) -> tuple[Document, Document]:
        rest: Document = {}
        nominal: Document = {}
        for name, value in document.items():
            if name in plain:
                rest[name] = value
            elif name in parts and type(value) is dict:
                in_rest, has_nominal = parts[name]
                if not has_nominal:
                    for values in value.values():
                        if type(values) is dict and not in_rest.issuperset(values):
                            break
                    else:
                        if value:
                            rest[name] = value
                        continue
                rest_parts, nominal_parts = _split_parts(value, in_rest, has_nominal)
                if rest_parts:
                    rest[name] = rest_parts
                if nominal_parts:
                    nominal[name] = nominal_parts
            else:
                nominal[name] = value
        return rest, nominal

    return split


def _split_parts(held: Mapping[str, Any], in_rest: frozenset[str], has_nominal: bool) -> tuple[Document, Document]:
    rest: Document = {}
    nominal: Document = {}
    for key, values in held.items():
        if type(values) is not dict or not values:
            # A removed part is removed from both halves, so that each half can be merged without the other. One of
            # which nothing is said yet exists in the half that may be shown to more people.
            if in_rest:
                rest[key] = values
            if has_nominal and (not in_rest or values is None):
                nominal[key] = values
            continue
        plain: Document = {}
        private: Document = {}
        for name, value in values.items():
            if name in in_rest:
                plain[name] = value
            else:
                private[name] = value
        if plain:
            rest[key] = plain
        if private:
            nominal[key] = private
    return rest, nominal


def joiner(record: RecordDeclaration) -> Callable[[Mapping[str, Any], Mapping[str, Any]], Document]:
    """The compiled inverse of `splitter`."""
    parts = record.parts

    def join(rest: Mapping[str, Any], nominal: Mapping[str, Any]) -> Document:
        document: Document = dict(rest)
        for name, value in nominal.items():
            held = document.get(name)
            if name not in parts or not isinstance(held, dict) or not isinstance(value, dict):
                document[name] = value
                continue
            together = dict(held)
            for key, values in value.items():
                first = together.get(key)
                together[key] = {**first, **values} if isinstance(first, dict) and isinstance(values, dict) else values
            document[name] = together
        return document

    return join
