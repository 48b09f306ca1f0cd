"""Tables as the pages show them: columns headed in the planner's language, numbers with their units."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import pandas as pd
import streamlit as st

from layers import texts
from layers.errors import Fault
from layers.facts import RowCount
from planning.app import words
from planning.app.words import t

SEVERITIES = ("error", "warning", "note")
# What Markdown makes a link of, escaped or not; a word joiner, which nobody sees, keeps it text.
_ADDRESS = re.compile(r"(?<=http)(?=s?:)|(?<=www)(?=\.)|(?=@)", re.IGNORECASE)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~>$:<&])")


def plain(text: str) -> str:
    """Return a text from a file so that Markdown shows it as it stands."""
    return _MARKDOWN.sub(r"\\\1", _ADDRESS.sub("\u2060", text))


def show(frame: pd.DataFrame, *, height: int | Literal["content"] = "content", columns: Mapping[str, Any] | None = None) -> None:
    """Show a table without its index, as wide as there is room; what is unknown stands as a dash, never as 0."""
    st.dataframe(frame, hide_index=True, width="stretch", height=height, column_config=dict(columns or {}), placeholder=words.DASH)


def headed(frame: pd.DataFrame, codes: Iterable[str]) -> pd.DataFrame:
    """Return the columns asked for, in this order, headed in the planner's language (``app.column.<code>``)."""
    chosen = list(codes)
    return frame[chosen].rename(columns={code: t(f"column.{code}") for code in chosen})


def faults(found: Iterable[Fault]) -> pd.DataFrame:
    """Return findings as a table, the gravest first, otherwise in the order they were found."""
    language = words.lang()
    rows = [
        {
            "severity": severity_name(fault.severity),
            "layer": layer_name(fault.layer),
            "file": fault.file,
            "sheet": fault.sheet,
            "row": fault.row,
            "field": fault.field,
            "value": fault.value,
            "message": fault.say(language),
            "repair": fault.repair(language),
        }
        for fault in sorted(found, key=lambda fault: SEVERITIES.index(fault.severity))
    ]
    columns = ["severity", "layer", "message", "repair", "file", "sheet", "row", "field", "value"]
    return headed(pd.DataFrame(rows, columns=columns).astype({"row": "Int64"}), columns)


def rows(counts: Iterable[RowCount]) -> pd.DataFrame:
    """Return rows read, kept and excluded by file and sheet."""
    columns = ["layer", "file", "sheet", "read", "kept", "excluded"]
    listed = [[layer_name(count.layer), count.file, count.sheet, count.read, count.kept, count.excluded] for count in counts]
    return headed(pd.DataFrame(listed, columns=columns), columns)


def layer_name(layer: str) -> str:
    """Return a layer's name; a ledger's own key where the catalogue has none."""
    code = f"layer.{layer}"
    return texts.say(code, words.lang()) if code in texts.codes() else layer


def severity_name(severity: str) -> str:
    """Return how grave a finding is."""
    return texts.say(f"severity.{severity}", words.lang())


def counts(*names: str) -> dict[str, Any]:
    """Return how columns of counts are shown: thousands apart, no fraction (convention 6)."""
    return {t(f"column.{name}"): st.column_config.NumberColumn(format="localized", step=1) for name in names}


def shares(*names: str) -> dict[str, Any]:
    """Return how columns of shares are shown: as percentages."""
    return {t(f"column.{name}"): st.column_config.NumberColumn(format="percent") for name in names}
