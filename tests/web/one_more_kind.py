"""`python -m tests.web.one_more_kind FOLDER`, with `invented` in PYTHONPATH: the pages of a record type that was
declared and given one file. Run by test_one_more_kind."""

import sys
from pathlib import Path

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.transfer import import_reading

from .conftest import Browser, Site, make_site, picture, text_of
from .forms import place, press
from .test_bulk import ended, sent
from .test_editing import fields_of

CSV = b"Vessel,Came,Under\nALBATROSS EXAMPLE,2026-11-03,JO\nPETREL EXAMPLE,2026-11-04,SY\n"
PLAN = {"target.0": "ship", "target.1": "arrived", "target.2": "flag", "key": "0", "system": "harbour"}


def drafted_and_saved(officer: Browser) -> str:
    """A call begun, kept as a draft, and saved; the address of its page."""
    page = officer.get("/ship-calls/new")
    assert page.status_code == 200 and "Add: Call of a ship" in text_of(page) and "Name of the ship" in text_of(page)
    draft = place(press(officer, "/ship-calls/new", "save", ship="GANNET EXAMPLE"))
    assert "GANNET EXAMPLE" in text_of(officer.get("/drafts"))
    person = place(press(officer, "/persons/new", "report", name_as_written="Nadia Example")).rpartition("/")[2]
    assert person in [item["id"] for item in officer.json("/look-up/ship_call/crew.subject", q="nadia")]
    draft = place(press(officer, draft, "add:crew"))
    answer = press(
        officer, draft, "report", arrived="2026-11-02", flag="JO", master=person, crew__1__rank="Mate",
        crew__1__name="Omar Example",
    )  # fmt: skip
    assert "done=saved" in answer.location
    return place(answer)


def shown(officer: Browser, address: str) -> None:
    page = text_of(officer.get(address))
    for words in ("GANNET EXAMPLE", "Nadia Example", "Omar Example", "Mate", "The call", "Pictures", "History"):
        assert words in page, words
    master = officer.get(address).text.partition("/persons/")[2][:36]
    assert "GANNET EXAMPLE" in text_of(officer.get(f"/persons/{master}")), "where the person is named"
    for query in ({}, {"q": "gannet"}, {"flag": "JO"}, {"sort": "ship"}, {"q": "omar example"}):
        found = officer.get("/ship-calls", **query)
        assert found.status_code == 200 and "GANNET EXAMPLE" in text_of(found), query
    assert "GANNET EXAMPLE" not in text_of(officer.get("/ship-calls", flag="SY"))
    assert "Calls of ships" in text_of(officer.get("/cases")), "it stands in the head of every page"


def changed(officer: Browser, address: str) -> None:
    form = fields_of(officer.get(f"{address}/edit/call").text)
    assert officer.post(f"{address}/edit/call", {**form, "flag": "SY"}).status_code == 303
    form = fields_of(officer.get(f"{address}/edit/crew/new").text)
    assert officer.post(f"{address}/edit/crew/new", {**form, "crew.new.rank": "Cook"}).status_code == 303
    added = officer.post(f"/records/{address.rpartition('/')[2]}/pictures/new", picture(caption="Her bow"))
    assert added.status_code == 303, text_of(added)
    page = text_of(officer.get(address))
    assert "Cook" in page and "Her bow" in page and "Flag" in page.partition("History")[2]
    whole = officer.post(f"/drafts/change/{address.rpartition('/')[2]}")
    assert "GANNET EXAMPLE" in officer.follow(whole).text
    pdf = officer.get(f"{address}/report.pdf")
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")


def in_and_out(supervisor: Browser) -> None:
    """A table in, and the list out again, each by a process of its own."""
    address = sent(supervisor, CSV, "calls.csv")
    page = supervisor.follow(supervisor.post(f"{address}/what", {"type": "ship_call"})).text
    assert "crew.1.rank" in page and "goods.1.quantity" not in page
    look = supervisor.follow(supervisor.post(f"{address}/map", PLAN))
    assert "2 would become records" in ended(lambda: text_of(supervisor.get(f"{address}/look")), "would"), text_of(look)
    assert supervisor.post(f"{address}/run").status_code == 303
    ended(lambda: text_of(supervisor.get(address)), "Show the records: Calls of ships")
    assert "PETREL EXAMPLE" in text_of(supervisor.get("/ship-calls"))
    assert "Calls of ships" in text_of(supervisor.get("/imports"))
    assert "export them whole" in text_of(supervisor.get("/ship-calls/export"))
    reduced = supervisor.post("/ship-calls/export", {"form": "csv", "query": "flag=SY"})
    assert reduced.status_code == 422, "nothing of a type leaves whose template nobody has written"
    export = supervisor.post("/ship-calls/export", {"form": "csv", "query": "flag=SY", "nominal": "1"}).location
    ended(lambda: supervisor.get(export).text, f"{export}/file")
    table = supervisor.get(f"{export}/file").data.decode()
    assert "PETREL EXAMPLE" in table and "GANNET EXAMPLE" in table and "ALBATROSS" not in table


def logged(site: Site) -> None:
    log = text_of(site.browser("auditor").get("/log"))
    for words in ("searched in Calls of ships: gannet", "saved to a file: Calls of ships (CSV)", "its page"):
        assert words in log, words


def main(folder: Path) -> None:
    assert "ship_call" in DICTIONARY.types
    vars(import_reading)["WAITED_S"] = 60.0  # so that a busy machine shows the table, and not that it is being read
    site = make_site(folder, "post", "Post", "JOAQJ")
    officer = site.browser("officer")
    address = drafted_and_saved(officer)
    shown(officer, address)
    changed(officer, address)
    in_and_out(site.browser("supervisor"))
    logged(site)
    site.console.close()
    print("everywhere")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
