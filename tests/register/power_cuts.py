"""A picture is kept on a small ext4 disk, and what a power cut at each step would leave of the disk is looked at:

    python power_cuts.py FOLDER

Prints a line of JSON for each step: its name, which pictures the disk then has, and whether each is what its name says.
Started by test_blobs.py in a mount namespace of its own (root), with which the mounts end.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diwan_core.processes.nameless import nameless
from diwan_core.register.storage import blobs

CONTENT = bytes(range(256)) * 3000


def mounted(image: Path, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    subprocess.run(["mount", "-o", "loop,noatime", image, folder], check=True)
    return folder


def after_a_cut(image: Path, step: str) -> None:
    """Copy what has reached the disk, as it is at this moment, and look at it as after a power cut."""
    copy = image.with_name("copy.disk")
    shutil.copyfile(image, copy)
    found = mounted(copy, image.with_name("copy"))
    held = [path for path in (found / "blobs").glob("??/*") if path.parent.name != "part"]
    sound = [hashlib.sha256(path.read_bytes()).hexdigest() == path.name for path in held]
    print(json.dumps({"step": step, "held": [path.name for path in held], "sound": all(sound)}), flush=True)
    subprocess.run(["umount", found], check=True)


def watched(image: Path, name: str, step: Callable[..., Any]) -> Callable[..., Any]:
    def stepped(*given: Any) -> Any:
        # Another process of the node makes its own changes last meanwhile, and the file system's with them.
        other = os.open(image.with_name("disk"), os.O_RDONLY)
        os.fsync(other)
        os.close(other)
        after_a_cut(image, f"before {name}")
        done = step(*given)
        after_a_cut(image, f"after {name}")
        return done

    return stepped


def main(folder: Path) -> None:
    image = folder / "image.disk"
    with image.open("wb") as file:
        file.truncate(24 * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True)
    disk = mounted(image, folder / "disk")
    store = blobs.BlobStore(disk / "blobs")
    os.sync()
    for name in ("write_out", "give_name"):
        setattr(blobs, name, watched(image, name, getattr(blobs, name)))
    with nameless(disk) as file:
        file.write(CONTENT)
        blob = store.adopt(file)
    after_a_cut(image, "kept")
    assert blob.sha256 == hashlib.sha256(CONTENT).hexdigest()
    subprocess.run(["umount", disk], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
