"""The command `diwan screens`: pictures of every page in both directions of writing, on a phone and a desk, made from
a demonstration.

A throw-away network is set up, samples are imported at its posts, people report, send back and draft at real browsers;
then each page is opened and drawn. The same command regenerates `docs/screens/` after any change of the pages.
"""

import itertools
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import click

from diwan_lab import loading
from diwan_lab.checker import is_level
from diwan_lab.chromium import Page, chromium
from diwan_lab.cluster import Cluster, MosquittoMissing
from diwan_lab.command import CommandFailed, diwan, grouped_secret
from diwan_lab.joining import CONFIRMER
from diwan_lab.staged_imports import stage_imports
from diwan_lab.staged_roll_out import CHART_ALONE, MAP_ALONE, READINESS_ALONE, stage_roll_out
from diwan_lab.tab import BrowserError
from diwan_lab.visitor import Visitor

SCREENS: Final = loading.ROOT / "docs" / "screens"
LANGUAGES: Final = ("en", "ar")
WINDOWS: Final = {"phone": (390, 844), "desk": (1280, 900)}
TALLEST: Final = {"phone": 1500, "desk": 1200}
QUALITY: Final = 34
LARGEST: Final = 4_000_000
"""Bytes of all pictures together."""
CASES: Final = 120
PICTURES: Final = 6
PEOPLE: Final = {"central": ("analyst", "administrator", "auditor"), "post1": ("officer", "supervisor")}


@dataclass(frozen=True)
class Shot:
    """One page: whose, and where. `press` is pressed, or `script` run, before it is drawn; `dark` draws it at night."""

    name: str
    node: str
    user: str
    path: str
    press: str = ""
    dark: bool = False
    script: str = ""


def shots(case: str, sent_back: str, person: str, post: str, columns: str, rows: str) -> list[Shot]:
    """Every page worth a picture. `case` is a full case, `sent_back` one to be corrected, `person` one on file, `post`
    a post at the centre, `columns` and `rows` steps of an import."""
    record = case.rpartition("/")[2]
    return [
        Shot("sign-in", "post1", "", "/sign-in"),
        Shot("first-page", "post1", "officer", "/"),
        Shot("list", "post1", "officer", "/cases"),
        Shot("menu", "post1", "officer", "/cases", script="document.querySelector('.menu').open = true"),
        Shot("drafts", "post1", "officer", "/drafts"),  # some of the next leave one
        Shot("report", "post1", "officer", "/cases/new"),
        Shot("report-wrong", "post1", "officer", "/cases/new", press="main form button[value=report]"),
        Shot("report-more", "post1", "officer", "/cases/new", press="main form button[value=wide]"),
        Shot("case", "post1", "officer", case),
        Shot("case-night", "post1", "officer", case, dark=True),
        Shot("case-sent-back", "post1", "officer", f"{sent_back}#check"),
        Shot("edit", "post1", "officer", f"{case}/edit/goods/1"),
        Shot("party", "post1", "officer", f"{case}/edit/party/new"),
        Shot("look-up", "post1", "officer", f"{case}/edit/party/new", press="button[value='pick:party.new.subject']"),
        Shot("person", "post1", "officer", person),
        Shot("pictures-add", "post1", "officer", f"/records/{record}/pictures/new"),
        Shot("gallery", "post1", "officer", "/gallery"),
        Shot("judge", "post1", "officer", "/gallery/judge"),
        Shot("release", "post1", "supervisor", f"/records/{record}/release"),
        Shot("codes", "post1", "officer", "/codes/hs?q=tobacco"),
        Shot("first-page-supervisor", "post1", "supervisor", "/"),
        Shot("check", "post1", "supervisor", "/check"),
        Shot("conflicts", "post1", "supervisor", f"/records/{record}/conflicts"),
        Shot("set-aside", "post1", "supervisor", "/set-aside"),
        Shot("status", "post1", "officer", "/status"),
        Shot("first-page-analyst", "central", "analyst", "/"),
        Shot("help", "central", "analyst", "/help/list"),
        Shot("search", "central", "analyst", "/cases?q=34567"),
        Shot("central-case", "central", "analyst", case),
        Shot("files", "central", "analyst", "/persons"),
        Shot("posts", "central", "analyst", "/posts"),
        Shot("post", "central", "analyst", post),
        Shot("import", "central", "analyst", "/imports"),
        Shot("import-columns", "central", "analyst", columns),
        Shot("import-rows", "central", "analyst", rows),
        Shot("first-page-administrator", "central", "administrator", "/"),
        Shot("enrol", "central", "administrator", "/posts/new"),
        Shot("people", "central", "administrator", "/people"),
        Shot("log", "central", "auditor", "/log"),
        Shot("roll-out", "central", "administrator", "/rollout?region=North"),
        Shot("roll-out-map", "central", "administrator", "/rollout", script=MAP_ALONE),
        Shot("roll-out-chart", "central", "administrator", "/rollout", script=CHART_ALONE),
        Shot("roll-out-site", "central", "administrator", "/rollout/sites/10", script=READINESS_ALONE),
    ]


@click.command()
@click.option("--to", type=click.Path(path_type=Path), default=SCREENS, show_default=True, help="Where to.")
@click.option("--only", help="Only the pages whose names hold this.")
def screens(to: Path, only: str | None) -> None:
    """Draw every page in both directions, on a phone and a desk, into docs/screens."""
    try:
        with tempfile.TemporaryDirectory() as scratch, Cluster(Path(scratch) / "network", 2, steps=_say) as network:
            profile = Path(scratch) / "chromium"
            with chromium(profile) as page:
                _say("people report, check and draft")
                staged = _stage(network, page, Path(scratch))
                analyst = Visitor(page, network.url("central"))
                analyst.sign_in("analyst")
                analyst.open("/posts")
                page.press("tbody th a")
                every = shots(*staged, page.path(), *stage_imports(analyst, Path(scratch)))
                administrator = Visitor(page, network.url("central"))
                administrator.sign_in("administrator")
                stage_roll_out(administrator, network.folder / "central")
                drawn = _draw(network, page, [shot for shot in every if (only or "") in shot.name], to)
    except (MosquittoMissing, CommandFailed, BrowserError) as error:
        raise click.ClickException(str(error)) from error
    size = sum(path.stat().st_size for path in to.glob("*.webp"))
    _say(f"{drawn} pictures in {to}; all together {size / 1e6:.1f} MB")
    if size > LARGEST:
        raise click.ClickException(f"more than {LARGEST / 1e6:.0f} MB: lower the quality or the heights in screens.py")


def _say(text: str) -> None:
    click.echo(f"Diwan: {text}", err=True)


def _stage(network: Cluster, page: Page, scratch: Path) -> tuple[str, str, str]:
    """Data on which every page shows something: sample cases, a full one with pictures, one sent back, drafts."""
    loading.Loading(network.posts, CASES, PICTURES, network.folder / "logs").run(between=lambda: time.sleep(0.1))
    for node, users in PEOPLE.items():
        for user in users:
            kind = "central" if node == "central" else "post"
            said = network.confirmer_password
            if (node, user) != ("central", CONFIRMER):
                said = diwan(kind, "user", "add", user, "--role", user, "--dir", network.folder / node)
            visitor = Visitor(page, network.url(node))
            one_time = visitor.approve("administrator") if "waits for a second person" in said else grouped_secret(said)
            visitor.sign_in(user, one_time)
    officer = Visitor(page, network.url("post1"))
    officer.sign_in("officer")
    sent_back = officer.report(goods__1__product_group="tobacco", goods__1__quantity="48000", goods__1__unit="STK")
    case = officer.report()
    for path, values in _MORE:
        officer.open(case + path)
        page.fill(**values)
        page.press("main form .actions button")
    person = _on_file(officer, [sent_back, case])
    drawn = (("X-ray of the trailer", "no"), ("تحت الأرضية – under the floor", ""))
    for picture, (caption, judged) in zip(_pictures(page, scratch), drawn, strict=True):
        officer.add_picture(case, picture, caption, judged)
    _make_conflict(officer, case)
    officer.open("/cases/new")
    page.fill(office="JOAQJ", goods__1__product_group="currency", goods__1__quantity="20000")
    page.press("main form button[value=save]")
    supervisor = Visitor(page, network.url("post1"))
    supervisor.sign_in("supervisor")
    supervisor.open(sent_back)
    page.fill(comment="Which brand? Please add the packs you counted, and a picture of the stamp.")
    page.press("#check button[value=sent_back]")
    end = time.monotonic() + 60
    while not is_level(network.central, network.posts) and time.monotonic() < end:
        time.sleep(0.2)
    return case, sent_back, person


#: What the officer adds to the full case afterwards, page by page.
_MORE: Final[tuple[tuple[str, dict[str, str]], ...]] = (
    ("/edit/event", {"time": "06:40", "place": "ميناء العقبة – Gate 3", "country": "JO", "location_type": "seaport"}),
    ("/edit/control", {"concealment_text": "False floor of the trailer, bolted from below"}),
    ("/edit/offence", {"offence_type": "smuggling", "narrative": "Stopped at the scanner; the floor stood too high."}),
    ("/edit/party/new", {"party__new__role": "driver", "party__new__name": "سائق الشاحنة"}),
    ("/edit/means/new", {"means__new__role": "departure", "means__new__plate": "12-34567", "means__new__mode": "3"}),
    ("/edit/goods/1", {"goods__1__description": "Tablets in 40 plastic bags", "goods__1__hs_code": "293951"}),
)  # fmt: skip


def _on_file(officer: Visitor, cases: list[str]) -> str:
    """A person who is made and looked up from the cases; the address."""
    page = officer.page
    officer.open("/persons/new")
    page.fill(**_PERSON)
    page.press("main form button[value='add:document']")
    page.fill(document__1__kind="passport", document__1__number="P1234567", document__1__country="JO")
    page.press("main form button[value=report]")
    person = page.path()
    for case in cases:
        officer.open(f"{case}/edit/party/new")
        page.fill(**{"party__new__role": "declarant", "find:party__new__subject": "haddad"})
        page.press("button[value='pick:party.new.subject']")
        page.press("main form button[name=record]")
        page.press("main form .actions button")
    return person


_PERSON: Final = {
    "name_as_written": "ناديا حداد", "latin_name": "NADIA HADDAD", "birth_date": "1990-02-03", "birth_place": "Irbid",
    "nationalities__new": "Jordan", "occupation": "Broker", "phones__new": "+962 7 9000 1234",
}  # fmt: skip


def _make_conflict(officer: Visitor, case: str) -> None:
    """The same quantity changed in two windows: both are kept until somebody settles it."""
    page = officer.page
    officer.open(f"{case}/edit/goods/1")
    page.fill(goods__1__quantity="11.75")
    kept = page.value("new URLSearchParams(new FormData(document.querySelector('main form'))).toString()")
    page.fill(goods__1__quantity="12.25")
    page.press("main form .actions button")
    send = (
        "fetch({!r}, {{method: 'POST', headers: {{'Content-Type': 'application/x-www-form-urlencoded'}}, body: {!r}}})"
    )
    page.value(send.format(f"{case}/edit/goods/1", kept) + ".then(answer => answer.status)")


def _pictures(page: Page, folder: Path) -> Iterator[Path]:
    """Two pictures as a post would take them, drawn here, since real ones belong to somebody."""
    page.size(960, 640)
    for name, drawing in (("xray", _XRAY), ("floor", _FLOOR)):
        page.open("data:text/html," + quote(f"<body style='margin:0'>{drawing}"))
        path = folder / f"{name}.png"
        path.write_bytes(page.picture(whole=False))
        yield path


_BAGS = "".join(
    f"<rect x='{120 + 62 * column}' y='{430 + 34 * row}' width='54' height='28' rx='9' fill='#FILL' opacity='.8'/>"
    for row in range(2)
    for column in range(11)
)
_XRAY: Final = (
    "<svg width='960' height='640' style='background:#dfe8ef'><g fill='#4a7fa5'><rect x='90' y='150' width='730' "
    "height='370' opacity='.25'/><rect x='90' y='500' width='730' height='16'/><rect x='830' y='250' width='110' "
    "height='260' opacity='.5'/><circle cx='200' cy='550' r='44' opacity='.75'/><circle cx='310' cy='550' r='44' "
    "opacity='.75'/><circle cx='880' cy='550' r='44' opacity='.75'/><g opacity='.35'><rect x='130' y='190' width='190' "
    "height='200'/><rect x='350' y='230' width='160' height='160'/><rect x='560' y='180' width='210' height='210'/></g>"
    f"</g>{_BAGS.replace('#FILL', '#c2622d')}</svg>"
)
_FLOOR: Final = (
    "<svg width='960' height='640' style='background:#6d6a63'><rect x='60' y='60' width='840' height='300' "
    "fill='#8d8a80'/><g stroke='#5b584f' stroke-width='3'><path d='M60 160H900M60 260H900'/></g><path d='M60 390L900 "
    "390L900 560L60 560Z' fill='#2c2a26'/>"
    f"{_BAGS.replace('#FILL', '#d9cba4')}<path d='M60 360L900 360L860 395L100 395Z' fill='#a19d90'/></svg>"
)


_LOADED: Final = "Promise.all([...document.images].map(i => { i.loading = 'eager'; return i.decode().catch(() => 0) }))"


def _draw(network: Cluster, page: Page, wanted: list[Shot], to: Path) -> int:
    to.mkdir(parents=True, exist_ok=True)
    fresh = to.with_name(to.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir()
    drawn = 0
    for language in LANGUAGES:
        for (node, user), group in itertools.groupby(wanted, key=lambda shot: (shot.node, shot.user)):
            visitor = Visitor(page, network.url(node), language)
            if user:
                visitor.sign_in(user)
            else:
                page.forget_cookies()
                page.cookie(visitor.url, "diwan_language", language)
            for shot, (window, size) in itertools.product(list(group), WINDOWS.items()):
                page.size(*size, phone=window == "phone")
                page.colours("dark" if shot.dark else "light")
                visitor.open(shot.path)
                if shot.press:
                    page.press(shot.press)
                if page.value("performance.getEntriesByType('navigation')[0].responseStatus") == 404:
                    _say(f"{shot.path} is not a page of this release; left out")
                    continue
                if shot.script:
                    page.value(f"{shot.script}; true")
                # a window as high as the picture: what clings to its lower edge stands there and nowhere else
                high = page.value("document.documentElement.scrollHeight")
                page.size(size[0], max(size[1], min(high, TALLEST[window])), phone=window == "phone")
                page.value("scrollTo(0, 0)")
                page.value(_LOADED)
                content = page.small_picture(tallest=TALLEST[window], quality=QUALITY)
                (fresh / f"{shot.name}-{window}-{language}.webp").write_bytes(content)
                drawn += 1
    for path in fresh.iterdir():
        path.replace(to / path.name)
    fresh.rmdir()
    return drawn
