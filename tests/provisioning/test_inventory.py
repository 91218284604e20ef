"""The inventory: a wrong one is refused before a machine is touched, in one line with file, machine and remedy."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_provisioning.commands import provision
from diwan_provisioning.inventory import Fault, check, read

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP5bi8HmqJ+bH9LnMmC30xVyFeQRQBZ/GycXLh9EGPp7 technician"
GOOD = f"""
all:
  vars:
    diwan_country: XA
    diwan_admin_keys: ["{KEY}"]
  children:
    central:
      hosts:
        central: {{ansible_host: 192.0.2.10, diwan_label: Headquarters, diwan_public_name: central.customs.example}}
    posts:
      hosts:
        post-1: {{ansible_host: 192.0.2.21, diwan_label: North, diwan_office: XA001}}
        post-2: {{ansible_host: 192.0.2.22, diwan_label: Airport, diwan_office: XA001}}
"""


def faults(tmp_path: Path, text: str) -> list[Fault]:
    (tmp_path / "country.yml").write_text(text)
    return check(read(tmp_path / "country.yml"))


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(provision, [str(argument) for argument in arguments])


def test_a_good_inventory_has_no_fault_and_two_posts_may_share_an_office(tmp_path: Path) -> None:
    assert faults(tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("before", "after", "machine", "said"),
    [
        ("192.0.2.22", "192.0.2.21", "post-2", "address '192.0.2.21' is also that of post-1 (line 12)"),
        ("diwan_label: Airport", "diwan_label: ' NORTH '", "post-2", "'north' is also that of post-1"),
        ("192.0.2.22", "192.0.2.222.2", "post-2", "is not an address"),
        ("192.0.2.22", "192.0.2", "post-2", "is not an address"),
        ("192.0.2.22", "'-oProxyCommand=touch x'", "post-2", "is not an address"),
        (", diwan_office: XA001}\n        post-2", "}\n        post-2", "post-1", "diwan_office is missing"),
        ("diwan_office: XA001}\n        post-2", "diwan_ofice: XA001}\n        post-2", "post-1", "mean diwan_office?"),
        ("diwan_label: North", "label: North", "post-1", "Did you mean diwan_label?"),
        ("post-2:", "Post_2:", "Post_2", "small letters"),
        ("diwan_label: North", "diwan_label: ''", "post-1", "diwan_label is empty"),
        ("diwan_label: North", "diwan_label: North, diwan_hardware_profile: post-rugged", "", ""),
        (
            "diwan_label: North",
            "diwan_label: North, diwan_hardware_profile: post-big",
            "post-1",
            "choose from post-rugged",
        ),
        (
            "diwan_label: North",
            "diwan_label: North, diwan_hardware_profile: central-small",
            "post-1",
            "for posts choose",
        ),
        ("diwan_label: North", "diwan_label: North, diwan_mirror: 7.5", "", ""),
        ("diwan_label: North", "diwan_label: North, diwan_post_web_port: many", "post-1", "must be of the kind int"),
        ("diwan_label: North", "diwan_label: North, diwan_console_networks: [10.0.0.0/40]", "post-1", "not a network"),
        ("diwan_label: North", "diwan_label: North, diwan_firewall_open: []", "post-1", "set by the playbooks"),
        (f'["{KEY}"]', "[]", "", "nobody can sign in"),
        (f'["{KEY}"]', '["ssh-rsa AAAA"]', "", "no Ed25519 public key"),
        ("diwan_country: XA", "diwan_country: NO", "", "diwan_country is False"),
        ("diwan_label: North", "diwan_label: North, diwan_first_people: [{name: chief, role: supervisor}]", "", ""),
        (
            "diwan_label: North",
            "diwan_label: North, diwan_first_people: [{name: a b, role: officer}]",
            "post-1",
            "small",
        ),
        (
            "diwan_label: North",
            "diwan_label: North, diwan_first_people: [{name: chief, role: king}]",
            "post-1",
            "a role",
        ),
        ("diwan_label: North", "diwan_label: North, diwan_first_people: [1, 2, 3]", "post-1", "more than two"),
        ("diwan_label: North", "diwan_label: North, ansible_user: pi", "post-1", "diwan_first_user"),
        ("diwan_country: XA", "diwan_country: XA\n    diwan_time_zone: Etc/UTC", "", "Did you mean diwan_timezone?"),
        ("diwan_country: XA", "diwan_country: XA\n    diwan_timezone: Mars/Dome", "post-1", "is not a time zone"),
        ("diwan_country: XA", "diwan_country: XA\n    diwan_post_web_port: 8443", "", ""),
        ("    posts:", "    post:", "", "'post' is not a group"),
        ("    central:\n", "    laptops:\n", "", "one machine in `central`"),
    ],
)
def test_a_fault_is_told_with_its_machine_and_its_remedy(
    before: str, after: str, machine: str, said: str, tmp_path: Path
) -> None:
    assert before in GOOD
    found = faults(tmp_path, GOOD.replace(before, after))
    if not said:
        assert found == []
    else:
        assert any(fault.machine == machine and said in fault.text for fault in found), [str(fault) for fault in found]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("post-2:", "post-1:"), "'post-1' stands there again (first in line 12)"),
        (GOOD.replace("  children:", " children:"), "line 6"),
        ("- a\n- b\n", "not a table"),
        ("", "not a table"),
        ("all: {vars: 3}", "not a table"),
        ("all: !!python/object/apply:os.system ['true']", "line 1"),
        ("\tall: 1", "line 1"),
    ],
)
def test_a_file_that_is_no_inventory_is_refused_with_its_line(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "country.yml").write_text(text)
    done = run("check", tmp_path)
    assert done.exit_code == 1
    assert said in done.output and str(tmp_path / "country.yml") in done.output
    assert "Traceback" not in done.output


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    done = run("check", tmp_path / "country.yml")
    assert done.exit_code == 1 and "diwan provision new" in done.output


def test_the_example_is_right_but_for_the_key_it_must_not_invent() -> None:
    example = Path(__file__).parents[2] / "provisioning/inventories/example/country.yml"
    found = [fault for fault in check(read(example)) if "diwan_disk" not in fault.text]
    assert [fault.text.split(" is ")[0] for fault in found] == ["diwan_admin_keys"]


def test_a_new_country_is_written_checked_and_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(KEY)
    arguments = (
        "new", tmp_path / "land", "--country", "xa", "--administration", 'Customs "of" XA',
        "--domain", "customs.example", "--key", tmp_path / "key.pub", "--central", "192.0.2.10",
        "--post", "North,XA001,192.0.2.21",
    )  # fmt: skip
    done = run(*arguments)
    assert done.exit_code == 0, done.output
    country = read(tmp_path / "land/country.yml")
    assert check(country) == []
    assert country.variables["diwan_administration"] == 'Customs "of" XA'
    assert [machine.name for machine in country.of("posts")] == ["post-1"]
    assert (tmp_path / "land/secrets.yml").read_text().startswith("$ANSIBLE_VAULT;1.1;AES256")
    assert (tmp_path / "land/vault-key").stat().st_mode & 0o777 == 0o600
    again = run(*arguments)
    assert again.exit_code == 1 and "is there already" in again.output


def test_a_new_country_asks_for_nothing_that_has_a_sensible_value_and_fails_where_a_value_is_wrong(
    tmp_path: Path,
) -> None:
    (tmp_path / "key.pub").write_text(KEY)
    wrong = run("new", tmp_path / "land", "--country", "XA", "--key", tmp_path / "key.pub", "--central", "192.0.2",
                "--timezone", "Mars/Dome", "--run")  # fmt: skip
    assert wrong.exit_code == 1
    assert "is not an address" in wrong.output and "is not a time zone" in wrong.output
    assert "Correct these lines" in wrong.output and "bundle" not in wrong.output


def test_a_post_that_is_written_wrong_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(KEY)
    done = run(
        "new", tmp_path / "land", "--country", "XA", "--administration", "C", "--domain", "c.example", "--key",
        tmp_path / "key.pub", "--central", "192.0.2.10", "--post", "North",
    )  # fmt: skip
    assert done.exit_code == 2 and "LABEL,OFFICE,ADDRESS" in done.output
    assert not (tmp_path / "land").exists()


def test_a_post_is_added_without_losing_what_people_wrote(tmp_path: Path) -> None:
    (tmp_path / "key.pub").write_text(KEY)
    land = tmp_path / "land"
    made = run("new", land, "--country", "XA", "--administration", "C", "--domain", "c.example", "--key",
               tmp_path / "key.pub", "--central", "192.0.2.10", "--laptop", "laptop-1,officer,192.0.2.31")  # fmt: skip
    assert made.exit_code == 0, made.output
    for label, address, name in (("North", "192.0.2.21", "post-1"), ("Airport", "192.0.2.22", "post-2")):
        done = run("add-post", land, f"{label},XA001,{address}")
        assert done.exit_code == 0 and name in done.output, done.output
        with (land / "country.yml").open("a") as file:
            file.write("# a word of ours\n")
    country = read(land / "country.yml")
    assert check(country) == []
    assert [(post.name, post.own["diwan_label"]) for post in country.of("posts")] == [
        ("post-1", "North"), ("post-2", "Airport"),
    ]  # fmt: skip
    assert [laptop.own["diwan_laptop_kind"] for laptop in country.of("laptops")] == ["officer"]
    assert (land / "country.yml").read_text().count("# a word of ours") == 2


@pytest.mark.parametrize(
    ("post", "said"),
    [("North,XA001,192.0.2.10", "also that of central"), ("North,XA001,192.0.2.999", "is not an address"),
     ("North,xa,192.0.2.21", "not a customs office"), ("North,192.0.2.21", "LABEL,OFFICE,ADDRESS")],
)  # fmt: skip
def test_a_wrong_post_is_not_added(post: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "country.yml").write_text(GOOD)
    done = run("add-post", tmp_path, post)
    assert done.exit_code != 0 and said in done.output
    assert (tmp_path / "country.yml").read_text() == GOOD
    assert [path.name for path in tmp_path.iterdir()] == ["country.yml"]


def test_nothing_runs_from_a_wrong_inventory_or_without_a_bundle(tmp_path: Path) -> None:
    (tmp_path / "country.yml").write_text(GOOD.replace("192.0.2.22", "192.0.2.21"))
    assert "nothing was touched" in run("run", tmp_path).output
    (tmp_path / "country.yml").write_text(GOOD)
    without = run("run", tmp_path).output
    assert "holds no bundle" in without and "diwan bundle make" in without
    assert "no playbook 'cite'" in run("run", tmp_path, "cite").output
    assert "There are: central, post-1, post-2" in run("run", tmp_path, "--only", "post-9").output
