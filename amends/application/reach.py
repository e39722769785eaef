"""How far a caller's lists and feeds reach."""

from msgspec.structs import replace

from amends.application.access import Caller
from amends.application.ports import CaseFilter
from amends.domain.words import Side


def within_reach(wanted: CaseFilter, caller: Caller) -> CaseFilter | None:
    """The filter narrowed to what the caller may see; None when he asks for what is another's."""
    actor = caller.actor
    own_merchant = int(actor.party) if actor.side is Side.MERCHANT else caller.merchant_id
    own_buyer = actor.party if actor.side is Side.BUYER else None
    if own_merchant is not None and wanted.merchant_id not in (None, own_merchant):
        return None
    if own_buyer is not None and wanted.buyer_id not in (None, own_buyer):
        return None
    return replace(
        wanted,
        merchant_id=wanted.merchant_id if own_merchant is None else own_merchant,
        buyer_id=wanted.buyer_id if own_buyer is None else own_buyer,
        assignee=wanted.assignee if actor.side in (Side.PLATFORM, Side.SYSTEM) else None,
    )


def reaches_feed(caller: Caller, merchant_id: int) -> bool:
    """A feed is its merchant's, the platform's and the shop's own."""
    actor = caller.actor
    theirs = actor.side in (Side.PLATFORM, Side.SYSTEM) or (
        actor.side is Side.MERCHANT and actor.party == str(merchant_id)
    )
    return theirs and caller.may_reach(merchant_id)
