"""Writing letters from post to post, and what the centre makes of them."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from diwan_central.network import members
from diwan_core.register import Edit
from diwan_core.register.admission import how_far

from tests.exchange.copies import centre_put_back
from tests.exchange.network import Network, Post, case, record_in
from tests.exchange.reach_kit import CANARY, settle
from tests.exchange.sticks import PICTURE

NAME = f"{CANARY}.png"


def follow(net: Network) -> None:
    """What the centre does once a minute, twice: a scope is made after something came for it."""
    assert net.register.keys is not None
    for _ in range(2):
        members.follow_records(net.register.folder, net.register, net.register.keys)
        settle(net)
        settle(net)


def write(post: Post, kind: str = "message", **values: Any) -> str:
    """A letter with the word that is looked for; its id."""
    of_kind = {"request": {"kind": "information", "state": "draft"}, "message": {"kind": "mail", "state": "open"}}
    made = post.register.save([Edit(kind, {**of_kind[kind], "subject": f"From {CANARY}", **values})], author="officer")
    post.exchange.woken()
    return made.records[0]


def change(post: Post, kind: str, record: str, **values: Any) -> None:
    post.register.save([Edit(kind, values, record=record)], author="officer")
    post.exchange.woken()


def node(post: Post) -> str:
    return post.register.config.id


def subject_at(post: Post, record: str) -> object:
    return record_in(post.register, record).values.get("subject")


def enclose(post: Post, record: str) -> str:
    """A picture of a record, another one each time, with the word that is looked for in the name of its file; its
    id."""
    number = int(post.register.store.one("SELECT count(*) FROM record")).to_bytes(4, "big")
    (made,) = post.register.attach(
        io.BytesIO(PICTURE + number), subject=record, media_type="image/png", author="officer", file_name=NAME
    ).records
    post.exchange.woken()
    return made


def name_of_file_at(post: Post, record: str) -> object:
    return record_in(post.register, record).values.get("file_name")


def far(net: Network) -> dict[str, str]:
    with net.register.store.read() as transaction:
        return how_far.restricted(transaction)


def put_back_to_before_a_case_and_its_picture(net: Network, tmp_path: Path, *, kept: bool = True) -> tuple[str, str]:
    """The centre knows neither of them any more, nor does the third post, which was off the line; the case is the first
    post's, its picture the second one's. `kept`: whether letters are kept from other posts by then."""
    author, photographer, other = net.posts
    if kept:
        follow(net)
    made: list[str] = []

    def work() -> None:
        made.extend(author.save(case()))
        settle(net)
        made.extend(
            photographer.register.attach(
                io.BytesIO(PICTURE), subject=made[0], media_type="image/png", author="officer", file_name="x.png"
            ).records
        )
        photographer.exchange.woken()

    other.carrier.up = False
    centre_put_back(net, tmp_path, work)
    other.carrier.up = True
    return made[0], made[1]
