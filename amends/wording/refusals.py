"""Why something was refused, in words: what is wrong, what would make it right, and from when."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from string import Formatter
from typing import Any

from msgspec import Struct

from amends.domain.policy import Policy
from amends.domain.refusals import Code, Refusal
from amends.domain.words import EvidenceKind, Goods, Kind, Remedy, Role, RulingOutcome, Side, Stage
from amends.wording.catalogue import N_, translate
from amends.wording.formats import all_of, one_of
from amends.wording.labels import label
from amends.wording.reader import Reader


class Explanation(Struct, frozen=True):
    """A refusal in one reader's words: the title alone is enough, `advice` says what to do."""

    title: str
    detail: str
    advice: str


class _Words(Struct, frozen=True):
    """`details` from the most to the least telling: the first whose facts are all there is said, the last has none."""

    title: str
    details: tuple[str, ...]
    advice: str


WORDS: Mapping[Code, _Words] = {
    Code.UNKNOWN_CASE: _Words(
        N_("This case cannot be found"),
        (N_("The number may be wrong, or it belongs to another shop."),),
        N_("Check the number, or open the case from your list."),
    ),
    Code.UNKNOWN_ORDER: _Words(
        N_("This order cannot be found"),
        (N_("The number may be wrong, or the shop has not sent the order yet."),),
        N_("Check the order number; if it is right, try again in a few minutes."),
    ),
    Code.NOT_YOURS: _Words(
        N_("This belongs to somebody else"),
        (N_("Only those who take part in a case can see it and act on it."),),
        N_("Sign in with the account that bought or sold the goods."),
    ),
    Code.NOT_ALLOWED_FOR_ROLE: _Words(
        N_("Your role does not allow this"),
        (
            N_("Your role is: {role}. This step belongs to: {roles}."),
            N_("Your role is: {role}. This step belongs to another role."),
            N_("This step belongs to another role."),
        ),
        N_("Ask somebody who may do it."),
    ),
    Code.KEY_REUSED: _Words(
        N_("This request was already used for something else"),
        (N_("The same request came with different content, so nothing was done."),),
        N_("Reload the page and send it again."),
    ),
    Code.STALE_VERSION: _Words(
        N_("The case has changed meanwhile"),
        (N_("Somebody acted on it after you opened the page, so nothing was done."),),
        N_("Look at what is new, then decide again."),
    ),
    Code.SUSPENDED: _Words(
        N_("The case is paused"),
        (
            N_("It goes on at the latest: {until}. No deadline runs meanwhile."),
            N_("No deadline runs until it goes on."),
        ),
        N_("Wait until it goes on; you will be told."),
    ),
    Code.WRONG_STAGE: _Words(
        N_("This is not possible now"),
        (
            N_("It is possible while the case is: {stages}. Now it is: {stage}."),
            N_("The case is now: {stage}; the goods: {goods}."),
            N_("The case is now: {stage}."),
            N_("The case has moved on."),
        ),
        N_("The case page shows what can be done now."),
    ),
    Code.APPLICATION_CHANGED: _Words(
        N_("The buyer has changed the application"),
        (
            N_("It is now application no. {application}, for {amount_minor}."),
            N_("It is now application no. {application}."),
            N_("What you answered is no longer what is asked."),
        ),
        N_("Read the new application, then decide again."),
    ),
    Code.OFFER_REPLACED: _Words(
        N_("There is a newer offer"),
        (
            N_("The offer is now: {remedy}, {amount_minor}."),
            N_("The offer is now: {remedy}."),
            N_("The offer that you answered was replaced."),
        ),
        N_("Look at the newer offer and answer that one."),
    ),
    Code.OFFER_OVER: _Words(
        N_("This offer no longer stands"),
        (N_("It was accepted, declined or replaced, or its time is over."),),
        N_("Make a new offer, or go on without one."),
    ),
    Code.GROUP_FORMING: _Words(
        N_("The group is still forming"),
        (
            N_("If it has not filled, the order is refunded automatically: {until}."),
            N_("If it does not fill in time, the order is refunded automatically."),
        ),
        N_("There is nothing to do: wait until the group has filled or the money comes back."),
    ),
    Code.NOT_PAID: _Words(
        N_("The order has not been paid"),
        (N_("Only a paid order has something to give back."),),
        N_("Check the payment in the shop."),
    ),
    Code.KIND_NOT_POSSIBLE: _Words(
        N_("This way is not possible now"),
        (
            N_("The goods are: {goods}. Possible now: {possible}."),
            N_("Possible now: {possible}."),
            N_("“{kind}” does not fit goods that are: {goods}."),
            N_("It does not fit where the goods are now."),
        ),
        N_("Choose another way."),
    ),
    Code.REASON_NOT_ALLOWED: _Words(
        N_("This reason does not fit"),
        (
            N_("“{reason}” does not fit here. These reasons do: {allowed}."),
            N_("These reasons fit: {allowed}."),
            N_("“{reason}” does not fit “{kind}” and goods that are: {goods}."),
            N_("It does not fit what is asked for, or where the goods are now."),
        ),
        N_("Choose another reason."),
    ),
    Code.WINDOW_OVER: _Words(
        N_("The time for this is over"),
        (N_("It was possible until: {ended_at}."), N_("The time that the rules give has passed.")),
        N_("Talk to the other side, or ask customer service for a person."),
    ),
    Code.QUANTITY_TAKEN: _Words(
        N_("These goods or this number of pieces are not possible"),
        (N_("Some are in another open case, already settled, or not part of this order."),),
        N_("Choose other goods or fewer pieces."),
    ),
    Code.TOO_MANY_APPLICATIONS: _Words(
        N_("No more applications for these goods"),
        (
            N_("Applications made: {applications}, possible: {limit}."),
            N_("The number of applications is used up."),
        ),
        N_("Settle with the other side, or ask the platform to step in."),
    ),
    Code.ALREADY_RULED: _Words(
        N_("The platform has already ruled on this"),
        (N_("The same goods and the same kind of reason were decided before."),),
        N_("If you do not agree with the ruling, you can appeal against it."),
    ),
    Code.AMOUNT_NOT_POSITIVE: _Words(
        N_("The amount must be more than zero"),
        (N_("Up to {maximum_minor} is possible."), N_("There must be something to pay.")),
        N_("Enter another amount."),
    ),
    Code.EXCEEDS_MAXIMUM: _Words(
        N_("The amount is too high"),
        (
            N_("{asked_minor} is wanted, at most {maximum_minor} is possible."),
            N_("At most {maximum_minor} is possible."),
            N_("It is more than these goods can bring."),
        ),
        N_("Enter a smaller amount."),
    ),
    Code.EXCEEDS_BALANCE: _Words(
        N_("The order has not that much left"),
        (
            N_("{asked_minor} is wanted, {left_minor} is left."),
            N_("{left_minor} is left of what was paid."),
            N_("Part of what was paid has already been refunded or promised."),
        ),
        N_("Enter a smaller amount."),
    ),
    Code.EXCEEDS_COMPENSATION: _Words(
        N_("More than may be compensated for this order"),
        (
            N_("{asked_minor} is wanted, {left_minor} is left."),
            N_("{left_minor} is left of what may be compensated."),
            N_("The limit of compensation for one order is reached."),
        ),
        N_("Enter a smaller amount, or offer a refund."),
    ),
    Code.TOO_MANY_SMALL_PAYMENTS: _Words(
        N_("No more small payments for this order"),
        (N_("Small payments made: {made}, possible: {limit}."), N_("The number of small payments is used up.")),
        N_("Offer a partial refund instead."),
    ),
    Code.NOT_IN_TRANSIT: _Words(
        N_("The parcel is not on its way"),
        (
            N_("The goods are: {goods}. This is possible only between pick-up and delivery."),
            N_("This is possible only between pick-up and delivery."),
        ),
        N_("Use the ways for goods that are not shipped or already delivered."),
    ),
    Code.CATEGORY_NOT_REFUSABLE: _Words(
        N_("Refund after refusal is not possible for these goods"),
        (N_("It is kept for goods that can be returned without a reason."),),
        N_("Have the parcel stopped, or settle in another way."),
    ),
    Code.TOO_LATE_TO_INTERCEPT: _Words(
        N_("It is too late to stop the parcel"),
        (N_("The courier could be asked until: {ended_at}."), N_("The parcel is already being delivered.")),
        N_("Agree to refund after refusal, or wait for the delivery."),
    ),
    Code.TOO_EARLY: _Words(
        N_("This is not possible yet"),
        (N_("It is possible from: {until}."), N_("The time for it has not come.")),
        N_("Come back then; nothing else is needed."),
    ),
    Code.ALREADY_REQUESTED: _Words(
        N_("This was already asked for"),
        (N_("An answer is due by: {due_at}."), N_("It holds until: {until}."), N_("It is being dealt with.")),
        N_("Wait for the answer; you can add to the conversation meanwhile."),
    ),
    Code.NO_CONVERSATION: _Words(
        N_("Talk to the buyer first"),
        (N_("You have not written to the buyer on this case. A script does not count."),),
        N_("Write to the buyer now and offer a solution."),
    ),
    Code.ROUNDS_USED_UP: _Words(
        N_("No more tries"),
        (N_("Tries made: {made}, possible: {limit}."), N_("The number of tries is used up.")),
        N_("Agree, settle, or let the platform decide."),
    ),
    Code.NOT_PREPARED: _Words(
        N_("The rejection has not been prepared"),
        (N_("The script for this reason has not been sent for this application."),),
        N_("Choose the reason and send its script to the buyer."),
    ),
    Code.WAITING_FOR_BUYER: _Words(
        N_("Please wait for the buyer's reply"),
        (
            N_("You can go on when the buyer replies, at the latest: {waits_until}."),
            N_("You can go on when the buyer replies or the waiting time is over."),
        ),
        N_("Meanwhile you can call the buyer or make an offer."),
    ),
    Code.REPLY_UNANSWERED: _Words(
        N_("The buyer's reply waits for your answer"),
        (N_("The buyer replied: {replied_at}."), N_("The buyer replied to your proposal.")),
        N_("Answer the buyer before you reject."),
    ),
    Code.EXPLANATION_TOO_SHORT: _Words(
        N_("The explanation is too short"),
        (
            N_("Characters needed for each point: at least {needs_characters}."),
            N_("The other side must be able to understand it."),
        ),
        N_("Write what happened and what shows it."),
    ),
    Code.PAUSES_USED_UP: _Words(
        N_("The platform has taken its time"),
        (
            N_("All pauses together are at most {most_hours} hours; {left_hours} are left."),
            N_("The platform's own clocks cannot be stopped for longer."),
        ),
        N_("Decide in time, or let the supervisor know."),
    ),
    Code.EXPLANATION_TOO_LONG: _Words(
        N_("That is more than can be read"),
        (
            N_("At most {most_points} points of {most_characters} characters each."),
            N_("Points are few and short, so that both sides can answer them one by one."),
        ),
        N_("Say the most important in a few points; evidence can carry the rest."),
    ),
    Code.MISSING_EVIDENCE: _Words(
        N_("Evidence is missing"),
        (
            N_("Still needed: {missing}, and a description of at least {needs_characters} characters."),
            N_("Still needed: {missing}."),
            N_("Still needed: a description of at least {needs_characters} characters."),
            N_("This reason needs evidence."),
        ),
        N_("Add it and send again."),
    ),
    Code.UNKNOWN_EVIDENCE: _Words(
        N_("A piece of evidence cannot be found"),
        (N_("Not on this case: {evidence}."), N_("Something is named that is not on this case.")),
        N_("Choose from the evidence of this case, or file it first."),
    ),
    Code.UNKNOWN_ADDRESS: _Words(
        N_("There is no return address"),
        (N_("The address is not on record for this shop."),),
        N_("Choose another address, or add one in the settings."),
    ),
    Code.SAME_PERSON: _Words(
        N_("Somebody else has to do this"),
        (N_("Who took the first decision may not take the second."),),
        N_("Hand it to a colleague."),
    ),
    Code.NEEDS_SECOND_PERSON: _Words(
        N_("A second person is needed"),
        (N_("This step belongs to: {role}."), N_("Two people decide this together.")),
        N_("Hand it to a colleague."),
    ),
    Code.FINDING_WITHOUT_BASIS: _Words(
        N_("A finding rests on nothing"),
        (
            N_("Each finding names the evidence or scan it rests on and a clause. Not so: {findings}."),
            N_("A ruling has at least one finding; each names the evidence or scan it rests on and a clause."),
        ),
        N_("Name them, then rule again."),
    ),
    Code.EVIDENCE_TIME_OVER: _Words(
        N_("The time for evidence is over"),
        (N_("It could be filed until: {ended_at}."), N_("The platform decides on what is there.")),
        N_("You can still write to both sides; if the platform asks you for more, you can file it then."),
    ),
    Code.SHARES_DO_NOT_SUM: _Words(
        N_("The shares of fault do not add up"),
        (N_("They add up to {total}, not to 100."), N_("They must add up to 100.")),
        N_("Correct the shares."),
    ),
    Code.WINDOW_FOR_APPEAL_OVER: _Words(
        N_("The time to appeal is over"),
        (N_("An appeal was possible until: {ended_at}."), N_("The result is final.")),
        N_("The consumer association, the authorities and the court stay open."),
    ),
}

NEEDS: Mapping[str, str] = {
    "appeal": N_("There is no open appeal."),
    "buyer": N_("The buyer has to agree to this first."),
    "buyer_phone": N_("The order carries no phone number of the buyer."),
    "decide_appeal": N_("An appeal is open; the way is its decision."),
    "decided_by_system": N_("It is kept for what the system decided alone."),
    "failed_payout": N_("No account is needed: no refund has failed."),
    "goods": N_("It must say what becomes of the goods that the merchant holds; nobody keeps them unpaid."),
    "held_goods": N_("The merchant does not hold the goods."),
    "less_than_asked": N_("You were given what you asked for."),
    "message": N_("A message to the buyer is needed."),
    "no_return_because": N_("It must say why no return is asked."),
    "no_ruling_before": N_("Handling again is for cases on which nobody has ruled."),
    "other_side": N_("An offer is answered by the other side."),
    "proposed_ruling": N_("No ruling waits for approval."),
    "small_payment_type": N_("It must say what the small payment is for."),
    "suspension": N_("The case is not paused."),
    "warranty": N_("These goods carry no warranty, or it is over."),
    "unknown_payout": N_("No refund waits to be settled from a statement."),
}
"""What a refusal's fact `needs` says; told instead of the detail."""


def explain(refusal: Refusal, reader: Reader, policy: Policy | None = None) -> Explanation:
    """The refusal in words. `policy` names reasons; without it, sentences that would name one are left out."""
    chosen = WORDS[refusal.code]
    facts = _Facts(refusal.facts, reader, policy)
    return Explanation(
        translate(chosen.title, reader.language),
        facts.needs() or facts.first_told(chosen.details),
        translate(chosen.advice, reader.language),
    )


def explain_all(refusal: Refusal, reader: Reader, policy: Policy | None = None) -> tuple[Explanation, ...]:
    """All that stands in the way at once, the first by precedence leading (rules §1)."""
    return tuple(explain(one, reader, policy) for one in (refusal, *refusal.also))


class _Facts:
    """Facts as words; what is not there, empty or has no words for a reader, is None."""

    def __init__(self, facts: Mapping[str, Any], reader: Reader, policy: Policy | None) -> None:
        self.facts = facts
        self.reader = reader
        self.policy = policy

    def first_told(self, sentences: tuple[str, ...]) -> str:
        for sentence in sentences:
            names = [name for _, name, _, _ in Formatter().parse(sentence) if name is not None]
            told = {name: self.told(name) for name in names}
            if None not in told.values():
                return translate(sentence, self.reader.language).format(**told)
        raise AssertionError("the last sentence needs no facts")

    def needs(self) -> str | None:
        named = self.facts.get("needs") or []
        known = [NEEDS[one] for one in ([named] if isinstance(named, str) else named) if one in NEEDS]
        joint = "" if self.reader.language == "zh" else " "
        return joint.join(translate(one, self.reader.language) for one in known) or None

    def told(self, name: str) -> str | None:
        """One fact in words."""
        value = self.facts.get(name)
        if value is None or value in ([], (), "", {}) or (name == "needs_characters" and not value):
            return None
        if name in _SPECIAL:
            return _SPECIAL[name](self, value)
        if name in _ENUMS:
            return self._labelled(value, *_ENUMS[name])
        if name.endswith("_minor"):
            return self.reader.money(value)
        if name in _INSTANTS:
            return self.reader.moment(value if isinstance(value, datetime) else datetime.fromisoformat(value))
        if isinstance(value, int):
            return str(value)
        return None

    def missing(self, groups: list[list[str]]) -> str | None:
        """`商品照片或视频；外包装照片`: one kind of each group is enough."""
        told = [self._labelled_list(group, one_of, EvidenceKind) for group in groups]
        joint = "；" if self.reader.language == "zh" else "; "
        return joint.join(one for one in told if one) if None not in told else None

    def stages(self, stages: list[str]) -> str | None:
        """Where it would be possible; not told where the stage is not what stands in the way."""
        if self.facts.get("stage") in stages:
            return None
        return self._labelled_list(stages, one_of, Stage)

    def roles(self, roles: list[str]) -> str | None:
        return self._labelled_list(roles, one_of, Role)

    def possible(self, kinds: list[str]) -> str | None:
        return self._labelled_list(kinds, all_of, Kind, Remedy)

    def reasons(self, codes: list[str]) -> str | None:
        told = [self.reason(code) for code in codes]
        return all_of([one for one in told if one], self.reader.language) if None not in told else None

    def reason(self, code: str) -> str | None:
        if self.policy is None:
            return None
        reason = self.policy.reasons.get(code) or self.policy.rejection_reasons.get(code)
        if reason is None:
            return None
        return reason.label if self.reader.language == "zh" else reason.label_en

    def names(self, names: list[Any]) -> str:
        """Numbers and names that people gave or see on the page, such as `e3`."""
        return all_of([str(name) for name in names], self.reader.language)

    def findings(self, places: list[int]) -> str:
        """People count from one."""
        return self.names([place + 1 for place in places])

    def _labelled(self, value: str, *types: type[StrEnum]) -> str | None:
        for one in types:
            if value in {member.value for member in one}:
                return label(one(value), self.reader.language)
        return None

    def _labelled_list(
        self, values: list[str], join: Callable[[list[str], Any], str], *types: type[StrEnum]
    ) -> str | None:
        told = [self._labelled(value, *types) for value in values]
        return join([one for one in told if one], self.reader.language) if None not in told else None


_SPECIAL: Mapping[str, Callable[[_Facts, Any], str | None]] = {
    "missing": _Facts.missing,
    "stages": _Facts.stages,
    "possible": _Facts.possible,
    "reason": _Facts.reason,
    "allowed": _Facts.reasons,
    "evidence": _Facts.names,
    "roles": _Facts.roles,
    "findings": _Facts.findings,
}

_ENUMS: Mapping[str, tuple[type[StrEnum], ...]] = {
    "stage": (Stage,),
    "goods": (Goods,),
    "kind": (Kind, Remedy, RulingOutcome),
    "remedy": (Remedy,),
    "role": (Role,),
    "side": (Side,),
}

_INSTANTS = frozenset({"until", "due_at", "ended_at", "waits_until", "replied_at"})
