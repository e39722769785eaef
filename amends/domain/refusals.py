"""Why a command was refused: one closed enum in order of precedence (rules §11), each with its facts."""

from enum import StrEnum
from typing import Any

from msgspec import Struct


class Code(StrEnum):
    """Refusal codes; the order of the members is their precedence, values are never reused."""

    UNKNOWN_CASE = "unknown_case"
    UNKNOWN_ORDER = "unknown_order"
    NOT_YOURS = "not_yours"
    NOT_ALLOWED_FOR_ROLE = "not_allowed_for_role"
    KEY_REUSED = "key_reused"
    STALE_VERSION = "stale_version"
    SUSPENDED = "suspended"
    WRONG_STAGE = "wrong_stage"
    APPLICATION_CHANGED = "application_changed"
    OFFER_REPLACED = "offer_replaced"
    OFFER_OVER = "offer_over"
    GROUP_FORMING = "group_forming"
    NOT_PAID = "not_paid"
    KIND_NOT_POSSIBLE = "kind_not_possible"
    REASON_NOT_ALLOWED = "reason_not_allowed"
    WINDOW_OVER = "window_over"
    QUANTITY_TAKEN = "quantity_taken"
    TOO_MANY_APPLICATIONS = "too_many_applications"
    ALREADY_RULED = "already_ruled"
    AMOUNT_NOT_POSITIVE = "amount_not_positive"
    EXCEEDS_MAXIMUM = "exceeds_maximum"
    EXCEEDS_BALANCE = "exceeds_balance"
    EXCEEDS_COMPENSATION = "exceeds_compensation"
    TOO_MANY_SMALL_PAYMENTS = "too_many_small_payments"
    NOT_IN_TRANSIT = "not_in_transit"
    CATEGORY_NOT_REFUSABLE = "category_not_refusable"
    TOO_LATE_TO_INTERCEPT = "too_late_to_intercept"
    TOO_EARLY = "too_early"
    ALREADY_REQUESTED = "already_requested"
    PAUSES_USED_UP = "pauses_used_up"
    NO_CONVERSATION = "no_conversation"
    ROUNDS_USED_UP = "rounds_used_up"
    NOT_PREPARED = "not_prepared"
    WAITING_FOR_BUYER = "waiting_for_buyer"
    REPLY_UNANSWERED = "reply_unanswered"
    EXPLANATION_TOO_SHORT = "explanation_too_short"
    EXPLANATION_TOO_LONG = "explanation_too_long"
    EVIDENCE_TIME_OVER = "evidence_time_over"
    MISSING_EVIDENCE = "missing_evidence"
    UNKNOWN_EVIDENCE = "unknown_evidence"
    UNKNOWN_ADDRESS = "unknown_address"
    SAME_PERSON = "same_person"
    NEEDS_SECOND_PERSON = "needs_second_person"
    FINDING_WITHOUT_BASIS = "finding_without_basis"
    SHARES_DO_NOT_SUM = "shares_do_not_sum"
    WINDOW_FOR_APPEAL_OVER = "window_for_appeal_over"


PRECEDENCE = {code: place for place, code in enumerate(Code)}

WAITING_HELPS = frozenset({Code.GROUP_FORMING, Code.SUSPENDED, Code.TOO_EARLY, Code.WAITING_FOR_BUYER})


class Refusal(Struct, frozen=True):
    """One named reason with its facts.

    `facts` holds figures and instants by name (`waits_until`, `left_minor`, `missing` …), never sentences.
    `also` are further refusals that hold at the same time, in precedence; eligibility collects them all.
    """

    code: Code
    facts: dict[str, Any] = {}
    also: tuple["Refusal", ...] = ()

    @property
    def waiting_helps(self) -> bool:
        """Whether the same command may succeed later with nothing else done."""
        return self.code in WAITING_HELPS and all(other.code in WAITING_HELPS for other in self.also)


def refuse(code: Code, **facts: Any) -> Refusal:
    """A refusal with its facts."""
    return Refusal(code, facts)


def first_of(refusals: list[Refusal]) -> Refusal | None:
    """All reasons at once, the first by precedence leading (rules §1)."""
    if not refusals:
        return None
    head, *rest = sorted(refusals, key=lambda refusal: PRECEDENCE[refusal.code])
    return Refusal(head.code, head.facts, tuple(rest))
