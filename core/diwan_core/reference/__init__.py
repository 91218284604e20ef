"""Writes the pages of docs/reference from the code: the commands of all units and the settings of a node.

`python -m diwan_core.reference [--check]` writes them, or says which are stale."""
