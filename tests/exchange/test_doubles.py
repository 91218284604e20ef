"""The same file imported at two posts: its doubles are shown at the centre, merged by one decision everywhere, and that
decision can be taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from diwan_core.dictionary import DICTIONARY
from diwan_core.intake import ErrorFile, Import, load_mapping
from diwan_core.intake.run.merge_repeated import merge_all
from diwan_core.intake.run.undo_import import undo_import
from diwan_core.register import Register
from diwan_core.register.records.repeated_imports import doubles, hashes, merging

from tests.exchange.network import Network, network

MAPPING = """
type = "case"
system = "national-log"
[source]
key = ["No"]
[constants]
status = "submitted"
goods.1.unit = "KGM"
[fields]
date = { column = "Day" }
place = { column = "Place" }
goods.1.quantity = { column = "Kilos" }
"""
CSV = "No,Day,Place,Kilos\n1,2026-03-05,Gate 1,1\n2,2026-03-06,Gate 2,2\n3,2026-03-07,Gate 3,3\n"


def imported_at_both(net: Network, folder: Path) -> None:
    """The file goes in at each post before either has heard of the other."""
    mapping, file = folder / "log.toml", folder / "log.csv"
    mapping.write_text(MAPPING)
    file.write_text(CSV)
    for post in net.posts:
        with ErrorFile(folder / "errors.csv") as errors:
            loaded = load_mapping(str(mapping), DICTIONARY)
            assert Import(file, loaded, post.register, author="import", errors=errors).run().imported == 3
        post.exchange.woken()
    net.settle()


def standing(register: Register) -> list[dict[str, Any]]:
    """The cases that are not withdrawn."""
    found = [register.get(record) for record in register.ids("case")]
    return [record.values for record in found if record is not None and record.values["status"] != "withdrawn"]


def test_rows_imported_at_two_posts_are_shown_and_merged_at_every_node(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        imported_at_both(net, tmp_path)
        centre = net.register
        assert len(hashes(centre.store)) == 3 and len(standing(centre)) == 6
        found = list(doubles(centre.store, hashes(centre.store)))
        assert {one.key for one in found} == {"1", "2", "3"} and all(one.differing == [] for one in found)
        done = merge_all(centre, "national-log", author="analyst")
        assert (done.merged, done.differing, done.refused) == (3, 0, 0)
        net.settle()
        for register in net.registers():
            assert len(standing(register)) == 3 and hashes(register.store) == []
        gone = [r for r in map(centre.get, centre.ids("case")) if r is not None and r.values["status"] == "withdrawn"]
        kept = {record for one in found for record in [one.twins[0].record]}
        assert {record.values["related_cases"]["1"] for record in gone} == kept


def test_a_decision_is_taken_back_at_every_node(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        imported_at_both(net, tmp_path)
        done = merge_all(net.register, "", author="analyst")
        net.settle()
        run = net.register.import_run(done.run)
        assert run is not None
        assert undo_import(net.register, run, author="analyst").taken_back == 3
        net.settle()
        for register in net.registers():
            assert len(standing(register)) == 6 and len(hashes(register.store)) == 3
            assert all("related_cases" not in document or not any(document["related_cases"].values())
                       for document in standing(register))  # fmt: skip


def test_records_that_differ_are_left_for_a_person_and_the_kept_one_gains_what_the_other_knows(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        imported_at_both(net, tmp_path)
        first = next(doubles(net.register.store, hashes(net.register.store)))
        one, other = first.twins
        posts = {post.register.config.id: post for post in net.posts}
        posts[one.origin].edit(one.record, place="Gate 1, lane 4")
        posts[other.origin].edit(other.record, narrative="Two officers")
        net.settle()
        assert merge_all(net.register, "", author="analyst").differing == 1
        found = next(doubles(net.register.store, hashes(net.register.store)))
        assert found.differing == ["place"]
        edits = merging(found, one.record)
        net.register.save_many([edits], author="analyst")
        net.settle()
        for register in net.registers():
            kept = register.get(one.record)
            assert kept is not None and kept.conflicts == {}
            assert (kept.values["place"], kept.values["narrative"]) == ("Gate 1, lane 4", "Two officers")
