"""Policy figures as typed values; the file that carries them is parsed in `policies` (DESIGN §3, Policy)."""

from datetime import timedelta
from functools import cache, cached_property
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from amends.domain.time import Instant, add_waking_time
from amends.domain.words import EvidenceKind, Fault, Kind, Payer, Remedy, Side

Hours = Annotated[float, Meta(gt=0, le=24 * 366)]
Days = Annotated[int, Meta(ge=0, le=3650)]
Limit = Annotated[int, Meta(ge=0, le=10**12)]
Source = Annotated[str, Meta(min_length=1)]

GoodsGroup = Literal["group_failed", "not_shipped", "in_transit", "delivered", "coming_back"]
WindowKind = Literal["no_reason", "merchant_fault", "not_received", "none"]

LapseOutcome = Literal[
    "agree",  # as asked
    "agree_refund",  # money without goods
    "agree_return",  # money once the goods are back, default address
    "agree_intercept",  # the courier is asked to stop the parcel
    "may_reject",  # the wait before a rejection is over
    "end_offer",
    "back_to_merchant",
    "close_not_refused",
    "close_not_sent",
    "close_rejected",
    "close_completed",
    "ask_return_number",
    "look",  # a person at the platform must look
    "accept_return",
    "refund_instead",  # the goods did not come, money does
    "choose_refund",  # repair is late: the buyer may choose, then money
    "send_again",
    "review",  # to the platform
    "judge",  # evidence time is over
    "late",  # the platform is late: recorded, supervisor, re-armed
    "final",
    "resume",
    "refund_order",  # group did not fill
    "remind",
]


SilenceOutcome = Literal[
    LapseOutcome,
    "agree_unstopped",  # as agree_intercept, where the courier cannot be asked any more
    "close_nothing_left",  # it would be paid, and nothing is left of the order
]
"""What a lapse comes to, the state of the case counted in."""


class DeadlineRule(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One deadline: who owns it, how long, and what its lapse does.

    `then` is looked up by reason, then fault, then kind, then `any`: data decides, code carries out.
    `again_hours` is the length when a late platform is given more time (re-armed); `grace_minutes` is waited
    after the instant for news that may still arrive (group_fill).
    """

    owner: Literal["buyer", "merchant", "platform", "courier", "nobody"]
    hours: Hours
    then: dict[str, LapseOutcome]
    source: Source
    waking_hours_only: bool = False
    at_least_hours: float = 0
    at_most_hours: float = 0
    again_hours: float = 0
    grace_minutes: float = 0

    @property
    def length(self) -> timedelta:
        return _length(self.hours)


@cache
def _length(hours: float) -> timedelta:
    """Kept: the few lengths of a policy are asked for all the time."""
    return timedelta(hours=hours)


class Windows(Struct, frozen=True, forbid_unknown_fields=True):
    """Until when something may be opened, in days (rules §1)."""

    after_confirmation_days: Days
    no_reason_7_days: Days
    after_timer_days: Days
    same_as_first_days: Days


class Limits(Struct, frozen=True, forbid_unknown_fields=True):
    """Counts and money limits. Money in minor units.

    `intervention_after_hours` counts from the first opening (rules §5); `answer_after_wait_hours` is left to the
    merchant when a wait outlasts the answer deadline (rules §4); `durable_burden_days` turn the burden of proof
    for durable goods (rules §9).
    """

    applications: Limit
    offers_per_side: Limit
    scripts_per_application: Limit
    small_payments_per_order: Limit
    small_payment_minor: Limit
    compensation_per_order_minor: Limit
    return_freight_minor: Limit
    four_eyes_minor: Limit
    auto_refunds_per_buyer: Limit
    auto_refund_days: Days
    auto_refund_suggested_minor: Limit
    advise_refund_below_minor: Limit
    advise_position_from_minor: Limit
    points: Limit
    point_characters: Limit
    explanation_characters: Limit
    grounds_characters: Limit
    seen_before_finding_hours: Hours
    pauses_hours: Hours
    replacement_attempts: Limit
    intervention_after_hours: Hours
    answer_after_wait_hours: Hours
    durable_burden_days: Days


class Parcels(Struct, frozen=True, forbid_unknown_fields=True):
    """Figures about parcels, in hours (rules §4, §7)."""

    intercept_after_out_for_delivery_hours: Hours
    stuck_hours: Hours
    back_to_merchant_hours: Hours


class Category(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a category of goods carries: the no-reason right (law: 暂行办法 6, 7), warranty, durable goods."""

    label: str
    label_en: str
    no_reason: Literal["standard", "seven", "excludable", "excluded"]
    warranty_days: Days = 0
    durable: bool = False


class Reason(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A buyer's reason (rules §2). `evidence` is a list of groups; one kind of each group is needed."""

    label: str
    label_en: str
    kinds: tuple[Kind, ...]
    goods: tuple[GoodsGroup, ...]
    fault: Fault
    family: str
    window: WindowKind
    source: Source
    evidence: tuple[tuple[EvidenceKind, ...], ...] = ()
    description_characters: int = 0
    by_buyer: bool = True
    burden: Side = Side.BUYER
    quality: bool = False
    look: bool = False
    auto_refund: bool = True
    money_only: bool = False


RejectionCondition = Literal[
    "any", "in_transit", "not_shipped", "with_buyer", "return_due", "return_in_transit",
    "return_delivered", "shipped_before_opening", "custom_made", "cannot_be_stopped", "reason_needs_evidence",
    "no_reason", "own_offer", "no_reply",
]  # fmt: skip


class RejectionReason(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A merchant's reason to reject (rules §6): `when` all hold; `proof` groups as in `Reason`; one script."""

    label: str
    label_en: str
    when: tuple[RejectionCondition, ...]
    script: str
    script_en: str
    solutions: tuple[Remedy, ...]
    source: Source
    proof: tuple[tuple[EvidenceKind, ...], ...] = ()
    proof_if_excludable: tuple[tuple[EvidenceKind, ...], ...] = ()


class Freight(Struct, frozen=True, omit_defaults=True):
    """Who pays which leg. `replacement` is the freight of new or repaired goods."""

    outward: Payer
    back: Payer
    replacement: Payer


class Holiday(Struct, frozen=True, forbid_unknown_fields=True):
    """A period that lengthens the named deadlines that start inside it (rules, Time)."""

    name: str
    starts_at: Instant
    ends_at: Instant
    deadlines: tuple[str, ...]
    add_hours: Hours


class Clause(Struct, frozen=True, forbid_unknown_fields=True):
    """A clause that a ruling may cite."""

    text: str
    text_en: str
    source: Source


class FileLimits(Struct, frozen=True, forbid_unknown_fields=True):
    """What a file of evidence may be (F 4.5). `display_*` and `thumb_pixels` are sizes of the copies that are shown.

    `megapixels` bound what a picture unfolds to, whatever its file weighs; `seconds` and `pages` bound videos, sound
    and documents; `inspection_*` bound what looking into one file may cost.
    """

    files_per_party: Limit = 60
    image_megabytes: Limit = 30
    video_megabytes: Limit = 300
    audio_megabytes: Limit = 60
    document_megabytes: Limit = 30
    transcript_megabytes: Limit = 2
    megapixels: Limit = 80
    video_megapixels: Limit = 9
    video_seconds: Limit = 600
    audio_seconds: Limit = 3600
    pages: Limit = 60
    transcript_messages: Limit = 3000
    transcript_characters: Limit = 4000
    display_short_pixels: Limit = 1536
    display_megapixels: Limit = 24
    thumb_pixels: Limit = 480
    inspection_seconds: Limit = 120
    inspection_megabytes: Limit = 1536

    @property
    def largest_bytes(self) -> int:
        """More than this is no evidence of any kind."""
        return 1_000_000 * max(
            self.image_megabytes, self.video_megabytes, self.audio_megabytes, self.document_megabytes
        )


class Retention(Struct, frozen=True, forbid_unknown_fields=True):
    """For how many years a finished case stays whole; after that its files and the words of persons go.

    What is left is the skeleton of its record, and the chain over that still holds.
    """

    years: Limit = 3


class Policy(Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """One version of the rules in force from `effective_from`; `version` names it in every case."""

    name: str
    version: str
    effective_from: Instant
    timezone: str
    waking_from_hour: Annotated[int, Meta(ge=0, le=23)]
    waking_to_hour: Annotated[int, Meta(ge=1, le=24)]
    windows: Windows
    limits: Limits
    parcels: Parcels
    deadlines: dict[str, DeadlineRule]
    categories: dict[str, Category]
    reasons: dict[str, Reason]
    rejection_reasons: dict[str, RejectionReason]
    freight: dict[str, Freight]
    clauses: dict[str, Clause]
    files: FileLimits = FileLimits()
    retention: Retention = Retention()
    holidays: tuple[Holiday, ...] = ()

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def category(self, code: str) -> Category:
        """The category, else the one named `other`: an unknown category never blocks a buyer."""
        return self.categories.get(code) or self.categories["other"]

    def due(self, key: str, starts_at: Instant, hours: float | None = None) -> Instant:
        """When a deadline that starts at `starts_at` passes, holidays and waking hours counted in.

        `hours` replaces the rule's own length, where a rule says so (24 h back to the merchant).
        """
        rule = self.deadlines[key]
        length = rule.length if hours is None else timedelta(hours=hours)
        for holiday in self.holidays:
            if key in holiday.deadlines and holiday.starts_at <= starts_at < holiday.ends_at:
                length += timedelta(hours=holiday.add_hours)
        if rule.waking_hours_only:
            return add_waking_time(starts_at, length, self.waking_from_hour, self.waking_to_hour, self.zone)
        return starts_at + length

    def outcome(self, key: str, reason: str, fault: Fault, kind: Kind) -> LapseOutcome:
        """What the lapse of `key` does to a case with that reason, fault and kind."""
        then = self.deadlines[key].then
        return then.get(reason) or then.get(fault) or then.get(kind) or then["any"]
