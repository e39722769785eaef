"""Policy files: every fault is found with its place, and every version stays at hand."""

from datetime import UTC, datetime

import pytest

from amends.application.policies import Policies, PolicyFaults, UnknownPolicy, parse_policy, shipped_text
from amends.application.policy_checks import DEADLINES
from amends.application.toml_lines import lines_of

TEXT = shipped_text()


def changed(*changes: tuple[str, str]) -> str:
    """The shipped policy with passages replaced; each must be there."""
    text = TEXT
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def faults_of(text: str) -> list[tuple[str, str]]:
    """Place and problem of every fault; that the line is the place's is proved apart."""
    with pytest.raises(PolicyFaults) as found:
        parse_policy(text, "own.toml")
    return [(fault.path, fault.problem) for fault in found.value.faults]


def line_of(text: str, passage: str) -> int:
    return text[: text.index(passage)].count("\n") + 1


def test_all_faults_of_a_file_are_found_at_once_each_with_its_line():
    text = changed(
        ('timezone = "Asia/Shanghai"', 'timezone = "Asia/Shangai"'),
        ("applications = 5 ", 'applications = "five" '),
        ("[deadlines.offer_open]", "[deadlines.offer_opn]"),
        ('then = { any = "may_reject" }', 'then = { any = "may_rejct" }'),
        ('kinds = ["refund_only", "resend"]', 'kinds = ["refund_only", "re-send"]'),
        ('family = "group"\n', ""),
        ('when = ["in_transit", "cannot_be_stopped"]', 'when = ["in_transit", "not_shipped"]'),
        ("add_hours = 48", "add_hours = -1"),
    )
    with pytest.raises(PolicyFaults) as found:
        parse_policy(text, "own.toml")
    places = {(fault.line, fault.path) for fault in found.value.faults}
    assert places == {
        (line_of(text, "timezone ="), "timezone"),
        (line_of(text, "applications ="), "limits.applications"),
        (line_of(text, "[deadlines.offer_opn]"), "deadlines.offer_opn"),
        (line_of(text, '[deadlines."answer.not_shipped"]'), "deadlines.offer_open"),
        (line_of(text, 'then = { any = "may_rejct" }'), "deadlines.negotiation_wait.then.any"),
        (line_of(text, 'kinds = ["refund_only", "re-send"]'), "reasons.empty_parcel.kinds[1]"),
        (line_of(text, "[reasons.group_failed]"), "reasons.group_failed.family"),
        (line_of(text, 'when = ["in_transit", "not_shipped"]'), "rejection_reasons.cannot_intercept.when"),
        (line_of(text, "add_hours = -1"), "holidays[1].add_hours"),
    }
    assert all(fault.file == "own.toml" and fault.problem for fault in found.value.faults)


def test_a_fault_says_what_is_allowed_and_what_may_be_meant():
    with pytest.raises(PolicyFaults) as found:
        parse_policy(changed(('fault = "carrier"', 'fault = "carier"')), "own.toml")
    (fault,) = found.value.faults
    assert fault.problem == "'carier' is not possible here; carrier is meant?"
    assert fault.allowed == "buyer, merchant, carrier, platform, shared, none"
    assert str(fault).startswith(f"own.toml:{fault.line}: reasons.stuck_in_transit.fault: ")


def test_a_file_that_is_no_toml_names_the_line():
    with pytest.raises(PolicyFaults) as found:
        parse_policy('name = "x"\nversion = \n', "own.toml")
    assert [(fault.line, fault.problem) for fault in found.value.faults] == [(2, "not TOML: Invalid value")]


def test_an_empty_file_misses_every_part():
    missing = {path for path, problem in faults_of("") if problem == "missing"}
    assert missing >= {"name", "version", "effective_from", "deadlines", "reasons", "freight", "clauses"}


@pytest.mark.parametrize("key", sorted(DEADLINES))
def test_a_clock_that_the_rules_start_cannot_be_left_out(key):
    name = f'"{key}"' if "." in key else key
    text = changed((f"[deadlines.{name}]", f"[deadlines.x{'x' * len(key)}]"))
    assert (f"deadlines.{name}", "missing: the rules start this clock") in faults_of(text)


MEANING = [
    # what is changed, to what, where the fault is
    ('version = "marketplace-cn-2026.1"', 'version = "mine 1"', "version"),
    ("waking_from_hour = 8", "waking_from_hour = 22", "waking_to_hour"),
    ("effective_from = 2026-01-01T00:00:00+08:00", "effective_from = 2026-01-01T00:00:00", "effective_from"),
    ("no_reason_7_days = 7 ", "no_reason_7_days = 16 ", "windows.no_reason_7_days"),
    ("small_payment_minor = 200_00", "small_payment_minor = 700_00", "limits.small_payment_minor"),
    ("points = 20 ", "points = 0 ", "limits.points"),
    ("years = 3  ", "years = 2  ", "retention.years"),
    ("applications = 5 ", "aplications = 5 ", "limits.aplications"),
    ("pauses_hours = 48 ", "pauses_hours = 23 ", "deadlines.evidence_more.hours"),
    ("stuck_hours = 72 ", "stuck_hours = 0 ", "parcels.stuck_hours"),
    ("at_least_hours = 4 ", "at_least_hours = 25 ", 'deadlines."answer.not_shipped".at_least_hours'),
    ("at_most_hours = 120 ", "at_most_hours = 12 ", "deadlines.intercept_result.at_most_hours"),
    ('any = "close_rejected"', 'any = "agree_refund"', "deadlines.after_rejection.then.any"),
    ('any = "end_offer"', 'any = "agree"', "deadlines.offer_open.then.any"),
    ("empty_parcel = ", "empty_parcl = ", 'deadlines."answer.with_buyer".then.empty_parcl'),
    (', repair = "agree" }', " }", 'deadlines."answer.with_buyer".then'),
    ("again_hours = 24  # rules §4: recorded", "# ", "deadlines.ruling.again_hours"),
    ("[categories.other]", "[categories.others]", "categories.other"),
    ("[reasons.agreed]", "[reasons.refund_only]", "reasons.agreed"),
    ("[reasons.out_of_stock]", "[reasons.merchant]", "reasons.merchant"),
    ('kinds = ["return_and_refund", "exchange"]', "kinds = []", "reasons.no_reason.kinds"),
    ('kinds = ["return_and_refund", "exchange"]\ngoods = ["delivered"]',
     'kinds = ["return_and_refund", "exchange"]\ngoods = ["in_transit"]', "reasons.no_reason.kinds"),
    ('evidence = [["photo", "video"]]', "evidence = [[]]", "reasons.empty_parcel.evidence[0]"),
    ('evidence = [["photo", "video"]]', 'evidence = [["foto"]]', "reasons.empty_parcel.evidence[0][0]"),
    ('label_en = "Out of stock"', 'label_en = ""', "reasons.out_of_stock.label_en"),
    ("[rejection_reasons.return_incomplete]", "[rejection_reasons.return_part]", "rejection_reasons.return_incomplete"),
    ('when = ["own_offer"]', 'when = ["own_offr"]', "rejection_reasons.amount_differs.when[0]"),
    ('when = ["own_offer"]', 'when = ["own_offer", "any"]', "rejection_reasons.amount_differs.when"),
    ("Hello, we have made", "Hello {name}, we have made", "rejection_reasons.amount_differs.script_en"),
    ("Hello, we have made", "Hello {, we have made", "rejection_reasons.amount_differs.script_en"),
    ('carrier = { outward = "merchant"', 'carier = { outward = "merchant"', "freight.carier"),
    ('carrier = { outward = "merchant"', 'carier = { outward = "merchant"', "freight.carrier"),
    ('back = "buyer"', 'back = "carrier"', "freight.buyer.back"),
    ("[clauses.law-quality]", "[clauses.Law_quality]", "clauses.Law_quality"),
    ('deadlines = ["answer.not_shipped",', 'deadlines = ["answer.unshipped",', "holidays[0].deadlines[0]"),
    ("ends_at = 2027-02-13", "ends_at = 2027-02-01", "holidays[0].ends_at"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path"), MEANING, ids=[f"{row[2]} {row[1][:20]}" for row in MEANING])
def test_a_policy_that_cannot_work_is_refused_where_it_is_wrong(old, new, path):
    text = changed((old, new))
    with pytest.raises(PolicyFaults) as found:
        parse_policy(text, "own.toml")
    assert path in {fault.path for fault in found.value.faults}


def test_a_script_may_name_the_goods_and_the_amount():
    text = changed(('script_en = "Hello, we have made', 'script_en = "Hello, on {title} ({amount}) we have made'))
    assert "{title}" in parse_policy(text, "own.toml").rejection_reasons["amount_differs"].script_en


def test_a_reason_may_have_freight_of_its_own():
    own = 'damaged = { outward = "platform", back = "platform", replacement = "platform" }'
    text = changed(("[freight]\n", f"[freight]\n{own}\n"))
    assert parse_policy(text, "own.toml").freight["damaged"].back == "platform"


def test_every_value_of_a_file_has_its_line():
    """Against the places where the passages stand, for all the ways TOML has to write them."""
    text = '''# head
a = 1
"b.c".d = "x # no comment"  # comment
[t."u.v"]
list = [
  1,  # one
  { k = "}", m = [2, 3] },
]
long = """
= [not a key]
"""
[[rows]]
x = 2026-01-01 10:00:00+08:00
[[rows]]
x = 'y'
  [rows.inner]
  z = true
'''
    lines = lines_of(text)
    assert {path: lines[path] for path in lines if path[-1] not in ("t", "u.v")} == {
        ("a",): 2,
        ("b.c",): 3,
        ("b.c", "d"): 3,
        ("t", "u.v", "list"): 5,
        ("t", "u.v", "list", 0): 6,
        ("t", "u.v", "list", 1): 7,
        ("t", "u.v", "list", 1, "k"): 7,
        ("t", "u.v", "list", 1, "m"): 7,
        ("t", "u.v", "list", 1, "m", 0): 7,
        ("t", "u.v", "list", 1, "m", 1): 7,
        ("t", "u.v", "long"): 9,
        ("rows",): 12,
        ("rows", 0): 12,
        ("rows", 0, "x"): 13,
        ("rows", 1): 14,
        ("rows", 1, "x"): 15,
        ("rows", 1, "inner"): 16,
        ("rows", 1, "inner", "z"): 17,
    }


LATER = changed(
    ('version = "marketplace-cn-2026.1"', 'version = "marketplace-cn-2026.2"'),
    ("effective_from = 2026-01-01", "effective_from = 2026-12-01"),
    ("points = 20 ", "points = 10 "),
)


def test_a_case_finds_the_version_it_was_opened_under_after_a_new_one_took_effect(tmp_path):
    (tmp_path / "later.toml").write_text(LATER, encoding="utf-8")
    policies = Policies.load(tmp_path)
    opened = policies.in_force(datetime(2026, 11, 30, 15, 59, tzinfo=UTC)).version
    assert opened == "marketplace-cn-2026.1"
    assert policies.in_force(datetime(2026, 11, 30, 16, 0, tzinfo=UTC)).version == "marketplace-cn-2026.2"
    assert policies.get(opened).limits.points == 20
    assert policies.get("marketplace-cn-2026.2").limits.points == 10
    assert policies.text("marketplace-cn-2026.2") == LATER
    assert policies.text(opened) == TEXT


def test_before_the_first_version_took_effect_the_first_holds():
    assert Policies.load().in_force(datetime(2020, 1, 1, tzinfo=UTC)).version == "marketplace-cn-2026.1"


def test_a_version_that_no_file_carries_is_named():
    with pytest.raises(UnknownPolicy, match=r"'marketplace-cn-1999\.1'"):
        Policies.load().get("marketplace-cn-1999.1")


def test_a_changed_file_needs_a_version_of_its_own(tmp_path):
    (tmp_path / "mine.toml").write_text(changed(("points = 20 ", "points = 10 ")), encoding="utf-8")
    with pytest.raises(PolicyFaults, match="already the version of marketplace-cn"):
        Policies.load(tmp_path)


def test_a_copy_of_the_shipped_file_is_no_clash(tmp_path):
    (tmp_path / "copy.toml").write_text(TEXT, encoding="utf-8")
    assert len(list(Policies.load(tmp_path))) == 1


def test_two_versions_cannot_take_effect_at_the_same_instant(tmp_path):
    twin = changed(('version = "marketplace-cn-2026.1"', 'version = "marketplace-cn-2026.2"'))
    (tmp_path / "twin.toml").write_text(twin, encoding="utf-8")
    with pytest.raises(PolicyFaults, match="takes effect at the same instant"):
        Policies.load(tmp_path)


def test_faults_of_all_files_of_a_folder_come_together(tmp_path):
    (tmp_path / "a.toml").write_text("name = 1", encoding="utf-8")
    (tmp_path / "b.toml").write_text("[", encoding="utf-8")
    with pytest.raises(PolicyFaults) as found:
        Policies.load(tmp_path)
    assert {fault.file for fault in found.value.faults} == {str(tmp_path / "a.toml"), str(tmp_path / "b.toml")}
