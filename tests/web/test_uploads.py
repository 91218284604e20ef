"""Pictures that arrive piece by piece over a bad line: what is here stays here, every step may be repeated, and nobody
goes on with another's."""

import io
import os
import time
from pathlib import Path
from typing import Any

import pytest
from diwan_core.register.storage import blobs
from diwan_core.register.storage.database import DiskFull
from diwan_core.web.pictures.resumable_upload import KEPT, MOST_EACH, PIECE, Incoming, TooManyUploads
from werkzeug.test import TestResponse

from .conftest import Browser, Site, png, text_of
from .test_pictures import case_of, fields_of, shown


def large(number: int) -> bytes:
    """A picture of 300 kB, most of it behind its end."""
    return png(400, 300 + number) + bytes(300_000)


PICTURE = large(0)


class Sender:
    """The steps of the script, one by one."""

    def __init__(self, browser: Browser, reported: str, content: bytes, name: str = "p.png") -> None:
        self.browser, self.content, self.name = browser, content, name
        self.address = f"/records/{case_of(reported)}/pictures/uploads"
        self.upload = ""

    def begin(self) -> int:
        answer = self.post("", name=self.name, size=str(len(self.content)), key=f"{self.name}|{len(self.content)}|1")
        assert answer.json is not None and answer.status_code == 200, answer.text
        self.upload = answer.json["upload"]
        return int(answer.json["offset"])

    def piece(self, first: int, last: int) -> TestResponse:
        piece = (io.BytesIO(self.content[first:last]), "piece")
        return self.post(f"/{self.upload}", offset=str(first), piece=piece)

    def finish(self, **described: str) -> TestResponse:
        return self.post(f"/{self.upload}/finish", **described)

    def post(self, step: str, **fields: Any) -> TestResponse:
        return self.browser.post(self.address + step, fields)

    def send(self, **described: str) -> TestResponse:
        offset = self.begin()
        while offset < len(self.content):
            answer = self.piece(offset, offset + 100_000)
            assert answer.status_code == 200 and answer.json is not None
            offset = answer.json["offset"]
        return self.finish(**described)


def test_a_picture_sent_in_pieces_is_the_same_byte_for_byte(officer: Browser, reported: str) -> None:
    answer = Sender(officer, reported, PICTURE).send(caption="in pieces", kind="xray", person_shown="yes")
    assert answer.status_code == 200 and answer.json is not None
    assert [answer.json["page"]] == shown(officer, reported)
    assert officer.get(answer.json["page"] + "/original").data == PICTURE
    page = text_of(officer.get(answer.json["page"]))
    assert "in pieces" in page and "X-ray" in page and "shows a person" in page


def test_after_a_reload_the_same_file_goes_on_where_it_stopped(officer: Browser, reported: str) -> None:
    first = Sender(officer, reported, large(20), name="halfway.png")
    first.begin()
    first.piece(0, 150_000)
    page = text_of(officer.get(f"/records/{case_of(reported)}/pictures/new"))
    assert "halfway.png" in page and "arrived only in part" in page
    again = Sender(officer, reported, large(20), name="halfway.png")
    assert again.begin() == 150_000 and again.upload == first.upload
    assert again.send().status_code == 200
    assert "halfway.png" not in text_of(officer.get(f"/records/{case_of(reported)}/pictures/new"))


def test_it_goes_on_after_a_new_sign_in(post: Site, officer: Browser, reported: str) -> None:
    first = Sender(officer, reported, large(2))
    first.begin()
    first.piece(0, 1000)
    assert Sender(post.browser("officer"), reported, large(2)).begin() == 1000


@pytest.mark.parametrize("offset", ["0", "999", "1001", "999999", "-1", "x", ""])
def test_a_piece_that_begins_elsewhere_changes_nothing(officer: Browser, reported: str, offset: str) -> None:
    sender = Sender(officer, reported, large(3))
    sender.begin()
    sender.piece(0, 1000)
    answer = sender.post(f"/{sender.upload}", offset=offset, piece=(io.BytesIO(b"x" * 50), "piece"))
    assert answer.status_code == 409 and answer.json == {"offset": 1000}


def test_no_more_arrives_than_was_announced(officer: Browser, reported: str) -> None:
    sender = Sender(officer, reported, PICTURE, name="long.png")
    sender.begin()
    sender.content += bytes(100_000)
    sender.piece(0, 200_000)
    answer = sender.piece(200_000, len(sender.content))
    assert answer.json == {"offset": len(PICTURE)}


def test_a_piece_may_not_be_too_large(officer: Browser, reported: str) -> None:
    sender = Sender(officer, reported, bytes(PIECE * 3))
    sender.begin()
    assert sender.piece(0, PIECE * 2).status_code == 413
    assert sender.begin() == 0


def test_an_answer_that_was_lost_can_be_asked_for_again(officer: Browser, reported: str) -> None:
    sender = Sender(officer, reported, large(4))
    first = sender.send()
    for _ in range(2):
        assert sender.finish().json == first.json
    assert sender.begin() == len(sender.content), "and the same file is not sent twice"
    assert len(shown(officer, reported)) == 1


def test_a_removed_picture_can_be_sent_again(officer: Browser, reported: str) -> None:
    sender = Sender(officer, reported, large(5))
    answer = sender.send()
    assert answer.json is not None
    page = officer.get(answer.json["page"] + "/edit").text
    officer.post(answer.json["page"] + "/remove", {"seen": fields_of(page)["seen"]})
    assert sender.begin() == 0
    assert sender.send().status_code == 200 and len(shown(officer, reported)) == 1


def test_what_turns_out_to_be_no_picture_is_refused_with_the_reason(officer: Browser, reported: str) -> None:
    answer = Sender(officer, reported, b"PK\x03\x04" + bytes(500), name="zip.jpg").send()
    assert answer.status_code == 415 and answer.json is not None and "not a picture" in answer.json["problem"]
    assert shown(officer, reported) == []
    assert "zip.jpg" not in text_of(officer.get(f"/records/{case_of(reported)}/pictures/new"))


def test_an_unfinished_picture_is_not_taken_in(officer: Browser, reported: str) -> None:
    sender = Sender(officer, reported, large(6))
    sender.begin()
    sender.piece(0, 10_000)
    assert (sender.finish().status_code, shown(officer, reported)) == (409, [])


@pytest.mark.parametrize(("size", "status"), [("0", 422), ("-5", 422), ("many", 422), ("", 422), ("20971521", 413)])
def test_a_size_that_cannot_be_is_refused_at_once(officer: Browser, reported: str, size: str, status: int) -> None:
    sender = Sender(officer, reported, b"")
    answer = sender.post("", name="p.png", key="k", size=size)
    assert answer.status_code == status and answer.json is not None and answer.json["problem"]


def test_nobody_goes_on_with_anothers_upload_or_in_another_case(post: Site, officer: Browser, reported: str) -> None:
    sender = Sender(officer, reported, large(7))
    sender.begin()
    other = Sender(post.browser("supervisor"), reported, sender.content)
    other.upload = sender.upload
    assert other.piece(0, 1000).status_code == 404 and other.finish().status_code == 404
    assert sender.begin() == 0
    for upload in ("x", "..%2f..%2fnode", "0198f0a0-0000-7000-8000-000000000000"):
        sender.upload = upload
        assert sender.piece(0, 1000).status_code == 404


def test_a_form_from_elsewhere_sends_nothing(officer: Browser, reported: str) -> None:
    address = f"/records/{case_of(reported)}/pictures/uploads"
    assert officer.client.post(address, data={"name": "p", "size": "5", "key": "k"}).status_code == 400


# -- what the disk holds ---------------------------------------------------------------------------------------------


def begun(incoming: Incoming, number: int = 0, size: int = 100, person: str = "amal") -> Any:
    return incoming.begin(record="r", person=person, key=f"k{number}", name="n.jpg", size=size)


def test_a_person_has_only_so_many_uploads_under_way(tmp_path: Path) -> None:
    incoming = Incoming(tmp_path / "incoming")
    for number in range(MOST_EACH):
        begun(incoming, number)
    with pytest.raises(TooManyUploads):
        begun(incoming, MOST_EACH)
    begun(incoming, MOST_EACH, person="bashir")
    incoming.drop(begun(incoming, 0))
    begun(incoming, MOST_EACH)


def test_what_nobody_goes_on_with_is_forgotten(tmp_path: Path) -> None:
    incoming = Incoming(tmp_path / "incoming")
    incoming.append(begun(incoming), 0, io.BytesIO(b"half"))
    for path in (tmp_path / "incoming").iterdir():
        os.utime(path, (time.time() - KEPT - 1,) * 2)
    begun(incoming, 1)
    assert incoming.unfinished(record="r", person="amal") == [(begun(incoming, 1), 0)]
    assert len(list((tmp_path / "incoming").iterdir())) == 2


def test_uploads_survive_a_restart_of_the_console(tmp_path: Path) -> None:
    first = Incoming(tmp_path / "incoming")
    first.append(begun(first), 0, io.BytesIO(b"half"))
    assert Incoming(tmp_path / "incoming").here(begun(first)) == 4


def test_a_piece_that_does_not_fit_on_the_disk_leaves_what_was_there(tmp_path: Path) -> None:
    class Full(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell():
                raise OSError(28, "No space left on device")
            return super().read(3)

    incoming = Incoming(tmp_path / "incoming")
    upload = begun(incoming)
    incoming.append(upload, 0, io.BytesIO(b"half"))
    with pytest.raises(DiskFull):
        incoming.append(upload, 4, Full(b"more than fits"))
    assert incoming.here(upload) == 4


def test_a_torn_note_of_an_upload_is_no_upload(tmp_path: Path) -> None:
    incoming = Incoming(tmp_path / "incoming")
    (tmp_path / "incoming" / "x.json").write_bytes(b'{"id": "x", "rec')
    assert incoming.unfinished(record="r", person="amal") == []
    assert incoming.find("x", record="r", person="amal") is None


def test_a_full_disk_is_said_to_the_script(
    post: Site, officer: Browser, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise DiskFull("the disk is full")

    sender = Sender(officer, reported, large(30))
    sender.begin()
    monkeypatch.setattr(Incoming, "append", full)
    answer = sender.piece(0, 1000)
    assert answer.status_code == 507 and answer.json is not None and "disk" in answer.json["problem"]


def test_bytes_that_the_disk_did_not_confirm_are_sent_again_and_not_believed_the_second_time(
    officer: Browser, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After an error the system counts them as written: a second try would succeed, and a power cut lose them."""
    sender = Sender(officer, reported, large(31))
    with monkeypatch.context() as harmed:
        harmed.setattr(blobs, "write_out", error_of_the_disk)
        answer = sender.send()
    assert (answer.status_code, answer.json) == (409, {"offset": 0})
    assert sender.finish().status_code == 409, "nothing is here to be taken in"
    assert sender.send().status_code == 200


def test_a_picture_of_the_form_that_the_disk_did_not_confirm_is_refused(
    officer: Browser, reported: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blobs, "write_out", error_of_the_disk)
    address = f"/records/{case_of(reported)}/pictures/new"
    answer = officer.post(address, {"picture": (io.BytesIO(large(32)), "p.png")})
    assert answer.status_code == 503 and "The disk did not keep this picture. Send it again." in text_of(answer)


def error_of_the_disk(*_: object) -> None:
    raise OSError(5, "Input/output error")
