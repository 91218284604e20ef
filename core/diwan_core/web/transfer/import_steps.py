"""The steps of an import, as its folder keeps them: the uploaded table, the meaning of its columns, the mapping made
from it, and saved mappings for the next file.

What reads and maps a file is imported where it is used: a console that nobody imports at never loads it."""

from __future__ import annotations

import secrets
import tomllib
from collections.abc import Mapping as Table
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.run import jobs
from diwan_core.web.transfer import import_plan
from diwan_core.web.transfer.import_answers import Answers, laid_over
from diwan_core.web.transfer.import_plan import Plan

if TYPE_CHECKING:
    from diwan_core.intake.mapping.model import Mapping
    from diwan_core.intake.sources.reader import Source
    from diwan_core.intake.sources.sheet import SheetFacts
    from diwan_core.intake.sources.uploaded import Column

MAPPINGS: Final = "mappings"
_MAP: Final = "mapping.toml"
_HOW_WRITTEN: Final = frozenset({"format", "delimiter", "encoding", "fallback", "skip_lines", "hidden_rows"})


def guess(job: jobs.Job, kind: str) -> jobs.Job:
    """The file was read: guess what its columns are, of rows of this type. Raises Unreadable."""
    columns = _columns_of(job, job.spec["source"])
    job.path(_MAP).unlink(missing_ok=True)
    return job.change(plan=import_plan.guessed(columns, kind).as_json())


def export_of(columns: list[Column]) -> str:
    """The type of the records where a file is an export of ours, "" where it is none."""
    from diwan_core.intake.mapping.model import IMPORTED
    from diwan_core.intake.mapping.own_export import HEADS, is_export, type_of

    names = [column.name for column in columns]
    if is_export(names):
        return type_of(names)
    if {*HEADS, "type"} <= {*names} and any(name.startswith(import_plan.EXPORTED) for name in names):
        kinds = next((column.samples for column in columns if column.name == "type"), ())
        return kinds[0] if len(kinds) == 1 and kinds[0] in IMPORTED else ""
    return ""


def use_export(job: jobs.Job, kind: str) -> None:
    """Read the file as what it is, an export of ours. Raises MappingError."""
    import tomli_w

    table = {"title": job.spec["name"], "type": kind, "system": "diwan", "exported": True}
    _write(job, tomli_w.dumps({**table, "source": {**job.spec["source"], "blank": []}}), job.spec["name"])


def choose_hidden_rows(job: jobs.Job, choice: Literal["import", "skip"]) -> jobs.Job:
    """Say what becomes of the hidden rows of a sheet."""
    import tomli_w

    if is_settled(job):
        table = tomllib.loads(job.path(_MAP).read_text(encoding="utf-8"))
        table["source"] = {**table.get("source", {}), "hidden_rows": choice}
        _write(job, tomli_w.dumps(table), job.spec["name"])
    return job.change(source={**job.spec["source"], "hidden_rows": choice})


def sheet(job: jobs.Job) -> SheetFacts | None:
    """The facts about the sheet of a workbook; None for other files. Raises Unreadable."""
    from diwan_core.intake.sources.sheet import facts_of, is_sheet_file

    table = job.path(job.spec["table"])
    return facts_of(table) if is_sheet_file(table) else None


def guess_anew(job: jobs.Job, kind: str, written: Table[str, Any]) -> jobs.Job:
    """The rows are of this type after all, and the file is written so. Raises Unreadable."""
    source = {**job.spec["source"], **written}
    found = _columns_of(job, source)
    job = job.change(source=source, plan=import_plan.guessed(found, kind).as_json())
    job.path(_MAP).unlink(missing_ok=True)
    return job


def source_from(source: Table[str, Any]) -> Source:
    from diwan_core.intake.sources.reader import Source

    return Source(
        format=source["format"],
        delimiter=source.get("delimiter", ","),
        encoding=source.get("encoding", "utf-8"),
        fallback=source.get("fallback"),
        skip_lines=source.get("skip_lines", 0),
        hidden_rows=source.get("hidden_rows", ""),
    )


def columns(job: jobs.Job) -> list[Column]:
    """The columns of the table. Raises Unreadable."""
    return _columns_of(job, job.spec["source"])


def _columns_of(job: jobs.Job, source: Table[str, Any]) -> list[Column]:
    from diwan_core.intake.sources.uploaded import columns_of

    return columns_of(job.path(job.spec["table"]), source_from(source))


def plan(job: jobs.Job) -> Plan:
    return Plan(**job.spec["plan"])


def settle(job: jobs.Job, found: list[Column]) -> None:
    """Write the mapping of the job's plan. Raises MappingError."""
    _write(job, import_plan.mapping_text(plan(job), found, job.spec["source"], job.spec["name"]), job.spec["name"])


def use_saved(job: jobs.Job, name: str) -> None:
    """Write a saved mapping as the job's. How this file is written is known from the file; what its columns mean, from
    the mapping. Raises MappingError."""
    import tomli_w

    table = tomllib.loads(_saved_text(job.node, name))
    kept = {key: value for key, value in table.get("source", {}).items() if key not in _HOW_WRITTEN}
    table["source"] = {**kept, **job.spec["source"]}
    _write(job, tomli_w.dumps(table), name)


def _write(job: jobs.Job, text: str, name: str) -> None:
    from diwan_core.intake.mapping.mapping_file import parse

    answers = job.spec.get("answers")
    if answers:
        import tomli_w

        text = tomli_w.dumps(laid_over(tomllib.loads(text), answers))
    parse(text, name, DICTIONARY)
    job.path(_MAP).write_text(text, encoding="utf-8")


def answer(job: jobs.Job, answers: Answers) -> jobs.Job:
    """Lay answers over the job's mapping, and keep them for a mapping made anew. Raises MappingError."""
    job = job.change(answers={**job.spec.get("answers", {}), **answers})
    _write(job, job.path(_MAP).read_text(encoding="utf-8"), job.spec["name"])
    return job


def is_settled(job: jobs.Job) -> bool:
    """Whether it has been said what the columns are."""
    return job.path(_MAP).exists()


def mapping(job: jobs.Job) -> Mapping:
    """The job's mapping. Raises MappingError."""
    from diwan_core.intake.mapping.mapping_file import load

    return load(str(job.path(_MAP)), DICTIONARY)


def saved(node: Path) -> list[str]:
    """Names of the mappings kept here, and of those that come with the program."""
    from diwan_core.intake.mapping.mapping_file import shipped_mappings

    folder = node / MAPPINGS
    own = sorted(path.stem for path in folder.glob("*.toml")) if folder.is_dir() else []
    return [*own, *(name for name in shipped_mappings() if name not in own)]


def keep(job: jobs.Job, title: str, *, replace: bool) -> Literal["kept", "no name", "taken"]:
    """Keep the job's mapping under a name made of this title, in place of another where that is wanted. Those that come
    with the program keep their names."""
    from diwan_core.intake.mapping.mapping_file import shipped_mappings

    name = _name_of(title)
    if not name or name in shipped_mappings():
        return "no name"
    folder = job.node / MAPPINGS
    folder.mkdir(mode=0o700, exist_ok=True)
    kept, content = folder / f"{name}.toml", job.path(_MAP).read_bytes()
    if kept.exists() and kept.read_bytes() != content and not replace:
        return "taken"
    partial = kept.with_suffix(f".{secrets.token_hex(4)}")
    partial.write_bytes(content)
    partial.replace(kept)
    return "kept"


def _name_of(title: str) -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in title.lower()).split()
    return "-".join(words)[:60]


def _saved_text(node: Path, name: str) -> str:
    path = node / MAPPINGS / f"{name}.toml"
    if path.is_file():
        return path.read_text(encoding="utf-8")
    return resources.files("diwan_core.intake").joinpath("mappings", f"{name}.toml").read_text(encoding="utf-8")
