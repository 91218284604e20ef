"""Pages of docs/reference that are written from the code: the commands of all units, the settings of a node.

`python -m diwan_core.reference [--check]` writes them, or says which are stale."""
