"""Temporary Diwan networks of real processes, for the demonstration and the tests, and an independent checker.

May not import the units: it uses the product as a person does, through the `diwan` command."""
