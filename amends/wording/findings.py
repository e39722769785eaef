"""Sentences for what was found in evidence: each states a fact and where it comes from, none draws a conclusion."""

from typing import Any

from amends.wording.catalogue import N_, Language, translate

FINDINGS: dict[str, str] = {
    "same_file": N_("The same file was filed by the {side} as {number} in case {case}, {when}."),
    "similar_picture": N_(
        "A nearly identical picture was filed by the {side} as {number} in case {case}, {when} "
        "({differing} of 64 features differ)."
    ),
    "similar_in_video": N_(
        "A picture of this video is nearly identical to what the {side} filed as {number} in case {case}, {when} "
        "({differing} of 64 features differ)."
    ),
    "similar_to_video": N_(
        "A nearly identical picture is in the video that the {side} filed as {number} in case {case}, {when} "
        "({differing} of 64 features differ)."
    ),
    "taken_at": N_("According to the file's own data it was made on {when}, {relation}."),
    "device": N_("According to the file's own data it was made with: {device}."),
    "software": N_("According to the file's own data it was last saved by: {software}."),
    "order_number": N_("The text names this order's number: “{line}”"),
    "other_order_number": N_("The text names another order number, {value}: “{line}”"),
    "tracking_number": N_("The text names the number of this case's {leg}: “{line}”"),
    "other_tracking_number": N_("The text names a parcel number that is none of this case's, {value}: “{line}”"),
    "nearly_number": N_(
        "The text names {value}, which differs from a number of this case in {differing} characters; "
        "it may have been misread or mistyped: “{line}”"
    ),
    "amount": N_("The text names {amount}, which is {means}: “{line}”"),
    "other_amount": N_("The text names {amount}, which is no amount of this order: “{line}”"),
    "text_not_read": N_("The text in this file was not read."),
}

RELATIONS: dict[str, str] = {
    "after_filing": N_("{duration} after it was filed"),
    "before_delivery": N_("{duration} before the parcel was delivered"),
    "after_delivery": N_("{duration} after the parcel was delivered"),
    "before_pick_up": N_("{duration} before the parcel was picked up"),
    "after_pick_up": N_("{duration} after the parcel was picked up"),
    "before_payment": N_("{duration} before the order was paid"),
    "after_payment": N_("{duration} after the order was paid"),
    "before_filing": N_("{duration} before it was filed"),
}

LEGS: dict[str, str] = {
    "outward": N_("outward parcel"),
    "back": N_("return parcel"),
    "replacement": N_("parcel with the new goods"),
}

AMOUNTS: dict[str, str] = {
    "paid": N_("what was paid for the order"),
    "asked": N_("what the case asks for"),
    "freight": N_("the freight of the order"),
    "unit_price": N_("the price of one piece of the order"),
}


def finding(code: str, language: Language, **facts: Any) -> str:
    return translate(FINDINGS[code], language).format(**facts)


def on_page(text: str, page: int, language: Language) -> str:
    return translate(N_("{text} (page {page})"), language).format(text=text, page=page)


def relation(code: str, duration: str, language: Language) -> str:
    """`3 天 2 小时 before the parcel was delivered`."""
    return translate(RELATIONS[code], language).format(duration=duration)
