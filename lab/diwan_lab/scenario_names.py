"""The names of the folders in the folder of a scenario."""

from typing import Final

NETWORK: Final = "network"
"""The nodes with their logs, and what they handed to the broker."""
EVIDENCE: Final = "evidence"
"""Copies of the nodes' folders from the end of a run whose disks were small ones that end with it."""
