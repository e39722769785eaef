"""Applying, and changing an application: what is possible, what it takes, and why the rest is not (R1.2, R5.2)."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from litestar import Response, get, post
from litestar.params import FromPath

from amends.application.caseview import CaseView
from amends.application.ports import CaseKey, Envelope, OrderKey
from amends.application.queries import EligibilityView, OrderView, Outlook, ReasonView
from amends.domain import commands as k
from amends.domain.case import public_case_id
from amends.domain.commands import CaseLine, EvidenceItem
from amends.domain.order import Line
from amends.domain.refusals import Refusal
from amends.domain.words import Kind, Payer
from amends.web.portal import forms
from amends.web.portal.buyer.home import order_key, read_order
from amends.web.portal.buyer.said import main_units, told
from amends.web.portal.casepage import NOT_DONE
from amends.web.portal.troubles import Trouble
from amends.web.portal.visit import Here, Visit
from amends.wording.catalogue import N_, Language, translate
from amends.wording.labels import label
from amends.wording.reader import Reader

_KINDS: dict[Kind, str] = {
    Kind.REFUND_ONLY: N_("The money comes back; nothing is sent back."),
    Kind.RETURN_AND_REFUND: N_("You send the goods back, then the money comes."),
    Kind.EXCHANGE: N_("You send the goods back and get new ones."),
    Kind.RESEND: N_("What was missing or lost is sent again."),
    Kind.REPAIR: N_("You send the goods in and get them back repaired."),
}

_MONEY = (Kind.REFUND_ONLY, Kind.RETURN_AND_REFUND)

_BACK: dict[Payer, str] = {
    Payer.BUYER: N_("You pay the freight for sending the goods back."),
    Payer.MERCHANT: N_("The merchant pays the freight for sending the goods back: pay it first, keep the receipt, and "
                       "enter the amount with the tracking number."),
    Payer.PLATFORM: N_("The platform pays the freight for sending the goods back."),
}  # fmt: skip
_NEW: dict[Payer, str] = {
    Payer.BUYER: N_("You pay the freight of the goods that are sent to you."),
    Payer.MERCHANT: N_("The merchant pays the freight of the goods that are sent to you."),
    Payer.PLATFORM: N_("The platform pays the freight of the goods that are sent to you."),
}


class Piece(NamedTuple):
    """A line of the order: how many pieces are asked for, and how many could be."""

    line: Line
    quantity: int
    left: int


class Choice(NamedTuple):
    """One way to go on. `why` says why it is not possible, and until when, where it is not."""

    value: str
    text: str
    href: str
    chosen: bool
    says: str = ""
    why: str = ""


class Group(NamedTuple):
    """Evidence that the reason asks for: one of these kinds."""

    kinds: tuple[tuple[str, str], ...]
    given: bool


class Form(NamedTuple):
    """The last step: everything that is said before sending. `amount` in main units, `outlook` what follows."""

    kind: Kind
    reason: ReasonView
    freight: tuple[str, ...]
    groups: tuple[Group, ...]
    amount: str
    has_amount: bool
    outlook: Outlook | None


class Sheet(NamedTuple):
    """The page: kinds, then reasons under the chosen one, then the form. `start` leads back to nothing chosen."""

    start: str
    kinds: tuple[Choice, ...]
    reasons: tuple[Choice, ...]
    not_these: tuple[Choice, ...]
    form: Form | None


@get("/orders/{merchant_id:str}/{order_no:str}/apply")
async def apply_page(here: Here, merchant_id: FromPath[str], order_no: FromPath[str]) -> Response[bytes]:
    return await _apply_page(here, order_key(merchant_id, order_no), here.request.query_params)


@post("/orders/{merchant_id:str}/{order_no:str}/apply")
async def apply(here: Here, merchant_id: FromPath[str], order_no: FromPath[str]) -> Response[bytes]:
    key = order_key(merchant_id, order_no)
    order = await read_order(here, key)
    try:
        command = forms.filled(here, k.OpenCase, currency=order.currency, order_no=order_no)
        answer = await forms.submit(here, Envelope(here.actor, key.merchant_id, command, order_no=order_no))
    except NOT_DONE as fault:
        return await _apply_page(here, key, _asked_for(here), told(here, fault))
    assert answer.case_id is not None, "an opening that was taken has a case"
    case_id = public_case_id(answer.merchant_id, answer.case_id)
    return here.go(f"{here.base}/cases/{case_id}", said=forms.done(here, "open-case"))


@get("/cases/{case_id:str}/change")
async def change_page(here: Here, case_id: FromPath[str]) -> Response[bytes]:
    return await _change_page(here, case_id, here.request.query_params)


@post("/cases/{case_id:str}/change")
async def change(here: Here, case_id: FromPath[str]) -> Response[bytes]:
    key = here.case_key(case_id)
    try:
        view = here.found(await here.desk.queries.case(key, here.caller, here.language), key.merchant_id)
        await forms.send(here, key, "modify", currency=view.money.currency)
    except NOT_DONE as fault:
        return await _change_page(here, case_id, dict(here.form), told(here, fault))
    return here.go(f"{here.base}/cases/{case_id}", said=forms.done(here, "modify"))


async def _apply_page(here: Visit, key: OrderKey, asked: Any, trouble: Trouble | None = None) -> Response[bytes]:
    order = await read_order(here, key)
    queries = here.desk.queries
    all_left = here.found(await queries.eligibility(key, here.caller, here.language, None), key.merchant_id)
    pieces = _pieces(order, all_left.lines, asked)
    lines = tuple(CaseLine(piece.line.line_no, piece.quantity) for piece in pieces if piece.quantity)
    found = all_left
    if lines and lines != all_left.lines:
        found = here.found(await queries.eligibility(key, here.caller, here.language, lines), key.merchant_id)
    at = f"{here.base}/orders/{key.merchant_id}/{quote(key.order_no, safe='')}/apply"
    keep = {f"q{line.line_no}": str(line.quantity) for line in lines} if lines != all_left.lines else {}
    sheet = _sheet(here, found, at=at, keep=keep, asked=asked, currency=order.currency)
    if sheet.form is not None:
        sample = k.OpenCase(
            key.order_no,
            found.lines,
            sheet.form.kind,
            sheet.form.reason.reason,
            goods_received=order.shipping_state == "delivered",
            note=_some_words(sheet.form.reason),
            evidence=_some_evidence(sheet.form.reason),
        )
        sheet = await _with_outlook(here, sheet, key, sample)
    return here.page(
        "buyer/apply.html",
        status=409 if trouble else 200,
        currency=order.currency,
        order=order,
        pieces=pieces,
        lines=lines,
        sheet=sheet,
        eligible=found,
        at=at,
        trouble=trouble,
    )


async def _change_page(here: Visit, case_id: str, asked: Any, trouble: Trouble | None = None) -> Response[bytes]:
    key, queries = here.case_key(case_id), here.desk.queries
    view = here.found(await queries.case(key, here.caller, here.language), key.merchant_id)
    found = here.found(await queries.modification(key, here.caller, here.language), key.merchant_id)
    now = {"kind": str(view.application.kind), "reason": view.application.reason}
    asked = {name: asked.get(name, "") for name in now} if "kind" in asked else now
    at = f"{here.base}/cases/{case_id}/change"
    sheet = _sheet(here, found, at=at, keep={}, asked=asked, currency=view.money.currency, case=view)
    if sheet.form is not None:
        sample = k.Modify(
            sheet.form.kind,
            sheet.form.reason.reason,
            amount=sheet.form.reason.maximum_minor,
            note=view.application.note + _some_words(sheet.form.reason),
            evidence=_some_evidence(sheet.form.reason),
        )
        sheet = await _with_outlook(here, sheet, key, sample)
    return here.page(
        "buyer/change.html",
        status=409 if trouble else 200,
        currency=view.money.currency,
        case=view,
        action=next((action for action in view.actions if action.verb == "modify"), None),
        sheet=sheet,
        at=at,
        trouble=trouble,
    )


def _asked_for(here: Visit) -> dict[str, str]:
    """What a form that did not go through was about, as the address says it."""
    given = {name: str(value) for name, value in here.form.items() if isinstance(value, str)}
    asked: dict[str, str] = {name: given[name] for name in ("kind", "reason") if name in given}
    for name, line_no in given.items():
        if name.startswith("lines.") and name.endswith(".line_no"):
            asked[f"q{line_no}"] = given.get(name.removesuffix("line_no") + "quantity", "")
    return asked


def _pieces(order: OrderView, left: tuple[CaseLine, ...], asked: Any) -> list[Piece]:
    """All that is left, unless the address names pieces."""
    named = any(name.startswith("q") and name[1:].isdigit() for name in asked)
    most = {line.line_no: line.quantity for line in left}
    pieces = []
    for line in order.lines:
        text = str(asked.get(f"q{line.line_no}", ""))
        wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0
        possible = most.get(line.line_no, 0)
        pieces.append(Piece(line, min(wanted, possible) if named else possible, possible))
    return pieces


def _sheet(
    here: Visit,
    found: EligibilityView,
    *,
    at: str,
    keep: dict[str, str],
    asked: Any,
    currency: str,
    case: CaseView | None = None,
) -> Sheet:
    """What there is to choose. Nothing is chosen for anybody; a choice that is not possible is not taken."""
    language, reader = here.language, here.reader(currency)
    chosen_kind = next((kind for kind in found.kinds if kind.kind == asked.get("kind") and kind.possible), None)
    start = f"{at}?{urlencode({**keep, 'kind': ''})}"
    kinds = tuple(
        Choice(
            kind.kind,
            label(kind.kind, language),
            f"{at}?{urlencode({**keep, 'kind': kind.kind})}#reasons",
            kind is chosen_kind,
            translate(_KINDS[kind.kind], language),
            "" if kind.possible else _why(kind.reasons, language),
        )
        for kind in found.kinds
    )
    if chosen_kind is None:
        return Sheet(start, kinds, (), (), None)
    reason = next((one for one in chosen_kind.reasons if one.reason == asked.get("reason") and one.possible), None)
    choices = tuple(
        Choice(
            one.reason,
            one.text,
            f"{at}?{urlencode({**keep, 'kind': chosen_kind.kind, 'reason': one.reason})}",
            one is reason,
            _freight_in_short(chosen_kind.kind, one, language) if one.possible else "",
            "" if one.possible else _why([one], language),
        )
        for one in chosen_kind.reasons
    )
    return Sheet(
        start,
        kinds,
        tuple(choice for choice in choices if not choice.why),
        tuple(choice for choice in choices if choice.why),
        None if reason is None else _form(chosen_kind.kind, reason, reader, case),
    )


def _form(kind: Kind, reason: ReasonView, reader: Reader, case: CaseView | None) -> Form:
    filed = case.evidence.buyer if case else {}
    same = case is not None and case.application.kind is kind and case.application.reason == reason.reason
    amount = case.application.amount_minor if case is not None and same else reason.maximum_minor
    return Form(
        kind=kind,
        reason=reason,
        freight=tuple(_freight(kind, reason, reader)),
        groups=tuple(
            Group(tuple((str(one), label(one, reader.language)) for one in group), any(one in filed for one in group))
            for group in reason.evidence
        ),
        amount=main_units(amount, reader.currency),
        has_amount=kind in _MONEY,
        outlook=None,
    )


async def _with_outlook(here: Visit, sheet: Sheet, key: OrderKey | CaseKey, sample: k.Command) -> Sheet:
    """Say what follows, by trying what is about to be sent with everything that it has to carry."""
    outlook = await here.desk.queries.outlook(key, sample, here.caller, here.language)
    form = sheet.form
    assert form is not None, "only a form has something that follows"
    return sheet._replace(form=form._replace(outlook=None if isinstance(outlook, Refusal) else outlook))


def _some_words(reason: ReasonView) -> str:
    return "." * reason.description_characters


def _some_evidence(reason: ReasonView) -> tuple[EvidenceItem, ...]:
    return tuple(EvidenceItem(group[0]) for group in reason.evidence)


def _why(reasons: Sequence[ReasonView], language: Language) -> str:
    """Why none of these is possible: what stands against all of them, else against the first."""
    first = reasons[0].why_not if reasons else ()
    codes = [{why["code"] for why in reason.why_not} for reason in reasons]
    against_all = [why for why in first if all(why["code"] in found for found in codes)]
    why = next(iter(against_all or first), None)
    return translate(N_(": "), language).join((why["title"], why["detail"])) if why else ""


def _freight(kind: Kind, reason: ReasonView, reader: Reader) -> list[str]:
    """Who pays which way, as far as this kind has it."""
    said: list[str] = []
    if kind in _MONEY and reason.outward_freight_minor:
        text = translate(N_("The freight of {amount} that you paid comes back as well."), reader.language)
        said.append(text.format(amount=reader.money(reason.outward_freight_minor)))
    if reason.freight is None:
        return said
    if kind in (Kind.RETURN_AND_REFUND, Kind.EXCHANGE, Kind.REPAIR):
        said.append(translate(_BACK[reason.freight.back], reader.language))
    if kind in (Kind.EXCHANGE, Kind.RESEND, Kind.REPAIR):
        said.append(translate(_NEW[reason.freight.replacement], reader.language))
    return said


def _freight_in_short(kind: Kind, reason: ReasonView, language: Language) -> str:
    """For a list of reasons: who pays the way back, where there is one."""
    if reason.freight is None or kind not in (Kind.RETURN_AND_REFUND, Kind.EXCHANGE, Kind.REPAIR):
        return ""
    words = translate(N_("Return freight: {payer}"), language)
    return words.format(payer=label(reason.freight.back, language))


ROUTES = (apply_page, apply, change_page, change)
