"""docs/reference/pages.md: every address of both consoles, who may use it, and what for.

`python -m tests.docs.console_pages` writes it. It stands with the tests since no unit knows both consoles."""

from __future__ import annotations

import tempfile
from pathlib import Path

from diwan_core.web.kit.access import May, Public, SignedIn, Token, decision_of
from flask import Flask

from tests.web.conftest import Site, make_site

PAGE = Path(__file__).parents[2] / "docs/reference/pages.md"
INTRODUCTION = """\
# Addresses of the consoles

Every address that a console answers, who may use it, and what it is for. Roles by action:
[roles](../security/roles.md). Every POST carries a token against forged requests, but for those of machines. *Where*:
at the post, the centre, or both.

| address | methods | where | who | what for |
|---|---|---|---|---|
"""


def page(post: Site, centre: Site) -> str:
    """The page as Markdown."""
    rows: dict[tuple[str, str], list[str]] = {}
    for where, site in (("post", post), ("centre", centre)):
        for rule in site.app.url_map.iter_rules():
            methods = ", ".join(sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}))
            line = f"{who(site.app, rule.endpoint)} | {purpose(site.app, rule.endpoint)}"
            rows.setdefault((f"{rule.rule}", f"{methods} # {line}"), []).append(where)
    lines = []
    for (path, rest), places in sorted(rows.items()):
        methods, _, line = rest.partition(" # ")
        place = "both" if len(places) == 2 else places[0]
        lines.append(f"| `{path}` | {methods} | {place} | {line} |")
    return INTRODUCTION + "\n".join(lines) + "\n\nWritten from the consoles by `python -m tests.docs.console_pages`.\n"


def who(app: Flask, endpoint: str) -> str:
    """Who may use a route, in words."""
    match decision_of(app, endpoint):
        case May(action):
            return f"`{action.value}`"
        case SignedIn():
            return "whoever is signed in"
        case Public(reason):
            return f"anybody: {reason}"
        case Token(how):
            return f"machines: {how}"
        case _:
            return "anybody: files of the console" if endpoint.endswith("static") else ""


def purpose(app: Flask, endpoint: str) -> str:
    """The first sentence of what the view says of itself."""
    if endpoint.endswith("static"):
        return "Styles, scripts and icons."
    text = " ".join((app.view_functions[endpoint].__doc__ or "").split("\n\n")[0].split())
    return text.replace("|", "\\|")


def main() -> None:
    """Write the page."""
    with tempfile.TemporaryDirectory() as folder:
        post = make_site(Path(folder) / "post", "post", "Aqaba port", "JOAQJ")
        centre = make_site(Path(folder) / "centre", "central", "Centre", "")
        PAGE.write_text(page(post, centre), encoding="utf-8")
        post.console.close()
        centre.console.close()


if __name__ == "__main__":
    main()
