"""A case at the desk: both sides point against point, what the records prove, the rules, rulings alike, the tools."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from amends.application.caseview import ActionView
from amends.application.holds import MAY_PLACE
from amends.application.holds import MAY_SEE as MAY_SEE_HOLDS
from amends.application.ports import Envelope, OrderKey
from amends.application.precedents import alike_to
from amends.application.queries import RemedyView, evidence_in
from amends.domain.draft import base
from amends.domain.refusals import Refusal
from amends.domain.words import PayoutState, SmallPaymentType
from amends.web.portal import forms, precedents
from amends.web.portal.buyer.result import findings
from amends.web.portal.buyer.said import main_units
from amends.web.portal.casepage import NOT_DONE, CasePage, case_and_order, currency_of, read_case, told
from amends.web.portal.desk import people, ruling
from amends.web.portal.desk.home import arbitration, read_queue
from amends.web.portal.desk.points import sides
from amends.web.portal.desk.records import proven
from amends.web.portal.desk.rules import rules
from amends.web.portal.freight import granted_by
from amends.web.portal.troubles import Trouble
from amends.web.portal.visit import Here, Visit
from amends.wording.labels import label

_ALIKE = 5

_TOOLS = ("request-evidence", "make-offer", "resume", "settle-payout", "extend-deadline", "suspend", "cancel",
          "credit-outage")  # fmt: skip
"""Steps without a place of their own on the page, in the order in which they are needed."""


@get("/cases/{case_id:str}")
async def case_page(here: Here, case_id: FromPath[str]) -> Response[bytes]:
    return await _show(here, case_id)


@get("/cases/{case_id:str}/{verb:str}")
async def back_to_case(here: Here, case_id: FromPath[str], verb: FromPath[str]) -> Response[bytes]:  # noqa: ARG001
    """A page that a form led to is read again as the case."""
    return here.go(f"{here.base}/cases/{case_id}{_tail(here)}")


@post("/cases/{case_id:str}/preview/{verb:str}")
async def case_preview(here: Here, case_id: FromPath[str], verb: FromPath[str]) -> Response[bytes]:
    """What a ruling, or a decision on an appeal, would do."""
    key = here.case_key(case_id)
    try:
        tried = await ruling.preview(here, key, verb, await currency_of(here, key))
    except NOT_DONE as fault:
        return await _show(here, case_id, told(here, fault), verb)
    return await _show(here, case_id, tried=verb, preview=tried)


@post("/cases/{case_id:str}/{verb:str}")
async def case_step(here: Here, case_id: FromPath[str], verb: FromPath[str]) -> Response[bytes]:
    key = here.case_key(case_id)
    try:
        currency = await currency_of(here, key)
        if verb in ("rule", "decide-appeal"):
            command = ruling.command(here, verb, currency)
            await forms.submit(here, Envelope(here.actor, key.merchant_id, command, case_id=key.case_id))
        else:
            await forms.send(here, key, verb, currency=currency)
    except NOT_DONE as fault:
        return await _show(here, case_id, told(here, fault), verb)
    return here.go(f"{here.base}/cases/{case_id}{_tail(here)}", said=forms.done(here, verb))


async def _show(
    here: Visit, case_id: str, trouble: Trouble | None = None, tried: str = "", preview: ruling.Preview | None = None
) -> Response[bytes]:
    page = await read_case(here, case_id)
    view, queries, language = page.view, here.desk.queries, here.language
    case, mirror = await case_and_order(here, page.key)
    order = here.found(
        await queries.order(OrderKey(page.key.merchant_id, view.order_no), here.caller, language), page.key.merchant_id
    )
    evidence = evidence_in(page.facts)
    standing = here.found(await arbitration(here).standing(page.key, here.caller, language), page.key.merchant_id)
    remedies = await queries.remedies(page.key, here.caller, language) if page.may("make-offer") else ()
    policy = here.desk.policies.get(view.policy)
    reader = here.reader(view.money.currency)
    records = proven(view, order, page.facts, evidence, reader)
    apply_ = rules(case, mirror, policy, language)
    appealed = view.appeal is not None and view.appeal.decided_at is None
    queue = await read_queue(here)
    return here.page(
        "desk/case.html",
        status=409 if trouble else 200,
        currency=view.money.currency,
        page=page,
        case=view,
        holds=await here.desk.holds.of_case(page.key) if here.actor.role in MAY_SEE_HOLDS else (),
        may_hold=here.actor.role in MAY_PLACE and view.erased_at is None,
        queue=queue,
        sides=sides(page.facts, evidence, language),
        records=records,
        found=here.found(await here.desk.findings.of_case(page.key, here.caller, language), page.key.merchant_id),
        rules=apply_,
        findings=findings(view.ruling.terms, policy, language) if view.ruling else (),
        alike=await arbitration(here).alike(case, mirror, _ALIKE),
        precedent=precedents.for_platform(await here.desk.precedents.of_all(alike_to(case, mirror)), language),
        granted_by=granted_by(page, language),
        standing=standing,
        choices=ruling.choices(view, standing, records, apply_, language),
        appealed=appealed,
        mine=view.assignee == here.actor.staff,
        takers=await people.takers(here, view.ruling, appealed=appealed),
        names=queue.names,
        tools=_tools(page),
        shut=[page.actions[verb] for verb in _TOOLS if verb in page.actions and not page.may(verb)],
        remedy_options=_remedies(remedies),
        payment_types=[(kind, label(kind, language)) for kind in SmallPaymentType],
        evidence_due=policy.due("evidence_more", here.now),
        approval=page.actions.get("approve-ruling"),
        stuck=[one for one in view.money.payouts if one.state is PayoutState.UNKNOWN],
        clocks=[(one.key, base(one.key)) for one in view.deadlines],
        limits=policy.limits,
        main_units=main_units,
        preview=preview,
        preview_findings=findings(preview.trial.terms, policy, language) if preview and preview.trial.terms else (),
        trouble=trouble,
        tried=tried,
        at=f"{here.base}/cases/{case_id}",
        tail=_tail(here),
    )


def _tools(page: CasePage) -> list[ActionView]:
    return [page.actions[verb] for verb in _TOOLS if page.may(verb)]


def _remedies(found: "tuple[RemedyView, ...] | Refusal") -> list[tuple[Any, str, str, str]]:
    return [
        (one.remedy, one.text, "", one.why["detail"] if one.why else "")
        for one in (() if isinstance(found, Refusal) else found)
    ]


def _tail(here: Visit) -> str:
    """The list stays open beside the case, from step to step."""
    queue = here.request.query_params.get("queue", "")
    return f"?queue={queue}" if queue.isalpha() else ""


ROUTES = (case_page, back_to_case, case_preview, case_step)
