"""The session after which a post's memory is measured is a person's: what it did is in the register."""

from diwan_bench.visit import visit
from diwan_core.register import Register

from .conftest import Site


def held(post: Site) -> tuple[int, int]:
    with Register.open(post.folder) as register:
        return register.count("case"), register.count("attachment")


def test_a_visit_reports_a_case_with_a_picture_and_looks_around(post: Site, address: str) -> None:
    one_time = post.let_in("visitor", "officer", "Visitor Example")
    cases, pictures = held(post)
    assert visit(address, "visitor", one_time, requests=20) == 20
    assert held(post) == (cases + 1, pictures + 1)
