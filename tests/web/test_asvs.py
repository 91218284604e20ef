"""The table of the OWASP ASVS is complete and points at files and tests that exist; and what it says of all source
files together is true of them."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs/security/asvs.md"
#: The levels of the requirements of each section of release 5.0.0, in order: "22" is two of level 2.
SECTIONS = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123", "2.1": "122", "2.2": "112",
    "2.3": "12223", "2.4": "23", "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333",
    "3.6": "3", "3.7": "22333", "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222", "5.1": "2",
    "5.2": "112333", "5.3": "113", "5.4": "222", "6.1": "122", "6.2": "111111112222", "6.3": "11223333",
    "6.4": "112233", "6.5": "22222333", "6.6": "2223", "6.7": "33", "6.8": "2222", "7.1": "222", "7.2": "1111",
    "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22", "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222", "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333",
    "10.5": "22222", "10.6": "22", "10.7": "222", "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222",
    "11.5": "23", "11.6": "23", "11.7": "33", "12.1": "12233", "12.2": "11", "12.3": "22223", "13.1": "2333",
    "13.2": "222223", "13.3": "2233", "13.4": "1222233", "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333", "16.1": "2", "16.2": "22222", "16.3": "2222",
    "16.4": "222", "16.5": "2223", "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
STATES = ("met", "not applicable", "**not met**")


def rows() -> list[list[str]]:
    """Number, level, state, how, shown by."""
    lines = (line for line in TABLE.read_text("utf-8").splitlines() if re.match(r"\| \d", line))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_every_requirement_of_both_levels_stands_in_the_table_once() -> None:
    wanted = {
        f"{section}.{number}": level
        for section, levels in SECTIONS.items()
        for number, level in enumerate(levels, 1)
        if level in "12"
    }
    assert len(wanted) == 253
    numbers = [row[0] for row in rows()]
    assert {row[0]: row[1] for row in rows()} == wanted and len(numbers) == len(wanted)


def test_every_row_has_a_state_a_sentence_and_what_shows_it() -> None:
    for number, _, state, how, shown in rows():
        assert state in STATES, number
        assert re.fullmatch(r"See \d+\.\d+\.\d+|.{7,}", how), number
        assert shown or state != "met", f"{number} is met and nothing shows it"


def test_the_counts_and_the_list_of_what_is_not_met_are_those_of_the_table() -> None:
    text = TABLE.read_text("utf-8")
    held = Counter(row[2] for row in rows())
    said = f"Of 253: {held['met']} met, {held['not applicable']} not applicable, {held['**not met**']} not met."
    assert said in text
    assert f"Not met: {', '.join(row[0] for row in rows() if row[2] == STATES[2])}." in text


def test_every_file_and_test_that_is_named_exists() -> None:
    for number, *_, shown in rows():
        for name in re.findall(r"`([^`]+)`", shown):
            path, _, test = name.partition("::")
            assert (ROOT / path).is_file(), f"{number} names {path}"
            assert not test or re.search(rf"^def {test}\(", (ROOT / path).read_text("utf-8"), re.M), f"{number}: {name}"


def sources() -> Iterator[tuple[str, ast.AST]]:
    for unit in ("core/diwan_core", "central/diwan_central", "appliance/diwan_appliance"):
        for path in sorted((ROOT / unit).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text("utf-8"))


def test_no_source_file_uses_what_runs_text_as_a_program() -> None:
    """Nor objects out of bytes, nor hashes that are broken."""
    modules = {"pickle", "marshal", "shelve", "yaml", "xmlrpc"}
    names = {"eval", "exec", "compile", "__import__"}
    members = {("os", "system"), ("os", "popen"), ("hashlib", "md5"), ("hashlib", "sha1")}
    found = []
    for path, tree in sources():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import | ast.ImportFrom):
                imported = {alias.name for alias in node.names} | {getattr(node, "module", None) or ""}
                found += [f"{path}: {name}" for name in imported if name.partition(".")[0] in modules]
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                found.append(f"{path}: {node.func.id}")
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                found += [f"{path}: {node.attr}"] if (node.value.id, node.attr) in members else []
            if isinstance(node, ast.keyword) and node.arg == "shell":
                found.append(f"{path}: shell")
    assert found == []


SCRIPTS = sorted((ROOT / "core/diwan_core/web/static").glob("*.js"))


each_script = pytest.mark.parametrize("script", SCRIPTS, ids=[script.stem for script in SCRIPTS])


@each_script
def test_no_script_writes_markup(script: Path) -> None:
    text = script.read_text("utf-8")
    for name in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function("):
        assert name not in text
    parsed = re.findall(r"parseFromString\(([^,]+),", text)
    assert set(parsed) <= {"kept.hints", "await answer.text()"}, "pages of the node's own, and no other text"


@each_script
def test_no_script_keeps_anything_in_the_browser(script: Path) -> None:
    text = script.read_text("utf-8")
    for name in ("localStorage", "sessionStorage", "indexedDB", "document.cookie", "caches.", "postMessage"):
        assert name not in text


@each_script
def test_no_script_takes_names_of_members_from_outside(script: Path) -> None:
    for line in script.read_text("utf-8").splitlines():
        if re.search(r"\w\[[a-zA-Z][\w.]*\]\s*=[^=]", line):
            assert re.search(r"for \(const (\w+) of \[(\"\w+\", )*\"\w+\"\]\)", line), line
