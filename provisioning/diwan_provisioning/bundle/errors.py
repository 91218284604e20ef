"""The error of bundles."""


class BundleError(Exception):
    """The bundle cannot be made, read or trusted; the text says what and the remedy."""
