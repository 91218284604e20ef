"""The offline bundle: everything that the machines of the network are made from, in one folder on the technician's
laptop.

It is made once where there is internet, checked before each use, and never changed. What a machine takes from it is
verified there again by SHA-256 against the signed list. Layout and reasons: docs/adr/0029-offline-bundle.md.
"""

from diwan_provisioning.bundle.check import check
from diwan_provisioning.bundle.errors import BundleError
from diwan_provisioning.bundle.manifest import Manifest
from diwan_provisioning.bundle.targets import ALL_TARGETS, Target

__all__ = ["ALL_TARGETS", "BundleError", "Manifest", "Target", "check"]
