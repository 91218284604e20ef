"""The checker notices what is at a post and not for it, what is not there though it is, and who moved a case without
right."""

import pytest
from diwan_lab.revoked import node_id
from diwan_lab.scopes import lacking, out_of_scope

from .conftest import Remains

pytestmark = pytest.mark.slow  # its network takes half a minute to make

UNIT = "UPDATE record_case SET unit='north'"
MOVED = "UPDATE journal SET rest=json_set(rest, '$.unit', 'north') WHERE json_extract(meta, '$[1]')='case'"


def reach(remains: Remains, far: str) -> None:
    for node in ("central", "post1", "post2"):
        for type_ in ("case", "attachment"):
            remains.harm(node, f"INSERT INTO reach (type, nominal, entry) VALUES ('{type_}', '{far}', 1)")


def found(remains: Remains) -> list[str]:
    return out_of_scope(remains.central, remains.posts, remains.told)


def test_nothing_is_out_of_scope_where_everything_travels_to_all(remains: Remains) -> None:
    assert found(remains) == [] and lacking(remains.central, remains.posts) == []


def test_halves_words_and_pictures_of_others_are_out_of_scope_where_they_travel_to_the_centre_only(
    remains: Remains,
) -> None:
    reach(remains, "centre")
    pictures = {one.sha256: one.post for one in remains.told if one.kind == "picture"}
    for name, post in pictures.items():
        (other,) = {"post1", "post2"} - {post}
        place = remains.folder / other / "blobs" / name[:2] / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"")
    words = "\n".join(found(remains))
    for post in ("post1", "post2"):
        assert f"{post}: row " in words and f"out of scope: {post}/register.db still holds mark-" in words
    assert all(f"{name} is still there" in words for name in pictures)


def test_members_of_the_unit_of_a_case_read_it_and_others_do_not(remains: Remains) -> None:
    reach(remains, "unit")
    remains.harm("central", UNIT)
    node = remains.told[0].post
    member = node_id(remains.folder / node)
    remains.harm("central", f"INSERT INTO member (node, scope) VALUES ('{member}', 'unit-north')")
    hidden = {one.partition(": ")[0] for one in found(remains) if "holds what names people" in one}
    assert hidden == {"post1", "post2"} - {node}


def test_a_post_that_lacks_what_it_may_read_is_named(remains: Remains) -> None:
    remains.harm("post2", "UPDATE record_case SET rest='{}', nominal=NULL WHERE no=(SELECT min(no) FROM record_case)")
    (words,) = lacking(remains.central, remains.posts)
    assert words.startswith("post2: case ")


def test_a_case_that_another_post_moved_is_named(remains: Remains) -> None:
    reach(remains, "unit")
    first, second = (node_id(post) for post in remains.posts)
    remains.harm("central", MOVED)
    assert not [words for words in found(remains) if "was moved by" in words]
    remains.harm(
        "central",
        f"UPDATE record_case SET base_epoch=(SELECT id FROM epoch WHERE origin='{second}') WHERE base_epoch IN "
        f"(SELECT id FROM epoch WHERE origin='{first}')",
    )
    assert {f"was moved by {first}," in words for words in found(remains) if "was moved by" in words} == {True}
