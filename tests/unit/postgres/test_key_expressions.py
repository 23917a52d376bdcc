"""Columns read by each expression, from PostgreSQL's own dump of its parse trees."""

from __future__ import annotations

import pytest

from collectors.postgres.keys import columns_of_expressions

FUNCTION_OF_3 = (
    "{FUNCEXPR :funcid 870 :args ({RELABELTYPE :arg {VAR :varno 1 :varattno 3 :vartype 1043"
    " :varnullingrels (b) :varattnosyn 9 :location -1} :resulttype 25}) :location 33}"
)
CONSTANT = "{CONST :consttype 25 :constvalue 28 [ 112 0 0 0 123 125 40 58 118 ]}"


@pytest.mark.parametrize(
    ("nodes", "columns"),
    [
        ("()", []),
        (f"({FUNCTION_OF_3})", [{3}]),
        (f"({FUNCTION_OF_3} {CONSTANT})", [{3}, set()]),
        ("({OP :args ({VAR :varattno 12 :x} {VAR :varattno 1 :x})} {VAR :varattno 0 :x})",
         [{12, 1}, {0}]),
        (r"({A :name odd\{\ :varattno\ 7\} :arg {VAR :varattno 2 :x}} {VAR :varattno 5 :x})",
         [{2}, {5}]),
    ],
    ids=["none", "one", "a constant reads nothing", "several", "escaped braces in a name"],
)  # fmt: skip
def test_each_expression_is_read_by_itself(nodes: str, columns: list[set[int]]) -> None:
    assert list(columns_of_expressions(nodes)) == columns
