"""The plan of a country: counts, spares, prices given back, energy and storage by the stated arithmetic."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_hardware.bill import as_csv
from diwan_hardware.commands import hardware
from diwan_hardware.energy import CONVERSION, DEPTH, PERFORMANCE, Sun, of_site
from diwan_hardware.load import shipped
from diwan_hardware.prices import BadPrices, read_prices
from diwan_hardware.profile import Flash
from diwan_hardware.purchase import BadOrder, Order, bill, machines, total
from diwan_hardware.storage import Use, life_years, needed
from openpyxl import load_workbook

KNOWN = {f"{profile.name}/{item.key}" for profile in shipped().values() for item in profile.items}


def run(*arguments: object) -> Result:
    return CliRunner().invoke(hardware, [str(argument) for argument in arguments])


def test_each_post_brings_its_network_and_power_and_a_centre_its_backup_disks() -> None:
    found = machines(Order({"post-standard": 24, "post-small": 2, "central-small": 1}), shipped())
    assert found == {
        "backup-disk": 3,
        "central-small": 1,
        "network": 24,
        "post-small": 2,
        "post-standard": 24,
        "power": 26,
    }


def test_a_count_that_was_given_is_not_overruled() -> None:
    found = machines(Order({"central-small": 1, "backup-disk": 6}), shipped())
    assert found["backup-disk"] == 6


def test_spares_are_rounded_up_and_exact() -> None:
    lines = {line.key: line for line in bill(Order({"post-standard": 10}), shipped())}
    assert (lines["post-standard/computer"].used, lines["post-standard/computer"].spare) == (10, 1)
    assert lines["post-standard/unlock-key"].used == 30
    one = {line.key: line for line in bill(Order({"post-standard": 1}), shipped())}
    assert one["post-standard/computer"].spare == 1, "a country with one post still needs one in reserve"
    many = {line.key: line for line in bill(Order({"officer-laptop": 100}), shipped())}
    assert many["officer-laptop/laptop"].spare == 7, "0.07 × 100 is 7, though a float says a little more"
    none = bill(Order({"post-standard": 10}, spares=0), shipped())
    assert all(line.spare == 0 for line in none)


def test_a_tight_budget_takes_the_cheaper_thing_and_nothing_optional() -> None:
    usual = {line.key for line in bill(Order({"post-standard": 3}), shipped())}
    tight = {line.key for line in bill(Order({"post-standard": 3}, "tight"), shipped())}
    assert usual - tight == {"post-standard/computer", "power/ups"}
    assert tight - usual == {"post-standard/used-computer", "power/power-bank"}
    more = {line.key for line in bill(Order({"post-standard": 3}, optional=True), shipped())}
    assert {"post-standard/screen-set", "power/solar-set"} <= more - usual


@pytest.mark.parametrize(
    ("counts", "said"),
    [({"post-big": 1}, "is not a profile"), ({"post-small": -1}, "-1 machines are impossible"),
     ({"post-small": 10**9}, "are impossible"), ({"post-small": 0}, "Nothing is ordered")],
)  # fmt: skip
def test_an_impossible_order_is_refused(counts: dict[str, int], said: str) -> None:
    with pytest.raises(BadOrder, match=said):
        bill(Order(counts), shipped())


def filled(folder: Path, prices: dict[str, tuple[str, str]], separator: str = ",") -> Path:
    """The bill of three posts as CSV with some prices filled in, as a spreadsheet program saves it."""
    rows = list(csv.DictReader(io.StringIO(as_csv(bill(Order({"post-standard": 3}), shipped())))))
    file = folder / "prices.csv"
    with file.open("w", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, rows[0].keys(), delimiter=separator)
        writer.writeheader()
        for row in rows:
            row["unit_price"], row["currency"] = prices.get(row["item"], ("", ""))
            writer.writerow(row)
    return file


@pytest.mark.parametrize("separator", [",", ";"])
def test_the_bill_given_back_with_prices_says_what_it_costs(tmp_path: Path, separator: str) -> None:
    file = filled(tmp_path, {"post-standard/computer": ("48.50", "USD"), "power/ups": ("30", "USD")}, separator)
    prices = read_prices(file, KNOWN)
    found = total(bill(Order({"post-standard": 3}), shipped(), prices))
    assert (found.amount, found.currency, found.priced) == (Decimal("48.50") * 4 + 30 * 4, "USD", 2)
    done = run("plan", "--posts", 3, "--central", "none", "--technician-laptops", 0, "--prices", file)
    assert done.exit_code == 0, done.output
    assert "314.00 USD for 2 of" in done.output
    assert "have no price yet" in done.output


@pytest.mark.parametrize(
    ("price", "currency", "said"),
    [
        ("48,50", "USD", "'48,50' is not a price"),
        ("1,200", "USD", "'1,200' is not a price"),
        ("-3", "USD", "'-3' is not a price"),
        ("٤٨", "USD", "is not a price"),
        ("=1+1", "USD", "'=1+1' is not a price"),
        ("1e9", "USD", "'1e9' is not a price"),
        ("48.50", "", "'' is not a currency"),
        ("48.50", "Dollar", "'Dollar' is not a currency"),
    ],
)
def test_a_price_that_can_be_misread_is_refused_with_its_line(
    tmp_path: Path, price: str, currency: str, said: str
) -> None:
    file = filled(tmp_path, {"post-standard/computer": (price, currency)})
    with pytest.raises(BadPrices, match=r"prices\.csv: line \d+: ") as refused:
        read_prices(file, KNOWN)
    assert said in str(refused.value)


def test_two_currencies_strange_items_and_files_that_are_no_bill_are_refused(tmp_path: Path) -> None:
    file = filled(tmp_path, {"post-standard/computer": ("1", "USD"), "post-standard/ssd": ("1", "EUR")})
    with pytest.raises(BadPrices, match="in EUR, those above are in USD"):
        read_prices(file, KNOWN)
    file.write_text("item,unit_price,currency\npost-standard/compter,1,USD\n")
    with pytest.raises(BadPrices, match="line 2: 'post-standard/compter' is not an item"):
        read_prices(file, KNOWN)
    file.write_text("item,unit_price,currency\npower/ups,1,USD\npower/ups,2,USD\n")
    with pytest.raises(BadPrices, match="line 3: power/ups has a price already"):
        read_prices(file, KNOWN)
    file.write_text("what,price\nx,1\n")
    with pytest.raises(BadPrices, match="has no column item, unit_price, currency"):
        read_prices(file, KNOWN)
    file.write_bytes("item,unit_price,currency\n".encode("utf-16"))
    with pytest.raises(BadPrices, match="no CSV in UTF-8"):
        read_prices(file, KNOWN)
    with pytest.raises(BadPrices, match="cannot be read"):
        read_prices(tmp_path / "nothing.csv", KNOWN)


def test_battery_and_panel_follow_the_stated_formulas() -> None:
    site = of_site(shipped()["post-standard"], shipped(), 0, Sun(5.0, 3.0))
    day = (4.0 + 1.5 + 4.0 + 2.0) * 24  # computer, SSD, switch, UPS
    assert site.day_wh == day
    assert 0 <= site.battery_wh - day * 3 / (DEPTH * CONVERSION) < 10
    assert 0 <= site.panel_wp - day / (5 * PERFORMANCE) < 10
    more = of_site(shipped()["post-standard"], shipped(), 2, Sun(5.0, 3.0))
    assert more.day_wh == day + 2 * 9 * 10, "two new laptops of 9 W for ten hours"
    with pytest.raises(BadOrder, match="hours of full sun"):
        of_site(shipped()["post-standard"], shipped(), 0, Sun(25, 1))


def test_endurance_is_terabytes_written_over_what_is_written() -> None:
    flash = Flash("sd", 64, 58, "data sheet")
    # 1 GB a day, ten times as much inside: 58,000 GB ÷ 10 GB a day
    assert life_years(flash, 10**9) == pytest.approx(58_000 / 10 / 365)
    stored = needed(Use(cases=1000, pictures=2, picture_kb=1000, years=5), posts=10)
    assert stored.central_bytes == 1000 * 5 * 10 * 3000 + 1000 * 2 * 5 * 10 * 10**6
    assert stored.post_bytes == 1000 * 5 * 10 * 3000 + 1000 * 2 * 5 * 10**6


def test_what_does_not_fit_or_wears_out_is_said_with_the_remedy() -> None:
    done = run("plan", "--small-posts", 5, "--cases", 200_000, "--years", 10)
    assert done.exit_code == 0
    assert "TO DECIDE" in done.output
    assert "post-small/card: " in done.output and "do not fit into 64 GB" in done.output
    assert "worn out after" in done.output


def test_the_plan_is_also_one_json_object_with_the_same_numbers(tmp_path: Path) -> None:
    done = run(
        "plan", "--posts", 24, "--laptops", 30, "--json", "--csv", tmp_path / "b.csv", "--xlsx", tmp_path / "b.xlsx"
    )
    plan = json.loads(done.output)
    assert plan["machines"]["post-standard"] == 24
    rows = list(csv.DictReader(io.StringIO((tmp_path / "b.csv").read_text("utf-8-sig"))))
    assert [(row["item"], int(row["quantity"])) for row in rows] == [
        (line["item"], line["quantity"]) for line in plan["lines"]
    ]
    assert plan["energy"]["post-standard"]["panel_wp"] > 0
    book = load_workbook(tmp_path / "b.xlsx")
    assert book.sheetnames == ["Required", "Optional", "Tight budget", "What not to buy", "The place", "Machines"]
    sheet = book["Required"]
    assert [cell.value for cell in sheet[1]][:6] == ["item", "title", "need", "used", "spare", "quantity"]
    assert sheet.max_row == len(rows) + 2
    assert str(sheet.cell(2, 9).value).startswith("=IF(")


def test_a_wrong_number_ends_with_one_line_and_code_2() -> None:
    for arguments, said in (
        (("--posts", -3), "-3 machines are impossible"), (("--posts", 3, "--sun-hours", 30), "hours of full sun"),
        (("--posts", 3, "--years", 0), "0 years are impossible"), (("--posts", 3, "--spares", 7), "spare ratio of 7"),
        ((), None),
    ):  # fmt: skip
        done = run("plan", *arguments)
        if said is None:
            assert done.exit_code == 0, "a centre alone may be planned"
        else:
            assert done.exit_code == 2 and said in done.output and "Traceback" not in done.output
