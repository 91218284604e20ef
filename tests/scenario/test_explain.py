"""`diwan scenario explain`: what it says of a record in a real network, before and after harm is done to it by hand."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from diwan_lab.diary import Diary
from diwan_lab.kept_network import open_kept
from diwan_lab.officers import Told
from diwan_lab.plan import Fault
from diwan_lab.scenario import scenario, what_to_do
from diwan_lab.scenario_run import Outcome, Plan
from diwan_lab.timeline import Story, stories
from diwan_lab.verdict import Verdict

from .conftest import Remains

slow = pytest.mark.slow


def picture_of(remains: Remains) -> Told:
    return next(one for one in remains.told if one.kind == "picture")


def story_of(remains: Remains, asked: str) -> Story:
    (story,) = stories(open_kept(remains.folder), asked)
    return story


@slow
def test_a_record_s_way_is_told_from_its_save_to_the_last_node(remains: Remains) -> None:
    picture = picture_of(remains)
    story = story_of(remains, picture.record)
    assert story.different == []
    other = "post1" if picture.post == "post2" else "post2"
    for change in story.changes:
        assert change.number is not None
        assert change.at["central"] == "in force"
        assert change.at[change.writer] == "in force, receipted"
    created = story.changes[0]
    mine = [(one.node, one.words) for one in story.moments if one.words.startswith(created.name)]
    ways = ["saved by officer", "sent to the centre", "receipted to", "published to all members"]
    saved, sent, receipted, published = (next(at for at, (_, words) in enumerate(mine) if way in words) for way in ways)
    assert saved < sent < min(receipted, published)  # ingest receipts and relay publishes, each in its own time
    reader = "post1" if created.writer == "post2" else "post2"
    assert (reader, f"{created.name} is here by now") in mine
    assert other in story.pictures[0].at
    assert story.pictures[0].at[picture.post] == "all bytes, receipted"
    assert any(one.words.startswith(f"picture {picture.sha256[:12]} receipted whole") for one in story.moments)
    assert all(story.second(one) is not None for one in story.moments)


@slow
def test_a_record_is_found_by_its_mark_its_picture_and_its_change(remains: Remains) -> None:
    picture = picture_of(remains)
    by_id = story_of(remains, picture.record)
    edit = next(one for one in remains.told if one.kind == "edit" and one.record == picture.record)
    for asked in (picture.sha256, picture.sha256[:12], edit.mark, by_id.changes[0].name):
        assert story_of(remains, asked).record == picture.record
    assert stories(open_kept(remains.folder), "no such mark") == []


@slow
def test_what_differs_between_nodes_comes_first_and_names_field_and_node(remains: Remains) -> None:
    record = picture_of(remains).record
    remains.harm(
        "post2",
        "UPDATE record_case SET rest=json_set(coalesce(rest, (SELECT rest FROM journal WHERE no=base)), '$.office',"
        f" 'XXXXX') WHERE no=(SELECT no FROM record WHERE id='{record}')",
    )
    assert [words for words in story_of(remains, record).different if 'post2 "XXXXX"' in words] != []
    said = CliRunner().invoke(scenario, ["explain", str(remains.folder), record])
    assert said.exit_code == 0
    assert said.output.splitlines()[2] == "NODES DIFFER"


@slow
def test_why_a_change_is_quarantined_or_waits_is_told(remains: Remains) -> None:
    record = picture_of(remains).record
    first, second = story_of(remains, record).changes[:2]
    for change, verdict in ((first, 1), (second, 2)):
        epoch, seq = change.ref
        where = f"epoch=(SELECT no FROM epoch WHERE id='{epoch}') AND seq={seq}"
        remains.harm("central", f"UPDATE journal SET verdict={verdict} WHERE {where}")
    epoch, seq = first.ref
    remains.harm(
        "central",
        "INSERT INTO quarantine (received, sender, code, reason, epoch, first, last)"
        f" VALUES (1, 'x', 'rule', 'its office is unknown', '{epoch}', {seq}, {seq})",
    )
    epoch, seq = second.ref
    remains.harm(
        "central",
        "INSERT INTO waiting SELECT no, no, 'aaaaaaaaaaaaa', 7, 0 FROM journal"
        f" WHERE epoch=(SELECT no FROM epoch WHERE id='{epoch}') AND seq={seq}",
    )
    found = story_of(remains, record)
    assert found.changes[0].at["central"] == "quarantined (rule: its office is unknown)"
    assert found.changes[1].at["central"] == "waiting (for the change aaaaaaaaaaaaa:7)"


@slow
def test_a_row_and_a_picture_that_are_gone_are_told(remains: Remains) -> None:
    picture = picture_of(remains)
    change = next(one for one in story_of(remains, picture.record).changes if one.type == "attachment")
    epoch, seq = change.ref
    (remains.central / "blobs" / picture.sha256[:2] / picture.sha256).unlink()
    remains.harm("central", f"DELETE FROM journal WHERE epoch=(SELECT no FROM epoch WHERE id='{epoch}') AND seq={seq}")
    found = story_of(remains, picture.record)
    gone = next(one for one in found.changes if one.ref == change.ref)
    assert gone.at["central"].startswith("not there, though it holds this epoch up to")
    assert found.pictures[0].at["central"].startswith("THE FILE IS GONE OR DIFFERENT")


@slow
def test_faults_between_are_told_where_they_touched_a_node_of_the_record(remains: Remains) -> None:
    diary = Diary(remains.folder / "diary.jsonl")
    diary.note_fault("fault", Fault(1.0, "cut", "post2", 2.0))
    diary.note_fault("fault", Fault(1.0, "cut", "post7", 2.0))
    remains.harm("post2", "DELETE FROM record_case")
    words = [one.words for one in story_of(remains, picture_of(remains).record).moments]
    assert "FAULT cut at post2 for 2.0 s" in words
    assert not any("post7" in said for said in words)


@slow
def test_the_command_answers_programs_too(remains: Remains) -> None:
    record = picture_of(remains).record
    said = CliRunner().invoke(scenario, ["explain", str(remains.folder), record, "--json"])
    (found,) = json.loads(said.output)["found"]
    assert found["record"] == record
    assert found["differences"] == []
    assert [one["second"] for one in found["timeline"]] == sorted(one["second"] for one in found["timeline"])
    unknown = CliRunner().invoke(scenario, ["explain", str(remains.folder), "nobody"])
    assert (unknown.exit_code, unknown.output.count("\n")) == (1, 1)


def test_a_folder_without_a_network_is_refused_in_one_line(tmp_path: Path) -> None:
    said = CliRunner().invoke(scenario, ["explain", str(tmp_path / "none"), "x"])
    assert said.exit_code == 2
    assert said.output.count("\n") == 1
    assert str(tmp_path / "none") in said.output


def test_a_plan_that_failed_is_named_with_the_command_that_repeats_it() -> None:
    record = "01a22796-1907-74db-a1d8-532eccbc7d40"
    verdict = Verdict(lost=1, words=[f"LOST edit of post1: {record} mark-post1-1-0b8bda4994-end "])
    outcome = Outcome(1800, verdict, 9.0, True, [], Plan(772701, 9))
    lines = what_to_do(outcome, Path("/kept"), "random", 771101, "--faults 200 --soak 40", "--faults 200")
    assert lines[0].startswith("FAILED in plan 9 (seed 772701)")
    assert lines[1].strip() == "./diwan scenario random --seed 772701 --faults 200"
    assert "the 8 plans before it were carried out on the same network" in lines[2]
    assert lines[3].strip() == "./diwan scenario random --seed 771101 --faults 200 --soak 40"
    assert "/kept" in lines[4]
    assert lines[-1].strip() == f"./diwan scenario explain /kept {record}"


def test_the_name_of_a_scenario_alone_runs_it() -> None:
    short, long = (CliRunner().invoke(scenario, words) for words in (["list"], ["run", "list"]))
    assert short.output == long.output
    assert "random" in short.output
    assert "explain" in CliRunner().invoke(scenario, ["--help"]).output


@slow
def test_what_a_copied_card_wrote_is_told_as_the_copy_s_though_the_original_holds_it_too(remains: Remains) -> None:
    record = picture_of(remains).record
    edit = next(one for one in remains.told if one.kind == "edit" and one.record == record)
    shutil.copytree(remains.folder / edit.post, remains.folder / "clone1")
    change = next(one for one in story_of(remains, record).changes if edit.mark in one.marks)
    assert change.writer == edit.post
    mark = edit.mark.replace(f"mark-{edit.post}-", "mark-clone1-")
    remains.harm("clone1", f"UPDATE journal SET nominal=replace(nominal, '{edit.mark}', '{mark}')")
    change = next(one for one in story_of(remains, record).changes if one.ref == change.ref)
    assert change.writer == "clone1"
    assert change.at["clone1"] == "in force, receipted"
