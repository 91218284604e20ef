"""Codes of quantities: how one is known, what was weighed, what a value is, and units of single countries."""

from .plain import codes

QUANTITY_LISTS = (
    codes(
        "quantity_basis",
        "How a quantity is known",
        """
        counted   | Counted   | compté, contado, معدود
        weighed   | Weighed   | measured, pesé, pesado, موزون
        estimated | Estimated | guessed, estimé, estimado, تقدير
        declared  | Declared  | from the papers, déclaré, declarado
        """,
    ),
    codes(
        "mass_basis",
        "What a weight is",
        """
        net       | Net: without packaging
        gross     | Gross: with packaging
        estimated | Estimated
        derived   | Worked out from another quantity
        """,
    ),
    codes(
        "value_kind",
        "Kind of value",
        """
        customs | Customs value          | CIF, transaction value
        retail  | Retail price           | shop, market value
        street  | Street price           | drugs
        duty    | Duty and taxes evaded  | revenue, droits, taxes
        """,
    ),
    codes(
        "national_unit",
        "Unit of single countries",
        """
        tola  | Tola            | tolah, تولة
        tael  | Tael            | liang
        baht  | Baht of gold    | bat
        maund | Maund           | mann
        seer  | Seer            | ser
        qirat | Qirat           | قيراط
        rotl  | Rotl            | ratl, رطل
        kilah | Kilah           | kela, كيلة
        """,
    ),
)
