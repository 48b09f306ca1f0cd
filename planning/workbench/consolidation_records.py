"""A consolidation's answer as a record for machines, in one line for people, and as run.toml tells it."""

from __future__ import annotations

from typing import Any

from layers.texts import Language, say
from planning.workbench.consolidation_tasks import ConsolidationAnswer


def title_of(answer: ConsolidationAnswer, lang: Language) -> str:
    """Return what a consolidation is called in a language."""
    return answer.task.title_en or answer.task.title if lang == "en" else answer.task.title


def consolidation_record(answer: ConsolidationAnswer) -> dict[str, Any]:
    """Return an answer as plain values and tables, without the time it took."""
    plan, figures = answer.plan, answer.plan.figures
    record: dict[str, Any] = {
        "task": answer.task.key,
        "title": answer.task.title,
        "type": answer.task.type,
        "start": None if answer.start is None else answer.start.title,
        "status": plan.status,
        "stopped_by": plan.stopped_by,
        "value": plan.value,
        "bound": plan.bound,
        "gap": plan.gap,
        "ties_broken": plan.ties_broken,
        "sentence_zh": answer.say("zh"),
        "sentence_en": answer.say("en"),
        "ways_out": [
            {"rules": list(way.rules), "amount": dict(way.amount), "homes": list(way.homes), "cells": list(way.cells)} for way in plan.ways_out
        ],
        "mode": answer.settings.mode,
        "unit": answer.settings.unit,
        "money_unit": "万元",
        "prices": answer.task.prices.model_dump(),
    }
    if figures is None:
        return {**record, "figures": None, "money": None, "homes": [], "moves": [], "townships": []}
    told = ("homes", "changes", "beds", "care_beds", "residents", "moved", "farthest", "resident_travel")
    return {
        **record,
        "figures": {name: getattr(figures, name) for name in told},
        "money": answer.money,
        "homes": answer.deeds,
        "moves": answer.moves,
        "townships": answer.balance,
    }


def consolidation_line(answer: ConsolidationAnswer, lang: Language = "zh") -> str:
    """Return a plan in one line: how many homes become how many, and who moves how far."""
    figures, whole = answer.plan.figures, answer.balance.iloc[0]
    told = {"title": title_of(answer, lang), "homes": int(whole["homes_before"]), "after": int(whole["homes_after"])}
    if figures is None or not figures.moved:
        return say("consolidated.cli.title_still", lang, **told)
    unit = "minutes" if answer.task.unit == "min" else "kilometres"
    farthest = say(f"consolidated.{unit}", lang, value=f"{answer.shown(figures.farthest):,.1f}")
    return say("consolidated.cli.title", lang, **told, moved=f"{figures.moved:,.0f}", farthest=farthest)


def consolidation_summary(answer: ConsolidationAnswer) -> dict[str, object]:
    """Return what was asked and answered, as run.toml tells it: nothing that differs between runs."""
    plan, figures = answer.plan, answer.plan.figures
    told = {"model": "consolidation", "status": plan.status, "stopped_by": plan.stopped_by, "value": plan.value, "bound": plan.bound, "gap": plan.gap}
    if figures is not None:
        told |= {"homes": figures.homes, "moved": figures.moved, "farthest": figures.farthest, "once": figures.once}
    into = {str(move.site): move.into for move in plan.moves}
    return {**told, "unit": answer.settings.unit, "into": into, "task": answer.task.model_dump(mode="json", exclude_none=True)}
