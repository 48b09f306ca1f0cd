"""Publishing a plan: plate, map, tables, GeoPackage, the record of a run, and the form of a review.

Entry points, all fed by one :class:`~planning.publish.sheet.Sheet`::

    Sheet(facts, kinds, state, evaluations_before, evaluations_after, imprint, plan=None, parameters=None)
    Imprint(title, date, compiled_by="", figure="", number="", period="", secrecy="内部", review_number="", scenario="", lang="zh")

    plate.render(sheet, formats=("pdf", "svg", "png")) -> {format: bytes}      html_map.page(sheet) -> bytes
    tables.workbook(sheet) -> bytes (xlsx), tables.csv_files(sheet)            geopackage.content(sheet) -> bytes
    run_record.content(Run(county, date, inputs, parameters, scenarios, plans, results), outputs=, made=) -> bytes
    writing.staged(folder) | writing.write_files(folder, {name: bytes})        all or none; PlanningError where Excel holds a file

``kinds[0]`` is the type whose coverage is shaded; ``state`` is the plan's :class:`scenarios.state.State` (its origin is the present state);
``evaluations_*`` hold an Evaluation by type key. The same sheet gives the same bytes. 公开 without a review number is refused by ``Imprint``.
"""

from planning.publish.run_record import Run
from planning.publish.sheet import Imprint, Secrecy, Sheet

__all__ = ["Imprint", "Run", "Secrecy", "Sheet"]
