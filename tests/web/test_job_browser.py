"""The page of an import at work: it follows the work by itself, and never reloads under somebody who reads."""

import shutil
import time
from pathlib import Path

import pytest
from diwan_core.intake.run import jobs

from .axe import enter
from .chromium import PROGRAM, chromium
from .conftest import Site
from .test_browser import running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
]
COUNTS = {"imported": 7, "already_there": 0, "skipped": 0, "statistics": 0, "refused": 0}


def test_the_page_follows_its_job_and_then_stands_still(post: Site, tmp_path: Path) -> None:
    job = jobs.new(post.folder, "import", "supervisor", {"name": "log.csv", "plan": {}})
    job.path("began").touch()
    jobs.write_json(job.path("progress.json"), {"share": 0.25, "rows": 250})
    with chromium(tmp_path) as page, running(post.app) as site:
        enter(page, site, post, "supervisor", "en")
        page.open(f"{site}/imports/{job.id}")
        page.value("window.same = true")
        assert "250 rows so far" in page.text()
        jobs.write_json(job.path("progress.json"), {"share": 0.5, "rows": 500})
        page.wait_for("document.body.innerText.includes('500 rows so far')")
        jobs.write_json(job.path("result.json"), {"rows": 7, "reasons": {}, "stopped": "", **COUNTS})
        page.wait_for("document.getElementById('job').dataset.state == 'done'")
        assert page.value("window.same") is True
        assert page.value("document.activeElement.id") == "job"
        time.sleep(2)
        assert page.value("window.same") is True
    shutil.rmtree(job.folder)
