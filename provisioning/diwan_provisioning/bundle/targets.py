"""The kinds of machine that a bundle serves: a Debian release on an architecture, with its Python."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from diwan_provisioning.bundle.errors import BundleError

PYTHONS: Final = {"bookworm": "3.11", "trixie": "3.13"}
"""Debian release to its Python. Raspberry Pi OS of the same name has the same."""
MACHINES: Final = {"amd64": "x86_64", "arm64": "aarch64"}
"""Debian's word for an architecture to the kernel's, which wheels use."""


@dataclass(frozen=True, order=True)
class Target:
    """One kind of machine, such as trixie on arm64."""

    release: str
    architecture: str

    @classmethod
    def parse(cls, text: str) -> Target:
        """From `trixie-arm64`. Raises BundleError."""
        release, _, architecture = text.partition("-")
        if release not in PYTHONS or architecture not in MACHINES:
            known = ", ".join(map(str, ALL_TARGETS))
            raise BundleError(f"{text!r} is not a kind of machine Diwan runs on; choose from {known}")
        return cls(release, architecture)

    def __str__(self) -> str:
        return f"{self.release}-{self.architecture}"

    @property
    def python(self) -> str:
        """Its Python, such as 3.13."""
        return PYTHONS[self.release]

    @property
    def apt_archive(self) -> str:
        """The bundle's archive with its Debian packages."""
        return f"apt-{self}.tar"

    @property
    def wheel_archive(self) -> str:
        """The bundle's archive with its Python packages."""
        return f"wheels-{self}.tar"

    def pip_options(self) -> Sequence[str]:
        """What makes pip fetch for this machine rather than for the one it runs on."""
        digits = self.python.replace(".", "")
        machine = MACHINES[self.architecture]
        # Debian 12 has glibc 2.36: these are the platforms its pip accepts that the locked wheels use.
        platforms = [
            f"manylinux{tag}_{machine}" for tag in ("_2_34", "_2_31", "_2_28", "_2_24", "_2_17", "2014", "_2_5")
        ]
        options = ["--implementation", "cp", "--python-version", digits]
        for abi in (f"cp{digits}", "abi3", "none"):
            options += ["--abi", abi]
        for platform in platforms:
            options += ["--platform", platform]
        return options


ALL_TARGETS: Final = tuple(Target(release, architecture) for release in PYTHONS for architecture in MACHINES)
