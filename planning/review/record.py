"""The review as a record for machines, and its result as one line."""

from __future__ import annotations

import json
from typing import Any

from layers.texts import Language, say
from planning.review.scoring import Review


def as_json(review: Review, lang: Language = "zh") -> str:
    """Return a review as JSON text, keys in English, sentences in ``lang``."""
    return json.dumps(_record(review, lang), ensure_ascii=False, indent=2) + "\n"


def result_line(review: Review, lang: Language = "zh") -> str:
    """Return the result as one line: 得分 x / 可评 y / 满分 100, and the band, 暂定 while evidence is missing."""
    band = review.band.name(lang)
    if review.hits:
        band = say("review.vetoed", lang, band=band, ids="、".join(veto.id for veto, _ in review.hits))
    elif review.provisional:
        band = say("review.provisional", lang, band=band)
    return say("review.result", lang, points=review.points, assessable=review.assessable, total=review.rubric.total, band=band)


def _record(review: Review, lang: Language) -> dict[str, Any]:
    return {
        "project": review.project.model_dump(mode="json"),
        "type": review.type_zh if lang == "zh" else review.type_en,
        "township": review.township,
        "rubric_version": review.rubric.version,
        "points": round(review.points, 2),
        "assessable": review.assessable,
        "total": review.rubric.total,
        "band": review.band.name(lang),
        "provisional": review.provisional,
        "vetoes": [
            {"id": veto.id, "name": veto.name(lang), "state": finding.state, "evidence": finding.say(lang), "source": list(veto.source)}
            for veto, finding in review.vetoes
        ],
        "items": [
            {
                "id": scored.item.id,
                "name": scored.item.name(lang),
                "max": scored.item.max,
                "points": round(scored.points, 2),
                "state": scored.evidence.state,
                "value": scored.evidence.value,
                "evidence": scored.evidence.say(lang),
                "source": list(scored.item.source),
            }
            for scored in review.scored
        ],
        "missing": [scored.item.id for scored in review.missing],
        "fiscal": {name: round(points, 2) for name, points in review.fiscal_points().items()},
    }
