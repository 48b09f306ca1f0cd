"""The demo county's ``county.toml``, written by hand so that a planner can learn from it."""

from __future__ import annotations

from layers.demo.ledgers import BURIAL, CHILD, COMMUNITY, ELDER
from layers.demo.names import COUNTY, COUNTY_CODE, COUNTY_EN
from layers.demo.people import ELDERS, GROUPS


def county_toml(seed: int) -> str:
    """Return the text of ``county.toml``."""
    return _TEXT.format(
        name=COUNTY,
        name_en=COUNTY_EN,
        code=COUNTY_CODE,
        seed=seed,
        elder=ELDER,
        community=COMMUNITY,
        burial=BURIAL,
        child=CHILD,
        columns=", ".join(f'"{group}" = "age_{group}"' for group in GROUPS),
        elders=_listed(ELDERS),
        residents=_listed(GROUPS),
    )


def _listed(groups: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{group}"' for group in groups) + "]"


_TEXT = """\
# 虚构的演示县，由 buju demo 生成（seed = {seed}）。可照此为自己的县写 county.toml。
# A fictional county written by `buju demo`; a pattern for your own county.toml.
format = 1
name = "{name}"
name_en = "{name_en}"
code = "{code}"
fictional = true
metric_crs = "auto"
compiled_by = "{name}民政局（虚构）"
attribution = ["虚构数据，由布局（Buju）生成，仅供演示"]
# 各规划任务在这一情景的基础上选址；删去此行则从现状出发。
scenario = "优化整合方案"

# ---- 设施台账：每个文件写明坐标基准（datum），高德、腾讯为 GCJ-02，百度为 BD-09 ----
[[facilities]]
file = "layers/{elder}"
sheet = "养老服务设施"
header_row = 2
datum = "GCJ-02"

[[facilities]]
file = "layers/{community}"
encoding = "gb18030"
datum = "WGS84"

[[facilities]]
file = "layers/{burial}"
columns = {{ capacity = "总量", residents = "已用" }}

[[facilities]]
file = "layers/{child}"
datum = "WGS84"

# ---- 人口：100 米格网中心点，各年龄组人数 ----
[[population]]
file = "layers/population.gpkg"
cell_m = 100
columns = {{ {columns} }}

[demand_groups]
elders = {elders}
residents = {residents}
minors = ["0_17"]

# ---- 路网 ----
[streets]
file = "layers/streets.osm.pbf"
datum = "WGS84"

# ---- 边界 ----
[outlines.county]
file = "layers/county.geojson"
datum = "GCJ-02"

[outlines.townships]
file = "layers/townships.geojson"
datum = "GCJ-02"
columns = {{ code = "代码", name = "名称" }}

[outlines.villages]
file = "layers/villages.csv"
datum = "CGCS2000"
columns = {{ code = "村代码", name = "村名", township = "乡镇代码" }}

# ---- 限制性因素 ----
[[exclusions]]
file = "layers/水面与灾害.gpkg"
kind = "exclude"
columns = {{ name = "名称", rule = "规则" }}

[[exclusions]]
file = "layers/殡葬禁建区.gpkg"
kind = "exclude"
domains = ["burial"]
columns = {{ name = "名称", rule = "规则" }}

[[exclusions]]
file = "layers/居民点.gpkg"
kind = "exclude"
domains = ["burial"]
rule = "X06"
buffer_m = 500
columns = {{ name = "名称" }}

[[exclusions]]
file = "layers/干线公路.gpkg"
kind = "avoid"
domains = ["elder"]
rule = "Y02"
buffer_m = 50
columns = {{ name = "名称" }}

# ---- 备选点：可改作居家养老服务站的闲置用房，可建公墓的荒坡地块 ----
[[candidates]]
file = "layers/闲置用房.csv"
datum = "BD-09"
types = ["elder_station_city"]
columns = {{ id = "编号", name = "名称", lon = "经度", lat = "纬度" }}

[[candidates]]
file = "layers/公墓备选地块.gpkg"
types = ["cemetery_town"]

[travel]
snap_m = 500
walk_speed_mps = 1.0

# ---- 本县标准：山区县车程从严 ----
[standards.elder_town_centre.E06-reach]
time_min = 20

[standards.elder_institution.E01-reach]
time_min = 20

# ---- 规划任务 ----
[[plan]]
key = "home_care"
title = "社区养老服务站"
type = "elder_station_city"
requirement = "E10-reach"
model = "mclp"
sites = 8
capacity = 30
candidates = {{ origin = "file" }}

[[plan]]
key = "town_centre"
title = "乡镇区域养老服务中心"
type = "elder_town_centre"
requirement = "E06-reach"
model = "mclp"
sites = 2
capacity = 50
candidates = {{ origin = "villages" }}

[[plan]]
key = "institution"
title = "养老机构"
type = "elder_institution"
requirement = "E01-reach"
model = "mclp"
sites = 2
capacity = 80
candidates = {{ origin = "kmeans", count = 150 }}

# 未成年人保护工作站：九成未成年人最远多少分钟可达
[[plan]]
key = "minors"
title = "未成年人保护工作站"
type = "minor_station"
requirement = "C04-reach"
model = "pcenter"
share = 0.9
sites = 2
candidates = {{ origin = "villages" }}

# 公墓之间、公墓与现有公墓之间至少相距 2 公里，并远离居民密集处（距离按类型文件取 500 米）
[[plan]]
key = "cemetery"
title = "乡镇公益性公墓"
type = "cemetery_town"
requirement = "F02-reach"
model = "mclp"
sites = 4
apart_m = 2000
crowd = 50
around_m = 300
capacity = 3000
candidates = {{ origin = "file" }}

# ---- 撤并整合：各敬老院保留、扩建、缩减、转型还是并入别处，在院老人迁往何处 ----
# 现有 30 分钟内有敬老院的居民，整合后仍须有；在院老人转院不超过 30 分钟车程。
[[consolidate]]
key = "wujing_homes"
title = "敬老院撤并整合"
title_en = "consolidation of rural homes for the elderly"
type = "elder_wujing"
mode = "drive"
unit = "min"
limit = 30
transfer_limit = 30
least_beds = 20
most_beds = 300
care_share = 0.6
sizes = [20, 40, 60, 100]
convert_to = ["elder_town_centre"]
years = 10

# 单位均为万元；软件不自带任何价格，须由本县测算后填写。以下数字纯属虚构，仅供演示。
[consolidate.prices]
build = 8.0
convert = 2.0
reduce = 0.1
close = 10.0
move = 0.2
run_home = 40.0
run_bed = 1.0
source = "虚构价格，仅供演示，不对应任何真实地区"
"""
