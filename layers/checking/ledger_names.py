"""Facilities that stand in the ledgers twice, by likeness of names and distance."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import geopandas as gpd
import numpy as np
import shapely
from scipy.spatial import cKDTree

from layers.checking.origins import Finding, Origin

NEAR_M = 300.0
ALIKE = 0.75
_MARKS = re.compile(r"[\W_]+")
_FACILITY = re.compile(
    "有限责任公司|有限公司|特困人员|特困|供养|五保|居家|社区养老|养老|养护|敬老|福利|幸福|互助|老年人|老年|农村|公寓|日间照料|照料|托老|食堂|儿童之家"
    "|未成年人|儿童|保护|救助|社会工作|社工|工作站|服务|机构|综合|中心|公墓|公益性|经营性|陵园|骨灰堂|安放|殡仪馆|管理|设施|站|院|所"
)
_ADMINISTRATIVE = re.compile(r"(?<=\w)(居民委员会|村民委员会|居委会|村委会|街道办事处|街道|社区|自治县|县|市|区|镇|乡|村)")
_TELLING = re.compile(r"\d+|[一二三四五六七八九十甲乙丙丁]|[东南西北上下前后新老]")


def core_name(name: str, county: str = "") -> str:
    """Return what tells a facility's name from others of its type: without county, 镇 or 乡, 敬老院 or 中心, marks and spaces.

    >>> core_name("示例县 太平镇中心敬老院", "示例县")
    '太平'
    """
    core = _MARKS.sub("", unicodedata.normalize("NFKC", name)).lower()
    for prefix in (county, county.removesuffix("县").removesuffix("市").removesuffix("区")):
        if len(prefix) > 1 and core.startswith(prefix):
            core = core.removeprefix(prefix)
    core = re.sub(r"^[县市区]", "", core)
    short = _FACILITY.sub("", core)
    return _ADMINISTRATIVE.sub("", short) or short or core


def likeness(one: str, other: str) -> float:
    """Return how alike two core names are, from 0 to 1.

    The measure is that of Ratcliff and Obershelp (1988) as in :class:`difflib.SequenceMatcher`: twice the characters in common over all characters,
    the larger of both orders so that it is symmetric. Names that differ in a number or in a direction (一、二; 东、西) are not alike.
    """
    if one == other:
        return 1.0
    if sorted(_TELLING.findall(one)) != sorted(_TELLING.findall(other)):
        return 0.0
    return max(SequenceMatcher(None, one, other, autojunk=False).ratio(), SequenceMatcher(None, other, one, autojunk=False).ratio())


def find_duplicates(table: gpd.GeoDataFrame, origins: Sequence[Origin], *, county: str = "") -> Iterator[Finding]:
    """Yield rows that seem to repeat an earlier row of the same type.

    Two rows of a type are taken for one facility when their core names and townships are equal, or when they stand within 300 m of each other and
    their core names are alike by 0.75 or more.
    """
    cores = [core_name(name, county) for name in table["name"]]
    earlier: dict[int, int] = {}
    for one, other in sorted({*_same_names(table, cores), *_like_names(table, cores)}):
        earlier.setdefault(other, one)
    for position, first in sorted(earlier.items()):
        apart = float(table.geometry.iloc[position].distance(table.geometry.iloc[first])) if _both_located(table, position, first) else None
        told = {"other": str(table["name"].iloc[first]), "other_file": origins[first].file, "other_row": origins[first].row}
        code = "ledger.duplicate" if apart is None else "ledger.duplicate_near"
        more = {} if apart is None else {"apart": round(apart)}
        yield Finding(position, "", origins[position].fault("warning", code, "name", str(table["name"].iloc[position]), **told, **more))


def _same_names(table: gpd.GeoDataFrame, cores: Sequence[str]) -> Iterator[tuple[int, int]]:
    first: dict[tuple[str, str, str], int] = {}
    for position, (kind, township, core) in enumerate(zip(table["type"], table["township"], cores, strict=True)):
        if core:
            one = first.setdefault((kind, township, core), position)
            if one != position:
                yield one, position


def _like_names(table: gpd.GeoDataFrame, cores: Sequence[str]) -> Iterator[tuple[int, int]]:
    shapes = np.asarray(table.geometry.array)
    located = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    kinds = table["type"].to_numpy(dtype=object)
    for kind in sorted(set(kinds[located])):
        these = located[kinds[located] == kind]
        for one, other in cKDTree(shapely.get_coordinates(shapes[these])).query_pairs(NEAR_M, output_type="ndarray").tolist():
            earlier, later = sorted((int(these[one]), int(these[other])))
            if cores[earlier] and cores[later] and likeness(cores[earlier], cores[later]) >= ALIKE:
                yield earlier, later


def _both_located(table: gpd.GeoDataFrame, one: int, other: int) -> bool:
    shapes = np.asarray(table.geometry.array)[[one, other]]
    return not (shapely.is_missing(shapes) | shapely.is_empty(shapes)).any()
