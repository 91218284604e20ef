"""The inventory `country.yml`, the one file that an administration edits: writing a new one and checking it before
use."""

from diwan_provisioning.inventory.check import Fault, check
from diwan_provisioning.inventory.country import Country, Machine, UnreadableCountry, read

__all__ = ["Country", "Fault", "Machine", "UnreadableCountry", "check", "read"]
