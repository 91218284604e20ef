"""A picture is opened in a process that can do nothing else: what can be shown is shown upright, what cannot is
refused with the reason, and nobody else pays for it."""

import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from diwan_core.media.examine import Examined, Unreadable, examine
from diwan_core.media.kinds import SUFFIX, sniff
from diwan_core.media.worker import LIMITS
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from .made import BAD, BLUE, GOOD, HEIGHT, RED, WIDTH, saved, scene, turned, xray

MEGABYTE = 1024 * 1024


@contextmanager
def examined(content: bytes, folder: Path) -> Iterator[Examined]:
    with tempfile.TemporaryFile(dir=folder) as file:
        file.write(content)
        with examine(file, folder) as found:
            yield found
        file.seek(0)
        assert file.read() == content, "the original is only read"


def copies(content: bytes, folder: Path) -> tuple[Image.Image, Image.Image]:
    """(view, thumbnail) of a picture."""
    with examined(content, folder) as found:
        view, thumb = (Image.open(io.BytesIO(path.read_bytes())) for path in (found.view, found.thumb))
        return view, thumb


def close(colour: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(colour, tuple)
    return all(abs(one - other) < 40 for one, other in zip(colour, wanted, strict=True))


@pytest.mark.parametrize("name", GOOD)
def test_a_good_picture_gets_a_view_and_a_thumbnail(name: str, tmp_path: Path) -> None:
    with examined(GOOD[name](), tmp_path) as found:
        for path, longest in ((found.view, 1600), (found.thumb, 320)):
            with Image.open(path) as copy:
                copy.load()
                assert (copy.format, copy.mode) == ("WEBP", "RGB")
                assert max(copy.size) == min(longest, max(found.width, found.height))
                assert set(copy.info) <= {"loop", "background", "timestamp", "duration"}, "nothing but pixels"
    assert list(tmp_path.iterdir()) == [], "what nobody kept is gone"


@pytest.mark.parametrize("name", BAD)
def test_a_bad_picture_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    make, reason = BAD[name]
    with pytest.raises(Unreadable) as caught, examined(make(), tmp_path):
        pass
    assert caught.value.reason == reason
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["jpeg", "png", "webp", "tiff", "tiff with lzw", "heic", "tiff of two pages", "lab tiff"]
)
def test_the_colours_are_those_of_the_picture(name: str, tmp_path: Path) -> None:
    view, _ = copies(GOOD[name](), tmp_path)
    assert view.size == (WIDTH, HEIGHT)
    assert close(view.getpixel((8, 8)), BLUE) and close(view.getpixel((56, 40)), RED)


@pytest.mark.parametrize("turn", [1, 3, 6, 8])
def test_a_picture_taken_sideways_stands_upright(turn: int, tmp_path: Path) -> None:
    with examined(turned(turn), tmp_path) as found:
        assert (found.width, found.height) == (WIDTH, HEIGHT)
        with Image.open(found.view) as view:
            assert close(view.getpixel((8, 8)), BLUE) and close(view.getpixel((56, 8)), RED)


def test_where_a_picture_was_taken_is_in_none_of_its_copies(tmp_path: Path) -> None:
    original = turned(6)
    assert b"PHONEMAKER" in original and Image.open(io.BytesIO(original)).getexif().get_ifd(0x8825)
    with examined(original, tmp_path) as found:
        for path in (found.view, found.thumb):
            content = path.read_bytes()
            assert b"PHONEMAKER" not in content and b"EXIF" not in content and b"XMP" not in content
            with Image.open(path) as copy:
                assert dict(copy.getexif()) == {}


@pytest.mark.parametrize("negative", [False, True])
def test_an_x_ray_of_sixteen_bits_is_spread_over_what_a_screen_can_show(negative: bool, tmp_path: Path) -> None:
    view, _ = copies(xray(negative=negative), tmp_path)
    left, right = (view.convert("L").getpixel((x, 24)) for x in (4, 60))
    assert isinstance(left, int | float) and isinstance(right, int | float)
    dark, bright = (right, left) if negative else (left, right)
    assert dark < 60 and bright > 195, "dead pixels do not set the window"


def test_a_large_picture_is_made_small_by_its_longer_side(tmp_path: Path) -> None:
    view, thumb = copies(saved(scene(width=2400, height=3600), "JPEG", quality=50), tmp_path)
    assert (view.size, thumb.size) == ((1067, 1600), (213, 320))


def test_twenty_megapixels_fit_into_the_memory_of_a_worker(tmp_path: Path) -> None:
    with examined(saved(scene(width=5472, height=3648), "PNG", compress_level=1), tmp_path) as found:
        assert found.width == 5472


def test_twelve_megapixels_of_webp_fit_into_the_memory_of_a_worker(tmp_path: Path) -> None:
    with examined(saved(scene(width=4032, height=3024), "WEBP", quality=10, method=0), tmp_path) as found:
        assert (found.width, found.height) == (4032, 3024)


@pytest.mark.parametrize(("kind", "options"), [("WEBP", {"quality": 10, "method": 0}), ("PNG", {"compress_level": 1})])
def test_an_honest_picture_that_is_too_large_is_not_called_damaged(
    kind: str, options: dict[str, int], tmp_path: Path
) -> None:
    with (
        pytest.raises(Unreadable, match="too_large"),
        examined(saved(scene(width=8000, height=6000), kind, **options), tmp_path),
    ):
        pass


#: Looks at the files it is given, and says the most memory a worker took, in bytes. A process of its own, since what
#: a child is counted to have taken includes what its parent had.
_MEASURE = """
import resource, sys
from pathlib import Path
from diwan_core.media.examine import Unreadable, examine
for path in map(Path, sys.argv[1:]):
    try:
        with path.open("rb") as picture, examine(picture, path.parent):
            pass
    except Unreadable:
        pass
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


def test_no_picture_takes_more_memory_than_the_limit(tmp_path: Path) -> None:
    wide = saved(scene(width=5472, height=3648), "PNG", compress_level=1)
    for number, content in enumerate([wide, *(make() for make, _ in BAD.values())]):
        (tmp_path / str(number)).write_bytes(content)
    told = subprocess.run(
        [sys.executable, "-c", _MEASURE, *map(str, tmp_path.iterdir())], capture_output=True, check=True, timeout=300
    )
    assert int(told.stdout) < 200 * MEGABYTE


def confined(code: str) -> subprocess.CompletedProcess[bytes]:
    """Run code in a process that has done to itself what a worker does."""
    start = "import os, socket, subprocess, threading\nfrom diwan_core.confined import enter\n"
    start += "from diwan_core.media.worker import LIMITS\nif not enter(LIMITS):\n    os._exit(77)\n"
    end = "\nos._exit(0)"
    done = subprocess.run([sys.executable, "-I", "-c", start + code + end], capture_output=True, timeout=60)
    if done.returncode == 77:
        pytest.skip("this kernel offers no system-call filter")
    return done


@pytest.mark.parametrize(
    "deed",
    [
        "socket.socket()",
        "socket.socket(socket.AF_UNIX)",
        "open('/etc/hostname')",
        "open('/tmp/x', 'w')",
        "os.fork()",
        "os.kill(os.getppid(), 15)",
        "os.unlink('/tmp/x')",
        "os.execv('/bin/true', ['true'])",
    ],
)
def test_a_worker_reaches_neither_the_network_nor_files_nor_other_programs(deed: str) -> None:
    done = confined(f"try:\n    {deed}\nexcept PermissionError:\n    os._exit(0)\nos._exit(3)")
    assert done.returncode == 0, done.stderr.decode()


def test_a_worker_may_use_threads_and_memory() -> None:
    code = "t = threading.Thread(target=lambda: bytearray(50_000_000)); t.start(); t.join()"
    assert confined(code).returncode == 0


def test_a_worker_that_wants_more_memory_gets_none() -> None:
    code = f"try:\n    bytearray({LIMITS.extra_bytes + (1 << 20)})\nexcept MemoryError:\n    os._exit(0)\nos._exit(3)"
    assert confined(code).returncode == 0


@pytest.mark.slow
def test_a_worker_that_never_ends_is_ended() -> None:
    assert confined("while True:\n    pass").returncode < 0


def test_the_library_that_decodes_is_not_loaded_by_the_console() -> None:
    code = "import diwan_appliance.web, sys; sys.exit(any(name.startswith(('PIL', 'pi_heif')) for name in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@given(st.binary(max_size=64))
def test_finding_a_type_never_fails(head: bytes) -> None:
    sniff(head)


def test_every_type_we_keep_has_a_name_to_be_saved_under() -> None:
    found = {sniff(make()[:32]) for make in GOOD.values()}
    assert None not in found and found <= set(SUFFIX)
