"""A chart on the page. What it looks like is worked out once for the same facts, whoever asks.

Altair takes a tenth of a second to put a chart into words and to check them against its schema;
the tests check every chart, so the pages need not.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import altair
import pyarrow as pa
import streamlit as st

Chart = altair.Chart | altair.LayerChart | altair.FacetChart

MOST_KEPT = 128

altair.data_transformers.disable_max_rows()  # an hourly canary has 5,000 walks in a few months


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a chart is drawn from; two are the same where they are written the same."""

    written: bytes
    facts: tuple[Any, ...] = field(compare=False)


def show(make: Callable[..., Chart], *facts: Any, alt: str, key: str) -> None:
    """Draw what `make` makes of the facts.

    `alt` says the same in words, or where on the page they stand: it is part of the specification,
    and where only the data is another the browser need not draw anew.
    """
    st.vega_lite_chart(spec=dict(in_words(make, *facts)), alt=alt, key=key)


def in_words(make: Callable[..., Chart], *facts: Any) -> dict[str, Any]:
    """The chart in Vega-Lite's words, its data as Arrow; without Altair's own size and colours."""
    return _in_words(make, _Facts(pickle.dumps(facts), facts))


@lru_cache(maxsize=MOST_KEPT)
def _in_words(make: Callable[..., Chart], facts: _Facts) -> dict[str, Any]:
    spec: dict[str, Any] = make(*facts.facts).to_dict(validate=False)
    spec.pop("config", None)
    spec["padding"] = {"bottom": 4}  # else Streamlit leaves a blank line beneath
    datasets = spec.get("datasets", {})
    spec["datasets"] = {name: _arrow(rows) for name, rows in datasets.items()}
    return spec


def _arrow(rows: list[dict[str, Any]]) -> bytes:
    table, sink = pa.Table.from_pylist(rows), pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table)
    written: bytes = sink.getvalue().to_pybytes()
    return written
