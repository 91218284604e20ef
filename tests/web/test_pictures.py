"""Pictures come in whole or not at all, are what they are whatever they are called, and are shown inert."""

import io
import re

import pytest
from diwan_core.web.media import MAX_PICTURE, pixels, sniff
from hypothesis import given
from hypothesis import strategies as st

from .conftest import PNG, Browser, Site, picture, text_of


def show(officer: Browser, reported: str) -> str:
    """The address of the first picture on a case's page."""
    found = re.search(r'<img src="([^"]+)"', officer.get(reported).text)
    assert found is not None
    return found[1]


def add(browser: Browser, reported: str, **upload: object) -> object:
    return browser.post(f"/records/{reported.rpartition('/')[2]}/pictures/new", picture(**upload))


def test_a_picture_is_kept_byte_for_byte_and_shown_inert(officer: Browser, reported: str) -> None:
    assert add(officer, reported, caption="النُّور <b>under</b> the seat").status_code == 303
    page = officer.get(reported)
    assert "النُّور &lt;b&gt;under&lt;/b&gt;" in page.text
    answer = officer.get(show(officer, reported))
    assert answer.data == PNG and answer.mimetype == "image/png"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "p.png"),
        (b"<html><script>alert(1)</script>", "p.jpg"),
        (b"PK\x03\x04" + bytes(60), "p.jpg"),
        (b"GIF89a" + bytes(38), "p.gif"),
        (b"", "empty.png"),
    ],
)
def test_what_is_no_picture_is_refused_with_the_reason(
    officer: Browser, reported: str, content: bytes, name: str
) -> None:
    response = add(officer, reported, content=content, name=name, caption="kept")
    assert 400 <= response.status_code < 500
    assert "not a picture" in text_of(response) and 'value="kept"' in response.text
    assert "<img" not in officer.get(reported).text


def test_a_picture_larger_than_the_limit_is_refused(officer: Browser, reported: str) -> None:
    response = add(officer, reported, content=PNG + bytes(MAX_PICTURE + 100_000))
    assert response.status_code == 413


def test_no_file_chosen_is_said_so(officer: Browser, reported: str) -> None:
    response = officer.post(f"/records/{reported.rpartition('/')[2]}/pictures/new", {"caption": "x"})
    assert response.status_code == 422 and "Choose a picture" in text_of(response)


def test_an_upload_that_breaks_off_is_answered_plainly_and_leaves_nothing(
    post: Site, officer: Browser, reported: str
) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="picture"; filename="p.png"\r\n\r\n' + PNG
    response = officer.client.post(
        f"/records/{reported.rpartition('/')[2]}/pictures/new",
        input_stream=io.BytesIO(body),
        content_length=len(body) + 500,
        content_type="multipart/form-data; boundary=b",
    )
    assert 400 <= response.status_code < 500
    assert list((post.folder / "incoming").iterdir()) == []
    assert "<img" not in officer.get(reported).text


def test_a_picture_opens_only_with_a_record_it_belongs_to(officer: Browser, reported: str) -> None:
    add(officer, reported)
    address = show(officer, reported)
    forged = re.sub(r"/records/[^/]+/", "/records/0198f0a0-0000-7000-8000-000000000000/", address)
    assert officer.get(forged).status_code == 404
    for name in ("0" * 64, "..%2f..%2fregister.db", "A" * 64):
        assert officer.get(address.rpartition("/")[0] + "/" + name).status_code == 404


def test_a_picture_that_is_not_here_says_where_it_is_and_can_be_asked_for(
    post: Site, officer: Browser, reported: str
) -> None:
    add(officer, reported, content=PNG + b"away")
    address = show(officer, reported)
    blob = next(path for path in (post.folder / "blobs").rglob(address.rpartition("/")[2]))
    blob.unlink()
    assert "The picture is at the centre" in text_of(officer.get(reported))
    assert officer.get(address).status_code == 404
    response = officer.post(address + "/fetch")
    assert response.status_code == 303
    assert "has been asked for" in text_of(officer.follow(officer.follow(response)))


def test_a_picture_that_claims_gigapixels_is_refused_before_anyone_draws_it(officer: Browser, reported: str) -> None:
    claims = PNG[:16] + (60_000).to_bytes(4, "big") * 2 + PNG[24:]
    assert add(officer, reported, content=claims).status_code == 422


@given(st.binary(max_size=80), st.sampled_from(["image/png", "image/jpeg", "image/webp", "image/tiff"]))
def test_measuring_a_picture_never_fails(content: bytes, media_type: str) -> None:
    for start in (b"", PNG[:16], b"\xff\xd8\xff\xe0", b"RIFF\0\0\0\0WEBPVP8X"):
        pixels(io.BytesIO(start + content), media_type)


@given(st.binary(max_size=64))
def test_finding_a_type_never_fails(head: bytes) -> None:
    sniff(head)


def test_samples_are_what_they_say() -> None:
    assert pixels(io.BytesIO(PNG), "image/png") == 64 * 48
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xc0\x00\x11\x08\x00\x10\x00\x20"
    assert pixels(io.BytesIO(jpeg), "image/jpeg") == 16 * 32
    assert sniff(b"\xff\xd8\xff\xe0" + bytes(28)) == "image/jpeg"
    assert sniff(b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "image/webp"
    assert sniff(b"\x00\x00\x00\x18ftypheic") == "image/heic"
    assert sniff(b"\x00\x00\x00\x18ftypmp42") is None
