"""The shipped policy says what the rules say: each row of the tables of rules §1-§6, by hand."""

import re
import tomllib
from datetime import UTC, datetime, timedelta

import pytest

from amends.application.policies import SHIPPED, Policies, parse_policy, shipped_text
from amends.domain.words import EvidenceKind, Fault, Kind, Payer, Remedy, Side

POLICY = parse_policy(shipped_text(), SHIPPED)

R, B, X, S, P = Kind.REFUND_ONLY, Kind.RETURN_AND_REFUND, Kind.EXCHANGE, Kind.RESEND, Kind.REPAIR
ANY = ("not_shipped", "in_transit", "delivered", "coming_back")
WITH_BUYER = ("delivered",)
PHOTO, VIDEO, PACKING = EvidenceKind.PHOTO, EvidenceKind.VIDEO, EvidenceKind.PACKING_PHOTO
RECEIPT = EvidenceKind.FREIGHT_RECEIPT

REASONS = [
    # code                kinds            goods                         fault       evidence                characters
    ("group_failed",      (R,),            ("group_failed",),            "none",     (),                     0),
    ("changed_mind",      (R,),            ("not_shipped", "in_transit"), "buyer",   (),                     0),
    ("no_reason",         (B, X),          WITH_BUYER,                   "buyer",    (),                     0),
    ("agreed",            (R, B, X, S),    ANY,                          "none",     (),                     0),
    ("out_of_stock",      (R,),            ("not_shipped",),             "merchant", (),                     0),
    ("late_shipping",     (R,),            ("not_shipped",),             "merchant", (),                     0),
    ("stuck_in_transit",  (R,),            ("in_transit",),              "carrier",  (),                     0),
    ("parcel_came_back",  (R,),            ("coming_back",),             "none",     (),                     0),
    ("not_received",      (R,),            WITH_BUYER,                   "carrier",  (),                     0),
    ("empty_parcel",      (R, S),          WITH_BUYER,                   "merchant", ((PHOTO, VIDEO),),      0),
    ("missing_items",     (R, B, S),       WITH_BUYER,                   "merchant", ((PHOTO,),),            0),
    ("wrong_item",        (B, X, S),       WITH_BUYER,                   "merchant", ((PHOTO,),),            0),
    ("damaged",           (R, B, X, S),    WITH_BUYER,                   "merchant", ((PHOTO,), (PACKING,)), 0),
    ("not_as_described",  (R, B, X),       WITH_BUYER,                   "merchant", ((PHOTO,),),            10),
    ("quality",           (R, B, X, P),    WITH_BUYER,                   "merchant", ((PHOTO, VIDEO),),      10),
    ("spoiled",           (R, B),          WITH_BUYER,                   "merchant", ((PHOTO,),),            0),
    ("counterfeit",       (R, B),          WITH_BUYER,                   "merchant", ((PHOTO,),),            0),
    ("price_difference",  (R,),            ANY,                          "none",     (),                     0),
    ("freight_refund",    (R,),            ANY,                          "none",     ((RECEIPT,),),          0),
    ("other",             (R, B, X, S, P), ANY,                          "none",     (),                     10),
]  # fmt: skip


@pytest.mark.parametrize("row", REASONS, ids=[row[0] for row in REASONS])
def test_each_reason_is_as_the_rules_say(row):
    code, kinds, goods, fault, evidence, characters = row
    reason = POLICY.reasons[code]
    said = (reason.kinds, reason.goods, reason.fault, reason.evidence, reason.description_characters)
    assert said == (kinds, goods, fault, evidence, characters)


def test_there_is_no_reason_beside_those_of_the_rules():
    assert set(POLICY.reasons) == {row[0] for row in REASONS}


FLAGS = [
    ("quality", {"quality", "not_as_described", "spoiled", "damaged", "counterfeit"}),  # rules §13, R6.1
    ("look", {"counterfeit"}),  # rules §1
    ("money_only", {"freight_refund", "price_difference"}),  # rules §1
]


@pytest.mark.parametrize(("flag", "codes"), FLAGS)
def test_only_these_reasons_carry_the_flag(flag, codes):
    assert {code for code, reason in POLICY.reasons.items() if getattr(reason, flag)} == codes


def test_three_reasons_are_never_refunded_by_a_switch():
    """R3.9, rules §10."""
    kept = {code for code, reason in POLICY.reasons.items() if not reason.auto_refund}
    assert kept == {"agreed", "other", "price_difference"}


def test_a_failed_group_is_the_only_reason_that_no_buyer_may_give():
    assert [code for code, reason in POLICY.reasons.items() if not reason.by_buyer] == ["group_failed"]


def test_the_merchant_proves_delivery_and_genuineness_and_the_buyer_a_visible_defect():
    burden = {code: reason.burden for code, reason in POLICY.reasons.items()}
    assert burden["not_received"] is burden["counterfeit"] is burden["damaged"] is Side.MERCHANT
    assert burden["quality"] is burden["not_as_described"] is burden["wrong_item"] is Side.BUYER


WINDOWS = [
    ("no_reason", {"no_reason", "other"}),
    ("not_received", {"not_received", "stuck_in_transit"}),
    ("none", {"group_failed", "changed_mind", "parcel_came_back"}),
]


@pytest.mark.parametrize(("window", "codes"), WINDOWS)
def test_windows_are_given_by_the_kind_of_reason(window, codes):
    assert {code for code, reason in POLICY.reasons.items() if reason.window == window} == codes


def test_every_merchant_fault_reason_has_the_window_of_merchant_fault():
    """Rules §1."""
    of_merchant = {code for code, reason in POLICY.reasons.items() if reason.fault is Fault.MERCHANT}
    windows = {POLICY.reasons[code].window for code in of_merchant | {"agreed", "price_difference", "freight_refund"}}
    assert windows == {"merchant_fault"}


DEADLINES = [
    # key                   owner       hours  what the lapse does to a case with (reason, fault, kind)
    ("answer.not_shipped",  "merchant", 24,    "agree_refund"),
    ("answer.in_transit",   "merchant", 48,    "agree_intercept"),
    ("answer.with_buyer",   "merchant", 48,    "agree_return"),
    ("answer.coming_back",  "merchant", 48,    "agree_refund"),
    ("negotiation_wait",    "buyer",    0.5,   "may_reject"),
    ("offer_open",          "nobody",   48,    "end_offer"),
    ("intercept_result",    "courier",  72,    "back_to_merchant"),
    ("unstopped",           "courier",  72,    "agree_refund"),
    ("outward_silence",     "courier",  240,   "agree_refund"),
    ("refuse_parcel",       "buyer",    48,    "close_not_refused"),
    ("ship_return",         "buyer",    168,   "close_not_sent"),
    ("return_scan",         "courier",  72,    "ask_return_number"),
    ("return_number",       "buyer",    48,    "close_not_sent"),
    ("return_transit",      "courier",  240,   "look"),
    ("carrier_answer",      "buyer",    72,    "judge"),
    ("check_return",        "merchant", 48,    "accept_return"),
    ("ship_replacement",    "merchant", 48,    "refund_instead"),
    ("repair",              "merchant", 720,   "choose_refund"),
    ("repair_choice",       "buyer",    168,   "refund_instead"),
    ("replacement_transit", "courier",  240,   "send_again"),
    ("confirm_replacement", "buyer",    168,   "close_completed"),
    ("after_rejection",     "buyer",    168,   "close_rejected"),
    ("evidence",            "nobody",   24,    "judge"),
    ("evidence_more",       "nobody",   24,    "judge"),
    ("ruling",              "platform", 48,    "late"),
    ("look",                "platform", 24,    "late"),
    ("wish",                "platform", 24,    "look"),
    ("ship_back",           "merchant", 72,    "refund_instead"),
    ("appeal_window",       "nobody",   168,   "final"),
    ("appeal_decision",     "platform", 72,    "late"),
    ("offers_after_closing", "nobody",  360,   "final"),
    ("suspension",          "platform", 720,   "resume"),
    ("group_fill",          "nobody",   24,    "refund_order"),
    ("payout_account",      "buyer",    168,   "remind"),
    ("payout_unknown",      "platform", 72,    "look"),
]  # fmt: skip


@pytest.mark.parametrize("row", DEADLINES, ids=[row[0] for row in DEADLINES])
def test_each_deadline_is_as_the_rules_say(row):
    """R2.3, R4.2, rules §4. The case behind the outcome: refund only for a change of mind."""
    key, owner, hours, outcome = row
    rule = POLICY.deadlines[key]
    assert (rule.owner, rule.hours) == (owner, hours)
    assert POLICY.outcome(key, "changed_mind", Fault.BUYER, Kind.REFUND_ONLY) == outcome


def test_there_is_no_deadline_beside_those_of_the_rules():
    assert set(POLICY.deadlines) == {row[0] for row in DEADLINES}


SILENCE = [
    # where the goods are  reason             fault            kind  what the merchant's silence does
    ("in_transit",         "stuck_in_transit", Fault.CARRIER,  R,    "agree_refund"),
    ("in_transit",         "agreed",           Fault.NONE,     R,    "agree_intercept"),
    ("in_transit",         "price_difference", Fault.NONE,     R,    "review"),
    ("in_transit",         "freight_refund",   Fault.NONE,     R,    "review"),
    ("with_buyer",         "not_received",     Fault.CARRIER,  R,    "agree"),
    ("with_buyer",         "empty_parcel",     Fault.MERCHANT, R,    "agree"),
    ("with_buyer",         "agreed",           Fault.NONE,     B,    "review"),
    ("with_buyer",         "price_difference", Fault.NONE,     R,    "review"),
    ("with_buyer",         "freight_refund",   Fault.NONE,     R,    "review"),
    ("with_buyer",         "quality",          Fault.MERCHANT, R,    "agree_return"),
    ("with_buyer",         "quality",          Fault.MERCHANT, B,    "agree"),
    ("with_buyer",         "no_reason",        Fault.BUYER,    X,    "agree"),
    ("with_buyer",         "missing_items",    Fault.MERCHANT, S,    "agree"),
    ("with_buyer",         "quality",          Fault.MERCHANT, P,    "agree"),
]  # fmt: skip


@pytest.mark.parametrize(("goods", "reason", "fault", "kind", "outcome"), SILENCE)
def test_the_merchants_silence_does_what_the_rules_say(goods, reason, fault, kind, outcome):
    """R2.3: never money for goods that the buyer keeps."""
    assert POLICY.outcome(f"answer.{goods}", reason, fault, kind) == outcome


def test_bounds_of_lengths_are_as_the_rules_say():
    bounds = {
        key: (rule.at_least_hours, rule.at_most_hours, rule.again_hours, rule.grace_minutes)
        for key, rule in POLICY.deadlines.items()
    }
    assert {key: bound for key, bound in bounds.items() if any(bound)} == {
        "answer.not_shipped": (4, 0, 0, 0),
        "intercept_result": (0, 120, 0, 0),
        "refuse_parcel": (0, 360, 0, 0),
        "ruling": (0, 0, 24, 0),
        "look": (0, 0, 24, 0),
        "appeal_decision": (0, 0, 24, 0),
        "group_fill": (0, 0, 0, 10),
    }


CONFIRMED = (("confirmation",),)

REJECTIONS = [
    # code                   when                                          proof                           if excludable
    ("shipped_normally",     ("in_transit", "shipped_before_opening"),     (),                             ()),
    ("made_to_order",        ("not_shipped", "custom_made"),               (("listing_tag",), ("photo",)), ()),
    ("cannot_intercept",     ("in_transit", "cannot_be_stopped"),          (),                             ()),
    ("facts_differ",         ("any",),                                     (("photo",),),                  ()),
    ("proof_insufficient",   ("with_buyer", "reason_needs_evidence"),      (("packing_photo", "photo"),),  ()),
    ("not_returnable",       ("no_reason",),                               (("listing_tag",),),            CONFIRMED),
    ("amount_differs",       ("own_offer",),                               (),                             ()),
    ("other_agreement",      ("any",),                                     (("chat_screenshot", "chat_log"),), ()),
    ("buyer_unreachable",    ("no_reply",),                                (("call_record",),),            ()),
    ("return_not_received",  ("return_delivered",),                    (),                             ()),
    ("return_damaged",       ("return_delivered",),                        (("photo",),),                  ()),
    ("return_wrong_item",    ("return_delivered",),                        (("photo",),),                  ()),
    ("return_incomplete",    ("return_delivered",),                        (("video", "weight_record"),),  ()),
]  # fmt: skip


@pytest.mark.parametrize("row", REJECTIONS, ids=[row[0] for row in REJECTIONS])
def test_each_reason_to_reject_is_as_the_rules_say(row):
    """R3.5, rules §6."""
    code, when, proof, excludable = row
    reason = POLICY.rejection_reasons[code]
    assert (reason.when, reason.proof, reason.proof_if_excludable) == (when, proof, excludable)


def test_there_is_no_reason_to_reject_beside_those_of_the_rules():
    assert set(POLICY.rejection_reasons) == {row[0] for row in REJECTIONS}


def test_every_script_is_a_letter_of_its_own_that_offers_a_way():
    """R3.5: the script is sent as it stands, so it names nothing that somebody would have to fill in."""
    reasons = POLICY.rejection_reasons.values()
    for scripts in ([reason.script for reason in reasons], [reason.script_en for reason in reasons]):
        assert len(set(scripts)) == len(REJECTIONS)
        assert not [script for script in scripts if re.search(r"[{}<>]|亲|！|!", script)]
    assert all(Remedy.SMALL_PAYMENT not in reason.solutions for reason in reasons)


FIGURES = [
    ("windows", "after_confirmation_days", 15),  # R4.1
    ("windows", "no_reason_7_days", 7),
    ("windows", "after_timer_days", 15),
    ("windows", "same_as_first_days", 7),
    ("limits", "applications", 5),
    ("limits", "offers_per_side", 10),
    ("limits", "scripts_per_application", 2),
    ("limits", "small_payments_per_order", 3),  # R3.3
    ("limits", "small_payment_minor", 200_00),  # R3.3
    ("limits", "compensation_per_order_minor", 600_00),
    ("limits", "return_freight_minor", 30_00),
    ("limits", "four_eyes_minor", 500_00),
    ("limits", "auto_refunds_per_buyer", 3),
    ("limits", "auto_refund_days", 30),
    ("limits", "auto_refund_suggested_minor", 10_00),  # R3.9
    ("limits", "advise_refund_below_minor", 10_00),  # R3.9
    ("limits", "advise_position_from_minor", 200_00),
    ("limits", "points", 20),
    ("limits", "point_characters", 300),
    ("limits", "explanation_characters", 10),
    ("limits", "grounds_characters", 20),
    ("limits", "seen_before_finding_hours", 12),
    ("limits", "pauses_hours", 48),  # R4.2
    ("limits", "replacement_attempts", 2),
    ("limits", "intervention_after_hours", 48),
    ("limits", "answer_after_wait_hours", 1),
    ("limits", "durable_burden_days", 183),
    ("parcels", "intercept_after_out_for_delivery_hours", 2),
    ("parcels", "stuck_hours", 72),
    ("parcels", "back_to_merchant_hours", 24),
]


@pytest.mark.parametrize(("section", "figure", "value"), FIGURES)
def test_each_figure_is_as_the_rules_say(section, figure, value):
    assert getattr(getattr(POLICY, section), figure) == value


def test_there_is_no_figure_beside_those_of_the_rules():
    raw = tomllib.loads(shipped_text())
    assert {(section, key) for section in ("windows", "limits", "parcels") for key in raw[section]} == {
        (section, figure) for section, figure, _ in FIGURES
    }


BUYER, MERCHANT, PLATFORM = Payer.BUYER, Payer.MERCHANT, Payer.PLATFORM

FREIGHT = [
    # at fault    outward   back      replacement
    ("merchant",  MERCHANT, MERCHANT, MERCHANT),
    ("carrier",   MERCHANT, MERCHANT, MERCHANT),
    ("platform",  PLATFORM, PLATFORM, PLATFORM),
    ("shared",    MERCHANT, MERCHANT, MERCHANT),
    ("none",      MERCHANT, MERCHANT, MERCHANT),
    ("buyer",     BUYER,    BUYER,    BUYER),
    ("other",     MERCHANT, BUYER,    MERCHANT),
    ("intercept", MERCHANT, MERCHANT, MERCHANT),
]  # fmt: skip


def test_freight_is_paid_as_the_rules_say():
    """R4.1, rules §2."""
    rows = [(key, legs.outward, legs.back, legs.replacement) for key, legs in POLICY.freight.items()]
    assert rows == FREIGHT


def test_goods_that_the_law_excludes_carry_no_right_of_return_without_reason():
    """Law: 暂行办法 6, 7."""
    by_right: dict[str, set[str]] = {}
    for code, category in POLICY.categories.items():
        by_right.setdefault(category.no_reason, set()).add(code)
    assert by_right["excluded"] == {"fresh", "custom", "digital_goods", "newspapers"}
    assert by_right["excludable"] == {"cosmetics", "underwear", "packaged_food"}


def test_goods_of_an_unknown_category_keep_the_longest_right():
    assert POLICY.category("nobody-knows").no_reason == "standard"


def test_every_figure_in_the_file_says_where_it_comes_from():
    """A figure without a source cannot be argued about: `source`, or a comment in its line."""
    section, silent = "", []
    for line in shipped_text().splitlines():
        section = line.strip("[]") if line.startswith("[") else section
        figure = re.match(r"\w+ = \d", line) or (section == "freight" and "=" in line and line[0] != "#")
        if section and figure and not re.search(r"#.*(R\d|rules §|law:|own|as ruling|as electronics)", line):
            silent.append(line)
    assert silent == []


def test_each_reason_deadline_and_clause_names_a_rule_a_row_or_a_law():
    entries = [*POLICY.reasons.values(), *POLICY.rejection_reasons.values(), *POLICY.deadlines.values()]
    entries += POLICY.clauses.values()
    assert [entry for entry in entries if not re.search(r"R\d\.\d|rules §\d|law: \S+ ?\S* ?\d", entry.source)] == []


def test_a_deadline_that_starts_in_the_spring_festival_is_longer():
    inside, before = datetime(2027, 2, 6, 4, tzinfo=UTC), datetime(2027, 2, 4, 4, tzinfo=UTC)
    assert POLICY.due("answer.with_buyer", before) - before == timedelta(hours=48)
    assert POLICY.due("answer.with_buyer", inside) - inside == timedelta(hours=48 + 72)
    assert POLICY.due("offer_open", inside) - inside == timedelta(hours=48)


def test_a_holiday_never_makes_the_refund_of_a_return_later_than_the_law_allows():
    """Law: 消保法 25: within seven days of receiving the return."""
    longest = max(holiday.add_hours for holiday in POLICY.holidays) + POLICY.deadlines["check_return"].hours
    assert longest <= 7 * 24


def test_the_wait_before_a_rejection_rests_at_night():
    """R3.5, rules §4: 30 minutes counted 08:00-22:00 local."""
    evening = datetime(2026, 11, 23, 21, 45, tzinfo=POLICY.zone)
    assert POLICY.due("negotiation_wait", evening) == datetime(2026, 11, 24, 8, 15, tzinfo=POLICY.zone)


def test_the_shipped_policy_is_in_force():
    assert Policies.load().in_force(datetime(2026, 11, 23, tzinfo=UTC)) == POLICY
