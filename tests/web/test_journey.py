"""A case's way through a real network, by people at real browsers: officer, analyst, supervisor, officer again."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from diwan_lab.chromium import PROGRAM, Page, chromium
from diwan_lab.cluster import Cluster
from diwan_lab.command import diwan, grouped_secret
from diwan_lab.firefox import PROGRAM as FIREFOX
from diwan_lab.firefox import FirefoxTab, firefox
from diwan_lab.joining import CONFIRMER
from diwan_lab.tab import Tab
from diwan_lab.visitor import Visitor

from .conftest import png

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
    pytest.mark.skipif(
        shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin") is None,
        reason="mosquitto is not installed: apt install mosquitto",
    ),
]
PEOPLE = {"central": ("analyst",), "post1": ("officer", "supervisor")}


@dataclass(frozen=True)
class Words:
    """What each language says at the stations of the way."""

    waiting: str
    stored: str
    sent_back: str
    submitted: str


ENGLISH = Words("Not sent yet", "Stored at the centre", "Sent back", "Submitted")
ARABIC = Words("هنا فقط، بانتظار الإرسال", "مخزّن في المركز", "معادة", "مقدَّمة")


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with Cluster(tmp_path_factory.mktemp("network"), posts=1) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, network: Cluster) -> Iterator[Page]:
    with chromium(tmp_path_factory.mktemp("chromium")) as found:
        for node, users in PEOPLE.items():
            for user in users:
                kind = "central" if node == "central" else "post"
                said = network.confirmer_password
                if (node, user) != ("central", CONFIRMER):
                    said = diwan(kind, "user", "add", user, "--role", user, "--dir", network.folder / node)
                Visitor(found, network.url(node)).sign_in(user, grouped_secret(said))
        yield found


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "floor.png"
    path.write_bytes(png(320, 240 + len(str(tmp_path)) % 50))
    return path


def somebody(page: Tab, network: Cluster, node: str, user: str, language: str) -> Visitor:
    visitor = Visitor(page, network.url(node), language)
    visitor.sign_in(user)
    return visitor


@pytest.mark.parametrize(
    ("language", "scripts"), [("en", True), ("ar", True), ("en", False)], ids=["english", "arabic", "no-scripts"]
)
def test_reported_found_sent_back_and_corrected(
    page: Page, network: Cluster, photo: Path, language: str, scripts: bool
) -> None:
    says = ARABIC if language == "ar" else ENGLISH
    mark = f"journey{language}{scripts}"
    page.scripts(scripts)
    try:
        officer = somebody(page, network, "post1", "officer", language)
        assert page.value("document.dir") == ("rtl" if language == "ar" else "ltr")
        case = officer.report()
        officer.open(f"{case}/edit/control")
        page.fill(concealment_text=f"Under the floor {mark}")
        page.press("main form .actions button")
        officer.add_picture(case, photo, "تحت الأرضية – under the floor")
        officer.open(case)
        assert page.value("document.querySelectorAll('.pictures img').length") == 1
        officer.read_until(says.stored)

        analyst = somebody(page, network, "central", "analyst", language)
        assert analyst.find(mark) == case, "a case has one address everywhere"
        assert "12.5" in page.text() and "– under the floor" in page.text()
        page.wait_for("document.querySelectorAll('.pictures img').length == 1")

        supervisor = somebody(page, network, "post1", "supervisor", language)
        supervisor.open("/check")
        assert page.value(f"!!document.querySelector('a[href^=\"{case}\"]')")
        supervisor.open(case)
        page.fill(comment="The weight is of the packaging too: weigh again.")
        page.press("#check button[value=sent_back]")
        assert says.sent_back in page.text()

        officer = somebody(page, network, "post1", "officer", language)
        officer.open(case)
        assert "weigh again" in page.text()
        officer.open(f"{case}/edit/goods/1")
        page.fill(goods__1__quantity="11,75")
        page.press("main form .actions button")
        assert "11.75" in page.text() and says.submitted in page.text()

        analyst = somebody(page, network, "central", "analyst", language)
        analyst.open(case)
        assert "weigh again" in analyst.read_until("11.75")
    finally:
        page.scripts(True)


@pytest.fixture(scope="module")
def fox(tmp_path_factory: pytest.TempPathFactory, page: Page) -> Iterator[FirefoxTab]:
    """Firefox, after the people of the network have chosen their passwords in the other browser."""
    with firefox(tmp_path_factory.mktemp("firefox")) as found:
        yield found


@pytest.mark.skipif(FIREFOX is None, reason="firefox is not installed: apt install firefox-esr")
@pytest.mark.parametrize("language", ["en", "ar"], ids=["english", "arabic"])
def test_an_officer_does_the_same_in_firefox(fox: FirefoxTab, network: Cluster, photo: Path, language: str) -> None:
    says = ARABIC if language == "ar" else ENGLISH
    officer = somebody(fox, network, "post1", "officer", language)
    assert fox.value("document.dir") == ("rtl" if language == "ar" else "ltr")
    case = officer.report()
    officer.open(f"{case}/edit/control")
    fox.fill(concealment_text=f"Under the floor, firefox{language}")
    fox.press("main form .actions button")
    officer.add_picture(case, photo, "تحت الأرضية – under the floor")
    officer.open(case)
    assert fox.value("document.querySelectorAll('.pictures img').length") == 1
    officer.read_until(says.stored)
    assert officer.find(f"firefox{language}") == case


def test_with_the_agent_stopped_work_goes_on_and_the_page_says_what_has_not_left(page: Page, network: Cluster) -> None:
    network.stop("post1.agent")
    try:
        officer = somebody(page, network, "post1", "officer", "en")
        case = officer.report()
        assert ENGLISH.waiting in page.text()
        officer.open("/cases")
        assert page.value(f"!!document.querySelector('a[href^=\"{case}\"]')")
        officer.open("/status")
        assert "to be sent" in page.text()
    finally:
        network.start("post1.agent")
    officer.open(case)
    officer.read_until(ENGLISH.stored)
