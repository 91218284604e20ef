"""Outlines are read from public formats, kept on a node, and replaced as a whole; a bad file leaves the old ones."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from diwan_core import node
from diwan_core.maps import outlines
from diwan_core.maps.commands import maps_group
from diwan_core.maps.geometry import MOST_BYTES, NotAMap, read_outlines
from diwan_core.maps.published import NotFetched, fetch, unpack

SQUARE = [[30, 10], [32, 10], [32, 12], [30, 12], [30, 10]]


def feature(geometry: Any, key: str = "JO", name: str = "Jordan") -> dict[str, Any]:
    return {"type": "Feature", "id": key, "properties": {"name": name}, "geometry": geometry}


def geojson(*features: dict[str, Any]) -> bytes:
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def topology(**more: Any) -> dict[str, Any]:
    """Two squares that share a border: its arc is named once forwards and once backwards."""
    shared, left, right = [[1, 0], [0, 2]], [[1, 2], [-1, 0], [0, -2], [1, 0]], [[1, 2], [1, 0], [0, -2], [-1, 0]]
    countries = [
        {"type": "Polygon", "id": "400", "properties": {"name": "Jordan"}, "arcs": [[0, 1]]},
        {"type": "MultiPolygon", "id": "682", "properties": {"name": "Saudi Arabia"}, "arcs": [[[~0, ~2]]]},
    ]
    return {
        "type": "Topology",
        "transform": {"scale": [0.5, 0.25], "translate": [30, 10]},
        "arcs": [shared, left, right],
        "objects": {"countries": {"type": "GeometryCollection", "geometries": countries}},
    } | more


def test_neighbours_of_a_topology_have_their_common_border_in_both() -> None:
    jordan, arabia = read_outlines(json.dumps(topology()).encode())
    assert (jordan.key, jordan.name) == ("400", "Jordan")
    assert jordan.rings == (((30.5, 10.0), (30.5, 10.5), (30.0, 10.5), (30.0, 10.0), (30.5, 10.0)),)
    assert set(jordan.rings[0]) & set(arabia.rings[0]) == {(30.5, 10.0), (30.5, 10.5)}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "holds no object"),
        (b"{}", "damaged, or is not a map"),
        (geojson(), "draws no area"),
        (geojson(feature({"type": "Point", "coordinates": [1, 2]})), "draws no area"),
        (geojson(feature({"type": "Polygon", "coordinates": [[[200, 10]]]})), "not on the earth"),
        (geojson(feature({"type": "Polygon", "coordinates": [[[1e999, 10]]]})), "not on the earth"),
        (geojson(feature({"type": "Polygon", "coordinates": "abc"})), "damaged, or is not a map"),
        (b" " * (MOST_BYTES + 1), "take a coarser one"),
        (json.dumps(topology(arcs=[])).encode(), "damaged, or is not a map"),
        (json.dumps(topology(objects={"countries": {"geometries": [
            {"type": "MultiPolygon", "arcs": [[[0] * 5_000]] * 5_000}]}})).encode(), "take a coarser one"),
    ],
)  # fmt: skip
def test_what_is_no_map_is_refused_with_the_reason(content: bytes, said: str) -> None:
    with pytest.raises(NotAMap, match=said):
        read_outlines(content)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    node.create(tmp_path / "p", node.NodeConfig("post", node.mint_id(), "Aqaba port", "JOAQJ"))
    return tmp_path / "p"


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(maps_group, [str(argument) for argument in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done.output


def test_a_country_is_known_by_its_code_or_its_name(folder: Path, tmp_path: Path) -> None:
    square = {"type": "Polygon", "coordinates": [SQUARE]}
    file = tmp_path / "own.json"
    file.write_bytes(
        geojson(feature(square, "400", ""), feature(square, "", "Egypt"), feature(square, "-99", "Nowhere"))
    )
    assert "3 countries" in run("load", file, "--dir", folder, "--source", "Survey department")
    source, found = outlines.kept(folder)
    assert source == "Survey department" and [one.key for one in found] == ["JO", "EG", ""]
    assert outlines.file_of(folder).stat().st_mode & 0o777 == 0o600


def test_a_file_that_is_no_map_leaves_the_one_before(folder: Path, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_bytes(json.dumps(topology()).encode())
    bad.write_bytes(b"\x89PNG")
    assert "no outlines" in run("status", "--dir", folder)
    run("load", good, "--dir", folder)
    assert str(bad) in run("load", bad, "--dir", folder, code=2)
    assert "cannot be read" in run("load", tmp_path / "none.json", "--dir", folder, code=2)
    assert json.loads(run("status", "--dir", folder, "--json")) == {"countries": 2, "source": "good.json"}
    assert run("load", good, "--dir", tmp_path, code=2)
    outlines.file_of(folder).write_bytes(b"{}")
    assert outlines.kept(folder) == ("", ()), "a damaged file gives no outlines, never an error page"


def test_another_package_than_the_known_one_is_not_loaded() -> None:
    with pytest.raises(NotAMap, match="nothing was loaded"):
        unpack(b"anything else")


def test_the_published_outlines_are_fetched_by_npm(folder: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed: apt install npm")
    try:
        content = fetch()
    except NotFetched as error:
        pytest.skip(f"the npm registry cannot be reached from here: {error}")
    outlines.load(folder, content, "Natural Earth")
    _, found = outlines.kept(folder)
    assert {"JO", "EG", "FJ", "BR"} <= {one.key for one in found} and len(found) > 200
