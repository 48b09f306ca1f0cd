"""Single years of age from age groups, by Sprague's multipliers, and any other group from them.

Sprague's osculatory formula of the fifth difference (T. B. Sprague, *Explanation of a new formula for interpolation*, Journal of the Institute of
Actuaries 22, 1880) draws a smooth curve through the people below each age. Its multipliers, which give a fifth of a five-year group as a weighted sum
of the groups around it, are those of H. S. Shryock and J. S. Siegel, *The Methods and Materials of Demography* (1976), in the edition of J. S. Siegel
and D. A. Swanson (2004) on p. 727; the R package DemoTools has the same as ``graduate_sprague``. They keep the sum of each five-year group, and are
exact where the people below an age are a polynomial of the fourth degree of the age or less.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Span = tuple[float, float]
INF = float("inf")
FEWEST = 4  # five-year groups below the open one, which the multipliers of the ends need
_RANGE = re.compile(r"(\d{1,3})_(\d{1,3})|(\d{1,3})_plus")
# One row per single year, one column per five-year group. The first two groups lean on the four youngest ...
_FIRST = np.array([
    [0.3616, -0.2768, 0.1488, -0.0336],
    [0.2640, -0.0960, 0.0400, -0.0080],
    [0.1840, 0.0400, -0.0320, 0.0080],
    [0.1200, 0.1360, -0.0720, 0.0160],
    [0.0704, 0.1968, -0.0848, 0.0176],
])  # fmt: skip
_SECOND = np.array([
    [0.0336, 0.2272, -0.0752, 0.0144],
    [0.0080, 0.2320, -0.0480, 0.0080],
    [-0.0080, 0.2160, -0.0080, 0.0000],
    [-0.0160, 0.1840, 0.0400, -0.0080],
    [-0.0176, 0.1408, 0.0912, -0.0144],
])  # fmt: skip
# ... those between on two groups on either side; the last two mirror the first two.
_MIDDLE = np.array([
    [-0.0128, 0.0848, 0.1504, -0.0240, 0.0016],
    [-0.0016, 0.0144, 0.2224, -0.0416, 0.0064],
    [0.0064, -0.0336, 0.2544, -0.0336, 0.0064],
    [0.0064, -0.0416, 0.2224, 0.0144, -0.0016],
    [0.0016, -0.0240, 0.1504, 0.0848, -0.0128],
])  # fmt: skip


@dataclass(frozen=True)
class SingleAges:
    """People by single year of age in some places.

    Attributes
    ----------
    people : float64 array, shape (places, years)
        From age 0; none negative.
    beyond : float64 array, shape (places,)
        People of the open group, who are older than all of these; 0 where the last group is closed.
    closed : bool
        Whether there is no open group.
    even : int64 array, shape (places,)
        Five-year groups in each place that were split evenly because the multipliers gave negative people.
    """

    people: Floats
    beyond: Floats
    closed: bool
    even: NDArray[np.int64]

    def of(self, span: Span) -> Floats:
        """Return the people from an age (inclusive) to an age (exclusive) in each place.

        Raises
        ------
        ValueError
            When an end lies within the open group, or beyond a closed last group.
        """
        start, end = span
        last = self.people.shape[1]
        if start > last or (start == last and self.closed) or (end != INF and end > last) or (end == INF and self.closed):
            raise ValueError(f"ages {span} are not told apart in groups that end at {last}")
        years = self.people[:, int(start) : last if end == INF else int(end)].sum(axis=1)
        total: Floats = years + self.beyond if end == INF else years
        return total


def age_span(group: str) -> Span | None:
    """Return the ages a group counts, from (inclusive) and to (exclusive), or None where its name (``60_64``, ``80_plus``) says none."""
    matched = _RANGE.fullmatch(group)
    if matched is None:
        return None
    if matched.group(3) is not None:
        return float(matched.group(3)), INF
    start, end = float(matched.group(1)), float(matched.group(2)) + 1.0
    return (start, end) if start < end else None


def multipliers(groups: int) -> Floats:
    """Return Sprague's multipliers for so many five-year groups, shape (5 x groups, groups).

    Raises
    ------
    ValueError
        When there are fewer than four groups.
    """
    if groups < FEWEST:
        raise ValueError(f"Sprague's multipliers need at least {FEWEST} five-year groups, not {groups}")
    table = np.zeros((5 * groups, groups))
    table[:5, :4], table[5:10, :4] = _FIRST, _SECOND
    for group in range(2, groups - 2):
        table[5 * group : 5 * group + 5, group - 2 : group + 3] = _MIDDLE
    table[-5:, -4:], table[-10:-5, -4:] = _FIRST[::-1, ::-1], _SECOND[::-1, ::-1]
    return table


def check_spans(spans: Sequence[Span]) -> str:
    """Return why age groups cannot be split into single years, or an empty text where they can.

    ``gap``: they do not count every age from 0 on once. ``bounds``: one begins or ends within a five-year group that it leaves. ``few``: there are
    fewer than four five-year groups below the open one.
    """
    ordered = sorted(spans)
    if not ordered or ordered[0][0] != 0 or any(one[1] != other[0] for one, other in pairwise(ordered)):
        return "gap"
    last = ordered[-1][0] if ordered[-1][1] == INF else ordered[-1][1]
    if last % 5 or not all(_fits(span) for span in ordered if span[1] != INF):
        return "bounds"
    return "few" if last < 5 * FEWEST else ""


def single_ages(people: Floats, spans: Sequence[Span]) -> SingleAges:
    """Split age groups into single years of age.

    Parameters
    ----------
    people : float64 array, shape (places, groups)
        People by group; finite and not negative.
    spans : sequence of pairs
        Ages of each group, from (inclusive) and to (exclusive, infinite for the open group), of which :func:`check_spans` has nothing to say.

    Returns
    -------
    SingleAges
        Every group's people are met in every place.

    Raises
    ------
    ValueError
        When the groups cannot be split.

    Notes
    -----
    Groups wider than five years are first split evenly into five-year groups, narrower ones added up to them. Where the multipliers give a single
    year fewer than no people, as they do where groups differ wildly, the five-year group is split evenly in that place.
    """
    reason = check_spans(spans)
    if reason:
        raise ValueError(f"age groups cannot be split ({reason}): {list(spans)}")
    closed = [number for number, span in enumerate(spans) if span[1] != INF]
    years = int(max(spans[number][1] for number in closed))
    fives = np.zeros((len(people), years // 5))
    for number in closed:
        first, last = int(spans[number][0]) // 5, (int(spans[number][1]) - 1) // 5 + 1
        fives[:, first:last] += people[:, [number]] / (last - first)
    singles, even = _split(fives)
    for number in closed:
        _meet(singles[:, int(spans[number][0]) : int(spans[number][1])], people[:, number])
    beyond = people.sum(axis=1, where=np.array([span[1] == INF for span in spans]))
    return SingleAges(singles, beyond, len(closed) == len(spans), even)


def _split(fives: Floats) -> tuple[Floats, NDArray[np.int64]]:
    places, groups = fives.shape
    panels = (fives @ multipliers(groups).T).reshape(places, groups, 5)
    panels[np.abs(panels) < 1e-9 * fives.sum(axis=1)[:, None, None]] = 0.0  # what is left of a sum that cancels out
    negative = (panels < 0).any(axis=2)
    panels[negative] = np.repeat(fives[negative][:, None] / 5, 5, axis=1)
    return panels.reshape(places, 5 * groups), negative.sum(axis=1).astype(np.int64)


def _meet(singles: Floats, totals: Floats) -> None:
    """Scale the single years of a group to its people, in place; all alike where they would be nobody."""
    sums = singles.sum(axis=1)
    singles *= np.divide(totals, sums, out=np.ones(len(sums)), where=sums > 0)[:, None]
    nobody = (sums <= 0) & (totals > 0)
    singles[nobody] = totals[nobody, None] / singles.shape[1]


def _fits(span: Span) -> bool:
    """Return whether a closed group is made of whole five-year groups, or lies within one."""
    start, end = span
    return (start % 5 == 0 and end % 5 == 0) or start // 5 == (end - 1) // 5
