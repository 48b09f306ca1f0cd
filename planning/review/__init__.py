"""Project review (项目评审): a proposed project measured against the county, with the evidence of every point.

``read_project`` → ``assemble`` → ``review`` → ``rank``, ``as_json``.
"""

from planning.review.context import Context, Travel, assemble
from planning.review.project import Project, parse_project, read_project
from planning.review.record import as_json, result_line
from planning.review.scoring import Review, rank, review

__all__ = [
    "Context",
    "Project",
    "Review",
    "Travel",
    "as_json",
    "assemble",
    "parse_project",
    "rank",
    "read_project",
    "result_line",
    "review",
]
