"""What a policy must mean beyond its types: names that exist, figures that agree, silence that may do what it does."""

import re
from collections.abc import Callable, Iterator, Mapping
from string import Formatter
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from amends.application.toml_lines import Path
from amends.domain.commands import MOST_POINT_CHARACTERS, MOST_POINTS
from amends.domain.policy import (
    Category,
    Clause,
    DeadlineRule,
    Freight,
    Holiday,
    Limits,
    Reason,
    RejectionReason,
    Retention,
    Windows,
)
from amends.domain.words import EvidenceKind, Fault, Kind

Finding = tuple[Path, str, str]
"""Where, what is wrong, what is allowed."""

DEADLINES = frozenset({
    "answer.not_shipped", "answer.in_transit", "answer.with_buyer", "answer.coming_back", "negotiation_wait",
    "offer_open", "intercept_result", "unstopped", "outward_silence", "refuse_parcel", "ship_return", "return_scan",
    "return_number", "return_transit", "carrier_answer", "check_return", "ship_replacement", "repair",
    "repair_choice", "replacement_transit", "confirm_replacement", "after_rejection", "evidence", "evidence_more",
    "ruling", "look", "wish", "ship_back", "appeal_window", "appeal_decision", "offers_after_closing",
    "suspension", "group_fill", "payout_account", "payout_unknown",
})  # fmt: skip
"""The clocks that the rules start (rules §3, §4); a policy sets each and no other."""

SILENCE_MAY = {
    "buyer": {"may_reject", "judge", "close_not_refused", "close_not_sent", "close_rejected", "close_completed",
              "refund_instead", "review", "look", "remind"},
    "merchant": {"agree", "agree_refund", "agree_return", "agree_intercept", "accept_return", "refund_instead",
                 "choose_refund", "review", "look"},
    "platform": {"late", "look", "resume", "remind"},
    "courier": {"agree_refund", "back_to_merchant", "ask_return_number", "send_again", "look"},
    "nobody": {"end_offer", "judge", "final", "refund_order"},
}  # fmt: skip
"""What the silence of each owner may bring about: nobody's rights end by somebody else's silence."""

REASONS_BY_NAME = ("group_failed", "parcel_came_back", "agreed")
"""Reasons under which the system or the merchant opens a case."""

FREIGHT = (*(fault.value for fault in Fault), "other", "intercept")
"""Who pays is said for every fault, and for these; a reason may have a row of its own, which goes before its fault."""

SCRIPT_FIELDS = ("title", "amount", "order_no", "wait_until")

LEAST_YEARS = 3
"""Of records of a trade, from the day on which it was over (law: 电商法 31)."""

PLACES_OF_GOODS = frozenset({
    "in_transit", "not_shipped", "with_buyer", "return_due", "return_in_transit",
    "return_delivered",
})  # fmt: skip


def check(parts: Mapping[str, Any], raw: Mapping[str, Any]) -> Iterator[Finding]:
    """All faults of meaning in what could be read (`parts`); names count as present if they stand in `raw`."""
    names = {section: set(value) for section, value in raw.items() if isinstance(value, dict)}

    def of(section: str, judge: Callable[..., Iterator[Finding]], *more: object) -> Iterator[Finding]:
        if section in parts:
            yield from judge(parts[section], *more)

    yield from _head(parts)
    yield from of("windows", _windows)
    yield from of("limits", _limits)
    yield from of("retention", _retention)
    yield from of("deadlines", _deadlines, names)
    yield from _agreements(parts)
    yield from of("categories", _categories, names)
    yield from of("reasons", _reasons, names)
    yield from of("rejection_reasons", _rejection_reasons, names)
    yield from of("freight", _freight, names)
    yield from of("clauses", _clauses)
    yield from of("holidays", _holidays, names)


def _head(parts: Mapping[str, Any]) -> Iterator[Finding]:
    for key in ("name", "version"):
        if key in parts and not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", parts[key]):
            yield (key,), f"{parts[key]!r} cannot stand in file names and addresses", "small letters, digits, . _ -"
    if "timezone" in parts:
        try:
            ZoneInfo(parts["timezone"])
        except (ZoneInfoNotFoundError, ValueError, OSError):
            yield ("timezone",), f"{parts['timezone']!r} is no time zone", "a name of the IANA list, as Asia/Shanghai"
    opens, shuts = parts.get("waking_from_hour"), parts.get("waking_to_hour")
    if opens is not None and shuts is not None and opens >= shuts:
        yield ("waking_to_hour",), f"the waking hours end at {shuts} and begin at {opens}", f"{opens + 1} to 24"


def _windows(windows: Windows) -> Iterator[Finding]:
    longest = windows.after_confirmation_days
    for key in ("no_reason_7_days", "same_as_first_days"):
        days = getattr(windows, key)
        if days > longest:
            yield ("windows", key), f"{days} days are more than after_confirmation_days", f"at most {longest}"


def _limits(limits: Limits) -> Iterator[Finding]:
    for key in ("applications", "offers_per_side", "scripts_per_application", "replacement_attempts", "points",
                "point_characters"):  # fmt: skip
        if getattr(limits, key) < 1:
            yield ("limits", key), "0 would leave nobody a way", "at least 1"
    for smaller, larger in (
        ("small_payment_minor", "compensation_per_order_minor"),
        ("return_freight_minor", "compensation_per_order_minor"),
        ("advise_refund_below_minor", "advise_position_from_minor"),
        ("explanation_characters", "point_characters"),
    ):
        low, high = getattr(limits, smaller), getattr(limits, larger)
        if low > high:
            yield ("limits", smaller), f"{low} is more than {larger}", f"at most {high}"
    for key, most in (("points", MOST_POINTS), ("point_characters", MOST_POINT_CHARACTERS)):
        if getattr(limits, key) > most:
            yield ("limits", key), f"{getattr(limits, key)} is more than a request may carry", f"at most {most}"


def _retention(retention: Retention) -> Iterator[Finding]:
    if retention.years < LEAST_YEARS:
        yield ("retention", "years"), f"the law asks for {LEAST_YEARS} years (电商法 31)", f"at least {LEAST_YEARS}"


def _deadlines(rules: Mapping[str, DeadlineRule], names: Mapping[str, set[str]]) -> Iterator[Finding]:
    present = names["deadlines"]
    for key in sorted(DEADLINES - present):
        yield ("deadlines", key), "missing: the rules start this clock", "a deadline with owner, hours, then, source"
    for key in sorted(present - DEADLINES):
        yield ("deadlines", key), "no rule starts a clock of this name", ", ".join(sorted(DEADLINES))
    for key, rule in rules.items():
        yield from _deadline(("deadlines", key), rule, names.get("reasons", set()))


def _deadline(path: Path, rule: DeadlineRule, reasons: set[str]) -> Iterator[Finding]:
    faults, kinds = {fault.value for fault in Fault}, {kind.value for kind in Kind}
    for key, outcome in rule.then.items():
        if key not in {"any"} | faults | kinds | reasons:
            yield (*path, "then", key), "neither a reason nor a fault nor a kind", "any, a fault, a kind or a reason"
        may = SILENCE_MAY[rule.owner]
        if outcome not in may:
            whose = "a lapse that is nobody's" if rule.owner == "nobody" else f"the silence of the {rule.owner}"
            yield (*path, "then", key), f"{whose} cannot bring {outcome!r} about", ", ".join(sorted(may))
    if "any" not in rule.then and not kinds <= rule.then.keys():
        yield (*path, "then"), "not every case has an outcome", "`any`, or every kind: " + ", ".join(sorted(kinds))
    for key in ("at_least_hours", "at_most_hours", "again_hours", "grace_minutes"):
        if not 0 <= getattr(rule, key) < float("inf"):
            yield (*path, key), f"{getattr(rule, key)} is no length of time", "0 or more"
    if rule.at_least_hours > rule.hours:
        yield (*path, "at_least_hours"), f"{rule.at_least_hours:g} is more than hours", f"at most {rule.hours:g}"
    if 0 < rule.at_most_hours < rule.hours:
        yield (*path, "at_most_hours"), f"{rule.at_most_hours:g} is less than hours", f"at least {rule.hours:g}"
    if "late" in rule.then.values() and rule.again_hours <= 0:
        yield (*path, "again_hours"), "missing: a late platform is given new time", "a number of hours"


def _agreements(parts: Mapping[str, Any]) -> Iterator[Finding]:
    limits: Limits | None = parts.get("limits")
    more: DeadlineRule | None = parts.get("deadlines", {}).get("evidence_more")
    if limits and more and more.hours > limits.pauses_hours:
        problem = f"{more.hours:g} is more than limits.pauses_hours"
        yield ("deadlines", "evidence_more", "hours"), problem, f"at most {limits.pauses_hours:g}"


def _categories(categories: Mapping[str, Category], names: Mapping[str, set[str]]) -> Iterator[Finding]:
    if "other" not in names["categories"]:
        yield ("categories", "other"), "missing: goods of an unknown category go by it", "a category"
    for code, category in categories.items():
        yield from _filled(("categories", code), label=category.label, label_en=category.label_en)


def _reasons(reasons: Mapping[str, Reason], names: Mapping[str, set[str]]) -> Iterator[Finding]:
    for code in REASONS_BY_NAME:
        if code not in names["reasons"]:
            yield ("reasons", code), "missing: the rules open cases under it", "a reason"
    taken = {"any", *Fault, *Kind}
    for code, reason in reasons.items():
        path: Path = ("reasons", code)
        if code in taken or not re.fullmatch(r"[a-z][a-z0-9_]*", code):
            yield path, "not a name for a reason", "small letters, digits, _; no fault, no kind, not `any`"
        yield from _filled(path, label=reason.label, label_en=reason.label_en, family=reason.family)
        yield from _filled(path, kinds=reason.kinds, goods=reason.goods)
        yield from _groups((*path, "evidence"), reason.evidence)
        if not 0 <= reason.description_characters <= 2000:
            yield (*path, "description_characters"), f"{reason.description_characters} is not possible", "0 to 2000"
        with_goods = [kind for kind in reason.kinds if kind is not Kind.REFUND_ONLY]
        if with_goods and reason.goods and "delivered" not in reason.goods:
            problem = f"{with_goods[0]} needs goods that the buyer has"
            yield (*path, "kinds"), problem, "refund_only, or `delivered` among goods"
        if with_goods and reason.money_only:
            yield (*path, "money_only"), f"{with_goods[0]} is not about money alone", 'kinds = ["refund_only"]'


def _rejection_reasons(reasons: Mapping[str, RejectionReason], names: Mapping[str, set[str]]) -> Iterator[Finding]:
    if "return_incomplete" not in names["rejection_reasons"]:
        path: Path = ("rejection_reasons", "return_incomplete")
        yield path, "missing: fewer pieces than agreed are disputed under it", "a rejection reason"
    for code, reason in reasons.items():
        path = ("rejection_reasons", code)
        yield from _filled(path, label=reason.label, label_en=reason.label_en)
        yield from _filled(path, when=reason.when, solutions=reason.solutions)
        yield from _groups((*path, "proof"), reason.proof)
        yield from _groups((*path, "proof_if_excludable"), reason.proof_if_excludable)
        places = PLACES_OF_GOODS.intersection(reason.when)
        if len(places) > 1:
            yield (*path, "when"), "goods are in one place: " + " and ".join(sorted(places)), "one of them"
        if "any" in reason.when and len(reason.when) > 1:
            yield (*path, "when"), "`any` beside another condition", "`any` alone, or the others"
        for key, script in (("script", reason.script), ("script_en", reason.script_en)):
            yield from _filled(path, **{key: script})
            yield from _script((*path, key), script)


def _script(path: Path, script: str) -> Iterator[Finding]:
    allowed = "plain text, or " + ", ".join(f"{{{field}}}" for field in SCRIPT_FIELDS)
    try:
        fields = [field for _, field, _, _ in Formatter().parse(script) if field is not None]
    except ValueError:
        yield path, "a brace without its partner", allowed
        return
    for field in fields:
        if field not in SCRIPT_FIELDS:
            yield path, f"{{{field}}} is nothing that a script can name", allowed


def _freight(_table: Mapping[str, Freight], names: Mapping[str, set[str]]) -> Iterator[Finding]:
    """The keys only; the payers are held by their type."""
    for key in FREIGHT:
        if key not in names["freight"]:
            yield ("freight", key), "missing", "who pays outward, back, replacement"
    for key in sorted(names["freight"] - set(FREIGHT) - names.get("reasons", set())):
        yield ("freight", key), "neither a fault nor a reason nor `intercept`", ", ".join(FREIGHT) + ", or a reason"


def _clauses(clauses: Mapping[str, Clause]) -> Iterator[Finding]:
    for code, clause in clauses.items():
        if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", code):
            yield ("clauses", code), "not a name for a clause", "words of small letters and digits, joined by -"
        yield from _filled(("clauses", code), text=clause.text, text_en=clause.text_en)


def _holidays(holidays: tuple[object, ...], names: Mapping[str, set[str]]) -> Iterator[Finding]:
    for number, holiday in enumerate(holidays):
        if not isinstance(holiday, Holiday):
            continue  # could not be read: its faults are noted, the others keep their numbers
        path: Path = ("holidays", number)
        yield from _filled(path, name=holiday.name, deadlines=holiday.deadlines)
        if holiday.ends_at <= holiday.starts_at:
            yield (*path, "ends_at"), "the period ends before it begins", f"after {holiday.starts_at.isoformat()}"
        for place, key in enumerate(holiday.deadlines):
            if key not in names.get("deadlines", set()):
                yield (*path, "deadlines", place), f"{key!r} is no deadline", ", ".join(sorted(DEADLINES))


def _groups(path: Path, groups: tuple[tuple[EvidenceKind, ...], ...]) -> Iterator[Finding]:
    for number, group in enumerate(groups):
        if not group:
            yield (*path, number), "an empty group can never be given", ", ".join(EvidenceKind)


def _filled(path: Path, **values: object) -> Iterator[Finding]:
    for key, value in values.items():
        if not value:
            yield (*path, key), "empty", "at least one" if isinstance(value, tuple) else "text"
