"""What the buyer's pages say in their own words."""

from decimal import Decimal

from babel.numbers import get_currency_precision

from amends.web.portal import casepage
from amends.web.portal.troubles import Trouble
from amends.web.portal.visit import Visit
from amends.wording.catalogue import N_, translate

_NOT_UNDERSTOOD = (
    N_("Something in the form is missing or cannot be read"),
    N_("Nothing was sent. Amounts are written like 15.00; every field that is not optional has to be filled in."),
)


def told(here: Visit, fault: Exception) -> Trouble:
    """Why a step did not work; a form that does not fit is a matter of its fields, not of a body."""
    trouble = casepage.told(here, fault)
    if trouble.code not in ("invalid_body", "unknown_field"):
        return trouble
    title, detail = (translate(text, here.language) for text in _NOT_UNDERSTOOD)
    return Trouble(title, detail, code=trouble.code)


def main_units(amount_minor: int, currency: str) -> str:
    """`59.00`, as an input takes it."""
    decimals = get_currency_precision(currency)
    return f"{Decimal(amount_minor).scaleb(-decimals):.{decimals}f}"
