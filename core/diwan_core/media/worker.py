"""The process that decodes one picture and ends. It is started by `examine`, never by hand:

    python -I -m diwan_core.media.worker MEDIA-TYPE VIEW-FD THUMB-FD <picture

It opens nothing itself: the picture is its standard input, the copies go to two descriptors it was given, and what it
found to standard output as one line of JSON: {"width", "height"} or {"refused": reason}.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from typing import IO, Final

from diwan_core.confined import Limits, enter

LIMITS: Final = Limits(
    cpu_seconds=2,
    extra_bytes=160 * 1024 * 1024,  # with Python and the codecs less than 200 MB
    file_bytes=4 * 1024 * 1024,  # a copy 1600 pixels wide takes a few hundred kilobytes
)


def main() -> None:
    media_type, view, thumb = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with os.fdopen(view, "wb", closefd=False) as view_file, os.fdopen(thumb, "wb", closefd=False) as thumb_file:
        print(json.dumps(_examined(media_type, sys.stdin.buffer, view_file, thumb_file)), flush=True)
    os._exit(0)  # nothing is left to tidy up, and nothing may be opened to do it


def _examined(media_type: str, picture: IO[bytes], view: IO[bytes], thumb: IO[bytes]) -> dict[str, int | str]:
    warnings.simplefilter("ignore")
    try:
        from diwan_core.media import decode

        decode.prepare(media_type)
    except ImportError:
        return {"refused": "no_codec"}
    enter(LIMITS)
    try:
        found = decode.decode_picture(picture, media_type)
        decode.write_copies(found.image, view, thumb)
        view.flush()
        thumb.flush()
    except (MemoryError, decode.TooManyPixels):
        return {"refused": "too_large"}
    except Exception:  # noqa: BLE001  codecs raise anything at all on damaged input; the process ends here anyway
        return {"refused": "damaged"}
    return {"width": found.width, "height": found.height}


if __name__ == "__main__":
    main()
