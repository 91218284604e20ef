"""The handbook's tables of touches say what each job takes on the pages as they are."""

import re

import pytest

from .conftest import Site
from .jobs import HANDBOOK, JOBS, Job, case_of_tobacco, table_of, told
from .touching import PAGE, Effort


@pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)
def test_a_job_takes_what_the_handbook_says(post: Site, centre: Site, reported: str, job: Job) -> None:
    site, case = (post, reported) if job.chapter == "officer" else (centre, case_of_tobacco(centre))
    assert job.line(job.do(site, case).effort) == told(job), "if it is right: python -m tests.web.jobs"


def test_the_handbook_tells_these_jobs_and_no_others() -> None:
    for chapter in {job.chapter for job in JOBS}:
        lines = table_of(chapter)[1].splitlines()
        assert [line.split(" | ")[0].removeprefix("| ") for line in lines] == [
            job.name for job in JOBS if job.chapter == chapter
        ]


def test_seconds_are_those_of_the_keystroke_level_model() -> None:
    button, word = Effort(touches=1, pointed=1, pages=1), Effort(touches=1, pointed=1, typed_in=1, characters=5)
    assert round(button.seconds, 2) == round(1.35 + 1.10 + 0.28 + 0.9, 2)
    assert round(word.seconds, 2) == round(1.35 + 1.10 + 0.28 + 2 * 0.40 + 5 * 0.28, 2)


def test_the_wait_for_a_page_is_the_one_that_was_measured() -> None:
    benchmarks = (HANDBOOK.parent / "benchmarks.md").read_text("utf-8")
    measured = re.search(r"^\| warm \|.*\| ([\d,]+) \| [\d,]+ \|$", benchmarks, re.MULTILINE)
    assert measured and round(int(measured[1].replace(",", "")) / 1000, 1) == PAGE
    assert f"| wait for a page | {PAGE} |" in benchmarks
