"""Maps are drawn around their places, also over the date line, and a label can do nothing in them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

from diwan_core.maps.drawing import Place, draw
from diwan_core.maps.frame import around
from diwan_core.maps.geometry import Outline

HOME = Outline("JO", "Jordan", (((34.0, 29.0), (39.0, 29.0), (39.0, 33.0), (34.0, 33.0), (34.0, 29.0)),))
FAR = Outline("BR", "Brazil", (((-60.0, -10.0), (-50.0, -10.0), (-50.0, 0.0), (-60.0, -10.0)),))


def where(svg: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r'<g transform="translate\(([-\d.]+) ([-\d.]+)\)">', svg)]


def test_north_is_above_and_east_is_right_also_where_the_page_runs_the_other_way() -> None:
    svg = draw([HOME], [Place(35.0, 32.0, "northwest"), Place(38.0, 30.0, "southeast")], home="JO", title="Posts")
    (x1, y1), (x2, y2) = where(svg)
    assert x1 < x2 and y1 < y2
    assert 'direction="ltr"' in svg


def test_places_on_both_sides_of_the_date_line_stand_beside_each_other() -> None:
    frame = around([(178.0, -18.0), (-179.0, -17.0)], 720, 480)
    (west, _), (east, _) = frame.place((178.0, -18.0)), frame.place((-179.0, -17.0))
    assert 0 <= west < east <= 720 and east - west > 300
    fiji = Outline("FJ", "Fiji", (((179.0, -19.0), (180.0, -19.0), (-179.5, -18.0), (-179.5, -17.0), (179.0, -19.0)),))
    path = re.findall(r'class="map-home"[^>]* d="M([^"]+)Z"', draw([fiji], [], home="FJ", title="Fiji"))[0]
    across = [float(pair.split()[0]) for pair in path.split("L")]
    assert min(across) >= 0 and max(across) <= 720


def test_what_lies_outside_is_left_out_and_no_place_at_all_shows_the_earth() -> None:
    assert draw([HOME, FAR], [Place(36.0, 31.0, "a")], home="JO", title="Posts").count("<path class=") == 1
    assert draw([HOME, FAR], [], title="The earth").count("<path class=") == 2


def test_labels_and_links_are_text_and_the_drawing_is_well_formed() -> None:
    evil = "<script>alert(1)</script>\"'&"
    svg = draw([HOME], [Place(36.0, 31.0, evil, "fault", evil, f"/posts?x={evil}")], home="JO", title=evil)
    tree = ET.fromstring(svg)
    assert "script" not in {element.tag.rpartition("}")[2] for element in tree.iter()}
    assert [text.text for text in tree.iter("{http://www.w3.org/2000/svg}text")] == [evil]


def test_labels_of_places_side_by_side_do_not_cover_each_other() -> None:
    svg = draw(
        [HOME], [Place(36.0, 31.0, "one"), Place(36.0, 31.01, "two"), Place(36.01, 31.0, "three")], title="Posts"
    )
    heights = sorted(float(y) for y in re.findall(r'<text x="[-\d.]+" y="([-\d.]+)"', svg))
    assert all(after - before >= 14 for before, after in pairwise(heights))
