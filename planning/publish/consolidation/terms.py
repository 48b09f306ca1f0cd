"""The rules and prices of a consolidation as sentences, as the task sets them."""

from __future__ import annotations

from planning.publish.consolidation.paper import ConsolidationSheet
from planning.publish.wording import percent


def rules(paper: ConsolidationSheet) -> list[str]:
    """Return one sentence per rule that holds."""
    task, mode = paper.task, paper.mode
    join = paper.sheet.say("join").join
    told = [
        paper.say("rule.limit", limit=paper.limit, mode=mode),
        paper.say("rule.transfer_limit", limit=paper.length(task.transfer_limit), mode=mode),
    ]
    told += [paper.say("rule.least_beds", value=f"{task.least_beds:g}")] if task.least_beds else []
    told += [paper.say("rule.most_beds", value=f"{task.most_beds:g}")] if task.most_beds is not None else []
    told += [paper.say("rule.care_share", value=percent(task.care_share))] if task.care_share else []
    told += [paper.say("rule.stays", value=join(task.stays))] if task.stays else []
    told += [paper.say("rule.sizes", value=join(f"{size:g}" for size in task.sizes))] if task.sizes else []
    if task.convert_to:
        told.append(paper.say("rule.convert_to", value=join(paper.sheet.kind_name(key) for key in task.convert_to)))
        told.append(paper.say("rule.converted_counts" if task.converted_serve else "rule.converted_not"))
    told.append(paper.say("rule.open", value=paper.places) if task.open is not None else paper.say("rule.open_none"))
    told += [paper.say("rule.changes", value=task.changes)] if task.changes is not None else []
    told += [paper.say("rule.budget", value=f"{task.budget:g}")] if task.budget is not None else []
    return [*told, paper.say("rule.years", value=f"{task.years:g}")]


def prices(paper: ConsolidationSheet) -> list[str]:
    """Return one sentence per price."""
    told = paper.task.prices.model_dump(exclude={"source"})
    return [paper.say("price_line", name=paper.say(f"price.{name}"), value=f"{value:g}") for name, value in told.items()]
