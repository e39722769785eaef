"""What people can do, as buttons say it: the name, what follows, and what is told when it is done."""

from collections.abc import Mapping
from typing import NamedTuple

from amends.wording.catalogue import N_, Language, translate


class Action(NamedTuple):
    """`says` is the consequence, said before the step is taken; pages that know the figures say more."""

    label: str
    says: str
    done: str


ACTIONS: Mapping[str, Action] = {
    "open-case": Action(
        N_("Submit application"),
        N_("The merchant must answer within the time shown; if not, the rules decide."),
        N_("The application has been submitted."),
    ),
    "modify": Action(
        N_("Change application"),
        N_("The merchant's time to answer starts again."),
        N_("The application has been changed."),
    ),
    "withdraw": Action(
        N_("Withdraw application"),
        N_("The case is closed. You can apply again as long as the time for it is not over."),
        N_("The application has been withdrawn."),
    ),
    "ship-return": Action(
        N_("Enter tracking number"),
        N_("The refund follows once the merchant has checked the return."),
        N_("The tracking number has been entered."),
    ),
    "confirm-receipt": Action(
        N_("Confirm receipt"),
        N_("The case is completed."),
        N_("Receipt has been confirmed."),
    ),
    "dispute-replacement": Action(
        N_("Something is wrong with it"),
        N_("The merchant must put it right or refund."),
        N_("The merchant has been told what is wrong."),
    ),
    "name-payout-account": Action(
        N_("Name an account"),
        N_("The refund that did not arrive is sent there."),
        N_("The account has been entered."),
    ),
    "choose-after-repair": Action(
        N_("Choose exchange or refund"),
        N_("The choice holds; the merchant must carry it out."),
        N_("The choice has been entered."),
    ),
    "ask-human-review": Action(
        N_("Ask for a person to look"),
        N_("Somebody at the platform looks at what was decided automatically."),
        N_("Somebody at the platform will look into it."),
    ),
    "send-message": Action(
        N_("Send"),
        N_("Both sides and the platform can read it; it cannot be taken back."),
        N_("The message has been sent."),
    ),
    "add-evidence": Action(
        N_("Add evidence"),
        N_("Both sides and the platform can see it; it cannot be taken back."),
        N_("The evidence has been filed."),
    ),
    "state-position": Action(
        N_("State the points"),
        N_("The platform reads both sides' points next to each other."),
        N_("The points have been filed."),
    ),
    "make-offer": Action(
        N_("Make an offer"),
        N_("If the other side accepts, it is carried out without asking you again."),
        N_("The offer has been made."),
    ),
    "accept-offer": Action(
        N_("Accept"),
        N_("It is carried out at once and settles the case."),
        N_("The offer has been accepted."),
    ),
    "decline-offer": Action(
        N_("Decline"),
        N_("The case goes on as before."),
        N_("The offer has been declined."),
    ),
    "request-intervention": Action(
        N_("Ask the platform to step in"),
        N_("Both sides can file evidence, then the platform decides."),
        N_("The platform has been asked to step in."),
    ),
    "appeal": Action(
        N_("Appeal"),
        N_("Somebody who had nothing to do with it so far looks at the case again."),
        N_("The appeal has been made."),
    ),
    "agree": Action(
        N_("Agree"),
        N_("What the buyer asks for is carried out at once."),
        N_("The application has been agreed to."),
    ),
    "intercept-parcel": Action(
        N_("Stop the parcel"),
        N_("The courier is asked to turn back; the refund is paid as soon as it confirms."),
        N_("The courier has been asked to stop the parcel."),
    ),
    "agree-refund-after-refusal": Action(
        N_("Refund after refusal"),
        N_("The buyer refuses the parcel at the door; the refund follows by itself when the courier records it."),
        N_("The refund follows the refusal. The buyer has been told how."),
    ),
    "prepare-rejection": Action(
        N_("Prepare a rejection"),
        N_("The fitting text goes to the buyer, and the time to reply begins."),
        N_("The text has been sent. Please wait for the buyer's reply."),
    ),
    "reject": Action(
        N_("Reject"),
        N_("The buyer can then ask the platform to step in, which counts in the shop's figures."),
        N_("The application has been rejected."),
    ),
    "accept-return": Action(
        N_("Accept the return"),
        N_("What was agreed is paid or shipped."),
        N_("The return has been accepted."),
    ),
    "ship-replacement": Action(
        N_("Enter the shipment"),
        N_("The buyer is told and can follow the parcel."),
        N_("The shipment has been entered."),
    ),
    "ship-back": Action(
        N_("Send the goods back"),
        N_("The buyer is told and can follow the parcel."),
        N_("The shipment has been entered."),
    ),
    "ask-platform-refund": Action(
        N_("Ask the platform to refund"),
        N_("Somebody at the platform looks at the order and the chat, then refunds."),
        N_("The platform has been asked to refund."),
    ),
    "reveal-contact": Action(
        N_("Show phone number"),
        N_("Who looked, when and why is recorded."),
        N_("The number is shown; this has been recorded."),
    ),
    "record-call": Action(
        N_("Record a call"),
        N_("It counts as evidence of the negotiation."),
        N_("The call has been recorded."),
    ),
    "assign": Action(
        N_("Hand over"),
        N_("That person has the case from now on."),
        N_("The case has been handed over."),
    ),
    "request-evidence": Action(
        N_("Ask for evidence"),
        N_("The ruling waits meanwhile, within the limit that the rules set."),
        N_("The evidence has been asked for."),
    ),
    "rule": Action(
        N_("Rule"),
        N_("Both sides read the reasons; either can appeal."),
        N_("The ruling has been recorded."),
    ),
    "approve-ruling": Action(
        N_("Decide on the ruling"),
        N_("An approved ruling stands and is carried out."),
        N_("The decision has been recorded."),
    ),
    "decide-appeal": Action(
        N_("Decide on the appeal"),
        N_("The decision is final for both sides."),
        N_("The appeal has been decided."),
    ),
    "settle-payout": Action(
        N_("Settle a payout"),
        N_("A second person must confirm it."),
        N_("The statement has been recorded."),
    ),
    "extend-deadline": Action(
        N_("Extend a deadline"),
        N_("Both sides see the new instant and the reason."),
        N_("The deadline has been extended."),
    ),
    "suspend": Action(
        N_("Pause"),
        N_("All clocks stand still and no money is sent until it goes on."),
        N_("The case is paused."),
    ),
    "resume": Action(
        N_("Go on"),
        N_("All clocks run again, moved by the time they stood still."),
        N_("The case goes on."),
    ),
    "cancel": Action(
        N_("Cancel the case"),
        N_("The case is closed without a result; this can be appealed."),
        N_("The case has been cancelled."),
    ),
    "credit-outage": Action(
        N_("Credit an outage"),
        N_("Deadlines that ended during the outage move by its length."),
        N_("The deadlines have been moved."),
    ),
}
"""By the API's verb."""


def action_words(verb: str, language: Language) -> Action:
    """The words of a verb."""
    return Action(*(translate(text, language) for text in ACTIONS[verb]))
