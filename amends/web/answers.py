"""What goes back: the answer to a command, and every problem in one form (RFC 9457)."""

import logging
from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from amends.application.access import Caller
from amends.application.caseview import Status, status_of
from amends.application.evidence import UnknownUpload, WrongOffset
from amends.application.files import Unsuitable
from amends.application.holds import Hold, NotHeld
from amends.application.lanes import LaneFull
from amends.application.outward import PublicFact, public_facts, told
from amends.application.ports import (
    Answer,
    BadCursor,
    CaseKey,
    Contended,
    Failed,
    OrderKey,
    Unavailable,
    Unstorable,
)
from amends.application.service import NotTalking
from amends.domain.case import public_case_id
from amends.domain.events import ContactRevealed
from amends.domain.refusals import Code, refuse
from amends.domain.words import Side
from amends.web.desk import Desk
from amends.web.live import TooManyWatch
from amends.web.problems import Problem, Refused
from amends.web.wire import ClientGone
from amends.wording.catalogue import Language

log = logging.getLogger(__name__)


class Answered(Struct, frozen=True, omit_defaults=True):
    """What a command did: the case's new version and status, and the events that the sender may see.

    `contact` is the buyer's number, in the answer to `reveal-contact` only; `replayed` says that this is the first
    answer to the same idempotency key, given again.
    """

    merchant_id: str
    events: list[PublicFact]
    order_no: str | None = None
    case_id: str | None = None
    version: int | None = None
    status: Status | None = None
    contact: str | None = None
    replayed: bool = False


class Answers(Struct, frozen=True):
    """Answers in the order of what was asked; each is an answer, or `problem` in its place."""

    answers: list[Any]


async def answered(desk: Desk, caller: Caller, language: Language, answer: Answer) -> Answered:
    """The answer as its sender gets it. Raises Refused."""
    merchant_id = answer.merchant_id
    if answer.refusal is not None:
        raise await refused(desk, caller, answer)
    if answer.case_id is None or answer.version is None:
        return Answered(str(merchant_id), [], answer.order_no, replayed=answer.replayed)
    key = CaseKey(merchant_id, answer.case_id)
    revealed = any(isinstance(fact.event, ContactRevealed) for fact in answer.facts)
    case = answer.case or await desk.queries.case_at(key, answer.version)
    reader = desk.queries.reader(language, caller.actor.side, case.currency)
    return Answered(
        merchant_id=str(merchant_id),
        order_no=answer.order_no,
        case_id=public_case_id(*key),
        version=answer.version,
        status=status_of(case, reader),
        events=public_facts(answer.facts, merchant_id, caller.actor),
        contact=await desk.queries.contact(key, caller) if revealed else None,
        replayed=answer.replayed,
    )


async def answers(
    desk: Desk, caller: Caller, language: Language, outcomes: Sequence[Answer | Exception], *, one: bool = False
) -> Answers:
    """Many answers; what went wrong with one stands in its place. Of a single one it is raised."""
    if one:
        (outcome,) = outcomes
        if isinstance(outcome, Exception):
            raise outcome
        return Answers([await answered(desk, caller, language, outcome)])
    return Answers([await _one(desk, caller, language, outcome) for outcome in outcomes])


async def _one(desk: Desk, caller: Caller, language: Language, outcome: Answer | Exception) -> Any:
    if isinstance(outcome, Answer):
        try:
            return await answered(desk, caller, language, outcome)
        except Refused as refusal:
            outcome = refusal
    return {"problem": problem_body(desk, as_problem(outcome), language, caller.actor.side)}


def answer_headers(answer: Answered) -> dict[str, str]:
    """The version for `If-Match`, and whether the answer was given before."""
    headers = {} if answer.version is None else {"etag": f'"{answer.version}"'}
    return headers | {"idempotency-replayed": "true"} if answer.replayed else headers


async def refused(desk: Desk, caller: Caller, answer: Answer) -> Refused:
    """A refusal with what may be done instead."""
    assert answer.refusal is not None, "only a refusal is told as one"
    open_verbs: tuple[str, ...] = ()
    if answer.case_id is not None and answer.refusal.code is not Code.UNKNOWN_CASE:
        open_verbs = await desk.queries.may_do_now(CaseKey(answer.merchant_id, answer.case_id), caller)
    openings = None
    if answer.case_id is None and answer.order_no is not None and answer.refusal.code not in _NOT_ABOUT_THE_ORDER:
        openings = await desk.queries.openings(OrderKey(answer.merchant_id, answer.order_no), caller)
        open_verbs = openings.verbs if openings is not None else ()
    return Refused(answer.refusal, answer.merchant_id, open_verbs, openings)


_NOT_ABOUT_THE_ORDER = (Code.UNKNOWN_ORDER, Code.NOT_YOURS, Code.NOT_ALLOWED_FOR_ROLE, Code.KEY_REUSED)


def as_problem(fault: BaseException) -> Problem | Refused:
    """What is known to go wrong, by its code; anything else is a fault of ours and goes on record."""
    match fault:
        case Problem() | Refused():
            return fault
        case NotTalking(code=code):
            return Problem(code)
        case NotHeld(code="unknown_case"):
            return Refused(refuse(Code.UNKNOWN_CASE))
        case NotHeld(code=code, hold=None):
            return Problem(code)
        case NotHeld(code=code, hold=Hold(lifted_by=by, lifted_at=at)):
            return Problem(code, lifted_by=by, lifted_at=at)
        case Unsuitable(code=code, facts=facts):
            return Problem(code, **facts)
        case WrongOffset(received_bytes=received_bytes):
            return Problem("upload_elsewhere", received_bytes=received_bytes)
        case UnknownUpload():
            return Problem("unknown_upload")
        case LaneFull() | TooManyWatch():
            return Problem("overloaded")
        case Contended():
            return Problem("contended")
        case Unstorable():
            return Problem("invalid_text")
        case Unavailable():
            log.warning("the store is away: %s", fault)
            return Problem("unavailable")
        case BadCursor():
            return Problem("invalid_cursor")
        case Failed():
            return Problem("failed")
        case ClientGone():
            return Problem("not_json")  # nobody is left to read it
    log.error("unforeseen", exc_info=fault)
    return Problem("failed")


def problem_body(desk: Desk, problem: Problem | Refused, language: Language, side: Side | None) -> dict[str, Any]:
    """A problem in the reader's language."""
    if isinstance(problem, Problem):
        return problem.body(language)
    policy = desk.policies.in_force(desk.clock.now())
    refusal = problem.refusal
    return {
        **told(refusal, problem.merchant_id, desk.queries.reader(language, side), policy),
        "type": f"/refusals/{refusal.code}",
        "status": problem.status,
        "may_do_now": problem.may_do_now,
        **({} if problem.openings is None else {"openings": problem.openings}),
    }
