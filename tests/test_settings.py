"""The settings that ship with the app: for the person at this computer, and nothing told to anybody."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WANTED = {
    "server.address": "127.0.0.1",
    "server.enableCORS": True,
    "server.enableXsrfProtection": True,
    "server.maxUploadSize": 50,
    "browser.serverAddress": "127.0.0.1",
    "browser.gatherUsageStats": False,
    "client.showErrorDetails": "none",
    "client.showErrorLinks": False,
    "server.showEmailPrompt": False,
}


def test_the_settings_are_written_and_streamlit_takes_them():
    """Oracle: Streamlit's own word for each, in a fresh interpreter started where the app is."""
    written = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text("utf-8"))
    for name, value in WANTED.items():
        section, key = name.split(".")
        assert written[section][key] == value, name
    code = f"import streamlit.config as c\nfor name in {list(WANTED)}: print(repr(c.get_option(name)))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said == [repr(value) for value in WANTED.values()]


def test_only_map_assets_are_served_to_whoever_asks():
    """Streamlit serves the folder to anybody on the port: nothing of a user may be put there."""
    served = {path.suffix for path in (ROOT / "static").rglob("*") if path.is_file()}
    assert served <= {".js", ".css", ".png", ".txt", ".md"}
