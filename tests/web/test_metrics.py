"""Figures for Prometheus: of the machine itself alone, and nothing of a case in them."""

from __future__ import annotations

from diwan_core.health.findings import Findings
from diwan_core.health.words import WORDS
from prometheus_client.parser import text_string_to_metric_families

from .conftest import Site


def test_figures_are_told_to_this_machine_alone(centre: Site) -> None:
    client = centre.app.test_client()
    answer = client.get("/metrics")
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain")
    names = {family.name for family in text_string_to_metric_families(answer.get_data(as_text=True))}
    assert {"diwan_records", "diwan_rows_received", "diwan_finding", "diwan_part_up", "diwan_disk_free_bytes"} <= names
    assert client.get("/metrics", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 404


def test_every_finding_is_a_figure_that_is_one_while_it_is_so(centre: Site) -> None:
    notes = Findings(centre.folder, "ingest")
    notes.note("session_taken_over")
    text = centre.app.test_client().get("/metrics").get_data(as_text=True)
    assert 'diwan_finding{id="session_taken_over",severity="fault"} 1.0' in text
    assert all(f'id="{code}"' in text for code in WORDS)
    notes.clear()
