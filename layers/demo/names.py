"""Invented Chinese names of places."""

from __future__ import annotations

import numpy as np

COUNTY = "云岭县"
COUNTY_EN = "Yunling County (fictional)"
PREFECTURE = "云州市"
COUNTY_CODE = "990101"  # no province has the code 99

_FIRST = "青白龙石清松柳红金桃竹梅云月凤羊马鹿麦杨榆桂兰荷茶枫银玉双三"
_SECOND = "溪岩泉塘坪桥湾坝冲箐屯营庄哨田井坡岭沟河"
_SIZE = ("", "大", "小", "上", "下", "新", "老", "东", "西", "南", "北", "中", "前", "后", "外", "里")


def place_names(count: int, rng: np.random.Generator) -> list[str]:
    """Return different place names without 村 or 镇; names without a prefix come first."""
    names: list[str] = []
    pairs = [a + b for a in _FIRST for b in _SECOND]
    for size in _SIZE:
        names.extend(size + pairs[i] for i in rng.permutation(len(pairs)))
        if len(names) >= count:
            return names[:count]
    return [names[i % len(names)] + (f"{i // len(names)}组" if i >= len(names) else "") for i in range(count)]


def numeral(number: int) -> str:
    """Return a number below 100 in Chinese."""
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else digits[tens] + "十")
    return (head + (digits[ones] if ones else "")) or digits[0]
