"""A sheet is signed by a technician who is known, kept as it was signed, and refused in every other case."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_central.cli import central
from diwan_core import node
from diwan_core.acceptance import kept
from diwan_core.acceptance.page import page
from diwan_core.acceptance.sheet import BadSheet, Check, Sheet, clean, decode, encode
from diwan_core.acceptance.signature import NotSigned, allowed_signers, sign, signer_of

GOOD = Sheet(
    "provisioning", "post-1", "post-small", "2026-11-29T05:00:00Z", "technician",
    (Check("a", "Ports", "pass"), Check("b", "Clock", "warn", "yes", "no", "Wait."), Check("c", "SSH", "waived")),
    {"serial": "100000004f2a"},
)  # fmt: skip


def key(folder: Path, name: str = "technician", comment: str = "technician@laptop") -> Path:
    path = folder / name
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path], check=True)
    return path


@pytest.fixture
def technicians(tmp_path: Path) -> Path:
    path = tmp_path / "technicians"
    path.write_text(allowed_signers([key(tmp_path).with_suffix(".pub").read_text()]))
    return path


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    folder = tmp_path / "centre"
    node.create(folder, node.NodeConfig("central", node.mint_id(), "Headquarters", web_tls="off"))
    return folder


def run(*arguments: object) -> Result:
    return CliRunner().invoke(central, ["acceptance", *[str(argument) for argument in arguments]])


def written(folder: Path, sheet: Sheet, signed_with: Path | None) -> Path:
    path = folder / f"{sheet.machine}-{sheet.taken[:4]}-{len(sheet.checks)}.json"
    path.write_bytes(encode(sheet))
    if signed_with is not None:
        path.with_name(f"{path.name}.sig").write_bytes(sign(encode(sheet), signed_with))
    return path


def test_a_sheet_is_read_back_as_it_was_written() -> None:
    assert decode(encode(GOOD)) == GOOD
    assert GOOD.passed and GOOD.counts() == {"fail": 0, "warn": 1, "waived": 1, "pass": 1}
    assert [check.id for check in GOOD.worst_first()] == ["b", "c", "a"]


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{}", b"[]", b"\xff", b"[" * 10_000, encode(GOOD).replace(b'"pass"', b'"fine"'), encode(GOOD) + b" ",
        encode(GOOD).replace(b'"by":', b'"by" :'), encode(GOOD).replace(b'"format":1', b'"format":2'),
        encode(GOOD).replace(b"post-1", b"../etc"), encode(GOOD).replace(b"2026-11-29T", b"yesterday "),
        encode(GOOD).replace(b"Wait.", b"\\u001b[31m"), encode(GOOD).replace(b"Wait.", b"x" * 3_000),
        encode(GOOD).replace(b'{"serial"', b'{"more":"x","serial"').replace(b'"checks":[', b'"checks":[7,'),
        json.dumps({**json.loads(encode(GOOD)), "extra": 1}, sort_keys=True, separators=(",", ":")).encode() + b"\n",
        b" " * 600_000,
    ],
)  # fmt: skip
def test_anything_else_is_refused(content: bytes) -> None:
    with pytest.raises(BadSheet):
        decode(content)


def test_the_signature_names_the_technician(tmp_path: Path, technicians: Path) -> None:
    content = encode(GOOD)
    signature = sign(content, tmp_path / "technician")
    assert signer_of(content, signature, technicians) == "technician@laptop"


@pytest.mark.parametrize("what", ["changed", "another key", "another purpose", "none", "not a file", "rubbish"])
def test_a_signature_that_does_not_vouch_for_this_sheet_is_refused(
    what: str, tmp_path: Path, technicians: Path
) -> None:
    content = encode(GOOD)
    signature = sign(content, tmp_path / "technician")
    match what:
        case "changed":
            content = content.replace(b"post-1", b"post-2")
        case "another key":
            signature = sign(content, key(tmp_path, "stranger"))
        case "another purpose":
            (tmp_path / "file").write_bytes(content)
            signed_with, other = str(tmp_path / "technician"), str(tmp_path / "file")
            argv = ["ssh-keygen", "-q", "-Y", "sign", "-f", signed_with, "-n", "diwan-bundle", other]
            subprocess.run(argv, check=True)
            signature = (tmp_path / "file.sig").read_bytes()
        case "none":
            signature = b""
        case "not a file":
            technicians.unlink()
        case _:
            signature = b"-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----\n"
    with pytest.raises(NotSigned):
        signer_of(content, signature, technicians)


def test_a_comment_in_a_key_cannot_name_somebody_else(tmp_path: Path) -> None:
    line = key(tmp_path, comment='boss@centre namespaces="x"\tssh-ed25519 AAAA').with_suffix(".pub").read_text()
    allowed = allowed_signers([line])
    assert allowed.count("\n") == 1 and allowed.split()[0] == "boss@centrenamespacesxssh-ed25519AAAA"


def test_the_centre_keeps_sheets_of_its_technicians_in_order_and_nothing_else(
    tmp_path: Path, technicians: Path, centre: Path
) -> None:
    first = written(tmp_path, GOOD, tmp_path / "technician")
    added = run("add", first, "--dir", centre, "--signers", technicians, "--json")
    assert added.exit_code == 0 and json.loads(added.output)["new"] is True, added.output
    again = run("add", first, "--dir", centre, "--signers", technicians, "--json")
    assert json.loads(again.output)["new"] is False and len(kept.all_kept(centre)) == 1
    other = key(tmp_path, "second", "second@laptop")
    technicians.write_text(technicians.read_text() + allowed_signers([other.with_suffix(".pub").read_text()]))
    failed = Sheet("provisioning", "post-1", "", "2026-11-29T06:00:00Z", "second", (Check("a", "Ports", "fail"),))
    assert run("add", written(tmp_path, failed, other), "--dir", centre, "--signers", technicians).exit_code == 0
    assert {one.sheet.by for one in kept.all_kept(centre)} == {"technician", "second"}, "both are kept"
    assert "NOT accepted: 1 fail" in run("list", "--dir", centre).output
    stranger = written(
        tmp_path, Sheet("hardware", "post-2", "", GOOD.taken, "x", GOOD.checks), key(tmp_path, "stranger")
    )
    refused = run("add", stranger, "--dir", centre, "--signers", technicians)
    assert refused.exit_code == 1 and "is not kept" in refused.output and len(kept.all_kept(centre)) == 2
    name = json.loads(added.output)["name"]
    assert run("show", name, "--dir", centre).output.encode() == encode(GOOD)
    assert "<table>" in run("show", name, "--dir", centre, "--html").output
    assert run("show", "../node", "--dir", centre).exit_code == 1
    for path in (centre / kept.FOLDER).iterdir():
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_page_shows_what_a_machine_said_as_text() -> None:
    evil = "<script>alert(1)</script>"
    shown = page(
        Sheet(
            "provisioning",
            "post-1",
            evil,
            GOOD.taken,
            evil,
            (Check("a", evil, "fail", evil, evil, evil),),
            {evil: evil},
        )
    )
    assert "<script" not in shown and "&lt;script&gt;" in shown and "Not accepted" in shown


def test_what_cannot_be_shown_is_replaced() -> None:
    assert clean("a\x1b[31mb\u202e") == "a\N{REPLACEMENT CHARACTER}[31mb\N{REPLACEMENT CHARACTER}"
    assert len(clean("x" * 10_000)) == 2_000
