"""The releases installed on a machine, in /opt/diwan/releases/VERSION, and the switch between them.

Runs as root on an installed machine; a demonstration or a source tree has no releases. It may import
nothing of ours but the command kit, because it must work when a release is broken.
"""

from diwan_core.release.layout import Layout, NoSuchRelease, Release, ReleaseError
from diwan_core.release.switch import Outcome, use

__all__ = ["Layout", "NoSuchRelease", "Outcome", "Release", "ReleaseError", "use"]
