"""Backups of a node, usually the centre: archives made by borg, read back, restored and tried every month (ADR 35).

Commands are in `commands`; `snapshot` gathers what an archive holds, `manifest` says what it must hold, `borg` runs
the program, `verify` reads archives back, `restore` brings a node back, `drill` proves that it can. What is known of
archives outside of their repositories is kept by `diwan_core.archives`, which the console reads too.
"""
