"""An edition of a code list, from the administrator's command at the centre to the officer's look-up at a post."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from diwan_core.audit import verify_node
from diwan_core.dictionary import DICTIONARY
from diwan_core.health.findings import Findings, findings_of
from diwan_core.health.words import say_finding
from diwan_core.intake.cli.commands_codes import codes_group
from diwan_core.register import Edit, Refused, Register
from diwan_core.register.code_editions import editions, in_force
from diwan_core.register.code_loading import Loader
from diwan_core.register.codes.code_file import LoadedCodes, file_of, loaded_edition, use_editions

from tests.exchange.network import Network, Post, case, network
from tests.exchange.sticks import round_trip

HEAD = "country,location,name,nameWoDiacritics,subdivision,status,function,iata,lat,lon"
FIRST = f"{HEAD}\nZW,ZZA,Zindele,Zindele,,RL,1-------,,-17.5,31\nZW,ZZB,Old Zindele,Old Zindele,,RL,1-------,,,\n"
SECOND = f"{HEAD}\nZW,ZZA,Great Zindele,Great Zindele,,RL,1-------,,-17.5,31\n"


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path, posts=1) as net:
        net.settle()
        yield net


@pytest.fixture(autouse=True)
def _no_editions_afterwards(tmp_path: Path) -> Iterator[None]:
    yield
    use_editions(tmp_path / "none")


def run(folder: Path, *arguments: str, code: int = 0) -> Any:
    """A command's answer as JSON."""
    done = CliRunner().invoke(codes_group, [*arguments, "--dir", str(folder), "--json"])
    assert done.exit_code == code, (done.output, done.exception)
    return json.loads(done.stdout)


def imported(net: Network, content: str, *more: str, name: str = "locode", code: int = 0) -> Any:
    """Import a file at the centre."""
    file = net.folder / f"{name}.csv"
    file.write_text(content, "utf-8")
    return run(net.register.folder, "import", name, str(file), *more, code=code)


def loader(register: Register) -> Loader:
    return Loader(register, Findings(register.folder, "agent"), threading.Event())


def reached(net: Network, post: Post, one: Loader, sha256: str, name: str = "locode") -> None:
    """Turn until the post has loaded this edition."""
    for _ in range(60):
        net.turn()
        one.turn()
        post.exchange.woken()
        if loaded_edition(post.register.folder, name) == sha256:
            return
    raise TimeoutError("the edition was not loaded")


def test_an_edition_reaches_a_post_by_record_and_blob_and_is_looked_up_there(net: Network) -> None:
    (post,) = net.posts
    made = imported(net, FIRST, "--edition", "2026-1")
    assert made["new"]
    reached(net, post, loader(post.register), made["sha256"])
    with Register.open(post.register.folder):
        codes = DICTIONARY.codes("locode")
        assert codes.search("zindele") == ["ZWZZA", "ZWZZB"]
        assert (codes.label("ZWZZA", "fr"), codes.position("ZWZZA")) == ("Zindele", "-17.5,31")
        assert codes.label("JOAQJ") == "Al 'Aqabah", "what the edition lacks, the packaged list still knows"
        kind = DICTIONARY.type("case")
        assert [warning.code for warning in kind.warnings({"locode": "ZWZZX"})] == ["unknown_code"]
        assert kind.warnings({"locode": "ZWZZA"}) == []
    assert run(post.register.folder, "show", "locode", "zindele")[0]["code"] == "ZWZZA"
    assert [row["loaded"] for row in run(post.register.folder, "list")] == [True]
    assert verify_node(post.register.folder).findings == []


TARIFF = (
    "code,description\n24022010,Cigarettes with cloves\n2402209012,Other cigarettes\n240220901234,Of dark tobacco\n"
)
ARABIC = (
    "code;description\n24022010;سجائر قرنفل\n2402209012;سجائر أخرى\n240220901234;من تبغ داكن\n24022099;ليس في التعرفة\n"
)


def test_the_tariff_in_one_more_language_is_shown_and_found_in_it_at_a_post(net: Network) -> None:
    (post,) = net.posts
    one = loader(post.register)
    reached(net, post, one, imported(net, TARIFF, name="tariff")["sha256"], "tariff")
    made = imported(net, ARABIC, "--language", "ar", "--edition", "2026", name="tariff")
    assert (made["list"], made["entries"]) == ("tariff_ar", 4)
    reached(net, post, one, made["sha256"], "tariff_ar")
    with Register.open(post.register.folder):
        for name in ("tariff", "hs"):
            codes = DICTIONARY.codes(name)
            assert codes.label("24022010", "ar") == "سجائر قرنفل"
            assert codes.label("24022010", "fr") == codes.label("24022010") == "Cigarettes with cloves"
            assert codes.search("قرنفل") == ["24022010"]
            assert codes.search("تبغ داكن") == codes.search("dark tobacco") == ["240220901234"], "twelve digits too"
            assert codes.search("ليس في التعرفة") == [], "what only the texts have is no code"
            assert not codes.has("24022099")
    assert run(post.register.folder, "show", "tariff", "قرنفل", "--language", "ar")[0]["label"] == "سجائر قرنفل"
    assert [row["loaded"] for row in run(post.register.folder, "list")] == [True, True]
    again = imported(net, ARABIC, "--language", "ar", "--edition", "2026", name="tariff")
    assert not again["new"]
    assert "no texts in other languages" in json.dumps(imported(net, FIRST, "--language", "ar", code=2))


def test_a_code_of_an_edition_that_is_not_loaded_yet_is_said_to_be_awaited(net: Network) -> None:
    imported(net, FIRST, "--edition", "2026-1")
    said = run(net.register.folder, "show", "locode", "zindele", code=4)
    assert "edition 2026-1 is in force but not loaded here yet" in json.dumps(said)


def test_the_same_files_again_are_no_new_edition(net: Network) -> None:
    made = imported(net, FIRST)
    again = imported(net, FIRST)
    assert (again["new"], again["sha256"]) == (False, made["sha256"])
    assert len(editions(net.register.store)) == 1
    assert imported(net, FIRST, "--edition", "named")["new"], "another name is another edition"


def test_a_new_edition_takes_the_place_of_the_old_as_a_whole_and_its_blob_frees_the_disk(net: Network) -> None:
    (post,) = net.posts
    one = loader(post.register)
    first = imported(net, FIRST)
    reached(net, post, one, first["sha256"])
    second = imported(net, SECOND)
    reached(net, post, one, second["sha256"])
    codes = LoadedCodes(post.register.folder, "locode")
    assert codes.search("zindele", 5) == ["ZWZZA"]
    assert codes.label("ZWZZB") is None
    assert post.register.blob_path(first["sha256"]) is None
    assert post.register.blob_path(second["sha256"]) is not None
    assert net.register.blob_path(first["sha256"]) is not None, "the centre keeps all"
    for _ in range(20):
        net.turn()
        one.turn()
    assert post.register.blob_path(first["sha256"]) is None, "it is not fetched again"


def test_an_edition_takes_effect_on_its_day(net: Network) -> None:
    now = imported(net, FIRST)
    later = imported(net, SECOND, "--valid-from", "2199-01-01")
    known = editions(net.register.store)
    assert in_force(known, "2198-12-31")["locode"].sha256 == now["sha256"]
    assert in_force(known, "2199-01-01")["locode"].sha256 == later["sha256"]


def test_a_blob_damaged_on_the_disk_is_a_finding_is_fetched_again_and_the_old_edition_stays(net: Network) -> None:
    (post,) = net.posts
    one = loader(post.register)
    first = imported(net, FIRST)
    reached(net, post, one, first["sha256"])
    second = imported(net, SECOND)
    for _ in range(60):  # the blob arrives, and is not loaded yet
        net.turn()
        known = in_force(editions(post.register.store), "2199-01-01")
        path = post.register.blobs.path(second["sha256"])
        if path.exists():
            break
        if known["locode"].sha256 == second["sha256"]:
            one.turn()
            post.exchange.woken()
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    one.turn()
    assert loaded_edition(post.register.folder, "locode") == first["sha256"]
    (finding,) = findings_of(post.register.folder)
    assert "damaged" in str(say_finding(finding)[0])
    reached(net, post, one, second["sha256"])
    assert findings_of(post.register.folder) == []


def test_an_edition_that_is_nonsense_is_a_finding_and_the_old_edition_stays(net: Network) -> None:
    """The centre's own hand, or somebody who has it, made a record that its blob contradicts."""
    (post,) = net.posts
    one = loader(post.register)
    first = imported(net, FIRST)
    reached(net, post, one, first["sha256"])
    (record,) = [edition.record for edition in editions(net.register.store)]
    file = net.folder / "other"
    file.write_bytes(b"\x1f\x8b no edition")
    with file.open("rb") as stream:
        stored = net.register.blobs.add(stream)
    net.register.note_blob(stored, "application/octet-stream")
    net.register.save(
        [Edit("code_edition", {"sha256": stored.sha256, "size": stored.size}, record=record)], author="import"
    )
    for _ in range(40):
        net.turn()
        one.turn()
        post.exchange.woken()
    assert loaded_edition(post.register.folder, "locode") == first["sha256"]
    (finding,) = findings_of(post.register.folder)
    assert finding.facts["list"] == "locode"


def test_a_post_cannot_make_an_edition(net: Network) -> None:
    (post,) = net.posts
    values = {
        "code_list": "locode", "edition": "x", "valid_from": "2026-01-01", "entries": 1, "size": 1, "sha256": "a" * 64,
        "status": "published",
    }  # fmt: skip
    with pytest.raises(Refused):
        post.register.save([Edit("code_edition", values)], author="officer")
    assert "post" not in DICTIONARY.type("code_edition").authority
    file = net.folder / "places.csv"
    file.write_text(FIRST, "utf-8")
    assert "at the centre" in run(post.register.folder, "import", "locode", str(file), code=2)["error"]


def test_a_code_that_only_an_edition_knows_is_admitted_where_it_is_not_loaded(net: Network) -> None:
    (post,) = net.posts
    (record,) = post.save(case(locode="ZWZZA"))
    net.settle()
    held = net.register.get(record)
    assert held is not None
    assert held.values["locode"] == "ZWZZA"


def test_a_lost_table_is_made_again_from_the_blob(net: Network) -> None:
    (post,) = net.posts
    made = imported(net, FIRST)
    reached(net, post, loader(post.register), made["sha256"])
    file_of(post.register.folder, "locode").write_bytes(b"damaged")
    reached(net, post, loader(post.register), made["sha256"])


def test_national_codes_are_found_under_the_headings_of_the_hs(net: Network) -> None:
    made = imported(net, "code,description\n2402209011,Kreteks\n240220901234,Kreteks in tins\n", name="tariff")
    assert made["entries"] == 2
    loader(net.register).turn()
    with Register.open(net.register.folder):
        assert DICTIONARY.codes("hs").search("kreteks") == ["2402209011", "240220901234"], "a field takes twelve"
        assert DICTIONARY.codes("hs").parent("2402209011") == "240220"
        assert DICTIONARY.codes("hs").search("240220")[0] == "240220"
        assert set(DICTIONARY.codes("tariff").search("kreteks")) == {"2402209011", "240220901234"}
        assert DICTIONARY.codes("hs").has("240220"), "the packaged headings stay"


def test_bad_lines_and_files_are_listed_and_written_and_the_good_go_in(net: Network) -> None:
    errors = net.folder / "errors.csv"
    good, missing = net.folder / "good.csv", net.folder / "missing.csv"
    good.write_text(f"{FIRST}ZW,ZZC,Short\nZW,ZZD,Text,Text,,RL,1-------,,12N,13E\n", "utf-8")
    made = run(
        net.register.folder, "import", "locode", str(good), str(missing), "--errors", str(errors), code=3
    )  # fmt: skip
    assert (made["entries"], made["not_taken"]) == (3, 2)
    assert [(line["file"], line["line"], line["taken"]) for line in made["lines"]] == [
        ("good.csv", 4, False), ("good.csv", 5, True), ("missing.csv", 0, False),
    ]  # fmt: skip
    assert errors.read_text("utf-8").count("\n") == 4
    nothing = net.folder / "nothing.csv"
    nothing.write_text("a,b\n", "utf-8")
    run(net.register.folder, "import", "locode", str(nothing), code=2)
    assert len(editions(net.register.store)) == 1


def test_a_stick_carries_an_edition_to_a_post_without_a_line(net: Network, tmp_path: Path) -> None:
    (post,) = net.posts
    post.carrier.up = False
    one = loader(post.register)
    made = imported(net, FIRST)
    for _ in range(3):  # the record, the question for the blob, the blob
        round_trip(net, tmp_path / "stick")
        one.turn()
    assert loaded_edition(post.register.folder, "locode") == made["sha256"]


def test_a_part_of_a_list_does_not_take_the_place_of_the_whole_by_mistake(net: Network) -> None:
    whole = "\n".join(f"ZW,ZZ{letter},Place {letter},,,RL,1-------,,," for letter in "ABCDE")
    made = imported(net, f"{HEAD}\n{whole}\n")
    assert "--smaller" in imported(net, FIRST, code=2)["error"]
    assert [edition.sha256 for edition in editions(net.register.store)] == [made["sha256"]]
    assert imported(net, FIRST, "--smaller")["new"]


def test_a_post_that_joins_later_by_a_snapshot_gets_the_edition_too(tmp_path: Path) -> None:
    with network(tmp_path, posts=1, snapshot_behind=5) as net:
        net.posts[0].save(*[case(time=f"10:{minute:02d}") for minute in range(30)])
        made = imported(net, FIRST)
        net.settle()
        newcomer = net.add_post("Newcomer")
        reached(net, newcomer, loader(newcomer.register), made["sha256"])
        assert newcomer.register.store.one("SELECT count(*) FROM record_case") == 30
