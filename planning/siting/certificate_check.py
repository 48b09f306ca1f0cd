"""Check a certificate against the raw problem: its people, travel costs and sites as they were given, one row per cell.

Nothing here comes from the reduction: the rows are made anew, cell by cell, and sites that the search left out because another serves everybody at
least as well are compared with it. :func:`lifted` turns a certificate about merged rows into one about cells; :func:`check` need not trust it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from planning.siting.certificate import Array, Certificate, Rows, proven
from planning.siting.model import Model
from planning.siting.models.fixedcharge import FixedCharge
from planning.siting.models.lscp import LSCP
from planning.siting.models.mclp import MCLP
from planning.siting.models.pmedian import PMedian
from planning.siting.problem import SitingProblem

# Sums of people are equal up to this share: the accuracy of float64 over many cells.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Cells:
    """One row per cell that a usable site serves and that lives at a cost still open; fields as in :class:`planning.siting.certificate.Rows`.

    Attributes
    ----------
    settled, settled_people : float
        Cost and people of the cells that no free candidate serves better than the sites that are open anyhow.
    """

    sites: tuple[str, ...]
    weight: Array
    beyond: Array
    start: NDArray[np.int64]
    site: NDArray[np.int32]
    cost: Array
    settled: float
    settled_people: float


def check(problem: SitingProblem, model: Model, certificate: Certificate) -> float:
    """Return the bound that a certificate about cells proves for a plan's value: an upper one for MCLP, a lower one for the others.

    Raises
    ------
    ValueError
        When it is no certificate for this question: see :func:`planning.siting.certificate.proven`; a site was left out without a better one; or the
        model is none whose bounds are checked so.
    """
    cells, standing = cells_of(problem, model), {site for site, status in problem.status.items() if status in {"kept", "must_open"}}
    required = sum(status == "must_open" for status in problem.status.values())
    people = float(cells.weight.sum()) + cells.settled_people
    if isinstance(model, LSCP):
        living = float(problem.people.sum()) + model.not_located if model.of == "people" else people
        spare = 0.0 if model.share == 1.0 else max(people - model.share * living, 0.0)
        if certificate.budget is None or certificate.budget < spare:
            raise ValueError("the certificate allows less cost than the question")
    else:
        sites = getattr(model, "sites", None)
        if certificate.budget is not None or (certificate.most is not None and (sites is None or certificate.most < sites - required)):
            raise ValueError("the certificate allows fewer sites than the question")
    paid = math.fsum(problem.price.get(site, 0.0) for site in standing)
    _check_money(problem, model, certificate, paid)
    bound = proven(_among(cells, certificate), certificate)
    if isinstance(model, MCLP):
        return people - bound
    return bound + (required if isinstance(model, LSCP) else cells.settled + paid * isinstance(model, FixedCharge))


def _check_money(problem: SitingProblem, model: Model, certificate: Certificate, paid: float) -> None:
    """Refuse a certificate in which a site costs more, or less money may be spent, than in the question."""
    budget, charged, purse = getattr(model, "budget", None), isinstance(model, FixedCharge), certificate.purse
    price = problem.price if charged or budget is not None else {}
    if any(price.get(other, 0.0) > price.get(site, 0.0) for site, other in certificate.instead.items()):
        raise ValueError("a site was left out for one that costs more")
    if purse is None:
        return
    asked = np.array([price.get(site, 0.0) for site in certificate.sites], dtype=np.float64)
    if purse.charged > charged or bool((purse.price > asked).any()) or bool((purse.price < 0).any()):
        raise ValueError("the certificate charges more than the question")
    if purse.spend < math.inf and (budget is None or purse.spend < budget - paid):
        raise ValueError("the certificate allows less money than the question")


def cells_of(problem: SitingProblem, model: Model) -> Cells:
    """Return the rows of a question, one per cell; all candidates are in them."""
    threshold, beyond = _charges(problem, model)
    rivals = tuple(site for site, status in problem.status.items() if status == "competitor")
    chosen = tuple(sorted(site for site, status in problem.status.items() if status in {"candidate", "may_close"}))
    standing = [site for site, status in problem.status.items() if status in {"kept", "must_open"}]
    fixed = standing if threshold is not None else [*standing, *rivals]
    rival = _nearest(problem, rivals if threshold is not None else ())
    fallback, known = np.full(len(problem.people), beyond), np.zeros(len(problem.people), bool)
    for site in fixed:
        cell, cost = _column(problem, site, threshold, rival)
        fallback[cell], known[cell] = np.minimum(fallback[cell], cost), True
    cell_of, site_of, cost_of = [np.empty(0, np.int64)], [np.empty(0, np.int32)], [np.empty(0)]
    for place, site in enumerate(chosen):
        cell, cost = _column(problem, site, threshold, rival)
        known[cell] = True
        useful = cost < fallback[cell]
        cell_of.append(cell[useful])
        cost_of.append(cost[useful])
        site_of.append(np.full(int(useful.sum()), place, np.int32))
    cell, site_index, cost = np.concatenate(cell_of), np.concatenate(site_of), np.concatenate(cost_of)
    order, unit = np.argsort(cell, kind="stable"), model.rate if isinstance(model, FixedCharge) else 1.0
    width = np.bincount(cell, minlength=len(problem.people))
    rows, settled = np.flatnonzero(width), (width == 0) & known & (problem.people > 0)
    return Cells(
        chosen, unit * problem.people[rows], fallback[rows],
        np.concatenate([[0], np.cumsum(width[rows])]).astype(np.int64), site_index[order], cost[order],
        unit * float((problem.people[settled] * fallback[settled]).sum()), float(problem.people[settled].sum()),
    )  # fmt: skip


def _charges(problem: SitingProblem, model: Model) -> tuple[float | None, float]:
    if isinstance(model, MCLP):
        return model.threshold, 1.0
    if isinstance(model, LSCP):
        return model.threshold, float("inf") if model.share == 1.0 else 1.0
    if isinstance(model, PMedian | FixedCharge):
        return None, problem.costs.limit if model.beyond == "limit" else float("inf")
    raise ValueError(f"bounds of {model.key} have no certificate about cells")


def _nearest(problem: SitingProblem, sites: Sequence[str]) -> Array:
    near = np.full(len(problem.people), np.inf)
    for site in sites:
        cell, cost = problem.costs.column(site)
        near[cell] = np.minimum(near[cell], cost)
    return near


def _column(problem: SitingProblem, site: str, threshold: float | None, rival: Array) -> tuple[NDArray[np.int64], Array]:
    """Return the cells with people that a site serves, and one person's cost: 0 within a threshold where no competitor is nearer (convention 4)."""
    cell, cost = problem.costs.column(site)
    kept = problem.people[cell] > 0
    if threshold is not None:
        kept &= np.round(cost.astype(np.float64), 3) <= np.minimum(np.round(threshold, 3), np.round(rival[cell], 3))
    return cell[kept].astype(np.int64), np.zeros(int(kept.sum())) if threshold is not None else cost[kept].astype(np.float64)


def _among(cells: Cells, certificate: Certificate) -> Cells:
    """Return the cells that the certificate asks to pay, and its sites; a site left out must help none of them, or another must serve all as well.

    Leaving cells out makes a question easier, as nothing costs less than 0: what is proven holds for all cells.
    """
    cells = _some(cells, certificate.cells) if certificate.cells is not None else cells
    place = {site: index for index, site in enumerate(certificate.sites)}
    if not place.keys() <= set(cells.sites):
        raise ValueError("the certificate names a site that is no candidate")
    table, at = _columns(cells), {site: index for index, site in enumerate(cells.sites)}
    for site, other in certificate.instead.items():
        if other not in place or other in certificate.instead or site not in at or not _as_good(table[at[other]], table[at[site]]):
            raise ValueError(f"site {site} was left out, but no other site serves everybody as well")
    for index, site in enumerate(cells.sites):
        if site not in place and site not in certificate.instead and len(table[index][0]):
            raise ValueError(f"site {site} was left out, but it serves somebody")
    moved = np.array([-1 if site in certificate.instead else place.get(site, -1) for site in cells.sites], np.int32)
    kept = moved[cells.site] >= 0
    row = np.repeat(np.arange(len(cells.weight)), np.diff(cells.start))[kept]
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(cells.weight)))]).astype(np.int64)
    return replace(cells, sites=certificate.sites, start=start, site=moved[cells.site[kept]], cost=cells.cost[kept])


def _some(cells: Cells, chosen: NDArray[np.bool_]) -> Cells:
    if chosen.shape != cells.weight.shape:
        raise ValueError("the certificate is about other cells")
    kept, width = np.repeat(chosen, np.diff(cells.start)), np.diff(cells.start)[chosen]
    start = np.concatenate([[0], np.cumsum(width)]).astype(np.int64)
    return replace(cells, weight=cells.weight[chosen], beyond=cells.beyond[chosen], start=start, site=cells.site[kept], cost=cells.cost[kept])


def _columns(cells: Cells) -> list[tuple[NDArray[np.int64], Array]]:
    row = np.repeat(np.arange(len(cells.weight)), np.diff(cells.start))
    order = np.argsort(cells.site, kind="stable")
    ends = np.cumsum(np.bincount(cells.site, minlength=len(cells.sites)))
    return list(zip(np.split(row[order], ends[:-1]), np.split(cells.cost[order], ends[:-1]), strict=True))


def _as_good(one: tuple[NDArray[np.int64], Array], other: tuple[NDArray[np.int64], Array]) -> bool:
    """Return whether the first column serves every row of the second, no dearer; rows ascend."""
    at = np.searchsorted(one[0], other[0])
    if bool((at >= len(one[0])).any()) or bool((one[0][at] != other[0]).any()):
        return False
    return bool((one[1][at] <= other[1]).all())


@dataclass(frozen=True)
class Merged:
    """What a certificate about merged rows is about.

    Attributes
    ----------
    whole : Rows
        The rows of the question.
    asked : Rows
        Those that decide, with the same sites; sites without an entry are replaced by others.
    place : int64
        Which rows of ``whole`` they are.
    """

    whole: Rows
    asked: Rows
    place: NDArray[np.int64]


def lifted(problem: SitingProblem, model: Model, merged: Merged, certificate: Certificate) -> Certificate:
    """Return a certificate about cells that says what one about merged rows says: a cell names the price of its row."""
    cells, rows = cells_of(problem, model), merged.whole
    place = {site: index for index, site in enumerate(cells.sites)}
    names = np.array([place[site] for site in rows.sites], np.int64)
    known, used = np.full(len(place), -1), np.zeros(len(place), bool)
    known[names] = names
    used[names[np.unique(merged.asked.site)]] = True
    row_of_key = {key: row for row, key in enumerate(_keys(rows, names))}
    asked = np.full(len(rows.weight) + 1, -1)
    asked[merged.place] = np.arange(len(merged.place))
    row_of_cell = asked[np.array([row_of_key.get(key, -1) for key in _keys(cells, known)], np.int64)]
    chosen = row_of_cell >= 0  # a cell in no such row is served with another: it is asked for nothing
    table = _columns(_some(cells, chosen))
    instead = {
        cells.sites[index]: next((cells.sites[other] for other in np.flatnonzero(used) if _as_good(table[other], table[index])), "")
        for index in np.flatnonzero(~used)
        if len(table[index][0])
    }
    return replace(certificate, prices=_OfCells(certificate.prices, row_of_cell[chosen]), instead=instead, cells=chosen)


def _keys(rows: Rows, name: NDArray[np.int64]) -> list[bytes]:
    """Return what makes two rows the same; sites without a name (-1) are left out."""
    keys = []
    for begin, end, beyond in zip(rows.start[:-1].tolist(), rows.start[1:].tolist(), rows.beyond, strict=True):
        site, cost = name[rows.site[begin:end]], rows.cost[begin:end]
        site, cost = site[site >= 0], cost[site >= 0]
        order = np.argsort(site)
        keys.append(site[order].astype(np.int64).tobytes() + cost[order].astype(np.float64).tobytes() + np.float64(beyond).tobytes())
    return keys


class _OfCells(Sequence[Array]):
    """Prices of cells, made when asked for."""

    def __init__(self, prices: Sequence[Array], row: NDArray[np.int64]) -> None:
        self._prices, self._row = prices, row

    def __len__(self) -> int:
        return len(self._prices)

    @overload
    def __getitem__(self, place: int) -> Array: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Array]: ...
    def __getitem__(self, place: int | slice) -> Array | Sequence[Array]:
        if isinstance(place, slice):
            return [self[each] for each in range(*place.indices(len(self)))]
        return np.asarray(self._prices[place][self._row])
