"""What every Diwan node is."""

__version__ = "0.1.0"
