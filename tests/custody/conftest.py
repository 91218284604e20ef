"""A centre is made once, each test has a copy of it; so have the keys of three people."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from diwan_central import setup as central_setup
from diwan_core.trust.people.accounts import Accounts

from tests.custody.kit import NAMES, Person, person


@pytest.fixture(scope="session")
def centre_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre nobody changes."""
    folder = tmp_path_factory.mktemp("custody") / "centre"
    central_setup.create(folder, "Centre", "127.0.0.1", 18_883, "127.0.0.1", 0, web_tls="off")
    Accounts.open(folder).close()
    return folder


@pytest.fixture
def centre(centre_template: Path, tmp_path: Path) -> Path:
    """A centre of the test's own."""
    return Path(shutil.copytree(centre_template, tmp_path / "centre"))


@pytest.fixture(scope="session")
def three(tmp_path_factory: pytest.TempPathFactory) -> tuple[Person, Person, Person]:
    """Three people with keys, which no test changes."""
    place = tmp_path_factory.mktemp("sticks")
    one, two, three = (person(place, name) for name in NAMES)
    return one, two, three
