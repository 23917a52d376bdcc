"""Amounts in people's units. How many decimals a currency has is ISO 4217's."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

_NONE = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI", "VND",
         "VUV", "XAF", "XOF", "XPF"}  # fmt: skip
_FOUR = {"CLF", "UYW"}
_THREE = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"}
NOT_KNOWN = "not known"


def amount(smallest: int, currency: str) -> str:
    """An amount that is counted in the smallest unit of its currency ('': not told).

    What is less than nothing has a minus, and no hyphen, which would begin a spreadsheet's formula.

    >>> amount(123450, "usd"), amount(500, "JPY"), amount(-1500, "BHD"), amount(12345, "clf")
    ('1,234.50 USD', '500 JPY', '\u22121.500 BHD', '1.2345 CLF')
    >>> amount(900_719_925_474_099_301, "idr"), amount(7, "")
    ('9,007,199,254,740,993.01 IDR', '7 in the smallest unit of a currency that is not told')
    """
    if not currency:
        return f"{_minus(f'{smallest:,}')} in the smallest unit of a currency that is not told"
    name = currency.upper()
    decimals = 0 if name in _NONE else 3 if name in _THREE else 4 if name in _FOUR else 2
    return f"{_minus(f'{Decimal(smallest).scaleb(-decimals):,.{decimals}f}')} {name}"


def _minus(number: str) -> str:
    return number.replace("-", "\u2212")


def amounts(by_currency: Mapping[str, int], *, known: bool) -> str:
    """Several, the largest number first; nothing was paid only where somebody counted.

    >>> amounts({}, known=True), amounts({}, known=False), amounts({"eur": 100}, known=True)
    ('nothing', 'not known', '1.00 EUR')
    """
    if not by_currency:
        return "nothing" if known else NOT_KNOWN
    most = sorted(by_currency.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(amount(smallest, currency) for currency, smallest in most)
