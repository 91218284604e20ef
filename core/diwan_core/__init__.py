"""The core of Diwan: everything that posts and the centre have in common."""

__version__ = "0.1.0"
