"""Records on file, such as persons and companies: found by name, plate or number; one page each, as cases have."""

from typing import Final

from flask import Blueprint, render_template, request

from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kinds.registry import looked_up
from diwan_core.web.kit.access import may
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.record_pages.record_blueprint import record_page
from diwan_core.web.records.birth_search import born_between, has_births
from diwan_core.web.records.candidates import MOST_FOUND, candidates, found_by

ON_FILE: Final = N_("Register")
files_navigation: Final = NavigationItem(f"{looked_up()[0].type}.index", lambda: _(ON_FILE), 12)


def file_pages(kind: RecordKind) -> Blueprint:
    """A blueprint with the look-up and the page of a type."""
    blueprint = Blueprint(kind.type, __name__, url_prefix=f"/{kind.path}")

    @blueprint.get("")
    @may(Action.READ_RECORDS, shows="record.list", of=kind.type)
    def index() -> str:
        """A list of records of this type."""
        text = request.args.get("q", "").strip()[:200]
        births = has_births(kind.record_type)
        born = request.args.get("born", "").strip()[:40] if births else ""
        return render_template(
            "record_pages/register.html",
            kind=kind,
            title=_(kind.plural),
            kinds=[(other.type, _(other.plural)) for other in looked_up()],
            one=_(kind.label),
            text=text,
            words=found_by([kind.type]),
            births=births,
            born=born,
            not_understood=bool(born) and born_between(born) is None,
            found=candidates([kind.type], text, born=born),
            most=MOST_FOUND,
        )

    @blueprint.get("/<record_id>")
    @may(Action.READ_RECORDS, shows="record.page", of=kind.type)
    def page(record_id: str) -> str:
        """One record of this type."""
        return record_page(kind, record_id)

    return blueprint
