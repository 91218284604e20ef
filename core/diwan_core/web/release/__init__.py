"""Releasing texts: a person reads a text that may name somebody, and releases exactly this content or does not.

What leaves is decided in `diwan_core.leaving`; here is only the page. Nothing of exports may enter."""
