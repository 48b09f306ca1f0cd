"""A plan together with its certificate, about the cells of the raw problem."""

from __future__ import annotations

from layers.progress import Progress, silent
from planning.siting.capacitated.answer import CapacityFrame
from planning.siting.certificate import Certificate, proven
from planning.siting.certificate_check import Merged, lifted
from planning.siting.certify import certified, judged
from planning.siting.counted_search import CountedFrame
from planning.siting.model import Blocked, Halted, Model
from planning.siting.problem import SitingPlan, SitingProblem
from planning.siting.search import noted, with_check
from planning.siting.watch import Watch


def propose_with_proof(
    problem: SitingProblem, model: Model, *, progress: Progress = silent, time_limit: float = 60.0, gap: float = 0.0
) -> tuple[SitingPlan, Certificate | None]:
    """Propose as :func:`planning.siting.propose` does, and hand over the certificate of the bound.

    The whole certificate is evaluated, however much work that is; it may need a price per cell and leaf. Give it to
    :func:`planning.siting.certificate_check.check` with the same problem and model to have the bound proven from the raw problem.

    Returns
    -------
    plan : SitingPlan
    certificate : Certificate or None
        None where there is no plan, and for models whose bounds have no certificate.
    """
    watch = Watch(progress, time_limit, gap)
    frame = model.frame(problem, watch.look)
    plan, notes = noted(problem, model, frame, watch)
    if notes is None or isinstance(frame, Blocked | Halted | CountedFrame | CapacityFrame):
        return plan, None
    certificate = certified(notes)
    plan = with_check(plan, frame, *judged(notes, proven(notes.reduced, certificate), whole=True))
    return plan, lifted(problem, model, Merged(frame.reduced, notes.reduced, notes.rows), certificate)
