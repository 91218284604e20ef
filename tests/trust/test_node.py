"""A node's folder: made once, read strictly, its id and role fixed for ever."""

import dataclasses
import os
import stat
import tomllib
from pathlib import Path

import pytest
from diwan_core import node
from diwan_core.node import NodeConfig
from diwan_core.trust import BadName, check_id, is_id, mint_id
from hypothesis import given
from hypothesis import strategies as st

POST = NodeConfig(role="post", id="aaaabbbbcccce", label="Aqaba port", office="JOAQJ", web_port=8080)


def test_a_created_node_is_read_back(tmp_path: Path) -> None:
    node.create(tmp_path / "post", POST)
    assert node.load(tmp_path / "post") == POST
    assert stat.S_IMODE((tmp_path / "post").stat().st_mode) == 0o700
    assert not POST.enrolled


def test_what_enrolment_adds_is_saved(tmp_path: Path) -> None:
    node.create(tmp_path, POST)
    enrolled = dataclasses.replace(POST, broker_host="10.0.0.1", broker_port=8883, central_id=mint_id())
    node.save(tmp_path, enrolled)
    assert node.load(tmp_path) == enrolled
    assert enrolled.enrolled


@given(label=st.text(min_size=1, max_size=80))
def test_every_label_that_is_accepted_comes_back_unchanged(
    tmp_path_factory: pytest.TempPathFactory, label: str
) -> None:
    folder = tmp_path_factory.mktemp("label")
    config = dataclasses.replace(POST, label=label)
    try:
        node.create(folder, config)
    except node.NodeError as error:
        assert "label must have" in str(error)  # noqa: PT017  either way is right, and this one says why
    else:
        assert node.load(folder) == config


def test_a_node_is_never_made_twice(tmp_path: Path) -> None:
    node.create(tmp_path, POST)
    with pytest.raises(node.AlreadyANode, match="another folder"):
        node.create(tmp_path, POST)


def test_an_ordinary_folder_is_not_a_node(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(node.NotANode, match="post init"):
            node.load(folder)


def test_the_wrong_role_is_named_with_the_right_command(tmp_path: Path) -> None:
    node.create(tmp_path, POST)
    with pytest.raises(node.WrongRole, match=r"is a post \(Aqaba port\).*for a centre"):
        node.load(tmp_path, role="central")


def test_id_and_role_never_change(tmp_path: Path) -> None:
    node.create(tmp_path, POST)
    with pytest.raises(node.NodeError, match="never change"):
        node.save(tmp_path, dataclasses.replace(POST, id=mint_id()))


def test_a_folder_that_cannot_be_written_is_named_with_the_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(node.FolderNotUsable, match="--dir"):
        node.create(tmp_path / "file" / "post", POST)


@pytest.mark.skipif(os.getuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_named_with_the_remedy(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(node.FolderNotUsable, match="--dir"):
        node.create(tmp_path / "post", POST)


@pytest.mark.parametrize("change", [{"web_port": 70000}, {"id": "aqaba"}, {"label": " "}, {"central_id": "x"}])
def test_wrong_values_are_refused(tmp_path: Path, change: dict[str, object]) -> None:
    with pytest.raises(node.NodeError):
        node.create(tmp_path, dataclasses.replace(POST, **change))  # type: ignore[arg-type]
    assert not (tmp_path / "node.toml").exists()


@given(content=st.binary(max_size=300))
def test_arbitrary_bytes_are_not_a_node(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    (folder / "node.toml").write_bytes(content)
    with pytest.raises(node.NotANode):
        node.load(folder)


@pytest.mark.parametrize("line", ["x = " + "[" * 20000, "id = 3", 'id = "a"\nid = "b"', "#" * 70000])
def test_a_hostile_node_file_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "node.toml").write_text(line)
    with pytest.raises(node.NotANode):
        node.load(tmp_path)


def test_node_toml_can_be_read_by_any_program(tmp_path: Path) -> None:
    node.create(tmp_path, dataclasses.replace(POST, label='مرفأ "العقبة" \\'))
    assert tomllib.loads((tmp_path / "node.toml").read_text())["label"] == 'مرفأ "العقبة" \\'


@given(raw=st.binary(min_size=8, max_size=8))
def test_an_id_is_thirteen_letters_with_one_spelling(raw: bytes) -> None:
    text = mint_id(lambda _: raw)
    assert len(text) == 13 and is_id(text)
    assert not is_id(text.upper()) or text.isdigit()


@pytest.mark.parametrize(
    "text", ["", "aaaabbbbccccb", "aaaabbbbcccc1", "aaaabbbbccccee", "aaaabbbbcccce\n", "../../../../."]
)
def test_what_is_not_an_id_is_refused(text: str) -> None:
    with pytest.raises(BadName, match="13 characters"):
        check_id(text)
