"""A console with something on every page of it, and the way to each: what the test of every page walks along."""

import fcntl
import io
import os
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from diwan_appliance.course.course import begin
from diwan_core.health.findings import Findings
from diwan_core.intake.run import jobs
from diwan_core.register import Edit
from diwan_core.web.kit.access import May, Public, decision_of
from diwan_core.web.kit.permissions import allowed
from flask import Flask

from tests.intake.workbooks import CASES
from tests.states.kit import NEW

from .conftest import PASSWORD, SHORT, Browser, Site, picture, png
from .forms import form_of, place, press, read_whole
from .staged_centre import visits_at_the_centre
from .test_browser import rich_case
from .test_bulk import PLAN, as_csv
from .test_import_types import workbook
from .visit import Visit

#: Routes a browser gets that are no pages of ours, and why. Everything else with GET is visited.
NO_PAGE: Final = {
    "pages.healthz": "one word for a machine",
    "pages.icon": "a picture",
    "pages.stylesheet": "a stylesheet",
    "pages.script": "a script",
    "pages.set_language": "sends back to the page it was pressed on",
    "records.numbered": "sends on to the page of a case",
    "records.open": "sends on to the record's page",
    "codes.find": "answers a script with codes",
    "picking.find": "answers a script with records",
    "drafts.token": "answers a script with the token of the session",
    "label_case.label": "a file: the label of a case",
    "paper_case.sheets": "a file: empty forms on paper",
    "print_case.pdf": "a file: a case on paper",
    "object_card_case.card": "a file: the Object ID cards of a case",
    "print_case.reduced": "a file: what may leave of a case, on paper",
    "export_case.file": "a file: the list that was exported",
    "other_forms.file": "a file: a form of another administration, filled",
    "imports.errors": "a file: why rows were refused",
    "imports.refused": "a file: the refused rows",
    "reads.export": "a file: the log",
    "attachment.thumb": "a picture",
    "metrics.metrics": "figures for a collector",
    "attachment.view": "a picture",
    "pictures.held_thumb": "a picture",
    "settings.picture": "a picture",
    "attachment.original": "a file: the picture as it came in",
    "enrolment.picture": "a picture: the code as QR",
    "assets.as_file": "a file: the machines",
    "equivalents.as_file": "a file: the table of doses and equivalents",
    "rollout.sites_csv": "a file: the sites",
    "rollout.sites_workbook": "a file: the sites",
    "rollout.empty_questionnaire": "a file: the questionnaire on paper",
    "rollout.report_pdf": "a file: the report for donors",
    "rollout.report_workbook": "a file: the report for donors",
    "rollout.certificate": "a file: a certificate of training",
    "rollout.site_questionnaire": "a file: the questionnaire on paper",
    "acceptance.download": "a file: a sheet as it was signed",
    "subject.file": "a file: a report to a person",
    **{
        f"{page.format(kind)}": "as that of a suspect file, from the same templates"
        for page, kinds in {
            "{}.index": "message request proposal arrival",
            "{}.page": "message request proposal arrival watch_entry",
            "begin_{}.ask": "operation message proposal arrival",
            "edit_{}.edit": "request arrival",
            "edit_{}.part": "request arrival",
        }.items()
        for kind in kinds.split()
    },
}
IN_AN_HOUR: Final = 3600.0
_ROLES: Final = ("supervisor", "administrator", "auditor", "analyst")


def reader_of(app: Flask, endpoint: str) -> str:
    """The first role that may open a page; "" where nobody needs to sign in."""
    decision = decision_of(app, endpoint)
    if isinstance(decision, Public):
        return ""
    if isinstance(decision, May):
        return next(role for role in _ROLES if allowed(role, decision.action))
    return _ROLES[0]


def endpoint_of(app: Flask, path: str) -> str:
    """Which route answers a path."""
    return str(app.url_map.bind("localhost").match(path.partition("?")[0])[0])


def pages_of(app: Flask) -> set[str]:
    """The endpoints of every route a browser gets."""
    return {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}


def visits(site: Site) -> list[Visit]:
    """Every page of a console, on data that fills it; made once."""
    app = site.app
    found = list(_staged(site))
    seen = {endpoint_of(app, visit.path) for visit in found}
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments and rule.endpoint not in {*NO_PAGE, *seen}:
            found.append(Visit(rule.rule, reader_of(app, rule.endpoint)))
    return found


def _staged(site: Site) -> Iterator[Visit]:
    browser = site.browser("supervisor")
    case = rich_case(site, browser)
    yield from _case(site, browser, case)
    yield from _on_file(site, browser, case)
    yield from _files(site)
    yield from _drafts(site, browser)
    yield from _pictures(site, browser, case)
    yield from _import(site, browser)
    yield from _other_forms(site, browser)
    yield from _export(site, browser)
    yield from _people(site)
    _trouble(site)
    Findings(site.folder, "agent").note("session_taken_over")
    yield from (Visit("/", role) for role in ("officer", "supervisor", "administrator", "auditor", "analyst"))
    yield from (Visit(f"/help/{name}", role) for name, role in (("report", "officer"), ("import", "administrator")))
    yield Visit("/status", "administrator")
    yield Visit("/health/session_taken_over", "administrator")
    yield Visit("/health/of_another_release", "administrator")  # nothing there
    if site.console.at_post:
        begin(site.folder, "دورة Course 1", "2026-09-21")
        yield Visit("/course", "officer")
        yield Visit("/course/people", "supervisor")
    else:
        yield from visits_at_the_centre(site)


def _case(site: Site, browser: Browser, case: str) -> Iterator[Visit]:
    record = case.rpartition("/")[2]
    yield Visit(case, "supervisor", press="#check button[value=sent_back]")  # without the comment it needs
    yield Visit(case, "auditor")
    yield Visit(f"{case}/edit/event", "officer")
    yield Visit(f"{case}/edit/goods/1", "officer")
    yield Visit(f"/records/{record}/conflicts", "supervisor", press="main form .actions button")  # nothing chosen
    yield Visit(f"/records/{record}/release", "supervisor", press="main form button")
    back = place(browser.post("/cases/new", {**SHORT, "country": "JO", "goods.1.quantity": "7"}))
    seen = form_of(browser.get(back).text, 'name="seen"')["seen"]
    place(browser.post(f"{back}/check", {"seen": seen, "decision": "sent_back", "comment": "أي مكان؟ Which place?"}))
    yield Visit(back, "officer")
    yield Visit("/check", "supervisor")
    yield Visit("/cases", "supervisor")
    yield Visit("/cases?q=zzzz&direction=import", "analyst")
    yield Visit("/search?q=tobacco", "officer")
    yield Visit("/cases/new", "officer", press="main form button[value=report]")
    yield Visit("/codes/hs?q=tobacco", "officer")
    yield Visit("/cases/0198f0a0-0000-7000-8000-000000000000", "officer")  # nothing there
    yield Visit("/people", "officer")  # not for this person


def _on_file(site: Site, browser: Browser, case: str) -> Iterator[Visit]:
    held: dict[str, dict[str, Any]] = {
        "person": {"latin_name": "NADIA AXE", "name_as_written": "نادية", "document": {"1": {"number": "N-12345"}}},
        "company": {"name": "Red Sea Example Trading", "country": "JO", "handling": "amber"},
        "conveyance": {"mode": "3", "kind": "lorry", "plate": "12-34567", "plate_country": "JO"},
    }
    for kind, values in held.items():
        with site.console.writing() as register:
            made = register.save([Edit(kind, {**values, "status": "submitted"})], author="supervisor").records[0]
            if kind == "person":
                link: dict[str, Any] = {"party": {"1": {"role": "driver", "subject": made}}}
                register.save([Edit("case", link, record=case.rpartition("/")[2])], author="supervisor")
        listed = {"person": "persons", "company": "companies", "conveyance": "conveyances"}[kind]
        page = f"/{listed}/{made}"
        yield Visit(page, "supervisor")
        text = browser.get(page).text
        for path in dict.fromkeys(re.findall(rf'href="({page}/edit/[a-z_]+(?:/new)?)"', text)):
            yield Visit(path, "officer")
        part = next((name for name in ("document", "history", "owner") if f"/edit/{name}/new" in text), "x")
        yield Visit(f"{page}/edit/{part}/new", "officer")
        yield Visit(f"/{listed}?q=axe", "supervisor")
        yield Visit(f"/{listed}/new", "officer")

    with site.console.writing() as register:
        register.config, own = replace(register.config, role="central"), register.config  # only the centre makes one
        values = {"name": "Operation Samum", "state": "running", "status": "submitted"}
        operation = register.save([Edit("operation", values)], author="analyst").records[0]
        register.config = own
        link = {"operation": operation}
        register.save([Edit("case", link, record=case.rpartition("/")[2])], author="supervisor")
    yield Visit(f"/operations/{operation}", "supervisor")
    yield Visit(f"/operations/{operation}", "coordinator")
    yield Visit(f"/records/{operation}/steps/state/ended", "coordinator")  # at a post, only refused
    yield Visit(f"{case}/edit/party/new", "officer", press="button[value='pick:party.new.subject']")


def _files(site: Site) -> Iterator[Visit]:
    """What goes from hand to hand: one kind in full, and the forms that differ."""
    with site.console.writing() as register:
        file = register.save([Edit("suspect", {**NEW, "status": "submitted"})], author="officer").records[0]
    yield Visit("/suspects?state=new", "supervisor")
    yield Visit(f"/suspects/{file}", "auditor")
    yield Visit(f"/suspects/{file}/edit/file", "supervisor")
    yield Visit(f"/suspects/{file}/edit/subject/1", "supervisor")
    yield Visit(f"/records/{file}/steps/task.new.state/open", "investigator", press="main form .actions button")
    yield Visit("/suspects/begin/new", "officer", press="main form .actions button")
    yield Visit("/requests/begin/sent", "supervisor", press="main form .actions button")
    yield Visit("/watch-entries/begin/proposed", "analyst")  # at a post, only refused


def _drafts(site: Site, browser: Browser) -> Iterator[Visit]:
    fresh = form_of(browser.get("/cases/new").text)
    shown = place(browser.post("/cases/new", {**fresh, **SHORT, "country": "JO", "do": "wide"}))
    for part in ("party", "means", "concealment"):
        shown = place(press(browser, shown, f"add:{part}"))
    yield Visit(shown, "supervisor", press="main form button[value=report]", fill={"goods.1.quantity": "many"})
    yield Visit(f"{shown}/link/party.1.subject?q=nadia", "supervisor")
    yield Visit(place(browser.post("/cases/new", {**SHORT, "country": "JO", "exercise": "yes"})), "supervisor")
    leaver = Browser(site.app, browser.cookie, _left(site))
    place(leaver.post("/cases/new", {**SHORT, "do": "save"}))
    site.accounts.disable("leaver")
    yield Visit("/drafts", "supervisor")
    yield Visit("/drafts", "officer")


def _left(site: Site) -> str:
    """The session of somebody who is about to leave."""
    one_time = site.let_in("leaver", "officer", "Leaver Example")
    return site.accounts.change_password("leaver", one_time, PASSWORD).token


def _pictures(site: Site, browser: Browser, case: str) -> Iterator[Visit]:
    record = case.rpartition("/")[2]
    shown = re.findall(r'href="(/pictures/[0-9a-f-]+)"', browser.get(case).text)
    here, away = dict.fromkeys(shown)
    browser.post(f"/records/{record}/pictures/new", picture(png(321, 243), caption="Removed again"))
    removed = next(iter(set(re.findall(r'href="(/pictures/[0-9a-f-]+)"', browser.get(case).text)) - {here, away}))
    seen = form_of(browser.get(f"{removed}/edit").text, 'name="seen"')["seen"]
    place(browser.post(f"{removed}/remove", {"seen": seen}))
    yield Visit(here, "supervisor")
    yield Visit(away, "auditor")
    yield Visit(removed, "supervisor")
    yield Visit(f"{here}/edit", "officer")
    yield Visit(f"/records/{record}/pictures/new", "officer", press="main form .actions button")
    officer = site.browser("officer")
    draft = place(press(officer, "/cases/new", "pictures")).split("/")[2]
    officer.post(f"/records/{draft}/pictures/new", picture(png(322, 243), caption="تحت المقعد"))
    yield Visit(f"/records/{draft}/pictures/new", "officer")
    yield Visit(f"/drafts/{draft}", "officer")
    yield Visit("/gallery", "officer")
    yield Visit("/gallery/judge", "officer", press="main form .actions button")


def _import(site: Site, browser: Browser) -> Iterator[Visit]:
    yield Visit("/imports", "supervisor", press="main form button")  # no file chosen

    def uploaded(content: bytes = as_csv(), name: str = "سجل log.csv") -> str:
        return read_whole(browser, place(browser.post("/imports", {"file": (io.BytesIO(content), name)})))

    begun = uploaded()
    yield Visit(begun, "supervisor", press="form[action$=map] button")  # the source has no name yet
    book = uploaded(
        workbook(Notes=[["Read me"], ["x"]], لوحات=[["Plate", "Former names"], ["12-34567", "A;B"]]), "b.xlsx"
    )
    place(browser.post(f"{book}/what", {"sheet": "لوحات", "type": "conveyance"}))
    yield Visit(book, "supervisor")
    for name in ("24-filtered-rows.xlsx", "old.xls"):
        yield Visit(uploaded((CASES / name).read_bytes(), name), "supervisor")
    yield _being_read(site)
    mapped = uploaded()
    place(browser.post(f"{mapped}/map", PLAN))
    yield Visit(f"{mapped}/look", "supervisor")
    run = uploaded()
    place(browser.post(f"{run}/map", PLAN))
    place(browser.post(f"{run}/words", {"word.0.0": "drugs"}))
    place(browser.post(f"{run}/run"))
    _until_done(site, run)
    yield Visit(run, "supervisor")
    yield _begun(site, uploaded(), -IN_AN_HOUR)  # "just begun" for as long as the test takes
    yield _begun(site, uploaded(), IN_AN_HOUR)


def _being_read(site: Site) -> Visit:
    """A workbook that is being read, for as long as this process lives."""
    job = jobs.new(site.folder, "import", "supervisor", {"name": "large.xlsx", "type": "case"})
    jobs.write_json(job.path("reading.json"), {"share": 0.4})
    held = os.open(job.path("reading.lock"), os.O_CREAT | os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    return Visit(f"/imports/{job.id}", "supervisor")


def _begun(site: Site, address: str, ago: float) -> Visit:
    """A job that began so many seconds ago, and no process works it: at work at first, then interrupted."""
    job = jobs.get(site.folder, address.rpartition("/")[2])
    assert job is not None
    job.path("result.json").unlink(missing_ok=True)
    job.path("began").touch()
    os.utime(job.path("began"), (time.time() - ago, time.time() - ago))
    jobs.write_json(job.path("progress.json"), {"share": 0.4, "rows": 1200})
    return Visit(address, "supervisor")


def _export(site: Site, browser: Browser) -> Iterator[Visit]:
    yield Visit("/cases/export?direction=import", "supervisor")
    for ago in (None, IN_AN_HOUR, -IN_AN_HOUR):
        done = place(browser.post("/cases/export", {"form": "csv", "query": ""}))
        _until_done(site, done)
        yield Visit(done, "supervisor") if ago is None else _begun(site, done, ago)


def _other_forms(site: Site, browser: Browser) -> Iterator[Visit]:
    yield Visit("/forms", "supervisor")
    yield Visit("/forms/eu-cash-declaration", "supervisor")
    yield Visit("/forms/etis", "supervisor", press="main form button", fill={"year": "last"})
    done = place(browser.post("/forms/cites-illegal-trade", {"form": "csv", "year": ""}))
    _until_done(site, done)
    yield Visit(done, "supervisor")
    done = place(browser.post("/forms/etis", {"form": "csv", "year": ""}))
    _until_done(site, done)
    yield _begun(site, done, IN_AN_HOUR)


def _until_done(site: Site, address: str) -> None:
    for _ in range(1200):
        job = jobs.get(site.folder, address.rpartition("/")[2])
        if job is not None and job.state == "done":
            return
        time.sleep(0.1)
    raise AssertionError(f"{address} has not ended: {job and job.path('log').read_text()}")


def _people(site: Site) -> Iterator[Visit]:
    yield Visit("/sign-in", "", press="main form button", fill={"name": "nobody", "password": "no such password"})
    yield Visit("/password", "officer", press="main form button", fill={"new": "one way", "again": "another"})
    yield Visit("/account", "officer", press="main form button", fill={"password": "not mine"})
    yield Visit("/people/officer", "administrator")
    yield Visit("/people/administrator", "administrator")
    yield Visit("/people/new", "administrator", press="main form button", fill={"name": "Not A Name!"})
    yield Visit("/people/technician", "administrator", press="form[action$=reset] button")
    asker = site.accounts.actor("administrator")
    number = site.accounts.ask("add", f"waits.{time.time_ns()}"[:30], asker, role="officer").number
    wrong = {f"password-{number}": "not mine"}
    yield Visit("/approvals", "supervisor", press=f"#request-{number} form button", fill=wrong)
    yield Visit("/approvals", "administrator")
    yield Visit("/approvals", "auditor")
    yield Visit("/log?check=1", "auditor")
    yield Visit("/log?person=nobody", "auditor")


def _trouble(site: Site) -> None:
    """Something refused and something that waits, from a node called postx."""
    with site.console.writing() as register, register.store.write() as connection:
        for code in ("rule", "fork", "unheard-of"):
            connection.execute(
                "INSERT INTO quarantine (received, sender, code, reason, epoch, first, last) "
                "VALUES (1763800000000, 'postx', ?, 'date: \"x\" is no date', 'e', 3, 4)",
                (code,),
            )
        connection.execute("UPDATE journal SET verdict=2 WHERE no=(SELECT max(no) FROM journal)")
