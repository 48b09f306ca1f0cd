"""Project review (项目评审): a proposed project measured against the county, with the evidence of every point.

``read_project`` → ``assemble`` → ``review`` → ``rank``, ``write_word``, ``as_json``.
"""

from planning.review.context import Context, Travel, assemble
from planning.review.documents import as_json, word_bytes
from planning.review.project import Project, parse_project, read_project
from planning.review.scoring import Review, rank, review

__all__ = ["Context", "Project", "Review", "Travel", "as_json", "assemble", "parse_project", "rank", "read_project", "review", "word_bytes"]
