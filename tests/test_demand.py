"""Demand against worked examples of published plans and head arithmetic."""

from __future__ import annotations

import csv
from math import isnan
from pathlib import Path

import pytest

from layers.types import sources
from planning.demand import LOCAL, Estimate, estimate_demand, parameters

CENSUS_2020 = {"60_64": 73.4, "65_69": 74.0, "70_74": 49.6, "75_79": 31.2, "80_84": 20.4, "85_plus": 15.4}  # millions


def estimates(people: dict[str, float], **changes: float) -> dict[str, Estimate]:
    return {item.key: item for item in estimate_demand(people, changes)}


def test_deaths_of_a_published_plan() -> None:
    # 铁岭县: 390,000 people at 7 per mille
    assert estimates({"residents": 390_000}, death_rate=0.007)["deaths"].value == pytest.approx(2730)


@pytest.mark.parametrize(("plots", "land"), [(29_900, 62_400), (164_400, 506_400)])
def test_land_of_published_plans(plots: float, land: float) -> None:
    # 高青县: 29,900 plots on 62,400 m2; 高唐县: 164,400 plots on 50.64 ha. Residents chosen so that the plots come out.
    residents = plots / (0.0076 * 20 * 0.5)
    found = estimates({"residents": residents}, land_per_plot=land / plots)
    assert found["plots_public"].value == pytest.approx(plots)
    assert found["cemetery_land"].value == pytest.approx(land)
    assert 1.7 <= land / plots <= 3.1  # the range the default of 2.0 stands in


def test_head_arithmetic() -> None:
    found = estimates({"elders": 10_000, "residents": 131_000, "minors": 20_000})
    assert {key: round(item.value, 6) for key, item in found.items()} == {
        "beds_norm": 400,
        "beds_share": round(300 / 0.85, 6),
        "care_beds": 220,
        "disabled_census": 234,
        "disabled_survey": 1830,
        "deaths": 995.6,
        "burials": 19_912,
        "plots_public": 9956,
        "graves": 5973.6,
        "niches": 9956,
        "eco_burials": 3982.4,
        "cemetery_land": 19_912,
        "orphans": 9.6,
        "orphans_institution": 2.976,
        "unsupported_children": 27,
        "households": 50_000,
        "community_area": 15_000,
    }
    assert found["burials"].value == pytest.approx(found["graves"].value + found["niches"].value + found["eco_burials"].value)


def test_disability_has_three_definitions_and_no_average() -> None:
    found = estimates({"elders": sum(CENSUS_2020.values()), **CENSUS_2020})
    # The age curve is calibrated to the census share of 2.34 %: 6.18 of 264 million
    assert found["disabled_by_age"].value == pytest.approx(found["disabled_census"].value, rel=0.02)
    assert found["disabled_survey"].value / found["disabled_census"].value == pytest.approx(0.183 / 0.0234)
    assert not [key for key in found if "mean" in key or "average" in key]


def test_an_absent_group_is_unknown_never_zero() -> None:
    found = estimates({"elders": 100})
    assert isnan(found["deaths"].value)
    assert not found["deaths"].known
    assert found["beds_norm"].known
    assert estimates({"elders": 0})["beds_norm"].value == 0


def test_every_number_carries_its_source() -> None:
    for item in estimate_demand({"elders": 1, "residents": 1, "minors": 1, **CENSUS_2020}):
        assert item.parameters
        assert item.name("zh") != item.name("en")
        assert {source for parameter in item.parameters for source in parameter.source} <= set(sources())


def test_the_county_sets_its_own() -> None:
    changed = parameters({"death_rate": 0.006})["death_rate"]
    assert (changed.value, changed.source, changed.confidence) == (0.006, (LOCAL,), "H")
    with pytest.raises(ValueError, match="no demand parameter"):
        parameters({"deaths": 1})
    with pytest.raises(ValueError, match="greater than or equal"):
        parameters({"death_rate": -1})


@pytest.mark.shared
def test_defaults_are_those_of_the_published_table(shared: Path) -> None:
    path = shared.parent / "domain" / "demand_params.tsv"
    if not path.is_file():
        pytest.skip(f"the published table is absent ({path})")
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row["param"]: row for row in csv.DictReader(file, delimiter="\t")}
    called = {
        "occupancy": "occupancy_planning",
        "care_bed_share": "care_bed_share_target",
        "disability_census": "disability_rate_total_census",
        "disability_survey": "disability_rate_total_survey",
        "disability_85_plus": "disability_rate_85p",
        "niche_share": "share_niche_county",
        "grave_share": "share_grave_county",
        "eco_share": "share_eco_county",
        "land_per_plot": "gross_land_per_ash",
        "orphans_per_10000": "orphans_per_10k_minors",
        "unsupported_per_10000": "de_facto_unsupported_per_10k_minors",
    }
    for key, item in parameters().items():
        row = rows[called.get(key, key.replace("disability_", "disability_rate_"))]
        assert float(row["value"]) == item.value, key
        assert item.confidence in row["conf"], key
        assert set(item.source) >= {source for source in row["source"].split(";") if source.startswith("S")}, key
