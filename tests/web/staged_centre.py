"""What stands on the pages that only the centre has, and the way to each of them."""

from collections.abc import Iterator
from typing import Final

from diwan_central.assets.store import AssetStore
from diwan_central.assets.taking import correct, take
from diwan_central.privacy.holds import hold
from diwan_central.privacy.runs import propose
from diwan_central.privacy.store import PrivacyStore
from diwan_central.privacy.subject import Chosen
from diwan_central.privacy.subject_reports import begin as begin_report
from diwan_central.rollout.site_record import begin
from diwan_central.rollout.sites import one_site
from diwan_central.rollout.store import RolloutStore
from diwan_core.acceptance.kept import FOLDER
from diwan_core.acceptance.sheet import encode
from diwan_core.archives import settings
from diwan_core.archives.record import Record
from diwan_core.archives.settings import Repository
from diwan_core.custody import standing as custody
from diwan_core.dictionary.national_equivalents import NationalEquivalent
from diwan_core.dictionary.prices import Price
from diwan_core.dictionary.retention import Rule
from diwan_core.register import Edit
from diwan_core.register.departments import declare_department
from diwan_core.register.national_equivalents import declare_equivalent
from diwan_core.register.national_prices import declare_price
from diwan_core.register.national_units import declare_unit
from diwan_core.register.operations import plan_operation
from diwan_core.register.retention.rules import set_rule
from diwan_core.trust.files import make_private_folder, write_private

from tests.assets.sheets_kit import NOW_MS, accepted_sheet, sheet
from tests.rollout.kit import staged_roll_out

from .conftest import Site
from .test_release import VALUES
from .visit import Visit

POST: Final = "o" * 13
WAITING: Final = "m" * 13
"""A post that nobody has confirmed."""


def visits_at_the_centre(site: Site) -> Iterator[Visit]:
    """The pages of the centre alone."""
    yield from _posts(site)
    yield from _machines(site)
    yield from _backups(site)
    yield from _units(site)
    yield from _settings()
    yield from _scopes(site)
    yield from _departments(site)
    yield from _roll_out(site)
    yield from _retention(site)


def _posts(site: Site) -> Iterator[Visit]:
    with site.console.writing() as register, register.store.write() as connection:
        connection.execute(
            "INSERT INTO node (id, label, office, role, signing_key, sealing_key, revoked, heard, receipted, report, "
            "confirmed) "
            "VALUES (?, 'ميناء العقبة Aqaba port', 'JOAQJ', 'post', x'00', x'00', 1, 1763800000000, 1763800000000, "
            "'0.1.0', 1), (?, 'Gate 9', 'JOAMM', 'post', x'00', x'00', 0, NULL, NULL, NULL, 0)",
            (POST, WAITING),
        )
        connection.execute("UPDATE quarantine SET sender=? WHERE code='fork'", (POST,))
    yield Visit("/posts", "supervisor")
    yield Visit(f"/posts/{POST}", "supervisor")
    yield Visit(f"/posts/{POST}", "administrator")
    yield Visit(f"/posts/{WAITING}", "supervisor")
    yield Visit(f"/posts/{WAITING}", "administrator")
    yield Visit(
        "/posts/new", "administrator", press="main form button", fill={"label": "Aqaba port", "office": "JOAQJ"}
    )


def _settings() -> Iterator[Visit]:
    yield Visit("/settings", "administrator", press="main form button", fill={"phone_code": "zero"})


def _scopes(site: Site) -> Iterator[Visit]:
    yield Visit("/scopes", "administrator", press="main form:last-of-type button:not([type])")  # nothing filled in
    with site.console.writing() as register:
        plan_operation(register, "HOUND", "كلب الصيد", "2026-01-01", "2026-03-01", "coordinator", author="coordinator")
    yield Visit("/scopes", "coordinator", press="main form:last-of-type button:not([type])")  # nothing filled in


def _departments(site: Site) -> Iterator[Visit]:
    yield Visit("/departments", "administrator", press="main form:last-of-type button:not([type])")  # nothing filled in
    with site.console.writing() as register:
        declare_department(register, "SOUTH", "الجنوب", author="administrator")
        declare_department(register, "AQJ", "Aqaba port", parent="SOUTH", office="JOAQJ", author="administrator")
    yield Visit("/departments", "analyst")


def _units(site: Site) -> Iterator[Visit]:
    yield Visit("/units", "administrator", press="main form:last-of-type button:not([type])")  # nothing filled in
    with site.console.writing() as register:
        for code, factor, label in (("tola", "11.6638038", "تولة"), ("rotl", "449.28", "رطل")):
            declare_unit(register, code, factor, "GRM", valid_from="2020-01-01", label=label, author="administrator")
    yield Visit("/units", "analyst")
    yield Visit("/units", "administrator", press="main details form button:not([type])")  # no day
    yield Visit("/prices", "administrator", press="main form:last-of-type button:not([type])")  # nothing filled in
    with site.console.writing() as register:
        for sub_group, of_one in (("heroin", "40.5"), ("captagon", "3")):
            price = Price("", "drugs", sub_group, "", "GRM", of_one, "JOD", "street", "2026-01-01", "", "مسح السوق")
            declare_price(register, price, author="analyst")
    yield Visit("/equivalents", "administrator", press="main form:last-of-type button:not([type])")  # nothing filled in
    with site.console.writing() as register:
        for sub_group, counted, sizes in (
            ("heroin", "E27", ("100", "30", "250")),
            ("captagon", "U2", ("170", "150", "180")),
        ):
            days = "2020-01-01", ""
            declare_equivalent(
                register,
                NationalEquivalent("", "drugs", sub_group, "", counted, *sizes, "MGM", *days, "المختبر الوطني 2020"),
                author="analyst",
            )
    yield Visit("/equivalents", "analyst")
    yield Visit("/equivalents", "analyst", press="main details form button:not([type])")  # no day
    yield Visit("/agreements", "administrator", press="main form:last-of-type button:not([type])")  # nothing filled in
    yield Visit("/prices", "analyst")
    yield Visit("/prices", "analyst", press="main details form button:not([type])")  # no day


def _backups(site: Site) -> Iterator[Visit]:
    yield Visit("/backups", "administrator")  # none yet
    repositories = tuple(
        Repository(name, f"diwan-backup-{name}", name * 64, detached) for name, detached in (("a", False), ("b", True))
    )
    settings.save(site.folder, settings.Settings(repositories, recovery_key=bytes(32)))
    record = Record(site.folder)
    record.add("made", NOW_MS, repository="a", archive="1" * 64, name="one", manifest="2" * 64, bytes=7, files=1)
    record.add("verified", NOW_MS, repository="a", archive="1" * 64, name="one")
    record.add("made", NOW_MS, repository="a", archive="3" * 64, name="two", manifest="2" * 64, ledger=9, erased=8)
    record.add("failed", NOW_MS, repository="b", text="the disk diwan-backup-b is not plugged in", ok=False)
    record.add("drill", NOW_MS, repository="a", archive="1" * 64, name="one", text="no row is missing")
    yield Visit("/backups", "auditor")
    names, keys = ("أمينة عودة", "Brahim Salem", "Chipo Banda"), tuple(bytes([at]) * 32 for at in range(3))
    custody.keep_named(site.folder, custody.Named(names, keys, since=3))
    sheets = tuple(custody.Sheet(name, key, key, confirmed_ms=NOW_MS) for name, key in zip(names, keys, strict=True))
    custody.keep_escrow(site.folder, custody.Escrow(custody.Sheets(bytes(32), "academic acid", NOW_MS, sheets, NOW_MS)))
    yield Visit("/backups", "administrator")


def _machines(site: Site) -> Iterator[Visit]:
    yield Visit("/assets?q=nothing", "administrator")
    with AssetStore.open(site.folder) as store:
        for signer, outcome, where in (("amal", "pass", "العقبة Aqaba"), ("karim", "fail", "عمّان Amman")):
            take(store, accepted_sheet(signer, outcome=outcome, place=where), "technician", NOW_MS)
        correct(store, 1, {"note": "بطاقة جديدة new card", "state": "repair"}, "technician", NOW_MS)
    name, held = "XA-00012-M-hardware", encode(sheet(outcome="fail"))  # as `kept.keep` leaves it
    make_private_folder(site.folder / FOLDER)
    for path, content in ((f"{name}.sig", b"-----BEGIN SSH SIGNATURE-----"), (f"{name}.json", held)):
        write_private(site.folder / FOLDER / path, content)
    yield Visit(f"/acceptance/{name}", "administrator")
    yield Visit("/assets", "administrator", press="form[enctype] button")  # no file chosen
    yield Visit("/assets/1", "administrator", press="main details form button", fill={"warranty_until": "soon"})
    yield Visit("/assets/1", "auditor")


def _roll_out(site: Site) -> Iterator[Visit]:
    yield Visit("/rollout?region=x", "auditor")  # no site yet
    certificate = staged_roll_out(site.folder)
    yield Visit("/rollout", "administrator")
    yield Visit("/rollout?standing=stopped", "auditor")
    yield Visit("/rollout/sites/new", "administrator", press="main form button")  # no name
    yield Visit("/rollout/sites/1", "administrator")
    with RolloutStore.open(site.folder) as store, site.console.writing() as register:
        begin(store, register, one_site(store, 2), "questionnaire", author="administrator", role="administrator")
    yield Visit("/rollout/sites/2", "auditor")
    yield Visit("/rollout/sites/2/steps/closed", "administrator", press="main form button")  # no reason
    yield Visit("/rollout/sites/1", "auditor")
    yield Visit("/rollout/sites/1/building", "administrator", press="main form button", fill={"power_hours": "30"})
    yield Visit("/rollout/sites/1/people", "administrator")
    yield Visit("/rollout/sites/99", "auditor")  # nothing there
    yield Visit("/rollout/table", "administrator", press="main form button")  # no file chosen
    yield Visit("/rollout/plan", "administrator", press="main form[action$=plan] button:not([type])")  # no day
    yield Visit("/rollout/plan?phase=operation", "auditor")
    yield Visit("/rollout/milestones/new?for=site:1", "administrator", press="main form button:not([type])")  # no day
    yield Visit(
        "/rollout/milestones/7", "administrator", press="main form button:not([type])", fill={"starts": "2031-01-01"}
    )
    yield Visit("/rollout/milestones/1", "auditor")
    yield Visit("/rollout/training?number=T-00001", "auditor")
    yield Visit("/rollout/training?number=T-00001-AAAA-AAAA-AAAA", "auditor")
    yield Visit(f"/rollout/training?number={certificate}", "administrator")
    yield Visit("/rollout/courses/new", "administrator", press="main form button:not([type])")  # no module
    yield Visit("/rollout/courses/1", "administrator", press="main form[action$=people] button")  # no name
    yield Visit("/rollout/courses/1", "auditor")


def _retention(site: Site) -> Iterator[Visit]:
    yield Visit("/retention", "administrator", press="main form.sheet button")  # no months
    yield Visit("/retention/due", "supervisor")  # nothing is due
    old = {**VALUES, "retention": "2020-01-31", "legal_basis": "قانون الجمارك Customs Act 20"}
    with site.console.writing() as register:
        set_rule(register, Rule("case", "قانون الجمارك Customs Act 20", 36, "date"), "Act 20", author="administrator")
        first, second, _third = (register.save([Edit("case", old)], author="amal").records[0] for _ in range(3))
        with PrivacyStore.open(site.folder) as store:
            hold(register, store, first, "محكمة Court 12/2026", "2026-01-31", "amal")
            number = propose(register, store, site.accounts.actor("analyst"), "Act 20, section 3", [second]).number
    yield Visit("/retention", "administrator")
    yield Visit("/retention/due", "supervisor", press="main form .actions button")  # no record chosen
    yield Visit("/retention/due", "auditor")
    yield Visit(f"/retention/holds?record={first}", "supervisor", press="main form.sheet button")  # no reason
    yield Visit("/retention/holds", "auditor")
    yield Visit(f"/retention/runs/{number}", "analyst")
    yield Visit(f"/retention/runs/{number}", "supervisor", press="main form.sheet button")  # no password
    yield Visit("/retention/runs/99", "supervisor")  # nothing there
    with site.console.writing() as register:
        told = {"latin_name": "SAMI ALMITHAL", "name_as_written": "سامي المثال", "notes": "Brother of أمينة Amina"}
        person = register.save([Edit("person", told)], author="amal").records[0]
        party = {"1": {"role": "courier", "subject": person}, "2": {"role": "declarant", "name": "Karim كريم"}}
        register.save([Edit("case", {**VALUES, "party": party})], author="amal")
        subject = {"kind": "person", "subject": person, "requested_action": "discreet"}
        watched = register.save([Edit("watch_list", {"name": "List"})], author="amal").records[0]
        register.save([Edit("watch_entry", {**subject, "watch_list": watched})], author="amal")
    yield Visit("/subject", "supervisor")
    yield Visit(f"/subject?q=سامي&record={first}", "supervisor", press="main form[method=post] button")  # no reason
    yield Visit("/subject?q=nobodyofthisname", "auditor")
    with PrivacyStore.open(site.folder) as store:
        begun = begin_report(store, Chosen((person,)), "طلب asked in writing", "supervisor", "supervisor")
    yield Visit(f"/subject/{begun.id}", "supervisor", press="main form .actions button")
    yield Visit(f"/subject/{begun.id}", "auditor")  # somebody else's
