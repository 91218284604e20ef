"""Paper: the guide to buying and the label sheets, laid out by the real press; asset numbers."""

from __future__ import annotations

import itertools
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_hardware.asset_tag import BadTag, asset_tag, read_tag
from diwan_hardware.commands import hardware
from diwan_hardware.load import shipped
from diwan_hardware.paper.labels import BadSheet, Sheet, labels


def run(*arguments: object) -> Result:
    return CliRunner().invoke(hardware, [str(argument) for argument in arguments])


def words_of(pdf: Path) -> tuple[str, int]:
    """The text of a PDF in one line, and its pages."""
    program = shutil.which("pdftotext")
    if program is None:
        pytest.skip("pdftotext (poppler-utils) is not installed")
    done = subprocess.run([program, "-layout", pdf, "-"], capture_output=True, text=True, check=True)
    return " ".join(done.stdout.split()), done.stdout.count("\f")


@pytest.mark.slow
def test_the_guide_holds_every_clause_of_what_is_ordered_and_none_of_what_is_not(tmp_path: Path) -> None:
    file = tmp_path / "guide.pdf"
    arguments = ("--posts", 24, "--laptops", 30, "--administration", "<b>Customs & Excise</b>")
    done = run("guide", file, *arguments, "--reference", "T-14")
    assert done.exit_code == 0, done.output
    found, pages = words_of(file)
    assert 10 <= pages <= 25
    assert "<b>Customs & Excise</b>" in found, "a name is text, not markup"
    for head in ("2. General clauses for the tender", "4. Endurance", "5. Power", "6. Heat and dust", "7. Acceptance"):
        assert head in found
    plain = found.replace("`", "")
    for name in ("post-standard", "central-small", "backup-disk", "officer-laptop", "network", "power"):
        for item in shipped()[name].items:
            assert item.title.split(",")[0] in plain, f"{name}/{item.key}"
    assert "Fanless industrial computer" not in found


def test_a_guide_for_nothing_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    file = tmp_path / "guide.pdf"
    done = run("guide", file, "--central", "none", "--technician-laptops", 0)
    assert done.exit_code == 2 and "Nothing is ordered" in done.output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_sheet_has_each_number_once_in_its_place(tmp_path: Path) -> None:
    file = tmp_path / "labels.pdf"
    done = run("labels", file, "--prefix", "XA", "--first", 7, "--count", 30, "--owner", "جمارك البلد", "--used", 2)
    assert done.exit_code == 0, done.output
    found, pages = words_of(file)
    assert pages == 2
    for number in range(7, 37):
        assert found.count(asset_tag("XA", number)) == 1


def test_each_label_carries_a_code_of_its_own() -> None:
    html = labels([asset_tag("XA", 1), asset_tag("XA", 2)], Sheet(), "Customs", "post-small")
    pictures = [part.split("</svg>")[0] for part in html.split("<svg")[1:]]
    assert len(pictures) == 2 and pictures[0] != pictures[1]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--columns", 4), "the columns need 280 mm"), (("--rows", 9), "the rows need 333.5 mm"),
        (("--width", 30), "too small for a QR code"), (("--left", -5), "need"), (("--used", 24), "24 labels are used"),
        (("--count", 0), "0 labels"), (("--count", 5000), "5000 labels"), (("--first", 99_990), "number 100000"),
        (("--prefix", "xa"), "two to six capital letters"), (("--columns", 0), "1 to 10 columns"),
    ],
)  # fmt: skip
def test_labels_that_do_not_fit_are_refused(tmp_path: Path, options: tuple[object, ...], said: str) -> None:
    arguments = options if "--prefix" in options else ("--prefix", "XA", *options)
    done = run("labels", tmp_path / "labels.pdf", *arguments)
    assert done.exit_code == 2 and said in done.output, done.output
    assert list(tmp_path.iterdir()) == []


def test_a_number_is_read_from_label_and_code_in_one_form() -> None:
    tag = asset_tag("XA", 12)
    for text in (tag, f" {tag.lower()} ", f"diwan:asset:{tag}"):
        assert read_tag(text) == tag


def test_every_single_wrong_character_and_every_exchange_of_neighbours_is_found() -> None:
    tag = asset_tag("XAB", 40712)
    for place, sign in enumerate(tag):
        for other in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ":
            if sign not in (other, "-"):
                with pytest.raises(BadTag):
                    read_tag(tag[:place] + other + tag[place + 1 :])
    for (first, a), (second, b) in itertools.pairwise((place, sign) for place, sign in enumerate(tag) if sign != "-"):
        if a != b:
            signs = list(tag)
            signs[first], signs[second] = b, a
            with pytest.raises(BadTag):
                read_tag("".join(signs))


def test_sheets_of_other_sizes_are_accepted_where_they_fit() -> None:
    assert Sheet(2, 7, 99.1, 38.1, 4.6, 15.1).on_a_page == 14
    with pytest.raises(BadSheet):
        Sheet(2, 8, 99.1, 38.1, 4.6, 15.1)
