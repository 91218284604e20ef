"""Takes the indentation of templates out of what is sent: it is for readers of templates, and weighs on the line."""

import re
from typing import Final

from flask import Flask
from jinja2.ext import Extension

_INDENTATION: Final = re.compile(r"^[ \t]+", re.MULTILINE)


class Unindented(Extension):
    """Reads a template as if no line of it were set in. No template holds text in which spaces count; what people
    typed is put in later."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The source of a template without the spaces that its lines begin with."""
        return _INDENTATION.sub("", source)


def install(app: Flask) -> None:
    """Let all templates of an app be read so."""
    app.jinja_env.add_extension(Unindented)
