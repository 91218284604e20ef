"""What a technician sees of a run: a failure is one line, and every failure stands again at the end."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from diwan_provisioning.place import provisioning_folder

pytestmark = pytest.mark.slow

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Try an account
      ansible.builtin.raw: echo answers
      ignore_unreachable: true
      failed_when: false
    - name: Refuse it
      ansible.builtin.assert:
        that: false
        fail_msg: "{{ inventory_hostname }}: has too little memory. Give it more."
      when: inventory_hostname == "post-1"
    - name: Read the clock
      ansible.builtin.command: sh -c 'echo no clock >&2; exit 3'
      delegate_to: localhost
      vars: {ansible_connection: local}
      when: inventory_hostname == "post-2"
"""


@pytest.fixture(scope="module")
def screen(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("screen")
    (folder / "play.yml").write_text(PLAY)
    hosts = "\n".join(f"post-{n} ansible_host=127.0.0.1 ansible_port=1" for n in (1, 2))
    (folder / "hosts").write_text(hosts + "\n")
    program = Path(sys.executable).with_name("ansible-playbook")
    environment = os.environ | {
        "ANSIBLE_CONFIG": str(provisioning_folder() / "ansible.cfg"), "ANSIBLE_HOME": str(folder / "home"),
        "ANSIBLE_NOCOLOR": "1", "LC_ALL": "C.UTF-8",
    }  # fmt: skip
    done = subprocess.run(
        [program, "-i", folder / "hosts", folder / "play.yml"],
        env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 2, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_an_account_that_is_only_tried_is_no_error(screen: str) -> None:
    assert "no answer: [post-1]" in screen
    assert "UNREACHABLE" not in screen and "Connection refused" not in screen


def test_a_refusal_is_one_line_without_where_it_stands_in_the_playbook(screen: str) -> None:
    assert "refused: [post-1] has too little memory. Give it more." in screen
    assert "assertion" not in screen


def test_every_failure_stands_again_at_the_end_with_its_machine(screen: str) -> None:
    end = screen.partition("To put right:\n")[2].splitlines()
    assert "post-1: has too little memory. Give it more." in end
    assert "post-2: “Read the clock” failed: no clock" in end
