"""Spreadsheets in, lists out, in the browser: with real processes that work them."""

import csv
import fcntl
import io
import os
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from diwan_central.console.web import create_central_app
from diwan_core.intake.run import jobs
from diwan_core.intake.run.import_lock import LOCK
from diwan_core.intake.sources.workbook_write import write_workbook
from diwan_core.register import Edit
from diwan_core.trust.access_log.events import event_of

from .conftest import PASSWORD, Browser, Site, make_site, text_of
from .forms import read_whole

HEAD = ["Log no", "Day", "Kind", "Weight", "Where", "Story"]
ROWS = [
    ["1", "20/11/2026", "hashish", "12,5", "Gate 1", "Salim drove"],
    ["2", "31/02/2026", "hashish", "3", "Gate 2", ""],
    ["3", "21/11/2026", "tobacco", "1.000,25", "=cmd|' /C calc'!A0", ""],
    ["4", "22/11/2026", "tobacco", "x", "Gate 4", ""],
]
PLAN = {
    "target.0": "", "target.1": "date", "target.2": "goods.1.product_group", "target.3": "goods.1.quantity",
    "target.4": "place", "target.5": "narrative", "format.1": "DD/MM/YYYY", "unit.3": "KGM", "key": "0",
    "system": "north-log", "decimal": ",", "constant.0": "office", "value.0": "JOAQJ", "constant.1": "direction",
    "value.1": "import",
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder: Path = tmp_path_factory.mktemp("bulk") / "centre"
    return make_site(folder, "central", "Centre", "")


@pytest.fixture(scope="module")
def analyst(site: Site) -> Browser:
    return site.browser("analyst")


def sent(browser: Browser, content: bytes, name: str) -> str:
    """The address of the import of this file, which was read whole."""
    return read_whole(browser, begun(browser, content, name))


def begun(browser: Browser, content: bytes, name: str) -> str:
    """The address of the import of this file, which may still be being read."""
    response = browser.post("/imports", {"file": (io.BytesIO(content), name)})
    assert response.status_code == 303, text_of(response)
    return response.location


def as_csv(rows: list[list[str]] = ROWS) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([HEAD, *rows])
    return out.getvalue().encode()


def ended(look: Callable[[], str], words: str) -> str:
    """The page once it says these words."""
    for _ in range(600):
        page = look()
        if words in page:
            return page
        time.sleep(0.2)
    raise AssertionError(page)


def mapped(browser: Browser, address: str) -> str:
    """Columns named, words given a meaning; the page with the first rows."""
    page = browser.follow(browser.post(f"{address}/map", PLAN))
    assert "Words that need a meaning" in page.text
    assert "hashish × 2" in text_of(page) and "tobacco ×" not in text_of(page)
    return text_of(browser.follow(browser.post(f"{address}/words", {"word.0.0": "drugs"})))


@pytest.mark.slow
def test_a_spreadsheet_becomes_cases_and_its_wrong_rows_come_back(tmp_path: Path) -> None:
    site = make_site(tmp_path / "centre", "central", "Centre", "")
    analyst = site.browser("analyst")
    address = sent(analyst, as_csv(), "log.csv")
    assert "Weight" in text_of(analyst.get(address))
    page = mapped(analyst, address)
    assert "2 would become records, 2 would be refused" in page and "31/02/2026" in page and "Gate 1" in page
    with site.console.writing() as register:
        assert register.count("case") == 0
    assert analyst.post(f"{address}/keep", {"title": "North Log"}).status_code == 303
    assert analyst.post(f"{address}/run").status_code == 303
    page = ended(lambda: text_of(analyst.get(address)), "Refused")
    assert "Imported 2" in page and "Refused 2" in page
    errors = analyst.get(f"{address}/errors").text
    assert "31/02/2026" in errors and "Weight" in errors
    listed = analyst.get("/cases", q="gate 1")
    assert "1 result" in text_of(listed)
    write_workbook(tmp_path / "log.xlsx", HEAD, ROWS, [False] * len(HEAD))
    again = sent(analyst, (tmp_path / "log.xlsx").read_bytes(), "log.xlsx")
    analyst.follow(analyst.post(f"{again}/saved", {"mapping": "north-log"}))
    analyst.post(f"{again}/run")
    assert "Already imported 2" in ended(lambda: text_of(analyst.get(again)), "Refused")


def unpacked(workbook: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        return b"".join(archive.read(name) for name in sorted(archive.namelist()))


@pytest.mark.slow
def test_a_list_is_exported_as_filtered_and_only_what_may_leave_unless_asked(site: Site, analyst: Browser) -> None:
    with site.console.writing() as register:
        values = {
            "source_system": "x",
            "source_key": "1",
            "status": "submitted",
            "office": "JOADJ",
            "date": "2026-01-02",
        }
        values |= {"narrative": "Salim", "place": "=HYPERLINK(1)", "agency": "Lt. Salim", "direction": "transit"}
        register.save_many([[Edit("case", values)]], author="amal")
    found = {}
    for form in ("csv", "xlsx", "json"):
        for nominal in ("", "1"):
            data = {"form": form, "nominal": nominal, "query": "office=JOADJ"}
            address = analyst.post("/cases/export", data).location
            ended(lambda address=address: text_of(analyst.get(address)), "is ready")  # type: ignore[misc]
            found[form, nominal] = analyst.get(f"{address}/file").data
    for reduced in (found["csv", ""], found["json", ""], unpacked(found["xlsx", ""])):
        assert b"Salim" not in reduced and b"HYPERLINK" not in reduced and b"transit" in reduced
    assert b"Salim" in found["csv", "1"] and b"'=HYPERLINK(1)" in found["csv", "1"]
    sheet = unpacked(found["xlsx", "1"]).decode()
    assert "Salim" in sheet and "<f>" not in sheet and ">=HYPERLINK(1)</t>" in sheet
    assert "Include personal data" in analyst.get("/cases/export").text
    assert "no texts that nobody has released" in analyst.get("/cases/export").text
    assert site.browser("supervisor").get(address).status_code == 404
    held = [event_of(row.detail) for row in site.console.reads.page(how="export")]
    taken = {(one.code, one.parameters.get("personal")) for one in held if one is not None}
    assert {("list.exported", True), ("list.exported", False), ("list.fetched", None)} <= taken


@pytest.mark.slow
def test_what_is_held_back_and_made_coarser_is_said_before_and_after(site: Site, analyst: Browser) -> None:
    values = {"source_system": "y", "status": "submitted", "office": "JOZ99", "date": "2026-01-02"}
    with site.console.writing() as register:
        for key, more in (("1", {"handling": "red"}), ("2", {"handling": "amber"}), ("3", {})):
            register.save([Edit("case", {**values, "source_key": key, **more})], author="amal")
    asked = text_of(analyst.get("/cases/export", office="JOZ99"))
    assert "1 record of this list is marked TLP:RED" in asked
    assert "marked TLP:RED" not in text_of(analyst.get("/cases/export", office="JOZ98"))
    address = analyst.post("/cases/export", {"form": "csv", "query": "office=JOZ99"}).location
    page = ended(lambda: text_of(analyst.get(address)), "are ready")
    assert "2 records are ready" in page and "2 records were made less precise" in page
    assert "Held back: 1, marked TLP:RED, for the named recipients only" in page
    assert analyst.get(f"{address}/file").status_code == 200
    events = [event_of(row.detail) for row in site.console.reads.page(how="export")]
    [told] = [one for one in events if one is not None and one.code == "list.reduced"][:1]
    assert dict(told.parameters) | {"coarsest": 0} == {
        "type": "case", "form": "csv", "records": 2, "coarser": 2, "coarsest": 0, "held_back": 1,
    }  # fmt: skip


def test_only_roles_that_may_export_personal_data_and_only_their_own_files(site: Site) -> None:
    auditor = site.browser("auditor")
    assert "Include personal data" not in auditor.get("/cases/export").text
    assert auditor.post("/cases/export", {"form": "csv", "nominal": "1"}).status_code == 403
    assert auditor.post("/cases/export", {"form": "exe"}).status_code == 422
    assert auditor.get("/cases/export/0123456789abcdef0123").status_code == 404
    assert site.browser("officer").get("/cases/export").status_code == 403
    assert site.browser("technician").get("/imports").status_code == 403


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"", "empty.csv"),
        (b"\x00" * 100, "zeros.csv"),
        (b"PK\x03\x04" + bytes(200), "cut.xlsx"),
        (b"[" * 100_000, "deep.json"),
        (b"%PDF-1.7 ...", "x.csv"),
        (b"<html><table><tr><td>a</td></tr></table></html>", "page.xls"),
        (b'{"rows": [{"a": 1}]}', "one.json"),
        (b'[{"a": 1', "broken.json"),
        (b"," * 300 + b"\n1", "wide.csv"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_no_table_is_refused_in_words_and_leaves_nothing(
    site: Site, analyst: Browser, content: bytes, name: str
) -> None:
    before = len(jobs.all_of(site.folder))
    response = analyst.post("/imports", {"file": (io.BytesIO(content), name)})
    assert response.status_code == 422, response.status_code
    assert "The file was not taken" in text_of(response) and len(jobs.all_of(site.folder)) == before


def test_an_import_is_its_owners_and_wrong_choices_are_named(site: Site, analyst: Browser) -> None:
    address = sent(analyst, as_csv(), "<b>log</b>.csv")
    assert "<b>log" not in analyst.get(address).text
    other = site.browser("administrator")
    for path in (address, f"{address}/look"):
        assert other.get(path).status_code == 404
    assert other.post(f"{address}/run").status_code == 404
    assert analyst.get(f"{address}/look").status_code == 409
    assert analyst.post(f"{address}/run").status_code == 409
    assert analyst.post(f"{address}/map", {**PLAN, "system": "No Spaces!"}).status_code == 422
    assert analyst.post(f"{address}/map", {"system": "x"}).status_code in (303, 422)
    assert analyst.post(f"{address}/saved", {"mapping": "../../etc/passwd"}).status_code == 422
    assert analyst.post("/imports").status_code == 422


def test_files_of_a_list_stay_in_no_browser_and_go_when_their_time_is_over(site: Site, analyst: Browser) -> None:
    kinds: tuple[jobs.What, ...] = ("import", "export")
    for what in kinds:
        job = jobs.new(site.folder, what, "analyst", {"kind": "case", "form": "csv", "nominal": True, "plan": {}})
        job.path("out.csv").write_text("Salim")
        job.path("errors.jsonl").write_text("")
        jobs.write_json(job.path("result.json"), {"records": 1})
        address = f"/cases/export/{job.id}/file" if what == "export" else f"/imports/{job.id}/errors"
        job.change(name="x.csv")
        assert analyst.get(address).headers["Cache-Control"] == "no-store"
        content = jobs.read_json(job.path("job.json"))
        assert content is not None
        jobs.write_json(job.path("job.json"), {**content, "created": time.time() - jobs.KEPT_S[what] - 1})
        assert analyst.get(address).status_code == 404, "no longer, even while it is still on the disk"
        assert job.id not in [other.id for other in jobs.all_of(site.folder)]
        again = create_central_app(site.folder, open_accounts=lambda _: site.accounts)
        again.test_client().get("/healthz")
        assert not job.folder.exists(), "whatever the console is asked, what is over goes"


def test_files_leave_room_for_what_is_reported(analyst: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "SPARED", 1 << 60)
    refused = analyst.post("/imports", {"file": (io.BytesIO(as_csv()), "log.csv")})
    assert refused.status_code == 507 and "nearly full" in text_of(refused)
    assert analyst.post("/cases/export", {"form": "csv"}).status_code == 507


def test_nobody_runs_more_than_two_at_once(site: Site, analyst: Browser) -> None:
    started = [jobs.new(site.folder, "export", "analyst", {"kind": "case"}) for _ in range(jobs.AT_ONCE)]
    for job in started:
        job.path("began").touch()
    address = sent(analyst, as_csv(), "log.csv")
    analyst.post(f"{address}/map", {"target.4": "place", "key": "0", "system": "third"})
    refused = analyst.post(f"{address}/run")
    assert refused.status_code == 429 and "still running" in text_of(refused)
    assert analyst.post("/cases/export", {"form": "csv"}).status_code == 429
    for job in started:
        jobs.write_json(job.path("result.json"), {"error": "over"})
    assert analyst.post(f"{address}/run").status_code == 303


def test_a_saved_mapping_is_replaced_only_when_asked(analyst: Browser) -> None:
    address = sent(analyst, as_csv(), "log.csv")
    plan = {"target.4": "place", "key": "0", "system": "east-log"}
    analyst.post(f"{address}/map", plan)
    assert analyst.post(f"{address}/keep", {"title": "East Log"}).status_code == 303
    assert analyst.post(f"{address}/keep", {"title": "east log!"}).status_code == 303, "the same again"
    analyst.post(f"{address}/map", {**plan, "system": "other"})
    refused = analyst.post(f"{address}/keep", {"title": "East Log"})
    assert refused.status_code == 409 and "of this name" in text_of(refused)
    assert analyst.post(f"{address}/keep", {"title": "East Log", "replace": "1"}).status_code == 303
    assert analyst.post(f"{address}/keep", {"title": "colombia", "replace": "1"}).status_code == 422


def test_what_was_uploaded_can_be_thrown_away(site: Site, analyst: Browser) -> None:
    address = sent(analyst, as_csv(), "log.csv")
    job = jobs.get(site.folder, address.rpartition("/")[2])
    assert job is not None and "Delete this file" in text_of(analyst.get(address))
    assert site.browser("supervisor").post(f"{address}/discard").status_code == 404
    job.path("began").touch()
    assert analyst.post(f"{address}/discard").status_code == 409, "not while it is at work"
    job.path("began").unlink()
    assert "The file was deleted" in text_of(analyst.follow(analyst.post(f"{address}/discard")))
    assert not job.folder.exists() and analyst.get(address).status_code == 404


def test_where_no_row_would_become_a_record_the_page_says_so(analyst: Browser) -> None:
    address = sent(analyst, b"No,Day\n1,someday\n2,never\n", "log.csv")
    plan = {"target.1": "date", "format.1": "ISO", "key": "0", "system": "none"}
    page = analyst.follow(analyst.post(f"{address}/map", plan))
    assert "None of these rows would become a record" in text_of(page)


@pytest.mark.slow
@pytest.mark.parametrize("by", ["its owner", "the administrator"])
def test_an_import_at_work_is_stopped_and_what_it_did_stays(site: Site, by: str) -> None:
    name = f"leaver-{len(by)}"
    site.accounts.change_password(name, site.let_in(name, "analyst"), PASSWORD)
    leaver = site.browser(name)
    with (site.folder / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        address = sent(leaver, b"No,Place\n" + b"".join(b"%d,Gate\n" % n for n in range(3000)), "long.csv")
        leaver.post(f"{address}/map", {"target.1": "place", "key": "0", "system": name})
        leaver.post(f"{address}/run")
        ended(lambda: text_of(leaver.get(address)), "Another import is running")
        assert "Stop the import" in leaver.get(address).text
        if by == "its owner":
            assert leaver.post(f"{address}/stop").status_code == 303
        else:
            site.browser("administrator").post(f"/people/{name}/disable")
    job = jobs.get(site.folder, address.rpartition("/")[2])
    assert job is not None
    ended(lambda: str(job.result), "before its end")
    if by == "its owner":
        assert "It was stopped before its end" in text_of(leaver.get(address))
    with site.console.writing() as register:
        assert register.known_keys(name, [str(n) for n in range(3000)]) == set()


@pytest.mark.slow
def test_an_import_that_waits_for_another_says_so(site: Site, analyst: Browser) -> None:
    with (site.folder / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        address = sent(analyst, b"No,Place\n1,Gate\n", "log.csv")
        analyst.post(f"{address}/map", {"target.1": "place", "key": "0", "system": "waits"})
        analyst.post(f"{address}/run")
        ended(lambda: text_of(analyst.get(address)), "Another import is running")
    assert "Imported 1" in ended(lambda: text_of(analyst.get(address)), "Refused")


def test_a_file_beyond_the_limit_is_refused_with_the_limit_of_this_page(site: Site, analyst: Browser) -> None:
    length = {"CONTENT_LENGTH": str(200 * 1024 * 1024)}
    refused = analyst.client.post("/imports", content_type="multipart/form-data; boundary=x", environ_overrides=length)
    assert refused.status_code == 413 and "At most 64 MB" in text_of(refused)


def test_a_job_that_died_can_be_run_again(site: Site, analyst: Browser) -> None:
    address = sent(analyst, as_csv(), "log.csv")
    job = jobs.get(site.folder, address.rpartition("/")[2])
    assert job is not None and job.state == "open"
    job.path("began").touch()
    os.utime(job.path("began"), (1, 1))
    died = jobs.get(site.folder, job.id)
    assert died is not None and died.state == "interrupted"
    assert "Run it again" in text_of(analyst.get(address))
