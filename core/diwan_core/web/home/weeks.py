"""The panel that compares the last seven days with the seven before: by product, by office, and on a map."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from markupsafe import Markup

from diwan_core.dictionary import DICTIONARY
from diwan_core.maps.drawing import Place, draw
from diwan_core.maps.outlines import kept
from diwan_core.register.search.first_page import CaseCount
from diwan_core.web.home.bars import Pair, bars
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.offices import office_name
from diwan_core.web.kit.trusted_moment import today
from diwan_core.web.language.i18n import _, _n, direction, language

DAYS: Final = 7
SHOWN: Final = 8
"""Products and offices that are named; what remains is one line."""
PLACES_MOST: Final = 40


@dataclass(frozen=True)
class Line:
    """A line of a table: what it is called, and how many cases there were in either week."""

    label: str
    now: int
    before: int


def weeks() -> Mapping[str, Any] | None:
    """The facts of the panel; None where the clock of the machine is not to be believed."""
    last = today()
    if last is None:
        return None
    middle = last - timedelta(days=DAYS - 1)
    first = middle - timedelta(days=DAYS)
    own = console().node.id if console().at_post else None
    counts = register().case_counts(first.isoformat(), middle.isoformat(), last.isoformat(), own)
    products = lines_of(((one.product_group, one) for one in counts), _product)
    offices = [] if own else lines_of(((one.office, one) for one in counts), _office)
    now, before = (sum(one.cases for one in counts if one.recent is recent) for recent in (True, False))
    drawn, source = ("", "") if own else _map(counts)
    return {
        "total": Line("", now, before),
        "products": products,
        "offices": offices,
        "chart": Markup(_chart(products)),  # noqa: S704 – drawn here, its texts escaped
        "map": Markup(drawn),  # noqa: S704 – as above
        "source": source,
        "at_post": own is not None,
    }


def lines_of(keyed: Iterable[tuple[str, CaseCount]], named: Any) -> list[Line]:
    """The lines of a table, the largest first; what is beyond SHOWN is added up in the last one."""
    now: Counter[str] = Counter()
    before: Counter[str] = Counter()
    for key, one in keyed:
        (now if one.recent else before)[key] += one.cases
    keys = sorted({*now, *before}, key=lambda key: (-now[key] - before[key], key))
    found = [Line(named(key), now[key], before[key]) for key in keys[:SHOWN]]
    if rest := keys[SHOWN:]:
        found.append(Line(_("Others"), sum(now[key] for key in rest), sum(before[key] for key in rest)))
    return found


def _product(code: str) -> str:
    return DICTIONARY.codes("product_group").label(code, language()) if code else _("No product given")


def _office(code: str) -> str:
    return office_name(code) or code or _("No office given")


def _chart(lines: list[Line]) -> str:
    pairs = [
        Pair(
            one.label,
            one.now,
            one.before,
            _("{name}: {now} in the last 7 days, {before} in the 7 days before", name=one.label, now=one.now,
              before=one.before),
        )
        for one in lines
    ]  # fmt: skip
    description = _("For each product two bars: the last 7 days, and below them the 7 days before.")
    return bars(pairs, _("Cases by product"), description, right_to_left=direction() == "rtl")


def _map(counts: list[CaseCount]) -> tuple[str, str]:
    """Offices with cases of the last seven days on a map, and the source of its outlines; "" where there are none."""
    recent: Counter[str] = Counter()
    for one in counts:
        if one.recent and one.office:
            recent[one.office] += one.cases
    places = []
    for office, count in recent.most_common(PLACES_MOST):
        if position := DICTIONARY.codes("locode").position(office):
            latitude, longitude = map(float, position.split(","))
            said = _n("{count} case", "{count} cases", count)
            places.append(Place(longitude, latitude, f"{_office(office)} {count}", title=f"{_office(office)}: {said}"))
    if not places:
        return "", ""
    source, outlines = kept(console().folder)
    if not outlines:  # dots without a country around them say less than the table
        return "", ""
    home = Counter(office[:2] for office in recent.elements()).most_common(1)[0][0]
    return draw(outlines, places, home=home, title=_("Map of the offices with cases in the last 7 days")), source
