"""The questionnaire on paper: two pages to fill in with a pen, empty or with what is known of a site."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from diwan_core.web.language.i18n import _

from diwan_central.paper import head, page, text
from diwan_central.rollout.questions import STEPS, Question, of_step
from diwan_central.rollout.sites import IDENTITY, Site
from diwan_central.rollout.words import field_words


def questionnaire(site: Site | None, centre: str) -> str:
    """Its HTML. Questions have the numbers and keys of the page and the spreadsheet, so that it is quickly typed in."""
    title = _("Questionnaire of a site")
    foot = f"{title} · {site.code} {site.name}" if site else title
    return page(title, _body(site, title, centre), foot)


def _body(site: Site | None, title: str, centre: str) -> Iterator[str]:
    yield head(
        title, centre,
        _("Leave open what you do not know. Tick one box, or write on the line. Send it back to the centre."),
    )  # fmt: skip
    for field in IDENTITY:
        yield _asked("", field_words(field), field, _line(site.value(field) if site else ""))
    number = 0
    for step, words in STEPS.items():
        yield f"<h2>{escape(_(words))}</h2>"
        for question in of_step(step):
            number += 1
            label = _(question.label)
            yield _asked(str(number), label, question.key, _answer(question, site.value(question.key) if site else ""))
    yield "<h2>" + escape(_("Filled in by")) + "</h2>"
    for label in (_("Name and position"), _("Date"), _("Signature")):
        yield _asked("", label, "", _line(""))


def _asked(number: str, label: str, key: str, answer: str) -> str:
    code = f' <span class="code">{text(key)}</span>' if key else ""
    return (
        f'<table class="ask"><tr><td class="no">{escape(number)}</td><td>{text(label)}{code}</td>{answer}</tr></table>'
    )


def _answer(question: Question, value: str) -> str:
    if question.kind != "choice":
        return _line(value, question.unit)
    boxes = "<br>".join(
        f'<span class="box">{"☒" if code == value else "☐"}</span> {text(_(words))}'
        for code, words in question.choices.items()
    )
    if len(question.choices) == 2:
        boxes = boxes.replace("<br>", " &nbsp; ")
    return f'<td class="answer">{boxes}</td>'


def _line(value: str, unit: str = "") -> str:
    side = " end" if unit and not value else ""
    return f'<td class="answer line{side}">{text(value) if value else "&nbsp;"}{f" {text(unit)}" if unit else ""}</td>'
