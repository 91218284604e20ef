"""Installed releases of one machine: /opt/diwan/releases/VERSION, one of them current, and the switch between them.

Runs as root on an installed machine; a demonstration or a source tree has no releases. May import nothing of ours but
the command kit: it must work when a release is broken.
"""

from diwan_core.release.layout import Layout, NoSuchRelease, Release, ReleaseError
from diwan_core.release.switch import Outcome, use

__all__ = ["Layout", "NoSuchRelease", "Outcome", "Release", "ReleaseError", "use"]
