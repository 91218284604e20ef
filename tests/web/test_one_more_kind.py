"""A record type is added by its declaration and one file: nothing else of the consoles knows any type."""

import ast
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.record_type import RecordType
from diwan_core.roles import Action
from diwan_core.web.app import create_app
from diwan_core.web.drafts import form_state
from diwan_core.web.drafts.new_record import reporting_pages
from diwan_core.web.features import common_pages
from diwan_core.web.forms import full_form
from diwan_core.web.kinds.registry import KINDS, kind_of, that_do
from diwan_core.web.kit.console import KEY
from flask import Flask

from .conftest import SHORT, Browser, Site, text_of
from .forms import place, press

ROOT = Path(__file__).parents[2]
INVENTED = Path(__file__).parent / "invented"
#: Where a word that is also a type's name may stand, and why.
WORDS: dict[tuple[str, str], str] = {
    ("core/diwan_core/web/kit/gate.py", "person"): "who is at the browser",
    ("core/diwan_core/web/kit/template_context.py", "person"): "who is at the browser",
    ("core/diwan_core/web/oversight/access_log_page.py", "person"): "who looked: a column and a filter of the log",
    ("core/diwan_core/web/records/list_words.py", "person"): "the same filter of the log, in words",
    ("core/diwan_core/web/oversight/older_log_rows.py", "attachment"): "how releases before 0.2 wrote a view",
    ("core/diwan_core/web/oversight/older_log_rows.py", "case"): "the log's own filters, of rows before 0.2",
    ("central/diwan_central/console/scope_pages.py", "operation"): "a field of a form: the group's code",
    ("core/diwan_core/web/server/worker.py", "request"): "what a browser asks",
    ("core/diwan_core/intake/mapping/map_proposal.py", "suspect"): "a role of a party",
    ("core/diwan_core/intake/mapping/check.py", "case"): "what a mapping file means that names no type",
    ("core/diwan_core/intake/cli/commands_export.py", "case"): "what the command exports where no type is named",
}


def test_a_type_declared_and_given_one_file_has_every_page(tmp_path: Path) -> None:
    """In processes of their own, which know the invented type from their start; so do those that import and export."""
    command = [sys.executable, "-m", "tests.web.one_more_kind", str(tmp_path)]
    known = {**os.environ, "PYTHONPATH": str(INVENTED)}
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, env=known)
    assert (done.returncode, done.stdout.strip()) == (0, "everywhere"), done.stderr


@pytest.fixture(scope="module")
def every_form(post: Site) -> Iterator[Flask]:
    """The post's console with a form for a new record of every type there is."""
    without = [name for name in DICTIONARY.types if name not in {kind.type for kind in that_do(Action.REPORT)}]
    more = [reporting_pages(replace(kind_of(name), path=f"more/{name}")) for name in without]
    app = create_app(post.folder, role="post", blueprints=[*common_pages(), *more])
    app.testing = False
    yield app
    app.extensions[KEY].close()


def test_every_type_people_write_has_a_form_for_a_new_one(officer: Browser) -> None:
    written = {name for name, declared in DICTIONARY.types.items() if declared.made_by == "form"}
    assert written == {kind.type for kind in that_do(Action.REPORT)} == {kind.type for kind in that_do(Action.IMPORT)}
    for name in written:
        assert officer.get(f"/{KINDS[name].path}/new").status_code == 200, name


@pytest.mark.parametrize("name", DICTIONARY.types)
def test_a_form_can_be_made_of_every_declared_type(every_form: Flask, post: Site, name: str) -> None:
    path = KINDS[name].path if name in KINDS and KINDS[name].does(Action.REPORT) else f"more/{name}"
    somebody = post.browser("supervisor")
    answer = Browser(every_form, somebody.cookie, somebody.token).get(f"/{path}/new")
    assert answer.status_code == 200, text_of(answer)


def test_no_file_but_its_kind_names_a_type() -> None:
    found = set()
    for room in ("core/diwan_core/web", "core/diwan_core/intake", "central/diwan_central/console"):
        for path in sorted((ROOT / room).rglob("*.py")):
            if "kinds" in path.relative_to(ROOT).parts:
                continue
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in KINDS:
                    found.add((str(path.relative_to(ROOT)), node.value))
    assert found == set(WORDS), "a fact about a type belongs into its file in web/kinds"


def test_no_template_asks_which_type_it_shows() -> None:
    for path in sorted((ROOT / "core/diwan_core/web/templates").rglob("*.html")):
        text = path.read_text("utf-8")
        for name in KINDS:
            for question in (f'type == "{name}"', f"type == '{name}'", f'type != "{name}"', f'in ("{name}"'):
                assert question not in text, f"{path.name}: ask the kind, not {question}"


def test_every_kind_is_the_only_one_of_its_type_and_names_what_the_dictionary_has() -> None:
    files = [path.stem for path in (ROOT / "core/diwan_core/web/kinds").glob("*.py")]
    assert set(KINDS) == set(files) - {"__init__", "kind", "registry"}
    for kind in KINDS.values():
        declared = kind.record_type
        named = {name for heading in kind.headings for name in heading.fields.split()}
        assert named <= set(declared.fields), kind.type
        assert {*kind.in_front, *kind.parts_set_elsewhere} <= set(declared.parts), kind.type
        for part, fields in kind.in_front.items():
            assert set(fields.split()) <= set(declared.parts[part].fields), (kind.type, part)
        assert all(kind.field(column) for column in (*kind.columns, *kind.telling_where_named)), kind.type
        single = {name for name in kind.telling if "." not in name} | {kind.portrait, kind.belongs_to, kind.day} - {""}
        assert single <= set(declared.fields), kind.type


def test_a_form_is_made_once_a_request_and_its_draft_checked_once(
    officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: Counter[str] = Counter()

    def counting(name: str, inner: Any) -> Any:
        def count(*given: Any, **named: Any) -> Any:
            counted[name] += 1
            return inner(*given, **named)

        return count

    monkeypatch.setattr(form_state, "form_of", counting("form", full_form.form_of))
    monkeypatch.setattr(RecordType, "check", counting("check", RecordType.check))
    draft = place(
        press(officer, "/cases/new", "wide", **{name.replace(".", "__"): text for name, text in SHORT.items()})
    )
    for button, checks in (("add:party", 0), ("save", 0), ("pick:operation", 0), ("report", 1)):
        form = press(officer, draft, "save")  # so that the page to be pressed on is there
        counted.clear()
        officer.get(draft)
        assert counted == {"form": 1}, "the page of a draft"
        counted.clear()
        press(officer, place(form), button, party__1__role="driver")
        assert counted == {"form": 2, **({"check": checks} if checks else {})}, f"the page, then {button}"
