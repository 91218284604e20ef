"""No request whatever ends in an error of ours: every route of both consoles, every place where a client can write."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes

import diwan_central
import diwan_core.web
import pytest
from diwan_core.web.kit import csrf
from diwan_core.web.kit.access import May, Public, Token, decision_of
from diwan_core.web.kit.permissions import allowed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.routing import IntegerConverter
from werkzeug.test import EnvironBuilder, TestResponse, run_wsgi_app
from werkzeug.wrappers import Request

from .conftest import Browser, Site

pytestmark = pytest.mark.slow

ROLES: Final = ("officer", "supervisor", "analyst", "administrator", "technician", "auditor", "")
RECORD: Final = "0198f0a0-0000-7000-8000-000000000000"
#: Values as they stand on the wire, before anything is decoded.
HOSTILE: Final = (
    b"//[", b"//[::1", b"http://[", b"/\\example.org", b"//example.org", b"/%5c%5cexample.org", b"%", b"%zz", b"%2",
    b"%00", b"\x00", b"%ff%fe", b"\xff\xfe", b"%ed%a0%80", b"\xed\xa0\x80", b"%c0%af", b"%F4%90%80%80", b"a" * 3000,
    b"9" * 400,
    b"-1", b"NaN", b"1e999", b"%d9%a1%d9%a2", b"2026-13-45", b"9999-12-31", b"0001-01-01", b"[]",
    b"{}", b'{"*":[["a",1]]}',
    b"'; DROP TABLE record;--", b"<script>alert(1)</script>", b"../../etc/passwd", b"%0d%0aSet-Cookie:%20a=b",
    b"%E2%80%AE",
    b"%F0%9F%92%A9" * 50, b";", b"&&&===", b"a=b;c=d", b"+", b"*", b'"', b"%7B%7B7*7%7D%7D", b"\xe2\x80",
)  # fmt: skip
HOSTS: Final = (
    "", "[", "[::1", "a b", "a@b", "a/b", "a:b", "a:99999999", "\xff", "xn--", "..", "a" * 3000, "a,b",
    "[::1]:x", "%00", "<b>",
)  # fmt: skip


def names_of_fields() -> list[str]:
    """Every name that the pages read from an address or a form."""
    sources = [Path(package.__file__ or "").parent for package in (diwan_core.web, diwan_central)]
    text = "".join(path.read_text(encoding="utf-8") for folder in sources for path in folder.rglob("*.py"))
    found = re.findall(r"""(?:args|form|values)\.(?:get|getlist)\("([a-z_.:-]+)\"""", text)
    return sorted({*found, "next", "back", "q", "seen", "do", "_draft", "_type"})


FIELDS: Final = names_of_fields()


@pytest.fixture(scope="module", params=["post", "centre"])
def site(request: pytest.FixtureRequest) -> Site:
    found: Site = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="module")
def browsers(site: Site) -> list[Browser]:
    return [site.browser(role) if role else site.stranger() for role in ROLES]


def routes(site: Site) -> Iterator[tuple[str, str]]:
    """(method, path with a harmless value in every place) of every route that changes nobody's session."""
    adapter = site.app.url_map.bind("localhost")
    for rule in site.app.url_map.iter_rules():
        if rule.endpoint in ("people.sign_out",):
            continue
        whole = {name for name, kind in rule._converters.items() if isinstance(kind, IntegerConverter)}
        values = {name: 1 if name in whole else RECORD if "record" in name else "x" for name in rule.arguments}
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            yield method, adapter.build(rule.endpoint, values)


def askers(site: Site, browsers: list[Browser]) -> Iterator[tuple[Browser, str, str]]:
    """Every route with somebody who may use it, and with a stranger where nobody needs to be signed in."""
    adapter = site.app.url_map.bind("localhost")
    for method, path in routes(site):
        decision = decision_of(site.app, adapter.match(path, method=method)[0])
        roles = [role for role in ROLES if isinstance(decision, May) and allowed(role, decision.action, decision.of)]
        yield (
            browsers[ROLES.index(roles[0]) if roles else -1 if isinstance(decision, Public | Token) else 1],
            method,
            path,
        )


def sent(browser: Browser, method: str, path: str, **environ: str) -> TestResponse:
    """A request with these variables of its environment set as they are; the test client would look into them."""
    body = environ.pop("body", "").encode("latin-1")
    form = {"CONTENT_TYPE": "application/x-www-form-urlencoded"}
    built = EnvironBuilder(path, method=method, data=body).get_environ() | form
    built |= {"HTTP_COOKIE": f"{browser.cookie}={browser.token}", "HTTP_ORIGIN": "http://localhost"} | environ
    pieces, status, headers = run_wsgi_app(browser.client.application, built)
    return TestResponse(pieces, status, headers, Request(built))


def failures(answers: Iterator[tuple[str, TestResponse]]) -> list[str]:
    return [f"{answer.status_code} {what}" for what, answer in answers if answer.status_code >= 500]


@pytest.mark.slow
@pytest.mark.parametrize("turn", range(12))
def test_no_value_in_an_address_or_a_form_ends_in_an_error(site: Site, browsers: list[Browser], turn: int) -> None:
    """Every field of every route with hostile values, others in each turn."""

    def answers() -> Iterator[tuple[str, TestResponse]]:
        for number, (browser, method, path) in enumerate(askers(site, browsers)):
            values = [HOSTILE[(number + 7 * place + 3 * turn) % len(HOSTILE)] for place in range(len(FIELDS))]
            pairs = [f"{name}={value.decode('latin-1')}" for name, value in zip(FIELDS, values, strict=True)]
            written = "&".join(pairs)
            if method == "GET":
                yield f"{path} ? {written}", sent(browser, "GET", path, QUERY_STRING=written)
            else:
                token = f"{csrf.FIELD}={csrf.token(browser.token)}&"
                yield f"{path} form {written}", sent(browser, "POST", path, body=token + written)

    assert failures(answers()) == []


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value[:12]))
def test_no_value_in_a_path_ends_in_an_error(site: Site, browsers: list[Browser], value: bytes) -> None:
    raw = unquote_to_bytes(value).decode("latin-1")

    def answers() -> Iterator[tuple[str, TestResponse]]:
        for browser, method, path in askers(site, browsers):
            hostile = path.replace(RECORD, raw).replace("/x", "/" + raw)
            if method == "GET" and hostile != path:
                yield f"{hostile!r}", sent(browser, "GET", "/", PATH_INFO=hostile)

    assert failures(answers()) == []


@pytest.mark.parametrize("host", HOSTS, ids=lambda host: repr(host[:12]))
def test_no_host_ends_in_an_error(site: Site, browsers: list[Browser], host: str) -> None:
    def answers() -> Iterator[tuple[str, TestResponse]]:
        for browser, method, path in askers(site, browsers):
            more = {"HTTP_HOST": host, "HTTP_X_FORWARDED_HOST": host, "HTTP_X_FORWARDED_FOR": host}
            yield f"{method} {path}", sent(browser, method, path, HTTP_ORIGIN=f"http://{host}", **more)

    assert failures(answers()) == []


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value[:12]))
def test_no_cookie_and_no_header_ends_in_an_error(site: Site, browsers: list[Browser], value: bytes) -> None:
    text = value.decode("latin-1")
    names = (f"diwan_session_{site.console.node.id}", f"diwan_visit_{site.console.node.id}", "diwan_language", text)
    headers = (
        "HTTP_ACCEPT_LANGUAGE", "HTTP_ACCEPT", "HTTP_ORIGIN", "HTTP_REFERER", "HTTP_SEC_FETCH_SITE", "HTTP_RANGE",
        "HTTP_IF_NONE_MATCH", "HTTP_IF_MODIFIED_SINCE", "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_PROTO",
        "CONTENT_TYPE",
        "HTTP_USER_AGENT", "HTTP_X_REQUESTED_WITH",
    )  # fmt: skip

    def answers() -> Iterator[tuple[str, TestResponse]]:
        for browser, method, path in askers(site, browsers):
            cookies = "; ".join(f"{name}={text}" for name in names)
            yield f"{method} {path} cookies", sent(browsers[-1], method, path, HTTP_COOKIE=cookies)
            yield f"{method} {path} headers", sent(browser, method, path, **dict.fromkeys(headers, text))

    assert failures(answers()) == []


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_no_bytes_in_any_place_end_in_an_error(site: Site, browsers: list[Browser], data: st.DataObject) -> None:
    latin = (st.binary(max_size=40) | st.sampled_from(HOSTILE)).map(lambda raw: raw.decode("latin-1"))
    method, path = data.draw(st.sampled_from(list(routes(site))))
    browser = data.draw(st.sampled_from(browsers))
    query = data.draw(st.lists(st.tuples(st.sampled_from(FIELDS), latin), max_size=4))
    written = "&".join(f"{name}={value}" for name, value in query)
    token = f"{csrf.FIELD}={csrf.token(browser.token)}&"
    answer = sent(
        browser, method, path, QUERY_STRING=written, body=token + written if method == "POST" else "",
        HTTP_COOKIE=f"{browser.cookie}={browser.token}; diwan_language={data.draw(latin)}",
        HTTP_ACCEPT_LANGUAGE=data.draw(latin), HTTP_HOST=data.draw(st.sampled_from(HOSTS) | latin),
    )  # fmt: skip
    assert answer.status_code < 500


@pytest.mark.parametrize(
    "where", ["//[", "//example.org", "/\\example.org", "https://example.org", "javascript:1", "/\t/x", ""]
)
def test_an_address_elsewhere_is_never_led_to(post: Site, where: str) -> None:
    stranger = post.stranger()
    assert stranger.get("/sign-in", next=where).status_code == 200
    answer = stranger.get("/language/ar", back=where)
    assert (answer.status_code, answer.location) == (303, "/")


FOREIGN: Final = (
    {"HTTP_ORIGIN": "https://example.org"},
    {"HTTP_ORIGIN": "null"},
    {"HTTP_ORIGIN": "http://localhost.example.org"},
    {"HTTP_ORIGIN": "", "HTTP_REFERER": "https://example.org/localhost"},
    {"HTTP_ORIGIN": "http://localhost", "HTTP_SEC_FETCH_SITE": "cross-site"},
    {"HTTP_ORIGIN": "http://localhost", "HTTP_SEC_FETCH_SITE": "same-site"},
    {"HTTP_ORIGIN": ""},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=lambda headers: ", ".join(headers.values()))
def test_a_form_of_another_site_is_never_offered_to_be_sent_on(site: Site, headers: dict[str, str]) -> None:
    """Neither after sign-in nor after any other refusal: what another site typed is not in the answer at all."""
    planted = "narrative=planted-by-another-site"
    for method, path in routes(site):
        if method == "POST" and path not in ("/sign-in", "/enrol", "/renew", "/console-certificate"):
            answer = sent(site.stranger(), "POST", path, body=planted, **headers)
            assert answer.status_code in (400, 413), path
            assert "planted" not in answer.text and "Continue" not in answer.text, path


def test_a_form_of_our_own_is_offered_to_be_sent_on(post: Site) -> None:
    for headers in (
        {},
        {"HTTP_SEC_FETCH_SITE": "same-origin"},
        {"HTTP_ORIGIN": "", "HTTP_REFERER": "http://localhost/cases"},
    ):
        answer = sent(post.stranger(), "POST", "/cases/new", body="narrative=typed-here", **headers)
        assert answer.status_code == 401
        assert "typed-here" in answer.text and "Continue" in answer.text
