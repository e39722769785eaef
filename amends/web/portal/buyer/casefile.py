"""The case page of its buyer: where it stands, whose turn it is, what can be done and what follows from it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath
from markupsafe import Markup

from amends.application.caseview import ActionView, CaseView
from amends.application.queries import OrderView, Outlook
from amends.domain import commands as k
from amends.domain.draft import base
from amends.domain.refusals import Refusal
from amends.domain.words import EvidenceKind, Remedy, Side, SmallPaymentType
from amends.web.portal import forms
from amends.web.portal.buyer.home import order_key, read_order
from amends.web.portal.buyer.progress import progress
from amends.web.portal.buyer.result import result
from amends.web.portal.buyer.said import told
from amends.web.portal.casepage import NOT_DONE, CasePage, currency_of, read_case
from amends.web.portal.talk import Entry
from amends.web.portal.troubles import Trouble
from amends.web.portal.visit import Here, Visit
from amends.wording.catalogue import N_, Language, translate
from amends.wording.labels import label
from amends.wording.names import CARRIERS, CHANNELS, carrier_name, channel_name

_TURNS: Mapping[str, tuple[str, ...]] = {
    "ship_return": ("ship-return",),
    "return_number": ("ship-return",),
    "confirm_replacement": ("confirm-receipt",),
    "repair_choice": ("choose-after-repair",),
    "payout_account": ("name-payout-account",),
    "after_rejection": ("request-intervention", "modify"),
    "evidence": ("add-evidence",),
    "carrier_answer": ("add-evidence",),
}
"""What answers a clock that runs against the buyer: the main action while it does."""

_ORDER = (
    "ship-return", "confirm-receipt", "dispute-replacement", "choose-after-repair", "name-payout-account",
    "request-intervention", "make-offer", "modify", "state-position", "add-evidence", "ask-human-review", "appeal",
    "withdraw",
)  # fmt: skip
_IN_THE_TALK = ("accept-offer", "decline-offer", "send-message")


_TRIED: Mapping[str, k.Command] = {
    "withdraw": k.Withdraw(),
    "confirm-receipt": k.ConfirmReceipt(),
    "request-intervention": k.RequestIntervention(),
}
"""Steps of which the page says what they lead to, by trying them."""

FILED = (
    EvidenceKind.PHOTO, EvidenceKind.VIDEO, EvidenceKind.PACKING_PHOTO, EvidenceKind.CHAT_SCREENSHOT,
    EvidenceKind.CHAT_LOG, EvidenceKind.LISTING_TAG, EvidenceKind.FREIGHT_RECEIPT, EvidenceKind.QUALITY_REPORT,
    EvidenceKind.CARRIER_ANSWER, EvidenceKind.PURCHASE_PROOF, EvidenceKind.AUDIO, EvidenceKind.DOCUMENT,
)  # fmt: skip
"""Kinds of evidence that buyers have; the others are the merchant's or the system's."""


class Steps(NamedTuple):
    """What can be done, by how near it is: the main step, other open ones, those to come, those that do not fit."""

    main: ActionView | None
    open: tuple[ActionView, ...]
    later: tuple[ActionView, ...]
    never: tuple[ActionView, ...]


@get("/cases/{case_id:str}")
async def case_page(here: Here, case_id: FromPath[str]) -> Response[bytes]:
    return await _show(here, case_id)


@post("/cases/{case_id:str}/{verb:str}")
async def case_step(here: Here, case_id: FromPath[str], verb: FromPath[str]) -> Response[bytes]:
    key = here.case_key(case_id)
    try:
        await forms.send(here, key, verb, currency=await currency_of(here, key))
    except NOT_DONE as fault:
        return await _show(here, case_id, told(here, fault), verb)
    return here.go(f"{here.base}/cases/{case_id}", said=forms.done(here, verb))


async def _show(here: Visit, case_id: str, trouble: Trouble | None = None, tried: str = "") -> Response[bytes]:
    """The page; with `trouble`, the step that was tried stays open with what was entered."""
    page = await read_case(here, case_id)
    view, queries = page.view, here.desk.queries
    order = await read_order(here, order_key(view.merchant_id, view.order_no))
    evidence = here.found(await queries.evidence(page.key, here.caller), page.key.merchant_id)
    remedies = await queries.remedies(page.key, here.caller, here.language) if page.may("make-offer") else ()
    policy = here.desk.policies.get(view.policy)
    return here.page(
        "buyer/case.html",
        status=409 if trouble else 200,
        currency=view.money.currency,
        page=page,
        case=view,
        talk_lines=_told(page.talk, here.language),
        steps=_steps(page),
        progress=progress(view, here.language),
        evidence=evidence,
        offers={offer.offer_id: offer for offer in view.offers},
        outlooks=await _outlooks(here, page),
        remedy_options=[
            (one.remedy, one.text, "", one.why["detail"] if one.why else "")
            for one in (() if isinstance(remedies, Refusal) else remedies)
        ],
        payment_types=[(kind, label(kind, here.language)) for kind in SmallPaymentType],
        evidence_options=[
            (one.evidence_id, f"{one.evidence_id} {one.name or label(one.kind, here.language)}") for one in evidence
        ],
        exchange=label(Remedy.EXCHANGE, here.language),
        order_link=_order_link(here, view),
        pieces=_pieces(order, view),
        result=result(page, policy, here.reader(view.money.currency)),
        kinds=[(str(kind), label(kind, here.language)) for kind in FILED],
        carriers=[(code, carrier_name(code, here.language)) for code in CARRIERS],
        channels=[(code, channel_name(code, here.language)) for code in CHANNELS],
        limits=policy.limits,
        trouble=trouble,
        tried=tried,
        at=f"{here.base}/cases/{case_id}",
    )


def _order_link(here: Visit, view: CaseView) -> Markup:
    href = f"{here.base}/orders/{view.merchant_id}/{quote(view.order_no, safe='')}"
    return Markup('<a href="{}">{}</a>').format(href, view.order_no)


def _pieces(order: OrderView, view: CaseView) -> str:
    """`手冲咖啡壶 ×1`, one line of the order after the other."""
    titles = {line.line_no: line.title for line in order.lines}
    return "\n".join(f"{titles[line.line_no]} ×{line.quantity}" for line in view.application.lines)


def _told(entries: Sequence[Entry], language: Language) -> list[Entry]:
    """The ruling stands in a section of its own; here it is a line."""
    ruled = translate(N_("The platform has ruled. The result and its reasons stand above."), language)
    return [entry._replace(kind="happened", text=ruled) if entry.kind == "ruling" else entry for entry in entries]


def _steps(page: CasePage) -> Steps:
    """The domain's actions in the order in which a buyer looks for them; what its clock asks for comes first."""
    rank = {verb: place for place, verb in enumerate(_ORDER)}
    shown = [action for action in page.view.actions if action.verb not in _IN_THE_TALK]
    shown.sort(key=lambda action: rank.get(action.verb, len(rank)))
    next_ = page.view.next
    wanted = _TURNS.get(base(next_.key), ()) if next_.owner == Side.BUYER else ()
    main = next((page.actions[verb] for verb in wanted if page.may(verb)), None)
    refused = [action for action in shown if not action.allowed]
    return Steps(
        main,
        tuple(action for action in shown if action.allowed and action is not main),
        tuple(action for action in refused if action.why and action.why["waiting_helps"]),
        tuple(action for action in refused if not (action.why and action.why["waiting_helps"])),
    )


async def _outlooks(here: Visit, page: CasePage) -> dict[str, Outlook]:
    """What steps lead to, by verb; offers by their id; choices by `verb:choice`."""
    tried: dict[str, k.Command] = {verb: command for verb, command in _TRIED.items() if page.may(verb)}
    if page.may("choose-after-repair"):
        tried["choose-after-repair:exchange"] = k.ChooseAfterRepair("exchange")
        tried["choose-after-repair:refund"] = k.ChooseAfterRepair("refund")
    if page.may("accept-offer"):
        tried |= {
            offer.offer_id: k.AcceptOffer(offer.offer_id)
            for offer in page.view.offers
            if offer.side is not Side.BUYER and Side.BUYER not in offer.accepted_by
        }
    found = {}
    for name, command in tried.items():
        outlook = await here.desk.queries.outlook(page.key, command, here.caller, here.language)
        if not isinstance(outlook, Refusal):
            found[name] = outlook
    return found


ROUTES = (case_page, case_step)
