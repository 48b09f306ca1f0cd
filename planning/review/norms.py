"""Sizes per bed, place or grave that project review measures against.

GB 50437-2007 (2018) 3.2.4: at least 35 m2 floor and 18–44 m2 land per bed, at least 20 beds (source S01); 500 beds: GB 50180 appendix C (S52, MEM).
Graves: 0.5 m2 single and 0.8 m2 joint (建标 draft and DB34/T 4180-2022, sources S09, S11); provinces may set other limits.
"""

from __future__ import annotations

Interval = tuple[float | None, float | None]

GRAVES: dict[str, Interval] = {"single_grave_area": (None, 0.5), "joint_grave_area": (None, 0.8)}
BEDS: dict[str, Interval] = {"floor_per_unit": (35.0, None), "land_per_unit": (18.0, 44.0)}

UNIT_NORMS: dict[str, dict[str, Interval]] = {
    "elder_institution": BEDS,
    "elder_wujing": BEDS,
    "cemetery_city": GRAVES,
    "cemetery_town": GRAVES,
    "cemetery_village": GRAVES,
}

INSTITUTION_BEDS: Interval = (20.0, 500.0)
INSTITUTIONS = ("elder_institution", "elder_wujing", "elder_nursing_home")
