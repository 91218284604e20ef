"""The one file an administration edits: `country.yml`, an Ansible inventory. Written new, and checked before use."""

from diwan_provisioning.inventory.check import Fault, check
from diwan_provisioning.inventory.country import Country, Machine, UnreadableCountry, read

__all__ = ["Country", "Fault", "Machine", "UnreadableCountry", "check", "read"]
