"""Changing a case: what differs is saved, what two people changed at once is shown, nothing is overwritten."""

import html
import re

from .conftest import Browser, Site, text_of


def fields_of(page: str) -> dict[str, str]:
    """The fields of the first form with a `seen`, as a browser would send them back."""
    form = next(form for form in re.findall(r"<form.*?</form>", page, re.S) if 'name="seen"' in form)
    found = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "csrf":
            found[html.unescape(name[1])] = html.unescape(value[1]) if value else ""
    for name, body in re.findall(r'<select id="([^"]+)".*?>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        found[name] = html.unescape(chosen[1]) if chosen else ""
    for name, body in re.findall(r'<textarea id="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        found[name] = html.unescape(body)
    return found


def test_saving_an_untouched_form_changes_nothing(officer: Browser, reported: str) -> None:
    for path in ("/edit/event", "/edit/control", "/edit/goods/1", "/edit/leg/1"):
        sent = officer.post(reported + path, fields_of(officer.get(reported + path).text))
        assert sent.location.endswith("done=unchanged"), path
    assert len(re.findall(r"Aqaba port \w{6} · \d+ \w+ 20", text_of(officer.get(reported)))) == 1


def test_one_changed_field_is_one_change_in_the_history(post: Site, officer: Browser, reported: str) -> None:
    form = fields_of(officer.get(f"{reported}/edit/offence").text)
    assert (
        officer.post(f"{reported}/edit/offence", {**form, "narrative": "Behind a false wall.\r\nTwo bags."}).status_code
        == 303
    )
    with post.console.writing() as register:
        history = register.history(reported.rpartition("/")[2])
    assert list(history[-1].changes) == ["narrative"]
    assert history[-1].changes["narrative"][1] == "Behind a false wall.\nTwo bags."


def test_a_cleared_field_is_unknown_again(post: Site, officer: Browser, reported: str) -> None:
    path = f"{reported}/edit/offence"
    officer.post(path, {**fields_of(officer.get(path).text), "narrative": "x"})
    officer.post(path, {**fields_of(officer.get(path).text), "narrative": ""})
    with post.console.writing() as register:
        record = register.get(reported.rpartition("/")[2])
    assert record is not None and "narrative" not in record.values


def test_goods_are_added_changed_and_removed(post: Site, officer: Browser, reported: str) -> None:
    path = f"{reported}/edit/goods/new"
    fields = fields_of(officer.get(path).text)
    fields |= {"goods.new.product_group": "tobacco", "goods.new.quantity": "3", "goods.new.unit": "KGM"}
    assert officer.post(path, fields).status_code == 303
    with post.console.writing() as register:
        record = register.get(reported.rpartition("/")[2])
        assert record is not None
        (added,) = set(record.values["goods"]) - {"1"}
        assert record.values["goods"][added]["quantity"] == "3"
        assert added != "new"
    assert officer.post(f"{reported}/remove/goods/{added}", {"seen": record.heads}).status_code == 303
    with post.console.writing() as register:
        record = register.get(reported.rpartition("/")[2])
    assert record is not None and set(record.values["goods"]) == {"1"}


def test_lines_stand_in_the_order_they_were_added_and_the_history_numbers_them_like_the_page(
    officer: Browser, reported: str
) -> None:
    path = f"{reported}/edit/goods/new"
    for number in range(2, 8):
        sent = {"goods.new.product_group": "tobacco", "goods.new.quantity": str(number), "goods.new.unit": "KGM"}
        assert officer.post(path, {**fields_of(officer.get(path).text), **sent}).status_code == 303
    page = text_of(officer.get(reported))
    goods, history = page.partition("Goods Add")[2].partition("Route Add")[0], page.partition("History")[2]
    assert re.findall(r"Tobacco (\d)", goods) == list("234567")
    assert "Goods 7: Quantity" in history and "Goods 1: Quantity" in history
    assert not re.search(r"Goods (?!\d: )", history)


def test_a_small_form_pressed_twice_adds_one_line_and_writes_one_change(
    post: Site, officer: Browser, reported: str
) -> None:
    path = f"{reported}/edit/goods/new"
    form = fields_of(officer.get(path).text)
    form |= {"goods.new.product_group": "tobacco", "goods.new.quantity": "3", "goods.new.unit": "KGM"}
    form |= {"goods.new.sub_group.new": "cigarettes"} if "goods.new.sub_group.new" in form else {}
    for _press in range(2):
        assert officer.post(path, form).location.endswith("done=saved")
    with post.console.writing() as register:
        record, history = register.get(reported.rpartition("/")[2]), register.history(reported.rpartition("/")[2])
    assert record is not None and len(record.values["goods"]) == 2 and len(history) == 2 and not record.conflicts
    assert officer.post(path, {**form, "goods.new.quantity": "4"}).status_code == 303, "gone back to add another"
    with post.console.writing() as register:
        record = register.get(reported.rpartition("/")[2])
    assert record is not None and not record.conflicts
    assert sorted(part["quantity"] for part in record.values["goods"].values()) == ["12.5", "3", "4"]


def test_what_was_typed_into_a_line_that_is_gone_can_still_be_copied(officer: Browser, reported: str) -> None:
    new = fields_of(officer.get(f"{reported}/edit/goods/new").text)
    sent = {"goods.new.product_group": "tobacco", "goods.new.quantity": "2", "goods.new.unit": "KGM"}
    officer.post(f"{reported}/edit/goods/new", {**new, **sent})
    (id,) = re.findall(r"/edit/goods/(\w{13})", officer.get(reported).text)
    path = f"{reported}/edit/goods/{id}"
    form = fields_of(officer.get(path).text)
    assert officer.post(f"{reported}/remove/goods/{id}", {"seen": form["seen"]}).status_code == 303
    late = officer.post(path, {**form, f"goods.{id}.description": "Behind <the> wheel"})
    assert late.status_code == 404 and "Behind <the> wheel" in text_of(late) and form["seen"] not in late.text


def test_two_tabs_make_a_visible_conflict_and_lose_nothing(officer: Browser, reported: str) -> None:
    path = f"{reported}/edit/goods/1"
    first, second = (fields_of(officer.get(path).text) for _ in range(2))
    assert officer.post(path, {**first, "goods.1.quantity": "100"}).status_code == 303
    assert officer.post(path, {**second, "goods.1.quantity": "200"}).status_code == 303
    page = text_of(officer.get(reported))
    assert "Two versions were written at once" in page
    assert "100" in page and "200" in page


def test_what_a_second_tab_did_not_touch_is_not_taken_back(post: Site, officer: Browser, reported: str) -> None:
    path = f"{reported}/edit/goods/1"
    first, second = (fields_of(officer.get(path).text) for _ in range(2))
    assert officer.post(path, {**first, "goods.1.quantity": "100"}).status_code == 303
    assert officer.post(path, {**second, "goods.1.brand": "Camel"}).status_code == 303
    with post.console.writing() as register:
        record = register.get(reported.rpartition("/")[2])
    assert record is not None and not record.conflicts
    assert record.values["goods"]["1"]["quantity"] == "100" and record.values["goods"]["1"]["brand"] == "Camel"


def test_a_forged_first_state_of_a_form_does_no_harm(officer: Browser, reported: str) -> None:
    path = f"{reported}/edit/goods/1"
    form = fields_of(officer.get(path).text)
    for base in ("[]", "{", "1", '{"goods.1.quantity": {"a": []}}', "[" * 5000, '{"status": "x"}'):
        assert officer.post(path, {**form, "_base": base, "goods.1.quantity": "7"}).status_code == 303, base


def test_a_conflict_ends_when_someone_who_saw_both_saves_again(officer: Browser, reported: str) -> None:
    path = f"{reported}/edit/goods/1"
    first, second = (fields_of(officer.get(path).text) for _ in range(2))
    officer.post(path, {**first, "goods.1.quantity": "100"})
    officer.post(path, {**second, "goods.1.quantity": "200"})
    officer.post(path, {**fields_of(officer.get(path).text), "goods.1.quantity": "150"})
    page = text_of(officer.get(reported))
    assert "written at once" not in page and "150" in page


def test_a_wrong_value_keeps_the_form_and_what_its_author_saw(officer: Browser, reported: str) -> None:
    path = f"{reported}/edit/goods/1"
    form = fields_of(officer.get(path).text)
    page = officer.post(path, {**form, "goods.1.quantity": "many"})
    assert page.status_code == 422 and fields_of(page.text)["seen"] == form["seen"]
    assert fields_of(page.text)["goods.1.quantity"] == "many"


def test_a_form_without_what_its_author_saw_is_refused(officer: Browser, reported: str) -> None:
    for seen in ("", "nonsense", "[]", '{"*": 1}', "{" * 5000):
        response = officer.post(f"{reported}/edit/goods/1", {"seen": seen, "goods.1.quantity": "5"})
        assert 400 <= response.status_code < 500, seen


def test_what_does_not_exist_cannot_be_edited(officer: Browser, reported: str) -> None:
    for path in ("/edit/nothing", "/edit/goods/77", "/edit/nothing/1", "/edit/status"):
        assert officer.get(reported + path).status_code == 404
        assert officer.post(reported + path, {"seen": "{}"}).status_code == 404


def test_an_analyst_reads_and_does_not_write(post: Site, reported: str) -> None:
    analyst = post.browser("analyst")
    page = analyst.get(reported)
    assert page.status_code == 200 and "/edit/" not in page.text
    assert analyst.get(f"{reported}/edit/event").status_code == 403
