"""The workbench: the one place that pages and commands ask.

``open_county`` → :class:`Workbench`; then ``measure``, ``propose_task``, ``compare``, ``sheet_of`` and ``write_papers``, ``review_project``,
``plan_county``.

Names are imported when they are first asked for: a command that checks a folder need not load what draws a plate.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from planning.compare import Comparison
    from planning.evaluation import Evaluation
    from planning.evaluation.street_check import StreetCheck
    from planning.evaluation.street_pieces import StreetFault
    from planning.evaluation.travel_report import TravelReport
    from planning.publish.consolidation import ConsolidationSheet
    from planning.publish.roads import class_name, mode_name, street_sentence
    from planning.publish.wording import percent
    from planning.publish.writing import write_files
    from planning.review import Review, as_json, parse_project, rank, read_project, result_line
    from planning.workbench.bench import Workbench, open_county
    from planning.workbench.checks import CheckUp, check_county, fault_record, faults_workbook
    from planning.workbench.consolidation_papers import consolidation_sheet, render_consolidation, write_consolidation
    from planning.workbench.consolidation_records import consolidation_line, consolidation_record
    from planning.workbench.consolidation_tasks import ConsolidationAnswer, consolidate_task, consolidation_task_of
    from planning.workbench.consolidations import Consolidated, ConsolidationSettings, consolidate
    from planning.workbench.drafts import check_place, draft_move, draft_open
    from planning.workbench.folders import (
        document,
        documents,
        fetch_streets,
        init_county,
        init_from_uploads,
        make_demo,
        recent_counties,
        remember,
        write_county_toml,
    )
    from planning.workbench.frontiers import TaskFrontier, frontier_of, frontier_record, proposal_at, upto, write_frontier
    from planning.workbench.papers import (
        PAPERS,
        Order,
        Paper,
        free_folder,
        paper_names,
        render,
        review_papers,
        sheet_of,
        write_papers,
        write_run_record,
    )
    from planning.workbench.plan import Run, plan_county
    from planning.workbench.proposals import Proposal, propose_task
    from planning.workbench.records import (
        evaluation_record,
        parameter_texts,
        plan_record,
        proposal_record,
        ruled_out,
        standard_text,
        task_of,
        worst_towns,
    )
    from planning.workbench.repairs import RepairedFile, repair_ledgers
    from planning.workbench.reports import travel_record, travel_report, travel_reports
    from planning.workbench.reviews import project_of, projects, review_all, review_project
    from planning.workbench.street_checks import street_check
    from planning.workbench.trips import Inquiry, Trip, area_served, inquire
    from planning.workbench.warming import warm_up

__all__ = [
    "PAPERS",
    "CheckUp",
    "Comparison",
    "Consolidated",
    "ConsolidationAnswer",
    "ConsolidationSettings",
    "ConsolidationSheet",
    "Evaluation",
    "Inquiry",
    "Order",
    "Paper",
    "Proposal",
    "RepairedFile",
    "Review",
    "Run",
    "StreetCheck",
    "StreetFault",
    "TaskFrontier",
    "TravelReport",
    "Trip",
    "Workbench",
    "area_served",
    "as_json",
    "check_county",
    "check_place",
    "class_name",
    "consolidate",
    "consolidate_task",
    "consolidation_line",
    "consolidation_record",
    "consolidation_sheet",
    "consolidation_task_of",
    "document",
    "documents",
    "draft_move",
    "draft_open",
    "evaluation_record",
    "fault_record",
    "faults_workbook",
    "fetch_streets",
    "free_folder",
    "frontier_of",
    "frontier_record",
    "init_county",
    "init_from_uploads",
    "inquire",
    "make_demo",
    "mode_name",
    "open_county",
    "paper_names",
    "parameter_texts",
    "parse_project",
    "percent",
    "plan_county",
    "plan_record",
    "project_of",
    "projects",
    "proposal_at",
    "proposal_record",
    "propose_task",
    "rank",
    "read_project",
    "recent_counties",
    "remember",
    "render",
    "render_consolidation",
    "repair_ledgers",
    "result_line",
    "review_all",
    "review_papers",
    "review_project",
    "ruled_out",
    "sheet_of",
    "standard_text",
    "street_check",
    "street_sentence",
    "task_of",
    "travel_record",
    "travel_report",
    "travel_reports",
    "upto",
    "warm_up",
    "worst_towns",
    "write_consolidation",
    "write_county_toml",
    "write_files",
    "write_frontier",
    "write_papers",
    "write_run_record",
]

_HOMES = {
    name: module
    for module, names in {
        "planning.compare": "Comparison",
        "planning.evaluation": "Evaluation",
        "planning.evaluation.street_check": "StreetCheck",
        "planning.evaluation.street_pieces": "StreetFault",
        "planning.evaluation.travel_report": "TravelReport",
        "planning.publish.roads": "class_name mode_name street_sentence",
        "planning.publish.wording": "percent",
        "planning.publish.writing": "write_files",
        "planning.review": "Review as_json parse_project rank read_project result_line",
        "planning.workbench.bench": "Workbench open_county",
        "planning.workbench.checks": "CheckUp check_county fault_record faults_workbook",
        "planning.publish.consolidation": "ConsolidationSheet",
        "planning.workbench.consolidation_papers": "consolidation_sheet render_consolidation write_consolidation",
        "planning.workbench.consolidation_records": "consolidation_line consolidation_record",
        "planning.workbench.consolidation_tasks": "ConsolidationAnswer consolidate_task consolidation_task_of",
        "planning.workbench.consolidations": "Consolidated ConsolidationSettings consolidate",
        "planning.workbench.drafts": "check_place draft_move draft_open",
        "planning.workbench.folders": (
            "document documents fetch_streets init_county init_from_uploads make_demo recent_counties remember write_county_toml"
        ),
        "planning.workbench.frontiers": "TaskFrontier frontier_of frontier_record proposal_at upto write_frontier",
        "planning.workbench.papers": "PAPERS Order Paper free_folder paper_names render review_papers sheet_of write_papers write_run_record",
        "planning.workbench.plan": "Run plan_county",
        "planning.workbench.proposals": "Proposal propose_task",
        "planning.workbench.records": "evaluation_record parameter_texts plan_record proposal_record ruled_out standard_text task_of worst_towns",
        "planning.workbench.reviews": "project_of projects review_all review_project",
        "planning.workbench.street_checks": "street_check",
        "planning.workbench.trips": "Inquiry Trip area_served inquire",
        "planning.workbench.repairs": "RepairedFile repair_ledgers",
        "planning.workbench.reports": "travel_record travel_report travel_reports",
        "planning.workbench.warming": "warm_up",
    }.items()
    for name in names.split()
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
