"""`python -m tests.web.one_more_role FOLDER`: one role more in the table, and where it then is. Run by test_roles."""

# ruff: noqa: E402 - the table is changed before anything that is made from it is loaded
import sys
from pathlib import Path

from diwan_core import roles
from diwan_core.roles import Action, Role

MADE = "inspector"
_SEES = frozenset({Action.READ_RECORDS, Action.READ_HISTORY, Action.SEE_STATUS})
roles.ROLES[MADE] = Role(
    "Inspector: reads persons",
    _SEES | {Action.REVIEW},
    at=frozenset({"central"}),
    only={Action.READ_RECORDS: frozenset({"person"})},
)

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.reference import page as dictionary_page
from diwan_core.reference.roles import page as roles_page
from diwan_core.register import Edit, Refused
from diwan_core.trust.people.accounts import ROLES
from diwan_core.trust.people.second_person import needs_second
from diwan_core.user_commands import user_group
from diwan_provisioning.inventory.check import _ROLES_OF

from .conftest import make_site, text_of


def main(folder: Path) -> None:
    assert MADE in ROLES and needs_second("add", "", MADE), "it reads cases: two people give it"
    adding = user_group("central").commands["add"]
    assert any(MADE in (getattr(option, "help", "") or "") for option in adding.params)
    assert MADE in _ROLES_OF["central"] and MADE not in _ROLES_OF["posts"]
    assert f"| {MADE} |" in roles_page()
    assert f"supervisor, {MADE}" in dictionary_page(DICTIONARY), "it may validate"
    site = make_site(folder, "central", "Centre", "JOAMM")
    browser = site.browser(MADE)
    assert (browser.get("/persons").status_code, browser.get("/cases").status_code) == (200, 403)
    assert "Inspector" in text_of(site.browser("administrator").get("/people/new"))
    assert "Inspector" in text_of(site.browser("auditor").get("/log", person=MADE, how="denial"))
    with site.console.writing() as register:
        record = register.save([Edit("case", {"status": "draft", "place": "x"})], author="x").records[0]
        try:
            register.save([Edit("case", {"place": "y"}, record=record)], author=MADE, role=MADE)
        except Refused:
            print("everywhere")
    site.console.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
