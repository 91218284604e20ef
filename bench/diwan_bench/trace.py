"""Reads when the centre committed rows: the lines `epoch seq ns` that its ingest writes when DIWAN_TRACE names a
file."""

from __future__ import annotations

from bisect import bisect_left
from pathlib import Path


class Trace:
    """The file as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        self._heads: dict[str, tuple[list[int], list[int]]] = {}

    def _catch_up(self) -> None:
        with self._path.open("rb") as file:
            file.seek(self._read)
            text = file.read()
        whole = text.rfind(b"\n") + 1
        self._read += whole
        for line in text[:whole].decode("ascii").splitlines():
            epoch, seq, moment = line.split()
            seqs, moments = self._heads.setdefault(epoch, ([], []))
            if not seqs or int(seq) > seqs[-1]:
                seqs.append(int(seq))
                moments.append(int(moment))

    def committed(self, epoch: str, seq: int) -> int | None:
        """When the centre committed this row, ns since 1970; None until then."""
        if not epoch:
            return None
        self._catch_up()
        seqs, moments = self._heads.get(epoch, ([], []))
        at = bisect_left(seqs, seq)
        return moments[at] if at < len(seqs) else None
