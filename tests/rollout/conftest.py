"""A centre of its own whose console has the roll-out, and a technician at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.conftest import Browser, Site, make_site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = make_site(tmp_path / "centre", "central", "Centre", "")
    yield made
    made.console.close()


@pytest.fixture
def technician(site: Site) -> Browser:
    return site.browser("technician")
