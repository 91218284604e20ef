"""Cases as the consoles show them: columns, titles and texts of the record type."""

from typing import Final

from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.records.listing import RecordKind

CASES: Final = RecordKind(
    type="case",
    path="cases",
    plural=N_("Cases"),
    one=N_("Case of {date}"),
    columns=("date", "product_group", "quantity", "office", "national_reference", "status"),
)
case_navigation: Final = NavigationItem("case.index", lambda: _("Cases"), 10)
report_navigation: Final = NavigationItem("report_case.ask", lambda: _("Report"), 20)
