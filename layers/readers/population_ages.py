"""Age groups that the cells do not count, estimated from a table of townships by age."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from layers.ages import INF, SingleAges, Span, age_span, check_spans, single_ages
from layers.checking.origins import written
from layers.checking.population_rows import LAYER
from layers.checking.population_size import LARGEST
from layers.checking.population_totals import FACTORS
from layers.county import AgeTable, County
from layers.errors import Fault, PlanningError
from layers.outlines import Outlines
from layers.readers._cells import PlacedCells
from layers.readers._columns import find_columns, number, text
from layers.readers._files import read_table
from layers.readers._township_rows import left_out, row_count, township_rows

_AGED = r"(?:周?岁)?"
_HEAD = re.compile(rf"(\d{{1,3}}){_AGED}[-_~—–至到](\d{{1,3}}){_AGED}|(\d{{1,3}}){_AGED}(?:\+|及以上|以上|_plus)|(\d{{1,3}})周?岁")


@dataclass(frozen=True)
class _Table:
    """A table of ages as it was read; rows with a cell that is no number are not in it."""

    file: str
    township: str
    people: pd.DataFrame
    rows: Mapping[str, int]
    spans: tuple[Span, ...]


def estimate_ages(folder: Path, county: County, outlines: Outlines, placed: PlacedCells, faults: list[Fault]) -> pd.DataFrame:
    """Return the people of cells with the groups that ``[population_ages]`` asks for.

    The people of each township are split into single years of age (:mod:`layers.ages`), added up to the group, and spread over the township's cells
    as the people of the narrowest group that the cells count and that holds the ages, or of all residents. Each township's people are met. Cells of
    a township that the table lacks take the proportion of all others, with a warning.

    Parameters
    ----------
    folder : Path
        The county's folder.
    county : County
        Which has a table of ages.
    outlines : Outlines
    placed : PlacedCells
        After totals are met.
    faults : list of Fault
        Takes which groups were estimated, and how; and what is found in the table.

    Raises
    ------
    PlanningError
        When the table cannot be read, its groups do not fit together or do not tell the ages that are asked for, or the cells count a group already.
    """
    spec = county.population_ages
    if spec is None:
        return placed.people
    asked = {group: _asked(group, spec, placed) for group in spec.groups}
    table = _read(folder, spec, county, outlines, faults)
    single = single_ages(table.people.to_numpy(dtype=float), table.spans)
    made = pd.DataFrame({group: _of(single, group, span, spec) for group, span in asked.items()}, index=table.people.index)
    faults.extend(_against_residents(table, placed))
    faults.extend(_not_in_both(table, placed, made, outlines))
    spread = {group: _spread(made[group], placed.people[_basis(span, placed, spec)], placed) for group, span in asked.items()}
    people = placed.people.assign(**spread)
    faults.extend(_made(table, single, asked, people, placed, spec))
    return people


def _asked(group: str, spec: AgeTable, placed: PlacedCells) -> Span:
    span = age_span(group)
    if span is None:
        raise PlanningError("ages.group", group=group)
    if group in placed.people.columns:
        raise PlanningError("ages.counted", group=group, file=spec.file)
    return span


def _of(single: SingleAges, group: str, span: Span, spec: AgeTable) -> np.ndarray:
    try:
        return single.of(span)
    except ValueError as error:
        raise PlanningError("ages.open", group=group, file=spec.file, years=single.people.shape[1]) from error


def _read(folder: Path, spec: AgeTable, county: County, outlines: Outlines, faults: list[Fault]) -> _Table:
    layer = "population_ages"
    table = read_table(folder, spec.file, layer, encoding=spec.encoding, sheet=spec.sheet, header_row=spec.header_row)
    stated = {name: head for name, head in spec.columns.items() if name == "township"}
    township = find_columns(table.columns, "totals", stated, file=spec.file, layer=layer).get("township")
    if township is None:
        raise PlanningError("table.needs_column", file=spec.file, layer=layer, column="township", heads="、".join(table.columns))
    heads = _heads(table, spec)
    spans = tuple(heads.values())
    if reason := check_spans(spans):
        raise PlanningError(f"ages.{reason}", file=spec.file, heads="、".join(heads) or "-")
    names = table[township]
    rows = township_rows(names, spec.file, outlines, county, faults)
    faults.extend(left_out(rows.parts, names, spec.file))
    numbers = table[list(heads)].map(_count).astype(float)
    good = {code: row for code, row in rows.of.items() if numbers.loc[row].notna().all()}
    used = {*rows.of.values(), *rows.whole}
    missing = numbers.isna()
    bad = [(row, head) for head in heads for row in sorted(used) if missing[head].loc[row]]
    faults.extend(Fault("error", "population.ages_bad", LAYER, spec.file, row=row, field=head, value=text(table.loc[row, head])) for row, head in bad)
    faults.append(row_count(spec.file, len(table), len(good)))
    if not good:
        raise PlanningError("ages.no_rows", faults=faults, file=spec.file)
    summed = numbers.loc[[*rows.of.values(), *rows.left]]
    faults.extend(_sums(numbers.loc[list(rows.whole)], summed, names, spec.file))
    return _Table(spec.file, township, numbers.loc[list(good.values())].set_axis(list(good), axis=0), good, spans)


def _heads(table: pd.DataFrame, spec: AgeTable) -> dict[str, Span]:
    """Return the ages that columns count, by their heads."""
    stated = {group: head for group, head in spec.columns.items() if group != "township"}
    found: dict[str, Span] = {}
    for group, head in stated.items():
        span = age_span(group)
        if span is None:
            raise PlanningError("ages.group", group=group)
        if head not in table.columns:
            raise PlanningError("table.no_column", file=spec.file, layer="population_ages", column=head, heads="、".join(table.columns))
        found[head] = span
    if not found:
        found = {head: span for head in map(str, table.columns) if (span := _span_of(head)) is not None}
    return found


def _span_of(head: str) -> Span | None:
    matched = _HEAD.fullmatch(re.sub(r"\s+", "", unicodedata.normalize("NFKC", head)))
    if matched is None:
        return None
    start, end, open_start, single = (None if part is None else float(part) for part in matched.groups())
    if open_start is not None:
        return open_start, INF
    if single is not None:
        return single, single + 1
    return (start, end + 1) if start is not None and end is not None and start <= end else None


def _count(cell: object) -> float:
    """Return a cell's people; NaN where it is no number of people, as nothing at all is none either."""
    value = number(cell)
    return value if value is not None and 0 <= value <= LARGEST else np.nan


def _sums(whole: pd.DataFrame, summed: pd.DataFrame, names: pd.Series, file: str) -> Iterator[Fault]:
    """Yield each number of a row for the whole county that is not the sum of the townships; nothing where one of them cannot be read."""
    sums = {str(head): float(summed[head].sum()) for head in summed.columns if summed[head].notna().all()}
    for row, entries in zip(map(int, whole.index), whole.to_dict("records"), strict=True):
        name = text(names[row])
        differs = [head for head, total in sums.items() if abs(entries[head] - total) > 1]
        for head in differs:
            told = {"township": name, "summed": written(round(sums[head], 6))}
            yield Fault("warning", "population.total_sum", LAYER, file, row=row, field=head, value=written(entries[head]), values=told)
        if not differs:
            yield Fault("note", "population.part_row", LAYER, file, row=row, field=str(names.name), value=name)


def _basis(span: Span, placed: PlacedCells, spec: AgeTable) -> list[str]:
    """Return the columns as whose people a group is spread: the narrowest that holds its ages, or those of all residents."""
    spans = {str(column): known for column in placed.people.columns if (known := age_span(str(column))) is not None}
    holding = [column for column, (start, end) in spans.items() if start <= span[0] and end >= span[1]]
    if holding:
        return [min(holding, key=lambda column: spans[column][1] - spans[column][0])]
    if "residents" not in placed.groups:
        raise PlanningError("ages.no_residents", file=spec.file)
    return list(placed.groups["residents"])


def _spread(made: pd.Series, basis: pd.DataFrame, placed: PlacedCells) -> pd.Series:
    weight = basis.sum(axis=1)
    sums = weight.groupby(placed.codes).sum()
    there = made.index.intersection(sums.index[sums > 0])
    usual = float(made[there].sum() / sums[there].sum()) if len(there) else 0.0
    each = pd.Series(usual, index=sums.index)
    each[there] = made[there] / sums[there]
    return weight * pd.Series(placed.codes, index=weight.index).map(each).astype(float)


def _against_residents(table: _Table, placed: PlacedCells) -> Iterator[Fault]:
    """Yield townships whose people of all ages are far from the residents of their cells."""
    if "residents" not in placed.groups:
        return
    residents = placed.people[list(placed.groups["residents"])].sum(axis=1).groupby(placed.codes).sum()
    whole = table.people.sum(axis=1)
    for code in whole.index:
        now = float(residents.get(code, 0.0))
        if now > 0 and not FACTORS[0] <= whole[code] / now <= FACTORS[1]:
            told = {"now": f"{now:.1f}", "factor": f"{whole[code] / now:.4g}", "low": FACTORS[0], "high": FACTORS[1], "township": code}
            value = written(round(float(whole[code]), 6))
            yield Fault("warning", "population.ages_factor", LAYER, table.file, row=table.rows[code], field=table.township, value=value, values=told)


def _not_in_both(table: _Table, placed: PlacedCells, made: pd.DataFrame, outlines: Outlines) -> Iterator[Fault]:
    """Yield townships of the table without people in cells, and townships of cells that the table lacks."""
    living = placed.people.sum(axis=1).groupby(placed.codes).sum()
    living = living[living > 0]
    for code in made.index.difference(living.index):
        people = written(round(float(table.people.loc[code].sum()), 6))
        told = {"township": outlines.township_name(code)}
        yield Fault("error", "population.ages_nobody", LAYER, table.file, row=table.rows[code], field=table.township, value=people, values=told)
    for code in living.index.difference(made.index):
        name = outlines.township_name(code) or "-"
        told = {"people": f"{living[code]:.1f}"}
        yield Fault("warning", "population.ages_missing", LAYER, table.file, field=table.township, value=name, values=told)


def _made(table: _Table, single: SingleAges, asked: Mapping[str, Span], people: pd.DataFrame, placed: PlacedCells, spec: AgeTable) -> Iterator[Fault]:
    """Yield a note for each group that was estimated, with its method."""
    ends = {end for span in table.spans for end in span}
    for group, span in asked.items():
        code = "population.ages_summed" if set(span) <= ends else "population.ages_split"
        told = {"group": group, "basis": "、".join(_basis(span, placed, spec))}
        yield Fault("note", code, LAYER, table.file, field=group, value=f"{people[group].sum():.1f}", values=told)
    if single.even.any():
        split: dict[str, object] = {"count": int(single.even.sum()), "townships": int((single.even > 0).sum())}
        yield Fault("note", "population.ages_even", LAYER, table.file, values=split)
