"""Profiles: those of the release are sound, and an impossible one is refused with file, key and remedy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from diwan_hardware.load import FOLDER, BadProfile, load_all, read
from diwan_hardware.profile import MEASURES

WANTED = {
    "post-small", "post-standard", "post-rugged", "central-small", "central-standard", "backup-disk",
    "technician-laptop", "officer-laptop", "network", "power",
}  # fmt: skip


def test_every_kind_of_machine_has_a_profile_and_all_are_sound() -> None:
    assert set(load_all()) == WANTED


def test_the_folder_beside_the_unit_shows_the_same_files() -> None:
    assert (Path(__file__).parents[2] / "hardware/profiles").resolve() == FOLDER.resolve()


def test_each_machine_is_judged_by_temperature_speed_and_wear() -> None:
    for profile in load_all().values():
        if profile.kind in ("post", "central", "laptop"):
            assert {"temperature_c", "write_mb_s", "wear_percent", "drift_ppm"} <= set(profile.limits), profile.name
        assert set(profile.limits) <= set(MEASURES)


def test_each_product_that_is_named_says_why() -> None:
    for profile in load_all().values():
        for item in profile.items:
            assert all(example.name and example.why for example in item.examples), f"{profile.name}/{item.key}"
        assert profile.avoid, f"{profile.name} says what not to buy"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("memory_mb = 1700", "memory_mb = -1700", "least.memory_mb: -1700 is impossible. Write 256"),
        ("memory_mb = 4096", "memory_mb = 1024", "bought.memory_mb: 1024 is less than least.memory_mb (1700)"),
        ("cores = 2", "cores = 0", "least.cores: 0 is impossible"),
        ("warn_above = 75, fail_above = 82", "warn_above = 90, fail_above = 82", "fails at 82 before it warns at 90"),
        ("warn_above = 75, fail_above = 82", "fail_above = 820", "temperature_c.fail_above: 820 °C is impossible"),
        ("warn_above = 75, fail_above = 82", "fail_below = 82", "would refuse the better machine"),
        ("temperature_c =", "temprature_c =", "limits.temprature_c: is no measured value"),
        ("watts = 4.0", "watts = 40.0", "watts_most: 12 is less than the typical draw of 40 W"),
        ("watts = 4.0", "watts = nan", "items.computer.watts: nan is impossible"),
        ("watts = 4.0", 'watts = "four"', "items[0].watts: Expected `float`, got `str`"),
        ("watts = 4.0", "wats = 4.0", "items[0]: Object contains unknown field `wats`"),
        ("operating_c = [0, 50]", "operating_c = [50, 0]", "50 to 0 is not a range"),
        ("endurance_tbw = 40", "endurance_tbw = 40000", "flash.endurance_tbw: 40000 terabytes written is impossible"),
        ("endurance_tbw = 40", "endurance_tbw = 0", "flash.endurance_tbw: 0 terabytes written is impossible"),
        ("spare_ratio = 0.1\nwatts = 4", "spare_ratio = 20\nwatts = 4", "spare_ratio: 20 is impossible"),
        ("warranty_months = 24\nlife_years = 7", "warranty_months = 96\nlife_years = 7", "longer than its life"),
        ('replaces = "computer"', 'replaces = "compute"', "'compute' is not a required item"),
        ('key = "ssd"', 'key = "computer"', "items.computer: stands there twice"),
        ('name = "post-standard"', 'name = "post-big"', "name: is 'post-big' in the file post-standard.toml"),
        ("burn_in_hours = 24", "burn_in_hours = 2400", "burn_in_hours: 2400 is not a length"),
        ('architectures = ["aarch64", "x86_64"]', 'architectures = ["armv6l"]', "least.architectures"),
        ("network = 1", "networks = 1", "accompanied_by.networks: there is no such profile"),
        ("network = 1", "network = 0", "accompanied_by.network: 0 is impossible"),
        ("[least]", "[least", "is no TOML file"),
    ],
)
def test_an_impossible_profile_is_refused_with_file_and_key(tmp_path: Path, before: str, after: str, said: str) -> None:
    folder = tmp_path / "profiles"
    shutil.copytree(FOLDER, folder)
    file = folder / "post-standard.toml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))
    with pytest.raises(BadProfile) as refused:
        load_all(folder)
    assert said in str(refused.value)
    assert str(file) in str(refused.value)


def test_every_fault_of_every_file_is_named_at_once(tmp_path: Path) -> None:
    folder = tmp_path / "profiles"
    shutil.copytree(FOLDER, folder)
    for name in ("post-small", "network"):
        file = folder / f"{name}.toml"
        file.write_text(file.read_text().replace("life_years = 8", "life_years = 80").replace("= 0.15", "= 15"))
    with pytest.raises(BadProfile) as refused:
        load_all(folder)
    assert {"post-small.toml", "network.toml"} <= {
        Path(line.split(": ")[0]).name for line in str(refused.value).splitlines()
    }


def test_a_profile_that_is_no_text_or_not_there_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.toml"
    with pytest.raises(BadProfile, match="cannot be read"):
        read(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadProfile, match="no TOML"):
        read(file)
    file.write_bytes(b"#" * 300_000)
    with pytest.raises(BadProfile, match="larger than"):
        read(file)
    with pytest.raises(BadProfile, match="holds no profiles"):
        load_all(tmp_path / "empty")
