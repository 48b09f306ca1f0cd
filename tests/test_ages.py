"""Sprague's multipliers against the exact polynomial they stand for, and splitting by head arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from layers.ages import INF, age_span, check_spans, multipliers, single_ages

FIVES = tuple((float(age), float(age + 5)) for age in range(0, 85, 5))
OPEN = (*FIVES, (85.0, INF))


def lagrange(knots: list[int], at: int, knot: int) -> Fraction:
    product = Fraction(1)
    for other in knots:
        if other != knot:
            product *= Fraction(at - other, knot - other)
    return product


def through(knots: list[int], age: int) -> list[Fraction]:
    """Return the share of each five-year group between the knots in one year, by the polynomial through the people below each knot."""
    step = {knot: lagrange(knots, age + 1, knot) - lagrange(knots, age, knot) for knot in knots}
    # People below a knot are the sum of the groups before it, so a group counts at every later knot.
    return [sum((step[later] for later in knots if later > knot), Fraction(0)) for knot in knots[:-1]]


def sprague(age: int) -> list[Fraction]:
    """Return the multipliers of a year of the middle group of five, from the osculatory conditions and not from any table.

    The curve of the people below an age over the middle group is the quintic that has, at each of its two ends, the value, the first and the second
    derivative of the quartic through the five knots around that end.
    """
    knots = [0, 5, 10, 15, 20, 25]
    rows = np.zeros((6, 6), dtype=object)
    right = np.zeros((6, 6), dtype=object)
    for number, (end, around) in enumerate(((10, knots[:5]), (15, knots[1:]))):
        quartic = [[Fraction(0)] * 6 for _ in range(3)]
        for knot in around:
            value, first, second = derivatives(around, knot, end)
            for order, part in enumerate((value, first, second)):
                quartic[order][knots.index(knot)] = part
        for order in range(3):
            row = 3 * number + order
            for power in range(6):
                factor = Fraction(1)
                for step in range(order):
                    factor *= power - step
                rows[row, power] = factor * Fraction(end) ** (power - order) if power >= order else Fraction(0)
            right[row] = quartic[order]
    solved = solve(rows, right)
    below = [[sum((solved[power, knot] * Fraction(at) ** power for power in range(6)), Fraction(0)) for knot in range(6)] for at in (age, age + 1)]
    step = [later - earlier for earlier, later in zip(*below, strict=True)]
    return [sum(step[group + 1 :], Fraction(0)) for group in range(5)]


def derivatives(knots: list[int], knot: int, at: int) -> tuple[Fraction, Fraction, Fraction]:
    """Return value, slope and curvature at a place of the quartic that is 1 at one knot and 0 at the others."""
    others = [other for other in knots if other != knot]
    scale = Fraction(1)
    for other in others:
        scale /= knot - other
    coefficients = [Fraction(1)]
    for other in others:  # multiply by (x - other), lowest power first
        coefficients = [low - other * here for low, here in zip([Fraction(0), *coefficients], [*coefficients, Fraction(0)], strict=True)]
    value = sum((part * Fraction(at) ** power for power, part in enumerate(coefficients)), Fraction(0))
    slope = sum((part * power * Fraction(at) ** (power - 1) for power, part in enumerate(coefficients) if power >= 1), Fraction(0))
    curve = sum((part * power * (power - 1) * Fraction(at) ** (power - 2) for power, part in enumerate(coefficients) if power >= 2), Fraction(0))
    return value * scale, slope * scale, curve * scale


def solve(rows, right):
    """Gauss and Jordan in fractions."""
    both = np.hstack([rows, right])
    for column in range(6):
        pivot = next(row for row in range(column, 6) if both[row, column] != 0)
        both[[column, pivot]] = both[[pivot, column]]
        both[column] = both[column] / both[column, column]
        for row in range(6):
            if row != column:
                both[row] = both[row] - both[row, column] * both[column]
    return both[:, 6:]


def test_the_ends_are_the_quartic_through_five_ages():
    table = multipliers(7)
    for age in range(10):
        assert table[age, :4].tolist() == [float(part) for part in through([0, 5, 10, 15, 20], age)]
        assert table[34 - age, 3:].tolist() == [float(part) for part in reversed(through([0, 5, 10, 15, 20], age))]
    assert not table[:10, 4:].any()
    assert not table[-10:, :3].any()


def test_the_middle_follows_from_the_osculatory_conditions():
    table = multipliers(5)
    for age in range(10, 15):
        assert table[age].tolist() == [float(part) for part in sprague(age)]


@pytest.mark.parametrize("groups", [4, 5, 6, 17, 20])
def test_each_group_keeps_its_sum_and_takes_nothing_of_others(groups):
    table = multipliers(groups)
    assert table.reshape(groups, 5, groups).sum(axis=1) == pytest.approx(np.eye(groups), abs=1e-12)
    assert table[::-1, ::-1] == pytest.approx(table)


@pytest.mark.parametrize("degree", range(5))
def test_people_below_an_age_as_a_polynomial_are_met_exactly(degree):
    below = [Fraction(age) ** degree if degree else Fraction(age) for age in range(86)]
    years = np.array([float(later - earlier) for earlier, later in pairwise(below)])
    split = single_ages(years.reshape(17, 5).sum(axis=1)[None, :], FIVES)
    assert split.people[0] == pytest.approx(years, rel=1e-9)
    assert split.even.tolist() == [0]


def test_the_example_of_the_reference_implementation():
    # The World Bank's example that the R packages simPop and DemoTools carry; the first year by hand with the published multipliers.
    people = [1971990, 2095820, 2157190, 2094110, 2116580, 2003840, 1785690, 1502990, 1214170, 796934, 627551, 530305, 488014, 364498, 259029, 158047]
    split = single_ages(np.array([[*people, 125941]], dtype=float), (*FIVES[:16], (80.0, INF)))
    by_hand = 0.3616 * 1971990 - 0.2768 * 2095820 + 0.1488 * 2157190 - 0.0336 * 2094110
    assert split.people[0, 0] == pytest.approx(by_hand)
    assert split.people[0, 12] == pytest.approx(0.0064 * 1971990 - 0.0336 * 2095820 + 0.2544 * 2157190 - 0.0336 * 2094110 + 0.0064 * 2116580)
    assert split.people[0].reshape(16, 5).sum(axis=1) == pytest.approx(people)
    assert split.beyond.tolist() == [125941]
    assert split.of((0, INF))[0] == pytest.approx(sum(people) + 125941)


def test_a_group_that_would_have_fewer_than_nobody_is_split_evenly():
    # 0.3616 x 0 - 0.2768 x 1000 < 0: the first group is even, and stays empty; the second has 0.0336 x 0 + ... >= 0 nowhere below 0.
    split = single_ages(np.array([[100.0, 1000.0, 0.0, 0.0, 0.0, 500.0]]), FIVES[:6])
    assert (split.people >= 0).all()
    assert split.people[0].reshape(6, 5).sum(axis=1) == pytest.approx([100, 1000, 0, 0, 0, 500])
    assert split.people[0, :5].tolist() == [20.0] * 5
    assert split.even[0] >= 1


def test_wider_groups_are_first_even_and_narrower_ones_are_kept():
    spans = ((0.0, 1.0), (1.0, 5.0), (5.0, 15.0), (15.0, 20.0), (20.0, 25.0), (25.0, INF))
    split = single_ages(np.array([[30.0, 70.0, 200.0, 100.0, 100.0, 7.0]]), spans)
    # Every five-year group has 100, so that every year has 20 but those of the first group, which is told apart: 30, and 70 / 4 each.
    assert split.people[0] == pytest.approx([30, 17.5, 17.5, 17.5, 17.5, *[20.0] * 20])
    assert split.of((0, 18))[0] == pytest.approx(30 + 70 + 200 + 60)
    assert split.of((20, INF))[0] == pytest.approx(107)


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.one_of(st.just(0.0), st.floats(1e-3, 1e6)), min_size=18, max_size=18), min_size=1, max_size=4,
    )
)  # fmt: skip
def test_totals_are_exact_and_nobody_is_negative(rows):
    people = np.array(rows)
    split = single_ages(people, OPEN)
    assert (split.people >= 0).all()
    assert split.people.reshape(len(rows), 17, 5).sum(axis=2) == pytest.approx(people[:, :17], rel=1e-9, abs=1e-9)
    assert split.of((0, 18)) + split.of((18, 60)) + split.of((60, INF)) == pytest.approx(people.sum(axis=1), rel=1e-9, abs=1e-9)
    assert split.of((60, INF)) == pytest.approx(people[:, 12:].sum(axis=1), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("spans", "reason"),
    [
        (OPEN, ""),
        (FIVES, ""),
        (((0.0, 1.0), (1.0, 5.0), *OPEN[1:]), ""),
        (((0.0, 20.0), (20.0, INF)), ""),
        (FIVES[:3], "few"),
        ((*FIVES[:3], (15.0, INF)), "few"),
        (FIVES[1:], "gap"),
        ((*FIVES[:4], *FIVES[5:]), "gap"),
        ((*FIVES, FIVES[3]), "gap"),
        ((), "gap"),
        (((0.0, 18.0), (18.0, 60.0), (60.0, INF)), "bounds"),
        ((*FIVES[:4], (20.0, 22.0), (22.0, INF)), "bounds"),
    ],
)
def test_which_groups_can_be_split(spans, reason):
    assert check_spans(spans) == reason
    if reason:
        with pytest.raises(ValueError, match="cannot be split"):
            single_ages(np.ones((1, len(spans))), spans)


def test_the_open_group_is_not_split():
    split = single_ages(np.ones((1, 18)), OPEN)
    with pytest.raises(ValueError, match="not told apart"):
        split.of((90, INF))
    with pytest.raises(ValueError, match="not told apart"):
        split.of((80, 90))
    with pytest.raises(ValueError, match="not told apart"):
        single_ages(np.ones((1, 17)), FIVES).of((60, INF))
    with pytest.raises(ValueError, match="at least 4"):
        multipliers(3)


def test_names_of_groups():
    assert [age_span(name) for name in ("60_64", "80_plus", "total", "64_60", "5_5")] == [(60, 65), (80, INF), None, None, (5, 6)]
