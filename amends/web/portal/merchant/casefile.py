"""A case on the shop's desk: list beside it, the case with its conversation, advice and tools (R3)."""

from asyncio import gather
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import quote, urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from amends.application.caseview import ActionView
from amends.application.ports import CaseKey
from amends.application.precedents import alike_to
from amends.application.queries import RemedyView, evidence_in
from amends.application.workbench import queue_of
from amends.domain import commands as k
from amends.domain.draft import base
from amends.domain.words import EvidenceKind, Remedy, Role, Side, SmallPaymentType
from amends.web.portal import forms, precedents
from amends.web.portal.buyer.home import WHERE
from amends.web.portal.buyer.result import result
from amends.web.portal.buyer.said import told
from amends.web.portal.casepage import NOT_DONE, CasePage, case_and_order, currency_of, read_case
from amends.web.portal.freight import granted_by
from amends.web.portal.merchant import queues
from amends.web.portal.merchant.effects import advice, effects, figures
from amends.web.portal.merchant.grounds import grounds
from amends.web.portal.merchant.presence import see
from amends.web.portal.merchant.wizard import POINTS, is_rejecting, read_wizard
from amends.web.portal.talk import Entry
from amends.web.portal.troubles import Trouble
from amends.web.portal.visit import Here, Visit
from amends.wording.catalogue import translate
from amends.wording.labels import CALL_RESULTS, label
from amends.wording.names import CARRIERS, carrier_name

_TURNS: Mapping[str, tuple[str, ...]] = {
    "check_return": ("accept-return",),
    "ship_replacement": ("ship-replacement",),
    "repair": ("ship-replacement",),
    "ship_back": ("ship-back",),
    "evidence": ("add-evidence",),
    "evidence_more": ("add-evidence",),
}
"""What answers a clock that runs against the shop: the main step while it does."""

_ORDER = (
    "agree", "accept-return", "ship-replacement", "ship-back", "make-offer", "small-payment", "intercept-parcel",
    "agree-refund-after-refusal", "reject", "request-intervention", "state-position", "add-evidence", "record-call",
    "appeal",
)  # fmt: skip
_ELSEWHERE = ("accept-offer", "decline-offer", "send-message", "prepare-rejection", "reveal-contact")
"""Steps that stand in the conversation, in the rejection or beside the buyer's number."""

_ALWAYS_SHOWN = ("intercept-parcel", "agree-refund-after-refusal", "small-payment", "reject", "make-offer")
"""The tools of the trade stay in sight, with the reason where they are not possible (R3.1 to R3.5)."""

_TO_THE_CHAT = ("agree-refund-after-refusal", "prepare-rejection")

FILED = tuple(kind for kind in EvidenceKind if kind not in (EvidenceKind.CALL_RECORD, EvidenceKind.PURCHASE_PROOF))
"""Kinds of evidence that a shop has."""

_SENDER = (Role.OWNER, Role.AFTER_SALE)


class Steps(NamedTuple):
    """What can be done: first what is due or advised, then what is open, what will be or is kept in sight, the rest."""

    main: ActionView | None
    open: tuple[ActionView, ...]
    shut: tuple[ActionView, ...]
    never: tuple[ActionView, ...]


class Reply(NamedTuple):
    """A text that can be put into the line with one click."""

    title: str
    text: str
    href: str


@get("/cases/{case_id:str}")
async def case_page(here: Here, case_id: FromPath[str]) -> Response[bytes]:
    return await show(here, case_id)


@post("/cases/{case_id:str}/{verb:str}")
async def case_step(here: Here, case_id: FromPath[str], verb: FromPath[str]) -> Response[bytes]:
    key = here.case_key(case_id)
    try:
        await forms.send(here, key, verb, currency=await currency_of(here, key))
    except NOT_DONE as fault:
        return await show(here, case_id, told(here, fault), verb)
    if verb == "reveal-contact":
        # Shown once, in the answer to the step that was recorded; the address of the page never leads to it (R3.6).
        return await show(here, case_id, phone=await here.desk.queries.contact(key, here.caller) or "")
    place = "#composer" if verb in _TO_THE_CHAT else ""
    keep = kept(here, rejecting=verb == "send-message")
    return here.go(f"{here.base}/cases/{case_id}{keep}{place}", said=forms.done(here, verb))


def kept(here: Visit, *, rejecting: bool = False) -> str:
    """The queue that the case was opened from; with `rejecting` also the rejection that talking is a part of."""
    asked = here.request.query_params
    values = {"queue": asked["queue"]} if asked.get("queue") in queues.NAMES else {}
    if rejecting and "reject" in asked:
        values["reject"] = asked["reject"]
    return f"?{urlencode(values)}" if values else ""


async def show(
    here: Visit, case_id: str, trouble: Trouble | None = None, tried: str = "", phone: str = ""
) -> Response[bytes]:
    """The page; with `trouble`, the step that was tried stays open with what was entered."""
    # What is worked out here comes last in each group: the database is at work on the others meanwhile.
    counts, replies, saying, page = await gather(
        queues.read_counts(here), _replies(here, case_id), _saying(here), read_case(here, case_id)
    )
    view, key = page.view, page.key
    asked = await _list(here, key)
    (lines, cursor), others, rates, precedent, addresses, found = await gather(
        queues.read_lines(here, asked, queues.BESIDE_A_CASE),
        see(here, key),
        here.desk.figures.rates(key.merchant_id),
        _precedent(here, page),
        _addresses(here, page),
        here.desk.queries.bench(
            key,
            _tried(page),
            here.caller,
            here.language,
            offers=page.may("make-offer"),
            rejects=is_rejecting(here, page),
        ),
    )
    bench = here.found(found, key.merchant_id)
    order, remedies = bench.order, bench.remedies
    reader = here.reader(view.money.currency)
    advised = advice(view, reader)
    policy = here.desk.policies.get(view.policy)
    evidence = evidence_in(page.facts)
    wizard = read_wizard(here, page, bench.rejections)
    return here.page(
        "merchant/case.html",
        status=409 if trouble else 200,
        currency=view.money.currency,
        page=page,
        case=view,
        order=order,
        pieces={line.line_no: line for line in order.lines},
        where=WHERE,
        asked=asked,
        tabs=queues.tabs(here, counts, asked.queue),
        lines=lines,
        further=asked.address(here.base, cursor=cursor) if cursor else "",
        steps=_steps(page, remedies, advised.verb if advised else ""),
        wizard=wizard,
        points=await _points(here, page, explains=wizard is not None and wizard.step == "explain"),
        advice=advised,
        precedent=precedent,
        granted_by=granted_by(page, here.language),
        figures=figures(rates, here.language),
        effects=effects(view, rates, here.language),
        outlooks=bench.outlooks,
        offers={offer.offer_id: offer for offer in view.offers},
        remedy_options=[
            (one.remedy, one.text, "", one.why["detail"] if one.why else "")
            for one in remedies
            if one.remedy is not Remedy.SMALL_PAYMENT
        ],
        payment_types=[(kind, label(kind, here.language)) for kind in SmallPaymentType],
        addresses=addresses,
        evidence=evidence,
        evidence_options=[
            (one.evidence_id, f"{one.evidence_id} {label(one.kind, here.language)} {one.note[:20]}".strip())
            for one in evidence
        ],
        kinds=[(str(kind), label(kind, here.language)) for kind in FILED],
        carriers=[(code, carrier_name(code, here.language)) for code in CARRIERS],
        calls=[(result, translate(text, here.language)) for result, text in CALL_RESULTS.items()],
        replies=replies,
        saying=saying,
        others=others,
        changed=_changed(here, page, trouble),
        result=result(page, policy, reader),
        limits=policy.limits,
        phone=phone,
        trouble=trouble,
        tried=tried,
        at=f"{here.base}/cases/{case_id}",
        keep=kept(here),
        keep_all=kept(here, rejecting=True),
    )


async def _precedent(here: Visit, page: CasePage) -> tuple[str, ...]:
    """How cases alike ended, while there is still something to decide."""
    if page.view.closing is not None:
        return ()
    case, order = await case_and_order(here, page.key)
    found = await here.desk.precedents.of_shop(page.key.merchant_id, alike_to(case, order))
    return precedents.for_shop(found, here.language)


async def _points(here: Visit, page: CasePage, *, explains: bool) -> list[tuple[str, str]]:
    """What a rejection says point by point; while it is written, each with what the record gives for it."""
    labels = [translate(text, here.language) for text in POINTS]
    if not explains:
        return [(text, "") for text in labels]
    case, order = await case_and_order(here, page.key)
    policy, reader = here.desk.policies.get(page.view.policy), here.reader(page.view.money.currency)
    return list(zip(labels, grounds(page, case, order, policy, reader), strict=True))


async def _list(here: Visit, key: CaseKey) -> queues.Asked:
    """The queue beside the case: the one that it was opened from, else the one that it lies in."""
    queue = here.request.query_params.get("queue", "")
    if queue not in queues.NAMES:
        case = await here.desk.records.case(key)
        queue = str(queue_of(case)) if case is not None else ""
    return queues.Asked(queue or "answer", "", "", "", "")


def _steps(page: CasePage, remedies: tuple[RemedyView, ...], advised: str) -> Steps:
    """The domain's actions in the order in which an agent looks for them."""
    shown = {action.verb: action for action in page.view.actions if action.verb not in _ELSEWHERE}
    if (offer := shown.get("make-offer")) is not None:
        small = next((one for one in remedies if one.remedy is Remedy.SMALL_PAYMENT), None)
        why = small.why if small is not None else offer.why
        shown["small-payment"] = ActionView("small-payment", offer.allowed and why is None, why)
    prepare, reject = page.actions.get("prepare-rejection"), shown.get("reject")
    if reject is not None and prepare is not None:
        shown["reject"] = _rejecting(prepare, reject)
    rank = {verb: place for place, verb in enumerate(_ORDER)}
    ordered = sorted(shown.values(), key=lambda action: rank.get(action.verb, len(rank)))
    next_ = page.view.next
    wanted = _TURNS.get(base(next_.key), (advised,)) if next_.owner == Side.MERCHANT else ()
    main = next((shown[verb] for verb in wanted if verb in shown and shown[verb].allowed), None)
    refused = [action for action in ordered if not action.allowed]
    in_sight = [action for action in refused if _stays_in_sight(action)] if page.view.closing is None else []
    return Steps(
        main,
        tuple(action for action in ordered if action.allowed and action is not main),
        tuple(in_sight),
        tuple(action for action in refused if action not in in_sight),
    )


def _stays_in_sight(action: ActionView) -> bool:
    """What comes with time, and the tools of the trade; of a paused case the head says it once for all."""
    if action.why is None or action.why["code"] == "suspended":
        return False
    return action.why["waiting_helps"] or action.verb in _ALWAYS_SHOWN


_LEADS_ON = ("no_conversation", "not_prepared", "waiting_for_buyer", "reply_unanswered", "missing_evidence")
"""What stands in the way of rejecting and is dealt with on the way there (R3.4, R3.5)."""


def _rejecting(prepare: ActionView, reject: ActionView) -> ActionView:
    """Rejecting takes several steps: open as soon as one of them can be taken or waited for."""
    for action in (reject, prepare):
        if action.allowed or (action.why is not None and action.why["code"] in _LEADS_ON):
            return ActionView("reject", allowed=True)
    return ActionView("reject", allowed=False, why=reject.why)


def _tried(page: CasePage) -> dict[str, k.Command]:
    """Steps of which the page says what they lead to, by verb; the buyer's offers by their id."""
    tried: dict[str, k.Command] = {
        "agree": k.Agree(page.view.application.number),
        "intercept-parcel": k.InterceptParcel(),
        "agree-refund-after-refusal": k.AgreeRefundAfterRefusal(),
        "accept-return": k.AcceptReturn(),
        "request-intervention": k.RequestIntervention(),
    }
    commands = {verb: command for verb, command in tried.items() if page.may(verb)}
    if page.may("accept-offer"):
        commands |= {
            offer.offer_id: k.AcceptOffer(offer.offer_id)
            for offer in page.view.offers
            if offer.side is not Side.MERCHANT and Side.MERCHANT not in offer.accepted_by
        }
    return commands


async def _addresses(here: Visit, page: CasePage) -> list[tuple[str, str]]:
    """Where the buyer could send the goods, the default first; none where nothing is sent back."""
    if not page.may("agree") or page.view.application.kind in ("refund_only", "resend"):
        return []
    merchant = await here.desk.registry.merchant(page.key.merchant_id)
    found = sorted(merchant.addresses if merchant else (), key=lambda address: not address.default)
    return [(one.address_id, f"{one.name} · {one.address}") for one in found]


async def _replies(here: Visit, case_id: str) -> list[Reply]:
    if here.actor.role not in (*_SENDER, Role.PRE_SALE) or here.caller.merchant_id is None:
        return []
    texts = await here.desk.workbench.quick_texts(here.caller.merchant_id)
    mark = "&" if kept(here) else "?"
    at = f"{here.base}/cases/{case_id}{kept(here)}{mark}say="
    return [Reply(one.title, one.text, f"{at}{quote(one.text_id)}#composer") for one in texts]


async def _saying(here: Visit) -> str:
    """The text that was chosen to be sent: in the address, so that it works without a script."""
    chosen = here.request.query_params.get("say", "")
    if not chosen or here.caller.merchant_id is None:
        return ""
    texts = await here.desk.workbench.quick_texts(here.caller.merchant_id)
    return next((one.text for one in texts if one.text_id == chosen), "")


def _changed(here: Visit, page: CasePage, trouble: Trouble | None) -> list[Entry]:
    """What happened since the page was opened on which the refused step was taken (R3.7)."""
    version = str(here.form.get("version", ""))
    if trouble is None or trouble.code != "stale_version" or not version.isdigit():
        return []
    return [entry for entry in page.talk if entry.seq > int(version)]


ROUTES = (case_page, case_step)
