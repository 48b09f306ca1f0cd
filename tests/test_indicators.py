"""Indicators of the whole county against head arithmetic."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from layers.types import facility_types, sources
from planning.evaluation import indicators, measure_indicators
from tests.small_county import facility_layer, outlines, population


@pytest.fixture
def measured() -> pd.DataFrame:
    layer = facility_layer(
        {"id": "A", "type": "elder_institution", "name": "甲", "township": "01", "capacity": 30, "care_beds": 20, "at": (-1500, 0)},
        {"id": "B", "type": "elder_wujing", "name": "乙", "township": "01", "capacity": 10, "care_beds": 5, "at": (-1500, 0)},
        {"id": "C", "type": "elder_town_centre", "name": "丙", "township": "01", "capacity": 10, "care_beds": 5, "at": (-1500, 0)},
        {"id": "K", "type": "child_welfare_county", "name": "丁", "township": "01", "capacity": 40, "at": (-1500, 0)},
        {"id": "V", "type": "village_centre", "name": "戊", "township": "01", "floor_area": 60, "at": (-1500, 0)},
        {"id": "W", "type": "community_centre", "name": "己", "township": "02", "at": (1500, 0)},
    )
    people = pd.DataFrame({"0_17": [0.0] * 4, "18_59": 24.0, "60_69": 250.0, "70_plus": 250.0})  # 2,000 elders of 2,096 people: 800 households
    return measure_indicators(population(people), outlines(), layer)


def test_head_arithmetic(measured: pd.DataFrame) -> None:
    assert measured["value"].to_dict() == pytest.approx(
        {
            "care_bed_share": 30 / 50,
            "county_burial": 0,
            "community_area": 60 / 8,
            "village_centres": 1 / 3,
            "town_elder_centres": 1 / 2,
            "beds_per_1000": 25,
            "child_beds": 40,
            "town_burial": 0,
        }
    )
    assert measured["met"].to_dict() == {
        "care_bed_share": "met",
        "county_burial": "unmet",
        "community_area": "unknown",  # one station's floor area is missing
        "village_centres": "unmet",
        "town_elder_centres": "unmet",
        "beds_per_1000": "",
        "child_beds": "",
        "town_burial": "",
    }
    assert measured.loc["community_area", "reason"] == "evaluation.numbers_unknown"


def test_nothing_known_is_no_zero() -> None:
    empty = measure_indicators(population(), outlines(villages=False), facility_layer())
    assert np.isnan(empty.loc["care_bed_share", "value"])
    assert empty.loc["care_bed_share", ["met", "reason"]].to_list() == ["unknown", "evaluation.no_facilities"]
    assert empty.loc["village_centres", ["met", "reason"]].to_list() == ["unknown", "evaluation.no_villages"]
    assert empty.loc["town_elder_centres", ["value", "met"]].to_list() == [0, "unmet"]


def test_every_indicator_names_a_type_and_its_source() -> None:
    for item in indicators():
        assert item.type in facility_types()
        assert set(item.requirement.source) <= set(sources())
