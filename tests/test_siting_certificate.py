"""Certificates: evaluated on the raw problem they prove what trying all plans finds; tampered with, they prove less or are refused."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from planning.siting import LSCP, MCLP, BackupCover, PCenter, PMedian, SitingProblem, certify, propose
from planning.siting.certificate import Certificate, Fixed, Leaf, Split, proven
from planning.siting.certificate_check import cells_of, check
from planning.siting.models.fixedcharge import FixedCharge
from planning.siting.proof import propose_with_proof
from planning.siting.search import noted
from planning.siting.watch import Watch
from tests.siting_drawings import best, drawn, problem_of, spread
from tests.test_siting import models_for


def tangled(seed: int, cells: int = 60, sites: int = 26) -> SitingProblem:
    """Return a problem without geography, on which a search has to branch."""
    rng = np.random.default_rng(seed)
    people = rng.integers(1, 9, cells).astype(float) if seed % 2 else rng.random(cells)
    return problem_of(rng.integers(1, 40, (cells, sites)).astype(float), people, limit=100.0)


TANGLED = (MCLP(4, 4.0), MCLP(6, 3.0), LSCP(8.0), LSCP(5.0, 0.9, "coverable"), LSCP(3.0, 0.7, "coverable"), PMedian(4), PMedian(7, "limit"))


@pytest.mark.parametrize("block", range(4))
def test_the_raw_problem_and_the_certificate_prove_what_trying_all_plans_finds(block):
    proofs = 0
    for seed in range(block * 25, block * 25 + 25):
        table, people, limit, status = drawn(seed)
        problem = problem_of(table, people, limit=limit, **status)
        for model in models_for(seed):
            expected = best(problem, model, table)
            plan, certificate = propose_with_proof(problem, model)
            if expected is None:
                assert (plan.checked, certificate) == ("no", None)
                continue
            assert certificate is not None
            assert plan.checked == "whole", (seed, model)
            assert check(problem, model, certificate) == pytest.approx(expected, rel=1e-8, abs=1e-8), (seed, model)
            assert plan.checked_bound == pytest.approx(expected, rel=1e-8, abs=1e-8), (seed, model)
            proofs += 1
    assert proofs >= 50  # with the others 4 x 50 and more


def test_three_hundred_questions_are_proven_from_their_cells_and_none_beyond_the_best_plan():
    proofs = 0
    for seed in range(100, 170):
        table, people, limit, status = drawn(seed)
        problem = problem_of(table, people, limit=limit, **status)
        for model in models_for(seed):
            plan, certificate = propose_with_proof(problem, model)
            if certificate is not None:
                assert check(problem, model, certificate) == pytest.approx(plan.value, rel=1e-8, abs=1e-8), (seed, model)
                proofs += 1
    assert proofs >= 120


@pytest.mark.parametrize("model", TANGLED, ids=str)
def test_trees_are_proven_leaf_by_leaf(model):
    leaves = 0
    for seed in range(3):
        problem = tangled(seed)
        plan, certificate = propose_with_proof(problem, model)
        assert certificate is not None
        assert (plan.status, plan.checked) == ("proven", "whole")
        assert check(problem, model, certificate) == pytest.approx(plan.value, rel=1e-8)
        leaves += sum(isinstance(node, Leaf) for node in certificate.nodes)
    assert leaves >= 3
    assert propose(problem, model).checked == "whole"


@pytest.mark.parametrize("model", [MCLP(12, 3.0), LSCP(3.0), LSCP(2.0, 0.8, "coverable"), PMedian(12, "limit")], ids=str)
def test_towns_competitors_and_sites_that_may_close_are_proven_from_their_cells(model):
    table, people = spread(300, 60, 9.0)
    status = {"s03": "kept", "s07": "may_close", "s11": "may_close", "s20": "competitor", "s30": "must_open", "s31": "forbidden"}
    if isinstance(model, LSCP):
        model = replace(model, of="coverable")
    problem = problem_of(table, people, limit=9.0, **status)
    plan, certificate = propose_with_proof(problem, model)
    assert certificate is not None
    assert (plan.status, plan.checked) == ("proven", "whole")
    assert check(problem, model, certificate) == pytest.approx(plan.value, rel=1e-8)


@pytest.mark.parametrize("block", range(2))
def test_budgets_and_the_fixed_charge_are_proven_from_their_cells(block):
    branched = 0
    for seed in range(block * 8, block * 8 + 8):
        rng = np.random.default_rng(seed)
        problem = tangled(seed, 40, 14) if seed % 2 else problem_of(*drawn(seed)[:2], limit=60.0, **drawn(seed)[3])
        problem = replace(problem, price={site: float(rng.integers(0, 9)) for site in problem.costs.sites})
        money = float(rng.integers(10, 30))
        for model in (
            MCLP(threshold=8.0, budget=money), MCLP(3, 8.0, money), PMedian(budget=money, beyond="limit"), FixedCharge(0.1, beyond="limit"),
            FixedCharge(0.02, 4, money, "limit"),
        ):  # fmt: skip
            plan, certificate = propose_with_proof(problem, model)
            if certificate is None:
                assert plan.status == "infeasible"
                continue
            assert plan.checked == "whole", (seed, model)
            assert check(problem, model, certificate) == pytest.approx(plan.value, rel=1e-7, abs=1e-7), (seed, model)
            branched += len(certificate.nodes) > 1
            if certificate.purse is not None and certificate.purse.spend < math.inf:
                richer = replace(certificate, purse=replace(certificate.purse, spend=0.5 * certificate.purse.spend))
                with pytest.raises(ValueError, match="less money"):
                    check(problem, model, richer)
    assert branched >= 5


def test_a_stopped_search_proves_what_it_says_or_says_what_it_proves():
    problem = tangled(1, 150, 50)
    for model, better in ((MCLP(7, 3.0), -1.0), (LSCP(8.0), 1.0), (LSCP(3.0, 0.9, "coverable"), 1.0), (PMedian(9), 1.0)):
        for limit in (0.05, 0.2):
            plan, certificate = propose_with_proof(problem, model, time_limit=limit)
            if certificate is None or not math.isfinite(plan.bound):
                continue
            bound = check(problem, model, certificate)
            assert better * bound <= better * plan.value * (1 + better * 1e-8)
            # It may even prove more than was told, where the search was stopped before it rounded up.
            assert plan.checked == "part" or better * bound >= better * plan.bound * (1 - better * 1e-8)
            assert plan.checked_bound == pytest.approx(bound if plan.checked == "part" else plan.bound, rel=1e-8)


@dataclass(frozen=True)
class Row:
    """Two rows of 10 and 4 people; site a serves the first, b the second, c both."""

    sites: tuple[str, ...] = ("a", "b", "c")
    weight: np.ndarray = None  # type: ignore[assignment]
    beyond: np.ndarray = None  # type: ignore[assignment]
    start: np.ndarray = None  # type: ignore[assignment]
    site: np.ndarray = None  # type: ignore[assignment]
    cost: np.ndarray = None  # type: ignore[assignment]


def two_rows(cost_of_c: float = 1.0) -> Row:
    return Row(
        weight=np.array([10.0, 4.0]), beyond=np.array([5.0, 5.0]), start=np.array([0, 2, 4]), site=np.array([0, 2, 1, 2], np.int32),
        cost=np.array([0.0, cost_of_c, 0.0, cost_of_c]),
    )  # fmt: skip


def one_site(nodes: tuple[Leaf | Split | Fixed, ...], *prices: tuple[float, float]) -> Certificate:
    return Certificate(("a", "b", "c"), 1, None, nodes, [np.array(price) for price in prices], [1.0] * len(prices))


def test_bounds_by_head():
    # At prices of 2: rho = 20, 8, 14; of 28 paid a takes most: 8. Of all plans c is best and costs 14.
    assert proven(two_rows(), one_site((Leaf(0),), (2.0, 2.0))) == 8.0
    # Without a, c takes most: 28 - 14. With a the other row stays beyond at 5: prices 0 and 5 give 20 - 0.
    split = (Split(0, 1, 2), Leaf(0), Leaf(1))
    assert proven(two_rows(), one_site(split, (2.0, 2.0), (0.0, 5.0))) == 14.0
    # Prices 0 and 5 bound all plans with a by 20, and prices 5 and 0 all with b by 50: both are fixed closed; what is left costs 14.
    fixed = (Fixed(0, np.array([0]), np.array([], int), 1), Fixed(1, np.array([1]), np.array([], int), 2), Leaf(2))
    assert proven(two_rows(), one_site(fixed, (0.0, 5.0), (5.0, 0.0), (2.0, 2.0))) == 14.0
    # Prices 1 and 1: a plan without c pays 14 - 10 = 4 at least; so fixing c open proves no more than 4.
    opened = (Fixed(0, np.array([], int), np.array([2]), 1), Leaf(1))
    assert proven(two_rows(), one_site(opened, (1.0, 1.0), (2.0, 2.0))) == 4.0


def test_sites_within_a_budget_by_head():
    # Cost at most 14, as few sites as possible: one (c) does it. Prices 5, 5: nobody served costs 70, so at 1/28 a unit no site at all is 2 short.
    rows, prices = two_rows(), [np.array([5.0, 5.0])]
    certificate = Certificate(("a", "b", "c"), None, 14.0, (Leaf(0),), prices, [1 / 28])
    # Worth of a, b, c: 50, 20, 56 in 28ths, less 1 each: (70 - 14) / 28 - (50/28 - 1) - (56/28 - 1) = 2 - 0.79 - 1 = 0.21, so at least one.
    assert proven(rows, certificate) == 1.0
    with pytest.raises(ValueError, match="multiplier"):
        proven(rows, replace(certificate, multipliers=[-1.0]))


def test_a_tampered_certificate_is_refused():
    rows, good = two_rows(), one_site((Split(0, 1, 2), Leaf(0), Leaf(1)), (2.0, 2.0), (0.0, 5.0))
    for nodes in ((Split(0, 1, 2), Leaf(0)), (Split(0, 1, -1), Leaf(0)), ()):
        with pytest.raises(ValueError, match="lacks node"):
            proven(rows, replace(good, nodes=nodes))
    with pytest.raises(ValueError, match="before the one"):
        proven(rows, replace(good, nodes=(Split(0, 1, 0), Leaf(0))))
    with pytest.raises(ValueError, match="lacks prices"):
        proven(rows, replace(good, nodes=(Leaf(2),)))
    for price in ((2.0, 5.1), (math.nan, 0.0), (2.0,)):
        with pytest.raises(ValueError, match="price"):
            proven(rows, replace(good, prices=[good.prices[0], np.array(price)]))
    with pytest.raises(ValueError, match="other sites"):
        proven(rows, replace(good, sites=("a", "b", "d")))


def test_a_certificate_of_a_search_that_is_tampered_with_is_refused_or_proves_less():
    problem, model = tangled(2), MCLP(6, 3.0)
    plan, certificate = propose_with_proof(problem, model)
    assert certificate is not None
    told = check(problem, model, certificate)
    assert told == pytest.approx(plan.value, rel=1e-8)
    with pytest.raises(ValueError, match="lacks node"):
        check(problem, model, replace(certificate, nodes=certificate.nodes[:-1]))
    high = [np.full(len(certificate.prices[0]), 1.5)] * len(certificate.prices)
    with pytest.raises(ValueError, match="price"):
        check(problem, model, replace(certificate, prices=high))
    for factor in (0.0, 0.5, 0.97):
        less = [factor * price for price in certificate.prices]
        assert check(problem, model, replace(certificate, prices=less)) > told
    for most, refused in ((5, True), (7, False)):
        if refused:
            with pytest.raises(ValueError, match="fewer sites"):
                check(problem, model, replace(certificate, most=most))
        else:
            assert check(problem, model, replace(certificate, most=most)) >= told


def test_a_site_left_out_without_a_better_one_is_refused():
    # Two sites of equal reach and a third that reaches more: the certificate names one of the equal ones.
    problem, model = problem_of([[1.0, 1, 9], [1, 1, 1], [9, 9, 1]], [5, 2, 4]), MCLP(1, 2.0)
    plan, certificate = propose_with_proof(problem, model)
    assert certificate is not None
    assert (plan.value, check(problem, model, certificate), dict(certificate.instead)) == (7.0, 7.0, {"s01": "s00"})
    with pytest.raises(ValueError, match="serves somebody"):
        check(problem, model, replace(certificate, instead={}))
    with pytest.raises(ValueError, match="as well"):
        check(problem, model, replace(certificate, instead={"s01": "s02"}))
    with pytest.raises(ValueError, match="as well"):
        check(problem, model, replace(certificate, instead={"s01": "s00", "s00": "s01"}))


def test_rows_of_cells_are_made_anew_by_head():
    problem = problem_of([[1.0, 9, 2], [9, 1, 2], [9, 9, 9]], [5, 2, 4], limit=20.0, s01="kept")
    cells = cells_of(problem, MCLP(1, 2.0))
    assert (cells.sites, cells.weight.tolist(), cells.settled_people) == (("s00", "s02"), [5.0], 2.0)
    trips = cells_of(problem, PMedian(1))
    # The second cell is served by the kept site at 1, the third by it at 9, and nobody is nearer.
    assert (trips.weight.tolist(), trips.beyond.tolist(), trips.cost.tolist(), trips.settled) == ([5.0], [9.0], [1.0, 2.0], 2.0 + 36.0)
    with pytest.raises(ValueError, match="no certificate"):
        cells_of(problem, PCenter(1))


def test_models_without_a_certificate_say_so():
    problem = tangled(1, 30, 8)
    for model in (PCenter(2), BackupCover(2, 9.0)):
        plan = propose(problem, model)
        assert plan.checked == "no"
        assert math.isnan(plan.checked_bound)
        assert propose_with_proof(problem, model)[1] is None


def test_a_bound_that_its_certificate_does_not_prove_is_an_error():
    problem, model = tangled(1), MCLP(4, 4.0)
    _, notes = noted(problem, model, model.frame(problem), Watch(lambda *_, **__: None, 60.0, 0.0))
    assert notes is not None
    lie = replace(notes, bound=notes.cost + 1.0, cost=notes.cost + 5.0, cutoff=notes.cost + 4.0)
    with pytest.raises(ValueError, match="better than the one its certificate proves"):
        certify.reviewed(lie)
