"""The offline bundle: signed, whole, and refused with a reason when it is not."""

import json
import shutil
import subprocess
import tarfile
import threading
import urllib.error
import urllib.request
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from diwan_provisioning.bundle import ALL_TARGETS, BundleError, Target, archive, check, packages, signing, wheels
from diwan_provisioning.bundle.manifest import FILE, FORMAT, Manifest, described
from diwan_provisioning.bundle.serve import server

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "technician"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    return path


def trusted(key: Path) -> list[str]:
    return [key.with_name(key.name + ".pub").read_text()]


@pytest.fixture
def bundle(tmp_path: Path, key: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "apt-trixie-arm64.tar").write_bytes(b"packages")
    (folder / "wheels-trixie-arm64.tar").write_bytes(b"wheels")
    files = described(folder, ["apt-trixie-arm64.tar", "wheels-trixie-arm64.tar"])
    made = Manifest(FORMAT, "0.1.0", "2026-11-29T00:00:00+00:00", (Target("trixie", "arm64"),), files)
    (folder / FILE).write_bytes(made.to_json())
    signing.sign(folder / FILE, key)
    return folder


def test_a_whole_bundle_signed_by_a_trusted_key_is_accepted(bundle: Path, key: Path) -> None:
    assert check(bundle, trusted(key)).targets == (Target("trixie", "arm64"),)


def test_a_changed_file_is_named(bundle: Path, key: Path) -> None:
    (bundle / "wheels-trixie-arm64.tar").write_bytes(b"Wheels")
    with pytest.raises(BundleError, match=r"wheels-trixie-arm64\.tar is not the file that was signed"):
        check(bundle, trusted(key))


def test_a_file_cut_short_by_a_full_stick_is_named(bundle: Path, key: Path) -> None:
    (bundle / "wheels-trixie-arm64.tar").write_bytes(b"whe")
    with pytest.raises(BundleError, match="3 bytes instead of 6"):
        check(bundle, trusted(key))


def test_a_missing_file_and_a_link_in_its_place_are_named(bundle: Path, key: Path) -> None:
    (bundle / "apt-trixie-arm64.tar").rename(bundle.parent / "elsewhere")
    (bundle / "apt-trixie-arm64.tar").symlink_to(bundle.parent / "elsewhere")
    with pytest.raises(BundleError, match="missing"):
        check(bundle, trusted(key))


def test_a_file_that_nobody_signed_for_is_named(bundle: Path, key: Path) -> None:
    (bundle / "install.sh").write_text("#!/bin/sh\n")
    with pytest.raises(BundleError, match=r"install\.sh"):
        check(bundle, trusted(key))


def test_a_list_changed_after_signing_is_refused(bundle: Path, key: Path) -> None:
    (bundle / "wheels-trixie-arm64.tar").write_bytes(b"other!")
    plain = json.loads((bundle / FILE).read_text())
    plain["files"] = {name: list(value) for name, value in described(bundle, plain["files"]).items()}
    (bundle / FILE).write_text(json.dumps(plain))
    with pytest.raises(BundleError, match="not signed by a key you trust"):
        check(bundle, trusted(key))


def test_a_bundle_signed_by_somebody_else_is_refused(bundle: Path, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", stranger], check=True)
    with pytest.raises(BundleError, match="not signed by a key you trust"):
        check(bundle, trusted(stranger))


def test_a_signature_of_an_acceptance_sheet_does_not_stand_for_one_of_a_bundle(bundle: Path, key: Path) -> None:
    signing.sign(bundle / FILE, key, signing.SHEET_NAMESPACE)
    with pytest.raises(BundleError, match="not signed"):
        check(bundle, trusted(key))


@pytest.mark.parametrize("name", ["../escape", "/etc/passwd", "..", "bundle.json", ""])
def test_a_list_cannot_name_files_outside_the_bundle(name: str, bundle: Path) -> None:
    plain = json.loads((bundle / FILE).read_text())
    plain["files"][name] = [1, "0" * 64]
    (bundle / FILE).write_text(json.dumps(plain))
    with pytest.raises(BundleError, match="not a bundle's list"):
        Manifest.read(bundle)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": 1}', "[" * 100_000, '{"format": 99}'])
def test_a_broken_list_is_refused_in_words(content: str, bundle: Path) -> None:
    (bundle / FILE).write_text(content)
    with pytest.raises(BundleError):
        Manifest.read(bundle)


def test_a_kind_of_machine_that_does_not_exist_is_refused_with_those_that_do() -> None:
    assert {str(target) for target in ALL_TARGETS} == {
        "bookworm-amd64", "bookworm-arm64", "trixie-amd64", "trixie-arm64",
    }  # fmt: skip
    with pytest.raises(BundleError, match="bookworm-amd64"):
        Target.parse("buster-armhf")


def test_an_archive_of_the_same_files_is_the_same_to_the_byte(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "deeper").mkdir(parents=True)
    (folder / "deeper/b").write_text("b")
    (folder / "a").write_text("a")
    archive.pack(folder, tmp_path / "first.tar")
    (folder / "a").touch()
    archive.pack(folder, tmp_path / "second.tar")
    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()
    with tarfile.open(tmp_path / "first.tar") as opened:
        assert opened.getnames() == ["a", "deeper/b"]


def test_each_part_gets_a_lock_with_the_hash_of_every_wheel(tmp_path: Path) -> None:
    ours = []
    for unit in wheels.UNITS:
        path = tmp_path / f"diwan_{unit}-0.1.0-py3-none-any.whl"
        path.write_text(unit)
        ours.append(path)
    wheels.locks(ROOT / "requirements/run.txt", ours, tmp_path)
    post = (tmp_path / "requirements-post.txt").read_text()
    assert "diwan-appliance==0.1.0 --hash=sha256:" in post and "diwan-central" not in post
    with pytest.raises(BundleError, match="different versions"):
        wheels.release_version([*ours, tmp_path / "diwan_core-0.2.0-py3-none-any.whl"])


def test_the_lists_of_packages_cover_every_part_of_a_network() -> None:
    lists = ROOT / "provisioning/packages.toml"
    assert "mosquitto" in packages.wanted(lists, ["central"])
    assert "cryptsetup" in packages.wanted(lists)
    with pytest.raises(BundleError, match="kitchen"):
        packages.wanted(lists, ["kitchen"])


def test_apt_takes_packages_from_the_repository_and_refuses_a_changed_one(tmp_path: Path) -> None:
    for program in ("apt-ftparchive", "gpg", "dpkg-deb"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} is not installed: apt install apt-utils gnupg")
    source = tmp_path / "hello"
    (source / "DEBIAN").mkdir(parents=True)
    (source / "DEBIAN/control").write_text(
        "Package: diwan-hello\nVersion: 1:1.0\nArchitecture: all\nMaintainer: nobody\nDescription: a test\n"
    )
    debs = tmp_path / "debs"
    debs.mkdir()
    subprocess.run(
        ["dpkg-deb", "--build", source, debs / "diwan-hello_1%3a1.0_all.deb"], check=True, capture_output=True
    )
    repository = tmp_path / "repository"
    with closing(signing.RepositoryKey(tmp_path / "gpg")) as key:
        key.ensure()
        key.ensure()
        packages.make_repository(debs, Target("bookworm", "amd64"), repository, key)
        key.export(tmp_path / "key.asc")
    assert apt(tmp_path, repository, "update").returncode == 0
    fetched = apt(tmp_path, repository, "install", "--download-only", "-y", "diwan-hello")
    assert fetched.returncode == 0, fetched.stderr
    assert [path.name for path in repository.glob("*.deb")] == ["diwan-hello_1_1.0_all.deb"]

    index = repository / "Packages"
    index.write_text(index.read_text().replace("a test", "a jest"))
    assert "Hash Sum mismatch" in apt(tmp_path, repository, "update").stderr
    release = repository / "InRelease"
    release.write_text(release.read_text().replace("Origin: Diwan", "Origin: Divan"))
    assert apt(tmp_path, repository, "update").returncode != 0


def apt(place: Path, repository: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """apt-get in a root of its own that knows this repository alone."""
    for folder in ("etc/apt/preferences.d", "etc/apt/apt.conf.d", "state/lists/partial", "cache/archives/partial"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    (place / "status").touch()
    if arguments == ("update",):
        shutil.rmtree(place / "state/lists")
        (place / "state/lists/partial").mkdir(parents=True)
    (place / "etc/apt/sources.list").write_text(f"deb [signed-by={place}/key.asc] file:{repository} ./\n")
    settings = {
        "Dir": place, "Dir::Etc": "etc/apt", "Dir::State": "state", "Dir::State::status": place / "status",
        "Dir::Cache": "cache", "Debug::NoLocking": "1", "APT::Sandbox::User": "", "APT::Update::Error-Mode": "any",
    }  # fmt: skip
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    return subprocess.run(["apt-get", "-q", *options, *arguments], capture_output=True, text=True, check=False)


def test_the_server_gives_out_the_bundle_s_files_and_nothing_else(bundle: Path) -> None:
    (bundle / "secret").write_text("s")
    with server(bundle, "127.0.0.1", 0) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{running.server_address[1]}"
        try:
            with urllib.request.urlopen(f"{address}/wheels-trixie-arm64.tar") as answer:
                assert answer.read() == b"wheels"
            for path in ("/secret", "/", "/../etc/passwd", "//wheels-trixie-arm64.tar/../secret"):
                with pytest.raises(urllib.error.HTTPError):
                    urllib.request.urlopen(address + path)
        finally:
            running.shutdown()


def test_the_wheel_of_the_core_holds_the_chapters_of_the_handbook_as_files(tmp_path: Path) -> None:
    """In the tree they are links to docs/handbook."""
    [wheel] = [path for path in wheels.build_ours(ROOT, tmp_path) if path.name.startswith("diwan_core-")]
    with zipfile.ZipFile(wheel) as archive:
        for chapter in (ROOT / "core/diwan_core/web/help/handbook").glob("*.md"):
            assert archive.read(f"diwan_core/web/help/handbook/{chapter.name}") == chapter.read_bytes()
