"""Prepares two imports of a list at the centre, for the pictures of pages."""

from pathlib import Path
from typing import Final

from diwan_lab.visitor import Visitor

_LOG: Final = """Log no,Date,Kind,Weight,Where
1,20/11/2026,hashish,12.5,Gate 1
2,31/02/2026,tobacco,3,بوابة الشحن
3,21/11/2026,drugs,1.25,Warehouse 4
"""
#: How dates are written, and the unit, are asked once it is said what the columns become.
_NAME_COLUMNS: Final = (
    "((values) => { for (const [name, value] of Object.entries(values)) for (const control of "
    "document.getElementsByName(name)) control.value = value; document.getElementsByName('key')[0].checked = true; })"
    "({'target.2': 'goods.1.product_group', 'target.3': 'goods.1.quantity', 'target.4': 'place', "
    "'format.1': 'DD/MM/YYYY', 'unit.3': 'KGM', 'system': 'north-log'}); true"
)
_STEPS: Final = 2


def stage_imports(analyst: Visitor, scratch: Path) -> tuple[str, str]:
    """The paths of two imports of a list: one whose columns are to be named, one whose first rows are to be seen."""
    path, page = scratch / "north-log.csv", analyst.page
    path.write_text(_LOG, encoding="utf-8")
    found = []
    for _ in range(2):
        analyst.open("/imports")
        page.upload("#file", path)
        page.press("main form .actions button")
        found.append(page.path())
    for _ in range(_STEPS):
        page.value(_NAME_COLUMNS)
        page.press("form[action$=map] .actions button")
        if page.path().endswith("/look"):
            break
    return found[0], page.path()
