"""Everything that is wrong with a scenario at once, for a check-up; applying it stops at the first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from layers.errors import Cancelled, Fault, PlanningError
from layers.facts import Facts
from scenarios.document import Scenario, check_standards
from scenarios.edits import Edit, Place
from scenarios.state import present

# The field of an edit that a refusal is about; the edit as a whole where none is named.
_FIELDS = {
    "scenario.care_beds": "care_beds",
    "scenario.closed": "facility",
    "scenario.no_position": "facility",
    "scenario.outside": "lon",
    "scenario.taken": "id",
    "scenario.unknown_facility": "facility",
    "scenario.unknown_township": "township",
    "scenario.wrong_name": "name",
}


def find_mistakes(scenario: Scenario, facts: Facts) -> Iterator[Fault]:
    """Yield what keeps a scenario from being applied: the standards first, then each edit that is refused.

    A refused edit changes nothing, and the next is checked against the state before it; what follows from it may be reported as well.

    Parameters
    ----------
    scenario : Scenario
    facts : Facts
    """
    try:
        check_standards(scenario.standards, facts.county)
    except PlanningError as error:
        yield Fault(
            "error", error.code, "scenario", field="standards", value=str(error.values.get("requirement", error.values["type"])), values=error.values
        )
    place, state = Place.of(facts, scenario.datum), present(facts.facilities)
    for number, edit in enumerate(scenario.edits, start=1):
        try:
            state = edit.apply(state, place)
        except Cancelled:
            raise
        except PlanningError as error:
            yield _refused(edit, number, error)
            state = replace(state, steps=state.steps + 1)


def _refused(edit: Edit, number: int, error: PlanningError) -> Fault:
    field = "to" if error.code == "scenario.unknown_type" and hasattr(edit, "to") else _FIELDS.get(error.code, "")
    field = "type" if error.code == "scenario.unknown_type" and not field else field
    value = getattr(edit, field, "") if field else ""
    return Fault("error", error.code, "scenario", field=f"edits[{number}].{field}".rstrip("."), value=str(value), values=error.values)
