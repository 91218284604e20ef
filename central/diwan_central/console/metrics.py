"""Figures of the centre for Prometheus, at /metrics of its console: counters, ages, sizes and findings, without case
data or names of people. Only this machine may ask, so a collector elsewhere comes through SSH."""

from __future__ import annotations

import ipaddress
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from diwan_core import world
from diwan_core.console_line import PARTS
from diwan_core.health.present import present
from diwan_core.health.words import SEVERITIES, WORDS, severity_of
from diwan_core.processes.lock import running
from diwan_core.web.kit.access import by_token
from diwan_core.web.kit.console import console, register
from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
MOST_NODES: Final = 2_000

blueprint = Blueprint("metrics", __name__)


@blueprint.get("/metrics")
@by_token("the connection comes from this machine itself, and no proxy names another")
def metrics() -> Response:
    """The figures, in Prometheus' text format."""
    if not _is_local(request.remote_addr or "") or request.headers.get("X-Forwarded-For"):
        abort(404)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(console().folder, register().status(), register().rows_of_nodes()))
    return Response(generate_latest(registry), content_type=TYPE)


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class _Figures(Collector):
    """One moment's figures."""

    def __init__(self, folder: Path, status: dict[str, Any], rows: dict[str, dict[str, int]]) -> None:
        self._folder, self._status, self._rows = folder, status, rows

    def collect(self) -> Iterable[Metric]:
        """Every figure."""
        yield from self._of_the_centre()
        yield from self._of_the_nodes()
        yield from self._of_the_machine()

    def _of_the_centre(self) -> Iterable[Metric]:
        records = GaugeMetricFamily("diwan_records", "Records by type", labels=["type"])
        for name, count in self._status["records"].items():
            records.add_metric([name], count)
        yield records
        received = CounterMetricFamily(
            "diwan_rows_received", "Rows from posts by what became of them", labels=["outcome"]
        )
        for name, count in self._status["received"].items():
            received.add_metric([name], count)
        yield received
        refused = CounterMetricFamily("diwan_messages_refused", "Messages refused by reason", labels=["reason"])
        for name, count in self._status["refused"].items():
            refused.add_metric([name], count)
        yield refused
        blobs = GaugeMetricFamily("diwan_pictures", "Pictures by state", labels=["state"])
        for name, count in self._status["blobs"].items():
            blobs.add_metric([name], count)
        yield blobs
        yield GaugeMetricFamily("diwan_quarantine", "Parcels set aside", value=self._status["quarantine"])
        yield GaugeMetricFamily("diwan_conflicts", "Records with conflicting values", value=self._status["conflicts"])
        yield GaugeMetricFamily("diwan_ledger_entries", "Entries of the ledger", value=self._status["ledger"])

    def _of_the_nodes(self) -> Iterable[Metric]:
        heard = GaugeMetricFamily("diwan_node_heard_age_seconds", "Since a post was heard last", labels=["node"])
        stored = CounterMetricFamily("diwan_node_rows_stored", "Rows of a post that are stored", labels=["node"])
        rows = CounterMetricFamily(
            "diwan_node_rows", "Rows of a post by what became of them", labels=["node", "outcome"]
        )
        state = GaugeMetricFamily("diwan_node_info", "Posts and how they stand", labels=["node", "label", "state"])
        now = world.wall_s()
        for node in self._status["nodes"][:MOST_NODES]:
            if node["role"] != "post":
                continue
            if node["heard_ms"] and not node["revoked"]:
                heard.add_metric([node["id"]], max(0.0, now - node["heard_ms"] / 1000))
            stored.add_metric([node["id"]], node["stored"])
            for outcome, count in self._rows.get(node["id"], {}).items():
                rows.add_metric([node["id"], outcome], count)
            standing = "revoked" if node["revoked"] else "confirmed" if node["confirmed"] else "unconfirmed"
            state.add_metric([node["id"], node["label"], standing], 1)
        yield from (heard, stored, rows, state)

    def _of_the_machine(self) -> Iterable[Metric]:
        parts = GaugeMetricFamily("diwan_part_up", "Whether a part of the centre runs", labels=["part"])
        for name, runs in running(self._folder, PARTS["central"]).items():
            parts.add_metric([name], runs)
        yield parts
        found = GaugeMetricFamily("diwan_finding", "Findings by id: 1 while it is so", labels=["id", "severity"])
        findings = present(self._folder)
        now = {finding.code.partition(":")[0] for finding in findings}
        for code, words in WORDS.items():
            found.add_metric([code, words.severity], code in now)
        yield found
        counts = GaugeMetricFamily("diwan_findings", "How many findings there are", labels=["severity"])
        for severity in SEVERITIES:
            counts.add_metric([severity], [severity_of(finding) for finding in findings].count(severity))
        yield counts
        usage = shutil.disk_usage(self._folder)
        yield GaugeMetricFamily("diwan_disk_free_bytes", "Free on the disk of the data", value=usage.free)
        yield GaugeMetricFamily("diwan_disk_size_bytes", "Size of the disk of the data", value=usage.total)
        size = sum(path.stat().st_size for path in self._folder.glob("register.db*"))
        yield GaugeMetricFamily("diwan_register_bytes", "Size of the register's database", value=size)
