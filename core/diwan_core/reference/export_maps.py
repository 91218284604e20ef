"""docs/reference/export-maps.md: the settings of a template, and what leaves by each shipped one, from the templates
themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from diwan_core.leaving.maps import Template, load, shipped, what_leaves
from diwan_core.leaving.maps.template import FUNCTIONS, MADE

INTRODUCTION: Final = """\
# Export maps

A template is a TOML file that says for each column of another administration's form where its text comes from.
[How to fill and write one](../how-to/export-maps.md). A template can name only what may leave without personal data
([Privacy](../privacy.md)), or what an agreement can list; one that names anything else is refused when it is loaded.

## Settings at the top

| setting | what it is |
|---|---|
| `title` | what the template is; must be given |
| `type` | the record type; `case` if not given |
| `rows` | `record` for a row of each record, or a part such as `goods` for a row of each of its lines |
| `records` | conditions on the record: `{ type = ["seizure", "detention"] }` |
| `only` | a list of conditions on the lines of the part (of goods where a row is a record), one of which must be met |
| `having` | conditions that one of the goods lines must meet, whatever the rows are made of |
| `agreement` | `true`: columns may name persons; the template is filled only under an agreement that lists them |
| `needs` | heads of columns that must say something, else the row is refused; of a list within the list, one of them |
| `[small_cells]` | `place`, `date`, `nationality`: heads of columns made coarser in rows that describe too few cases |
| `single_cases` | instead of `[small_cells]`: the law that asks for each single case, in words |

Every column that says where, when or of which nationality is named under `[small_cells]`, or the template is refused.
Columns that say how many people there were are blank in the coarsest rows.

A condition is a table from fields to accepted values. A value that ends with `*` accepts what begins so, `""` what is
not recorded.

## Settings of a column

Each column begins with `[[column]]` and has a `head`, and exactly one of `from`, `amount`, `text`, `make` and `blank`.

| setting | what it is |
|---|---|
| `from` | a field such as `date` or `leg.country`, or a list of which the first that says anything is taken |
| `all` | `true`: all fields of the list instead, one after the other |
| `as` | what is done with the value, see below |
| `where`, `unless` | conditions: only lines that meet them, or that do not meet any of them |
| `line` | a number: of the lines that it takes the first, second … alone |
| `whole` | `true`: the lines of the whole record, where rows are made of the lines of that part |
| `words` | from values to what the form says for them: `{ import = "entering" }`; others are blank |
| `given` | a condition on goods: blank unless one of the lines meets it |
| `join` | what stands between several values, which are given once each; `"; "` if not given |
| `one` | with `sum`: only where all lines have the same value of this field, which is written behind the sum |
| `amount` | what goods come to: `kilograms`, `pieces`, `litres`, `cubic_metres`, the first of a list that is known |
| `prefer_by`, `prefer` | a field, and a table from its values to the amount that is looked for first |
| `text` | the same text in every row |
| `make` | what is made with the file, see below |
| `blank` | why the column stays blank |
"""


def page() -> str:
    """The page as Markdown."""
    lines = [INTRODUCTION, "| `as` | |", "|---|---|", *(f"| `{name}` | {said} |" for name, said in FUNCTIONS.items())]
    lines += ["", "| `make` | |", "|---|---|", *(f"| `{name}` | {said} |" for name, said in MADE.items()), ""]
    for name in shipped():
        lines += _template(name, load(name))
    return "\n".join(lines) + "\nWritten from the templates by `python -m diwan_core.reference`.\n"


def _template(name: str, template: Template) -> Iterator[str]:
    yield f"## {name}\n"
    yield f"{template.title}. {len(template.columns)} columns.\n"
    yield "| column | fields | how they leave | what is done |"
    yield "|---|---|---|---|"
    for one in what_leaves(template):
        fields = ", ".join(f"`{field}`" for field in one.fields.split(", ") if field)
        yield f"| {one.head} | {fields} | {one.leaves} | {one.how} |"
    yield ""
