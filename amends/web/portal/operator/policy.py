"""The policy in force, its history, and what each version changed."""

from datetime import timedelta
from typing import NamedTuple

from litestar import Response, get
from litestar.params import FromPath

from amends.application.policies import UnknownPolicy
from amends.application.policy_diff import Difference, differences
from amends.domain.policy import DeadlineRule, Policy
from amends.domain.time import Instant
from amends.domain.words import Kind
from amends.web.portal.operator.roles import SEEN_BY
from amends.web.portal.visit import Here, Visit
from amends.web.problems import Problem
from amends.wording.catalogue import N_, Language, translate
from amends.wording.formats import duration
from amends.wording.labels import deadline_label, owner_label

_LIMITS = {
    "four_eyes_minor": N_("Second look from"),
    "small_payment_minor": N_("Small payment, at most"),
    "compensation_per_order_minor": N_("Compensation per order, at most"),
    "return_freight_minor": N_("Return freight without a look, at most"),
    "advise_refund_below_minor": N_("Advice to refund below"),
    "intervention_after_hours": N_("The platform can be asked after"),
    "pauses_hours": N_("Pauses of a ruling together, at most"),
    "seen_before_finding_hours": N_("Evidence is seen before a finding for"),
    "applications": N_("Applications per line and reason"),
    "offers_per_side": N_("Offers per side"),
}
"""Figures that people ask for; the file as written has all of them."""


class Version(NamedTuple):
    """`state` is "now", "before" or "to come"; `changes` how many values it changed."""

    version: str
    effective_from: Instant
    state: str
    changes: int


class Figure(NamedTuple):
    """A deadline in words: whose it is, how long, where it comes from."""

    text: str
    key: str
    owner: str
    length: str
    source: str


@get("/policy", roles=SEEN_BY)
async def in_force(here: Here) -> Response[bytes]:
    policy = here.desk.policies.in_force(here.now)
    return here.page(
        "operator/policy.html",
        policy=policy,
        versions=_versions(here),
        deadlines=[_deadline(key, rule, here.language) for key, rule in policy.deadlines.items()],
        limits=_limits(here, policy),
        counts=(len(policy.reasons), len(policy.rejection_reasons), len(policy.categories), len(policy.clauses)),
        kinds=len(Kind),
    )


@get("/policy/{version:str}", roles=SEEN_BY)
async def changes(here: Here, version: FromPath[str]) -> Response[bytes]:
    """What a version changed from the one before it."""
    all_ = list(here.desk.policies)
    try:
        place = all_.index(here.desk.policies.get(version))
    except UnknownPolicy:
        raise Problem("unknown_route") from None
    before = all_[place - 1] if place else None
    found: list[Difference] = differences(before, all_[place]) if before else []
    return here.page(
        "operator/changes.html",
        policy=all_[place],
        before=before,
        groups=_grouped(found),
        text=here.desk.policies.text(version),
    )


def _versions(here: Visit) -> list[Version]:
    """The newest first."""
    found, before = [], None
    now = here.desk.policies.in_force(here.now)
    for policy in here.desk.policies:
        state = "now" if policy is now else "to come" if policy.effective_from > here.now else "before"
        found.append(
            Version(policy.version, policy.effective_from, state, len(differences(before, policy)) if before else 0)
        )
        before = policy
    return found[::-1]


def _grouped(found: list[Difference]) -> dict[str, list[Difference]]:
    """By the section of the file."""
    groups: dict[str, list[Difference]] = {}
    for one in found:
        groups.setdefault(one.path.partition(".")[0].partition("[")[0], []).append(one)
    return groups


def _deadline(key: str, rule: DeadlineRule, language: Language) -> Figure:
    length = duration(timedelta(hours=rule.hours), language)
    if rule.waking_hours_only:
        length = translate(N_("{length} of waking hours"), language).format(length=length)
    source = rule.source.removeprefix("law: ")
    return Figure(deadline_label(key, language), key, owner_label(rule.owner, language), length, source)


def _limits(here: Visit, policy: Policy) -> list[tuple[str, str]]:
    reader = here.reader()
    found = []
    for name, text in _LIMITS.items():
        value = getattr(policy.limits, name)
        shown = str(value)
        if name.endswith("_minor"):
            shown = reader.money(value)
        elif name.endswith("_hours"):
            shown = duration(timedelta(hours=value), here.language)
        found.append((translate(text, here.language), shown))
    return found


ROUTES = (in_force, changes)
