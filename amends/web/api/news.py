"""What couriers and payment providers tell: scans and answers to payouts (DESIGN §4, §7)."""

from typing import Annotated, Literal

from litestar.handlers import HTTPRouteHandler
from msgspec import Meta, Struct

from amends.application.intake import ScanReport
from amends.application.partners import ParcelScan, PayoutNews, PayoutWord
from amends.application.ports import Answer, Failed
from amends.domain.commands import Amount
from amends.domain.order import Scan, Short
from amends.domain.refusals import Code, refuse
from amends.domain.time import Instant
from amends.domain.words import ScanCode
from amends.web.answers import Answers, answers
from amends.web.call import Call, operation, shop_itself
from amends.web.problems import Problem, Refused
from amends.web.wire import LARGEST_BATCH_BODY


class ScanNews(Struct, frozen=True, forbid_unknown_fields=True):
    """A carrier's scan of any parcel: outward, return or replacement; whose it is, is found by its number."""

    carrier: Short
    tracking_no: Short
    code: ScanCode
    occurred_at: Instant
    place: Annotated[str, Meta(max_length=200)] = ""
    text: Annotated[str, Meta(max_length=500)] = ""


class PayoutAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """A provider's word on a payout. `advanced`: the platform paid for a merchant who is short of funds."""

    payout_id: Short
    answer: Literal["done", "failed"]
    provider_reference: Annotated[str, Meta(max_length=128)] = ""
    why: Annotated[str, Meta(max_length=500)] = ""
    advanced: bool = False
    amount: Amount | None = None


@operation("POST", "/v1/parcels/scans", largest_body=LARGEST_BATCH_BODY)
async def record_scans(call: Call, body: ScanNews | list[ScanNews]) -> Answers:
    """Record carrier scans, one or a list, in any order; an answer for each. A parcel may concern several cases."""
    shop_itself(call)
    news = body if isinstance(body, list) else [body]
    scans = [
        ParcelScan(one.carrier, one.tracking_no, Scan(one.code, one.occurred_at, one.place, one.text)) for one in news
    ]
    reports = await call.desk.intake.scans(scans, call.caller.merchant_id)
    outcomes = [_outcome(report) for report in reports]
    return await answers(call.desk, call.caller, call.language, outcomes, one=not isinstance(body, list))


def _outcome(report: ScanReport) -> Answer | Exception:
    """One answer for each scan: the first that went wrong, else that of the case, else that of the order."""
    if not report.answers:
        return Problem("unknown_parcel", carrier=report.scan.carrier, tracking_no=report.scan.tracking_no)
    wrong = (one for one in report.answers if isinstance(one, Failed) or one.refusal is not None)
    return next(wrong, report.answers[-1])


@operation("POST", "/v1/payouts/answers", largest_body=LARGEST_BATCH_BODY)
async def record_payouts(call: Call, body: PayoutAnswer | list[PayoutAnswer]) -> Answers:
    """What the payment provider says about payouts, one or a list; telling it twice is telling it once."""
    shop_itself(call)
    news = body if isinstance(body, list) else [body]
    if call.caller.merchant_id is not None:
        raise Problem("not_in_scope")
    found = await call.desk.intake.payouts(
        [
            PayoutNews(one.payout_id, PayoutWord(one.answer), one.provider_reference, one.why, one.advanced, one.amount)
            for one in news
        ]
    )
    outcomes = [
        Refused(refuse(Code.UNKNOWN_CASE, payout_id=one.payout_id)) if outcome is None else outcome
        for one, outcome in zip(news, found, strict=True)
    ]
    return await answers(call.desk, call.caller, call.language, outcomes, one=not isinstance(body, list))


HANDLERS: tuple[HTTPRouteHandler, ...] = (record_scans, record_payouts)
