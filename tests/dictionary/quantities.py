"""Goods lines and what each comes to: the rows that every door has to give alike (`amounts`)."""

from typing import Any, Final

Line = dict[str, Any]


def _pieces(unit: str) -> tuple[Line, Line]:
    return {"quantity": "500", "unit": unit}, {"pieces": "500"}


ROWS: Final[list[tuple[Line, Line]]] = [
    ({"quantity": "12", "unit": "KGM"}, {"kilograms": "12", "mass_basis": "derived"}),
    ({"quantity": "2500", "unit": "GRM"}, {"kilograms": "2.5", "mass_basis": "derived"}),
    ({"quantity": "12", "unit": "E4"}, {"kilograms": "12", "mass_basis": "gross"}),
    *(_pieces(unit) for unit in ("U2", "AV", "AM", "VI", "BO", "ST", "HEA", "D65", "CQ", "E27", "C62")),
    ({"quantity": "50", "unit": "CT"}, {}),
    (
        {"quantity": "50", "unit": "CT", "per_package": "200", "per_package_unit": "STK"},
        {"pieces": "10000"},
    ),
    (
        {"quantity": "3", "unit": "PA", "per_package": "20", "per_package_unit": "STK", "quantity_basis": "counted"},
        {"pieces": "60", "basis": "counted"},
    ),
    (
        {"quantity": "12", "unit": "BO", "per_package": "0.7", "per_package_unit": "LTR"},
        {"pieces": "12", "litres": "8.4"},
    ),
    ({"quantity": "4", "unit": "BO", "per_package": "100", "per_package_unit": "U2"}, {"pieces": "400"}),
    (
        {"quantity": "9.5", "unit": "KGM", "packages": 3, "per_package": "200", "per_package_unit": "STK"},
        {"kilograms": "9.5", "mass_basis": "derived", "pieces": "600"},
    ),
    ({"quantity": "160", "unit": "MTQ", "sub_group": "timber"}, {"cubic_metres": "160"}),
    ({"quantity": "160", "unit": "MTQ", "sub_group": "timber", "litres": "160000"}, {"cubic_metres": "160"}),
    ({"quantity": "30", "unit": "MTQ", "sub_group": "fuel"}, {"cubic_metres": "30", "litres": "30000"}),
    ({"quantity": "2", "unit": "LPA", "product_group": "alcohol"}, {}),
    ({"quantity": "2", "unit": "LPA", "strength_percent": "40"}, {"litres": "5"}),
    ({"quantity": "2", "unit": "HPA", "strength_percent": "40"}, {"litres": "500"}),
    ({"quantity": "2", "unit": "LPA", "strength_percent": "0"}, {}),
    (
        {
            "product_group": "currency", "sub_group": "cash", "quantity": "50000", "unit": "C62", "value": "50000",
            "currency": "USD",
        },
        {"value": "50000", "currency": "USD"},
    ),
    (
        {"value": "900", "currency": "EUR", "value_kind": "street", "value_date": "2026-11-01"},
        {"value": "900", "currency": "EUR", "value_kind": "street"},
    ),
    (
        {"quantity": "10", "unit": "ZZ", "national_unit": "tola"},
        {"kilograms": "0.116638038", "mass_basis": "derived", "national": "tola"},
    ),
    ({"quantity": "10", "unit": "ZZ", "national_unit": "tael"}, {"national": "tael"}),
    (
        {"quantity": "12", "unit": "KGM", "mass_kg": "11.2", "mass_basis": "net"},
        {"kilograms": "11.2", "mass_basis": "net", "given": "kilograms"},
    ),
    (
        {"quantity": "12", "unit": "KGM", "mass_kg": "11", "mass_basis": "derived"},
        {"kilograms": "12", "mass_basis": "derived"},
    ),
    (
        {"quantity": "500", "unit": "U2", "second_quantity": "110", "second_unit": "GRM"},
        {"pieces": "500", "kilograms": "0.11", "mass_basis": "derived"},
    ),
    ({"quantity": "1000000000000", "unit": "TNE"}, {}),
    ({"description": "Not yet counted"}, {}),
]  # fmt: skip
