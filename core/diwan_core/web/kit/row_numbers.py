"""Numbers of rows in addresses: one that is longer than any row's leads nowhere, on every page."""

from flask import Flask
from werkzeug.routing import IntegerConverter


class RowNumber(IntegerConverter):
    """What `<int:…>` means in a route: up to 18 digits, which SQLite holds."""

    regex = r"\d{1,18}"


def install(app: Flask) -> None:
    """Bound the numbers of all routes that are added from now on."""
    app.url_map.converters["int"] = RowNumber
