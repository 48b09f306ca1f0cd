"""The live map as a Streamlit component on unchanged Leaflet (design, section 6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any

import streamlit as st


def _asset(name: str) -> str:
    return resources.files(__package__ or "planning.app.map").joinpath(name).read_text("utf-8")


def _assets() -> str:
    """Return where Streamlit serves the folder static/, under whatever path the app is reached."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{base}/app/static" if base else "/app/static"


_mount = st.components.v2.component(
    "buju_live_map",
    html='<div class="map" role="application" tabindex="0"></div>',
    css=f'@import url("{_assets()}/leaflet.css");\n{_asset("live.css")}',
    js=_asset("live.js"),
)


def show(key: str, data: Mapping[str, Any], on_event: Callable[[], None]) -> None:
    """Mount the map, or bring the one that is shown up to date.

    Parameters
    ----------
    key : str
        Widget key; ``st.session_state[key].event`` holds the newest event while ``on_event`` runs.
    data : mapping
        See the head of ``live.js``.
    on_event : callable
        Called before the rerun that an event causes.
    """
    _mount(key=key, data={**data, "assets": _assets()}, on_event_change=on_event)
