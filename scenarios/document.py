"""Scenario documents: ordered edits and changed standards, kept as TOML that people may read and write."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from layers.county import Changes, County
from layers.errors import Fault, PlanningError
from layers.facts import Facts
from layers.types import facility_types
from layers.untrusted.documents import load_toml
from scenarios.edits import Edit, Open, Place, open_all
from scenarios.state import State, present

FORMAT: Literal[1] = 1
Datum = Literal["WGS84", "CGCS2000", "GCJ-02", "BD-09"]


class Scenario(BaseModel):
    """A planner's choices: what happens to which facility or street, in order, and which standards differ."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, str_strip_whitespace=True)

    format: Literal[1] = FORMAT
    title: Annotated[str, Field(min_length=1)]
    note: str = ""
    author: str = ""
    datum: Datum = Field(default="WGS84", description="Datum of the edits' coordinates.")
    edits: tuple[Edit, ...] = ()
    standards: Changes = Field(default={}, description="Changed fields of requirements: [standards.<type>.<requirement id>].")

    @field_validator("standards")
    @classmethod
    def _plain(cls, standards: Changes) -> Changes:
        plain: Changes = _plain(standards)
        return plain


def _plain(value: Any) -> Any:  # noqa: ANN401 - TOML values of fields checked later, by the requirement's own schema
    """Return a TOML value in one form: numbers as floats, so that 35 and 35.0 are the same standard."""
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    raise ValueError("no_plain_value")


def parse_scenario(text: str, file: str = "") -> Scenario:
    """Return the scenario a TOML text describes; ``file`` names it in errors.

    Raises
    ------
    PlanningError
        When the text is no TOML, of a newer format, or holds mistakes: all at once, as faults.
    """
    try:
        content = load_toml(text, file)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r"line (\d+), column (\d+)", str(error))
        line, column = at.groups() if at else (str(text.count("\n") + 1), "1")
        raise PlanningError("scenario.not_toml", file=file, line=line, column=column) from error
    told = content.get("format", FORMAT)
    if isinstance(told, int) and told > FORMAT:
        raise PlanningError("scenario.newer", file=file, format=told, known=FORMAT)
    try:
        return Scenario.model_validate(content)
    except ValidationError as error:
        faults = [_fault(item, file) for item in error.errors(include_url=False)]
        raise _refusal(faults, file) from error


def scenario_text(scenario: Scenario) -> str:
    """Return a scenario as TOML, fields in the order of the schema, defaults left out."""
    content = _shortened(_content(scenario))
    edits = content.pop("edits", [])
    changes = {"standards": content.pop("standards")} if "standards" in content else {}
    # One table for each edit, however short: tomli_w would put short ones on one line, and a longer edit would then change the whole layout.
    parts = [tomli_w.dumps(content), *("[[edits]]\n" + tomli_w.dumps(edit) for edit in edits), tomli_w.dumps(changes)]
    return "\n".join(part for part in parts if part)


def fingerprint(scenario: Scenario) -> str:
    """Return the sha256 of what a scenario says, as hexadecimal text, whatever the layout of its file."""
    told = json.dumps(_shortened(_content(scenario)), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(told.encode("utf-8")).hexdigest()


def apply(scenario: Scenario, facts: Facts) -> State:
    """Return the state a scenario leads to, edit by edit from the present state.

    Raises
    ------
    PlanningError
        When an edit is impossible or changes nothing, or a standard names what is not there.
    """
    check_standards(scenario.standards, facts.county)
    place = Place.of(facts, scenario.datum)
    state = present(facts.facilities)
    for opening, run in itertools.groupby(scenario.edits, key=lambda edit: isinstance(edit, Open)):
        if opening:
            state = open_all([edit for edit in run if isinstance(edit, Open)], state, place)
        else:
            for edit in run:
                state = edit.apply(state, place)
    if state.streets and facts.costs:
        # A bureau's own table knows nothing of this scenario's bridge: who reads the figures must know.
        files = "、".join(table.file for table in facts.costs)
        state = replace(state, notes=(*state.notes, Fault("note", "scenario.tables_stay", "scenario", values={"files": files})))
    return state


def check_standards(standards: Changes, county: County) -> None:
    """Refuse changed standards of unknown types, requirements or fields.

    Raises
    ------
    PlanningError
        Naming the first that is wrong.
    """
    for key in standards:
        if key not in facility_types():
            raise PlanningError("scenario.standard_type", type=key, known="、".join(facility_types()))
        known = {item.id for item in facility_types()[key].requirements}
        for requirement in standards[key]:
            if requirement not in known:
                raise PlanningError("scenario.standard_id", type=key, requirement=requirement, known="、".join(sorted(known)) or "—")
        try:
            county.type(key, standards)
        except ValidationError as error:
            fields = "、".join(dict.fromkeys(".".join(map(str, item["loc"])) or "—" for item in error.errors()))
            raise PlanningError("scenario.standard_field", type=key, fields=fields) from error


def _content(scenario: Scenario) -> dict[str, Any]:
    """Return what is said, defaults left out: a later default of a new field leaves fingerprints as they are."""
    content = scenario.model_dump(exclude_defaults=True)
    edits = [{"action": edit.action, **edit.model_dump(exclude_defaults=True)} for edit in scenario.edits]
    said = {"format": FORMAT, **{key: value for key, value in content.items() if key not in {"edits", "standards"}}}
    if edits:
        said["edits"] = edits
    if scenario.standards:
        said["standards"] = scenario.standards
    return said


def _shortened(value: Any) -> Any:  # noqa: ANN401 - any TOML value
    """Write whole numbers without a fraction, as people do."""
    if isinstance(value, Mapping):
        return {key: _shortened(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(item) for item in value]
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return value


def _refusal(faults: list[Fault], file: str) -> PlanningError:
    """Return the only mistake as the error itself, several as one that names their places."""
    if len(faults) == 1:
        only = faults[0]
        return PlanningError(only.code, faults=faults, file=file, field=only.field, value=only.value, **only.values)
    fields = "、".join(dict.fromkeys(fault.field for fault in faults))
    return PlanningError("scenario.mistakes", faults=faults, file=file, count=len(faults), fields=fields)


_MISTAKES = {
    "missing": "field_missing",
    "extra_forbidden": "field_unknown",
    "union_tag_invalid": "action_unknown",
    "union_tag_not_found": "action_missing",
    "float_type": "field_number",
    "float_parsing": "field_number",
    "finite_number": "field_number",
    "string_type": "field_text",
    "string_too_short": "field_empty",
    "literal_error": "field_choice",
    "greater_than": "field_low",
    "greater_than_equal": "field_low",
    "less_than_equal": "field_high",
    "tuple_type": "field_table",
    "dict_type": "field_table",
    "model_type": "field_table",
    "model_attributes_type": "field_table",
}


def _fault(item: Mapping[str, Any], file: str) -> Fault:
    """Return one mistake pydantic found as a fault."""
    code = _MISTAKES.get(item["type"], "field_bad")
    if item["type"] == "value_error":  # raised by the schema itself, under the code of its sentence
        code = str(item["ctx"]["error"])
    place = [str(part) for part in item["loc"] if not isinstance(part, int)]
    numbers = [part + 1 for part in item["loc"] if isinstance(part, int)]
    if numbers and place[:1] == ["edits"]:
        place = [f"edits[{numbers[0]}]", *place[2:]]
    limits = item.get("ctx", {})
    expected = str(limits.get("expected", limits.get("expected_tags", ""))).replace("'", "").replace(" or ", ", ")
    values = {"expected": expected, "limit": limits.get("gt", limits.get("ge", limits.get("le", "")))}
    given = "" if item["type"] == "missing" or isinstance(item["input"], dict | list) else str(item["input"])
    return Fault("error", f"scenario.{code}", "scenario", file, field=".".join(place) or "—", value=given, values={**values, "why": item["msg"]})
