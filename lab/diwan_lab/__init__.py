"""Throw-away Diwan networks of real processes: the demonstration, the tests' clusters, the independent checker.

May not import the units: it uses the product as a person does, through the `diwan` command."""
