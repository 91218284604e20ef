"""The lab's network: a bridge with a free private network, without a way out, that counts packets to the outside."""

from __future__ import annotations

import ipaddress
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_lab.hosts.base import LabUnavailable

NETWORKS: Final = [f"10.213.{number}.0/24" for number in range(1, 250)]


@dataclass(frozen=True)
class Network:
    """A bridge and its addresses. `wanted_out` counts what hosts sent to anywhere but the lab."""

    bridge: str
    network: ipaddress.IPv4Network

    @property
    def gateway(self) -> str:
        """This machine's own address on the bridge."""
        return str(self.network[1])

    def address(self, number: int) -> str:
        """The address of host `number`, from 1."""
        return str(self.network[number + 9])

    def wanted_out(self) -> int:
        """Packets from lab hosts to the outside so far; every one of them was dropped."""
        listed = _run(["nft", "list", "counter", "inet", self.bridge, "wanted_out"])
        words = listed.split()
        return int(words[words.index("packets") + 1])

    def wanted(self) -> list[str]:
        """Where these packets wanted to: address, protocol and port of each."""
        listed = _run(["nft", "list", "set", "inet", self.bridge, "wanted"])
        inside = listed.partition("elements = {")[2].partition("}")[0]
        return [" ".join(one.split()) for one in inside.split(",") if one.strip()]


def create(folder: Path) -> Network:
    """Make the bridge of the lab in `folder`; whoever makes it removes it (`remove`). Raises LabUnavailable.

    Bridges whose folder is gone, since their lab was killed, are removed here."""
    _remove_orphans()
    used = _run(["ip", "-4", "-o", "addr"])
    for text in NETWORKS:
        network = ipaddress.IPv4Network(text)
        if f" {network[1]}/" in used:
            continue
        made = Network(f"dwlab{network[0].packed[2]}", network)
        _run(["ip", "link", "add", made.bridge, "type", "bridge"])
        _run(["ip", "link", "set", made.bridge, "alias", str(folder)[-200:]])
        _run(["ip", "addr", "add", f"{made.gateway}/24", "dev", made.bridge])
        _run(["ip", "link", "set", made.bridge, "up"])
        _run(["nft", "-f", "-"], _rules(made))
        return made
    raise LabUnavailable("all private networks of the lab are in use: end another lab with `diwan lab down`")


def remove(network: Network) -> None:
    """Take the bridge and its rules away; fine when they are gone."""
    subprocess.run(["nft", "delete", "table", "inet", network.bridge], capture_output=True, check=False)
    subprocess.run(["ip", "link", "del", network.bridge], capture_output=True, check=False)


def _remove_orphans() -> None:
    for alias in Path("/sys/class/net").glob("dwlab*/ifalias"):
        folder = alias.read_text().strip()
        if folder and not Path(folder).exists():
            remove(Network(alias.parent.name, ipaddress.IPv4Network("0.0.0.0/0")))


def _rules(made: Network) -> str:
    remember = "update @wanted { ip daddr . meta l4proto . th dport }"
    return f"""
table inet {made.bridge} {{
    counter wanted_out {{ }}
    set wanted {{ type ipv4_addr . inet_proto . inet_service; flags dynamic; size 1000; }}
    chain forward {{
        type filter hook forward priority -10;
        ip daddr 224.0.0.0/24 drop
        iifname {made.bridge} ip daddr != {made.network} {remember} counter name wanted_out drop
        ip6 daddr {{ fe80::/10, ff00::/8 }} accept
        iifname {made.bridge} meta nfproto ipv6 counter name wanted_out drop
    }}
    chain input {{
        type filter hook input priority -10;
        ip daddr {{ {made.network}, 224.0.0.0/4, 255.255.255.255 }} accept
        ip6 daddr {{ fe80::/10, ff00::/8 }} accept
        iifname {made.bridge} meta nfproto ipv4 {remember} counter name wanted_out drop
        iifname {made.bridge} counter name wanted_out drop
    }}
}}
"""


def _run(argv: list[str], text: str | None = None) -> str:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LabUnavailable(f"`{' '.join(argv[:4])}` failed: {done.stderr.strip() or done.returncode}")
    return done.stdout
