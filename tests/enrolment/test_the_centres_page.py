"""Confirming a new post at the centre's console, and its words at the post's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_appliance.web import create_post_app
from diwan_central.console.web import create_central_app
from diwan_central.network.central_enrolment import make_code
from diwan_core.exchange import ledger
from diwan_core.register.exchange_state.nodes import note_dictionary
from diwan_core.register.standing import standing_of_post
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.network.enrolment_codes import CodeFor
from diwan_core.trust.people.accounts import Accounts
from flask import Flask

from tests.enrolment.people import add_everybody
from tests.exchange.copies import follow_ledger
from tests.exchange.network import Network, Post, mailbox, network
from tests.web.conftest import CHEAP, PASSWORD, Browser, text_of

pytestmark = pytest.mark.slow


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path / "network", posts=1) as made:
        yield made


@pytest.fixture
def accounts(net: Network) -> Iterator[Accounts]:
    opened = Accounts.open(net.register.folder, cost=CHEAP)
    add_everybody(opened)
    yield opened
    opened.close()


@pytest.fixture
def console(net: Network, accounts: Accounts) -> Flask:
    return create_central_app(net.register.folder, open_accounts=lambda _: accounts)


def browser(console: Flask, accounts: Accounts, net: Network, role: str) -> Browser:
    token = accounts.sign_in(role, PASSWORD).token
    return Browser(console, f"diwan_session_{net.register.config.id}", token)


def enrolled(net: Network, place: Path, made_by: str) -> Post:
    """A post that one of the centre's people made a code for."""
    from diwan_appliance import setup as post_setup

    post_setup.create(place, "Gate 9", "JOAMM", "127.0.0.1", 0)
    with mailbox(net.register.folder):
        code = make_code(net.register.folder, CodeFor("Gate 9", "JOAMM", made_by=made_by))
        post_setup.enrol(place, "http://centre.test", code)
    return net.start(place)


def test_an_analyst_confirms_by_the_words_shown_at_the_post(
    net: Network, accounts: Accounts, console: Flask, tmp_path: Path
) -> None:
    post = enrolled(net, tmp_path / "gate", "technician")
    node, words = post.register.config.id, standing_of_post(post.register).words
    analyst = browser(console, accounts, net, "analyst")
    assert "1 not confirmed yet" in text_of(analyst.get("/posts"))
    page = analyst.get(f"/posts/{node}")
    assert "Is this really the post?" in text_of(page)
    assert words not in page.text, "they are to be told by the people at the post"
    assert "it stands still" not in text_of(page)
    with net.register.store.write() as transaction:
        note_dictionary(transaction, node, 3)
        transaction.execute("INSERT INTO reach (type, nominal, entry) VALUES ('message', 'addressed', 1)")
    assert "Update the post first, and let it call in" in text_of(analyst.get(f"/posts/{node}"))
    with net.register.store.write() as transaction:
        transaction.execute("DELETE FROM reach")
    refused = analyst.post(f"/posts/{node}/confirm", {"words": "bogus words <b>"})
    assert refused.status_code == 422
    assert "These are not the words of this post" in text_of(refused)
    assert "<b>" not in refused.text.replace("<b>Diwan</b>", "")
    assert not ledger.load(net.register).is_confirmed(node)
    done = analyst.follow(analyst.post(f"/posts/{node}/confirm", {"words": f" {words.upper()} "}))
    assert ledger.load(net.register).is_confirmed(node)
    assert words in text_of(done)
    assert "not confirmed" not in text_of(done)
    follow_ledger(net)
    net.settle()
    assert post.reads_the_scope()
    rows = console.extensions["diwan"].reads.page()
    told = next(one for row in rows if (one := event_of(row.detail)) is not None and one.code == "node.confirmed")
    assert told.parameters == {"post": node, "label": "Gate 9", "by": "analyst"}
    assert "Gate 9 was confirmed" in text_of(browser(console, accounts, net, "auditor").get("/log"))


@pytest.mark.parametrize("role", ["technician", "administrator", "officer", "auditor"])
def test_who_may_not_vouch_for_a_post_confirms_none(
    net: Network, accounts: Accounts, console: Flask, tmp_path: Path, role: str
) -> None:
    post = enrolled(net, tmp_path / "gate", "somebody")
    node, words = post.register.config.id, standing_of_post(post.register).words
    person = browser(console, accounts, net, role)
    for what in ("confirm", "reject"):
        assert person.post(f"/posts/{node}/{what}", {"words": words}).status_code == 403
    assert not ledger.load(net.register).is_confirmed(node)
    assert ledger.load(net.register).trusted(node) is not None


def test_who_made_the_code_does_not_confirm_the_post_even_with_the_right_role(
    net: Network, accounts: Accounts, console: Flask, tmp_path: Path
) -> None:
    post = enrolled(net, tmp_path / "gate", "analyst")
    node, words = post.register.config.id, standing_of_post(post.register).words
    refused = browser(console, accounts, net, "analyst").post(f"/posts/{node}/confirm", {"words": words})
    assert refused.status_code == 422
    assert "Another person has to" in text_of(refused)
    browser(console, accounts, net, "supervisor").post(f"/posts/{node}/confirm", {"words": words})
    assert ledger.load(net.register).is_confirmed(node)


def test_a_post_that_nobody_knows_is_shut_out(net: Network, accounts: Accounts, console: Flask, tmp_path: Path) -> None:
    node = enrolled(net, tmp_path / "gate", "technician").register.config.id
    supervisor = browser(console, accounts, net, "supervisor")
    page = supervisor.follow(supervisor.post(f"/posts/{node}/reject"))
    assert "revoked" in text_of(page)
    assert ledger.load(net.register).trusted(node) is None
    for what in ("confirm", "reject"):
        again = supervisor.post(f"/posts/{node}/{what}", {"words": "x"})
        assert again.status_code == 409
        assert "not waiting" in text_of(again)
    told = [one.code for row in console.extensions["diwan"].reads.page() if (one := event_of(row.detail)) is not None]
    assert "node.rejected" in told


def test_a_technician_makes_a_code_for_a_revoked_post_on_its_page(
    net: Network, accounts: Accounts, console: Flask
) -> None:
    node = net.posts[0].register.config.id
    technician = browser(console, accounts, net, "technician")
    assert "come back" not in text_of(technician.get(f"/posts/{node}"))
    browser(console, accounts, net, "supervisor")
    from diwan_central.network.revocation import revoke

    revoke(net.register.folder, node, "stolen")
    assert "Make a code to enrol it again" in text_of(technician.get(f"/posts/{node}"))
    page = technician.post(f"/posts/{node}/code")
    assert "Post 1" in text_of(page)
    assert node in page.text
    assert 'class="code"' in page.text


def test_the_posts_own_page_shows_its_words_and_that_it_is_not_confirmed(net: Network, tmp_path: Path) -> None:
    post = enrolled(net, tmp_path / "gate", "technician")
    net.settle()
    folder, node = post.register.folder, post.register.config.id
    own = Accounts.open(folder, cost=CHEAP)
    own.change_password("officer", own.add("officer", "officer", "Officer"), PASSWORD)
    app = create_post_app(folder, open_accounts=lambda _: own)
    officer = Browser(app, f"diwan_session_{node}", own.sign_in("officer", PASSWORD).token)
    page = text_of(officer.get("/status"))
    words = standing_of_post(post.register).words
    assert words in page
    assert "not confirmed by the centre yet" in page
    from diwan_central.network.confirmation import confirm

    confirm(net.register.folder, node, words, "analyst")
    follow_ledger(net)
    net.settle()
    for _ in range(4):
        net.turn()
    assert "confirmed by the centre" in text_of(officer.get("/status"))
    assert "not confirmed" not in text_of(officer.get("/status"))
    app.extensions["diwan"].close()
