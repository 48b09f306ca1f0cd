"""Every siting model asked by a plan task, on a county small enough for head arithmetic, and how its value is told."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from pydantic import ValidationError

from layers.errors import PlanningError
from layers.tasks import MODELS
from layers.texts import codes
from planning.cli.measuring import print_proposal
from planning.publish.aims import aim_of
from planning.publish.wording import plan_sentence
from planning.workbench import Workbench, plan_record, propose_task, ruled_out, sheet_of, worst_towns
from planning.workbench.papers import Order
from planning.workbench.questions import MODELS as FRAMED
from tests.line_county import TYPE, bench, task


@pytest.fixture(scope="module")
def near(tmp_path_factory) -> Workbench:
    """Return the county with a reach of 500 m: a site serves its own cell alone."""
    return bench(tmp_path_factory.mktemp("near"), 500.0)


@pytest.fixture(scope="module")
def far(tmp_path_factory) -> Workbench:
    """Return the county with a reach of 1,000 m: a site serves the neighbouring cells, too."""
    return bench(tmp_path_factory.mktemp("far"))


def told(bench: Workbench, *asked: object, **more: object) -> tuple[list[str], float, float]:
    proposal = propose_task(bench, task(*asked, **more))
    assert proposal.plan.status == "proven"
    return list(proposal.plan.opened), proposal.plan.value, proposal.plan.second_value


def test_every_model_of_the_schema_is_framed_and_has_words():
    assert set(MODELS) == set(FRAMED)
    for model in MODELS:
        assert {f"siting.model.{model}", f"siting.aim.{aim_of(model, 'm').name}", f"app.model.{model}"} <= codes()


def test_p_center_answers_with_a_radius(far):
    # x at a; c leaves b and d 1,000 m away, d leaves b and c; of both the smaller id.
    assert told(far, "pcenter", sites=1)[1] == pytest.approx(1000.0, abs=0.01)
    # Half of 14.5 people: a site at d has a (2.5) and d (5) at its door.
    opened, radius, _ = told(far, "pcenter", sites=1, share=0.5)
    assert (opened, radius) == (["d"], pytest.approx(0.0, abs=0.01))


def test_backup_cover_tells_who_has_two(far):
    # c reaches b, c, d and all are covered once; b has x and c.
    assert told(far, "backup", sites=1) == (["c"], pytest.approx(14.5), pytest.approx(3.0))
    assert told(far, "backup", sites=1, weight=0.5) == (["c"], pytest.approx(16.0), pytest.approx(3.0))


def test_equity_lifts_the_worst_township(near):
    # West: 2.5 of 5.5 by x. c leaves the east at 4 of 9, which is less; d at 5 of 9.
    assert told(near, "equity", sites=1) == (["d"], pytest.approx(2.5 / 5.5), pytest.approx(7.5))
    # Two: b and c give the west 1 and the east 4/9; b and d 1 and 5/9; c and d leave the west at 2.5/5.5.
    assert told(near, "equity", sites=2) == (["b", "d"], pytest.approx(5 / 9), pytest.approx(10.5))
    assert told(near, "mclp", sites=2)[:2] == (["c", "d"], pytest.approx(11.5))


def test_an_equity_plan_names_the_township_that_is_served_worst(near):
    assert worst_towns(propose_task(near, task("equity", sites=1))) == "覆盖率最低的是：西镇（45.45%）。"
    assert worst_towns(propose_task(near, task("mclp", sites=1))) == ""


def test_equity_without_townships_is_refused(near):
    cells = near.facts.population.cells.assign(township="")
    bare = replace(near, facts=replace(near.facts, population=replace(near.facts.population, cells=cells)))
    with pytest.raises(PlanningError) as caught:
        propose_task(bare, task("equity", sites=1))
    assert caught.value.code == "workbench.no_townships"


def test_sites_keep_their_distance(near):
    assert told(near, "mclp", sites=2, apart_m=1000)[:2] == (["c", "d"], pytest.approx(11.5))  # exactly the distance is allowed
    assert told(near, "mclp", sites=2, apart_m=1000.01)[:2] == (["d"], pytest.approx(7.5))  # b is too near x, c too near d
    proposal = propose_task(near, task("mclp", sites=2, apart_m=1000.01))
    assert proposal.parameters["pairs_too_near"] == 5  # x and a, x and b, a and b, b and c, c and d


def test_sites_keep_away_from_dense_population(near):
    asked = {"sites": 1, "around_m": 10, "away_m": 600}
    assert told(near, "mclp", crowd=140, **asked)[0] == ["c"]  # 145 people at d
    assert told(near, "pmedian", crowd=130, **asked)[0] == ["b"]  # 134 at c, too
    proposal = propose_task(near, task("mclp", crowd=130, **asked))
    assert proposal.parameters["sites_near_people"] == 2
    with pytest.raises(PlanningError) as caught:
        propose_task(near, task("mclp", crowd=100, **asked))
    assert caught.value.code == "siting.infeasible.too_few_candidates"


def test_a_cemetery_takes_the_distance_of_its_siting_rule(near):
    asked = task("mclp", sites=1, crowd=130, around_m=10, type="cemetery_town", requirement="F02-reach")
    proposal = propose_task(near, asked)
    assert {name: proposal.parameters[name] for name in ("away_m", "away_source", "sites_near_people")} == {
        "away_m": 500.0, "away_source": "S09", "sites_near_people": 2,
    }  # fmt: skip


MONEY = {"price": 10, "price_source": "2025年概算"}


def test_a_budget_buys_what_serves_most(near):
    # Two at 10 each: c and d. d at 15: b and c for 20 serve more than d alone. Keeping x for 5 leaves enough for one: d.
    assert told(near, "mclp", budget=20, **MONEY)[:2] == (["c", "d"], pytest.approx(11.5))
    assert told(near, "mclp", budget=20, prices={"d": 15}, **MONEY)[:2] == (["b", "c"], pytest.approx(9.5))
    proposal = propose_task(near, task("mclp", budget=20, price_standing=5, **MONEY))
    assert (proposal.plan.opened, proposal.plan.spent) == (("d",), pytest.approx(15))
    assert "本方设施合计 15.0 万元（价格来源：2025年概算）" in "".join(ruled_out(proposal))
    assert plan_record(proposal)["spent"] == pytest.approx(15)
    with pytest.raises(PlanningError) as caught:
        propose_task(near, task("mclp", budget=20, prices={"e": 1}, **MONEY))
    assert caught.value.code == "workbench.prices"


def test_a_fixed_charge_weighs_sites_against_trips(far):
    # A person-km costs 1: d alone leaves 3 + 4 and 3.5; c and d 3 and 7; b, c and d 0 and 10.5; none 3 + 8 + 15.
    proposal = propose_task(far, task("fixedcharge", price=3.5, price_source="估算", trip_cost=1, trips=10_000))
    assert proposal.plan.opened == ("c", "d")
    assert proposal.plan.value == pytest.approx(10.0, abs=1e-3)
    assert (proposal.aim.unit, proposal.plan.spent) == ("wan", pytest.approx(7.0))


@pytest.mark.parametrize(
    ("model", "asked", "code", "fields"),
    [
        ("pcenter", {"sites": 1, "weight": 0.5, "apart_m": 300}, "plan_refuses", "apart_m、weight"),
        ("lscp", {"sites": 1}, "plan_refuses", "sites"),
        ("equity", {}, "plan_needs", "sites"),
        ("mclp", {}, "plan_either", "sites、budget"),
        ("pcenter", {"sites": 1, "budget": 5, "price": 1, "price_source": "估算"}, "plan_refuses", "budget"),
        ("mclp", {"budget": 5}, "plan_together", "price"),
        ("lscp", {"price": 5}, "plan_together", "price_source"),
        ("mclp", {"sites": 1, "away_m": 500, "crowd": 9}, "plan_together", "around_m"),
    ],
)
def test_what_a_model_does_not_take_is_refused_by_name(model, asked, code, fields):
    with pytest.raises(ValidationError) as caught:
        task(model, **asked)
    (error,) = caught.value.errors()
    assert (error["type"], error["ctx"]["model"], error["ctx"]["fields"]) == (code, model, fields)


def test_the_record_tells_what_was_asked_and_values_with_their_unit(far, near):
    record = plan_record(propose_task(far, task("backup", sites=1)))
    assert record["parameters"] == {"threshold": 1000.5, "unit": "m", "sites": 1}
    assert (record["aim"], record["unit"], record["value"]) == ("people", "people", pytest.approx(14.5))
    assert (record["second_aim"], record["second_value"], record["second_bound"]) == ("people_twice", pytest.approx(3.0), pytest.approx(3.0))
    weighted = plan_record(propose_task(far, task("backup", sites=1, weight=0.5)))
    assert (weighted["aim"], weighted["parameters"]["weight"]) == ("people_weighted", 0.5)
    record = plan_record(propose_task(near, task("equity", sites=1)))
    assert (record["unit"], record["second_unit"]) == ("share", "people")


TELLING = {
    "mclp": ({"sites": 1}, "覆盖人数：本方案 14 人", "people covered: this plan 14 people"),
    "lscp": ({"share": 0.9}, "新建设施数：本方案 1 处", "new sites: this plan 1,"),
    "pmedian": ({"sites": 1}, "总出行成本：本方案 7,000 人·米", "total travel: this plan 7,000 person-metres"),
    "pcenter": ({"sites": 1}, "最远服务半径：本方案 1,000 米", "radius: this plan 1,000 m"),
    "backup": ({"sites": 1}, "（范围内有两处设施）：本方案 3 人", "people with two sites: this plan 3 people"),
    "fixedcharge": (
        {"price": 3.5, "price_source": "估算", "trip_cost": 1, "trips": 10_000},
        "设施与出行合计费用：本方案 10.0 万元",
        "cost of sites and trips together: this plan 10.0 (10,000 yuan)",
    ),
    "capcover": (
        {"sites": 1, "capacity": 5, "places_per_1000": 1000},
        "有名额（床位）的人数：本方案 10 人",  # x: a (2.5) and b (3); 5 of c and d
        "people with a place: this plan 10 people",
    ),
    "capmedian": (
        {"sites": 1, "capacity": 9, "places_per_1000": 1000},
        "总出行成本：本方案 7,000 人·米",  # b to x, c to d
        "total travel: this plan 7,000 person-metres",
    ),
    "equity": ({"sites": 1}, "覆盖最低乡镇的覆盖率：本方案 100.00%", "worst-served township: this plan 100.00%"),
}


@pytest.mark.parametrize("model", MODELS)
def test_a_terminal_and_a_sheet_name_the_value_of_each_model(far, capsys, model):
    asked, chinese, english = TELLING[model]
    proposal = propose_task(far, task(model, **asked))
    for lang, wanted in (("zh", chinese), ("en", english)):
        print_proposal(proposal, lang)
        assert wanted in capsys.readouterr().out
    sentence = plan_sentence(sheet_of(far, proposal.scenario, Order((TYPE,), dt.date(2026, 1, 1)), proposal.plan))
    assert chinese.replace("本方案 ", "") in sentence
