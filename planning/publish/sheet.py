"""Sheet: everything a plate, a map, the tables and the GeoPackage of one plan are drawn from."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import geopandas as gpd

from layers.county import County
from layers.errors import PlanningError
from layers.facts import Facts
from layers.texts import Language, say
from layers.types import FacilityType
from planning.coverage import Coverage
from planning.evaluation import Evaluation
from planning.siting.problem import SitingPlan
from scenarios.state import State

Secrecy = Literal["内部", "送审", "公开"]


@dataclass(frozen=True)
class Imprint:
    """What a sheet says about itself.

    Attributes
    ----------
    title : str
        Name of the plan (规划名), without the county's name.
    date : date
        Date printed and put into every file's metadata; never today's clock (convention 13).
    compiled_by : str
        编制单位; the county's when empty.
    figure : str
        Name of the figure (图名); 规划布局图 when empty.
    number : str
        Number of the figure (图号), such as ``09``; may be empty.
    period : str
        Planning period (规划期限), such as ``2026—2035``; may be empty.
    secrecy : {"内部", "送审", "公开"}
        Status of the sheet. Public maps with boundaries need a map review number (地图管理条例, 审图号).
    review_number : str
        审图号, such as ``云S(2026)012号``; may be empty unless the sheet is 公开.
    scenario : str
        Title of the scenario that is drawn; may be empty.
    lang : {"zh", "en"}

    Raises
    ------
    PlanningError
        When a sheet is to be 公开 without a review number.
    ValueError
        When the status is unknown or the title is empty.
    """

    title: str
    date: dt.date
    compiled_by: str = ""
    figure: str = ""
    number: str = ""
    period: str = ""
    secrecy: Secrecy = "内部"
    review_number: str = ""
    scenario: str = ""
    lang: Language = "zh"

    def __post_init__(self) -> None:
        if self.secrecy not in get_args(Secrecy):
            raise ValueError(f"secrecy must be one of {get_args(Secrecy)}, not {self.secrecy!r}")
        if not self.title.strip():
            raise ValueError("a sheet needs a title")
        if self.secrecy == "公开" and not self.review_number.strip():
            raise PlanningError("publish.no_review_number", title=self.title)


@dataclass(frozen=True)
class Sheet:
    """One plan as it is published.

    Attributes
    ----------
    facts : Facts
        County, outlines, streets, exclusions, population.
    kinds : tuple of FacilityType
        Types that are drawn; the first is the one whose coverage is shaded.
    state : State
        Facilities of the plan, with what happens to each; ``state.origin`` is the present state.
    evaluations_before, evaluations_after : mapping of type key to Evaluation
        A type without an evaluation is shown as 未评价.
    imprint : Imprint
    plan : SitingPlan or None
        The computed proposal behind the plan, where there is one.
    parameters : mapping
        Further settings told in the workbook's 说明 (name to value), such as model, number of sites, candidates.
    """

    facts: Facts
    kinds: tuple[FacilityType, ...]
    state: State
    evaluations_before: Mapping[str, Evaluation]
    evaluations_after: Mapping[str, Evaluation]
    imprint: Imprint
    plan: SitingPlan | None = None
    parameters: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        if not self.kinds:
            raise ValueError("a sheet needs at least one facility type")

    @property
    def main(self) -> FacilityType:
        """The type whose coverage is shaded."""
        return self.kinds[0]

    @property
    def coverage(self) -> Coverage | None:
        """Coverage of the main type in the plan, None where it was not evaluated."""
        evaluation = self.evaluations_after.get(self.main.key)
        return None if evaluation is None else evaluation.coverage

    @property
    def coverage_before(self) -> Coverage | None:
        """Coverage of the main type in the present state, None where it was not evaluated."""
        evaluation = self.evaluations_before.get(self.main.key)
        return None if evaluation is None else evaluation.coverage

    @cached_property
    def sites(self) -> gpd.GeoDataFrame:
        """Sites with their actions: see :func:`planning.publish.sites.site_table`."""
        from planning.publish.sites import site_table

        return site_table(self)

    def say(self, code: str, /, **values: object) -> str:
        """Return a text of ``publish`` in the sheet's language."""
        return say(f"publish.{code}", self.imprint.lang, **values)

    def kind_name(self, key: str) -> str:
        """Return a facility type's name in the sheet's language; the key of an unknown one."""
        from layers.types import facility_types

        kind = facility_types().get(key) or next((kind for kind in self.kinds if kind.key == key), None)
        if kind is None:
            return key
        return kind.name_zh if self.imprint.lang == "zh" else kind.name_en

    @property
    def county_name(self) -> str:
        """Name of the county, marked where it is fictional."""
        return county_name(self.facts.county, self.imprint.lang)

    @property
    def heading(self) -> str:
        """County, plan and figure name, as the sheet is headed."""
        # A plan that is called 布局 already needs no second one in the name of its figure.
        called = "布局" in self.imprint.title or "layout" in self.imprint.title.lower()
        figure = self.imprint.figure or self.say("figure_short" if called else "figure")
        return self.say("heading", county=self.county_name, title=self.imprint.title, figure=figure)

    @property
    def compiled_by(self) -> str:
        """编制单位, or a dash where nobody is named."""
        return self.imprint.compiled_by or self.facts.county.compiled_by or self.say("nobody")

    @property
    def month(self) -> str:
        """Year and month of the sheet."""
        return self.say("month", year=self.imprint.date.year, month=self.imprint.date.month)

    @property
    def permission(self) -> str:
        """Who may see the sheet: its review number, or that it is for work only."""
        if self.imprint.review_number:
            return self.say("review_number", number=self.imprint.review_number, status=self.say(f"secrecy.{self.imprint.secrecy}"))
        return self.say(f"unreviewed.{self.imprint.secrecy}")

    @property
    def sources(self) -> str:
        """Where the data come from; told to be unnamed where county.toml names none."""
        return self.say("join").join(self.facts.county.sources(self.imprint.lang)) or self.say("unnamed_sources")


def county_name(county: County, lang: Language) -> str:
    """Return the name of a county, marked where it is fictional."""
    name = (county.name_en or county.name) if lang == "en" else county.name
    told = "虚构" in name or "fictional" in name
    return say("publish.fictional", lang, name=name) if county.fictional and not told else name
