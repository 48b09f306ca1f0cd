"""Who may import whom: the contracts themselves are checked here, the code by ``lint-imports``."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOTS = ("layers", "scenarios", "planning")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]["contracts"]


def test_facts_know_no_choices_and_choices_know_no_consequences() -> None:
    (plain,) = [contract for contract in CONTRACTS if contract["type"] == "layers" and "containers" not in contract]
    assert plain["layers"] == ["planning", "scenarios", "layers"]
    assert "ignore_imports" not in plain


@pytest.mark.parametrize("root", ROOTS)
def test_a_new_module_must_be_placed(root: str) -> None:
    (inside,) = [contract for contract in CONTRACTS if contract.get("containers") == [root]]
    assert inside["exhaustive"] is True
    assert inside["exhaustive_ignores"] == ["__main__"]
    assert "ignore_imports" not in inside
    placed = {name.strip(" ()") for layer in inside["layers"] for name in layer.split("|")}
    present = {path.stem for path in (ROOT / root).glob("*.py")} | {path.parent.name for path in (ROOT / root).glob("*/__init__.py")}
    assert present - {"__init__", "__main__"} <= placed


def test_no_contract_lets_an_import_through() -> None:
    assert not [contract["name"] for contract in CONTRACTS if contract.get("ignore_imports")]


def test_siting_models_are_independent() -> None:
    (independent,) = [contract for contract in CONTRACTS if contract["type"] == "independence"]
    assert independent["modules"] == ["planning.siting.models.*"]


def test_what_plants_faults_knows_nothing_of_what_finds_them() -> None:
    (apart,) = [contract for contract in CONTRACTS if contract["type"] == "forbidden" and contract["source_modules"] == ["layers.demo.dirt"]]
    assert set(apart["forbidden_modules"]) == {"layers.checking", "layers.readers"}
    assert not apart.get("allow_indirect_imports")
