"""Fixtures of the tests of backups: a template of a centre is made once, each test has a copy of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.backup.escrow_kit import with_custodians as with_custodians
from tests.backup.kit import Centre, copy_of, make_template
from tests.custody.conftest import three as three


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A centre nobody changes."""
    return make_template(tmp_path_factory.mktemp("template") / "centre")


@pytest.fixture
def centre(template: Path, tmp_path: Path) -> Centre:
    """A centre of the test's own."""
    os.umask(0o077)
    return copy_of(template, tmp_path)
