"""Who works at the platform: what they are called here, and who may be given a case."""

from amends.application.access import PLATFORM
from amends.domain.case import Ruling
from amends.domain.words import Role
from amends.web.portal.visit import Visit

DECIDERS = frozenset({Role.ARBITRATOR, Role.SUPERVISOR})
TAKERS = DECIDERS | {Role.SERVICE_AGENT}
"""Those who can be given a case; a service agent may prepare one and hand it on."""


async def staff(here: Visit) -> dict[str, Role]:
    """Accounts of the platform's own people."""
    settings = await here.desk.registry.merchant(PLATFORM)
    return dict(settings.staff) if settings is not None else {}


def name_of(here: Visit, account: str) -> str:
    """A person's name where the installation knows it, else the account."""
    written = f"platform/{account}"
    return next((one.name for one in here.desk.demo_people or () if one.actor == written), account)


async def names(here: Visit) -> dict[str, str]:
    """Names by account."""
    return {account: name_of(here, account) for account in await staff(here)}


async def takers(here: Visit, ruling: Ruling | None, *, appealed: bool) -> list[tuple[str, str]]:
    """(account, name) of whom a case may be given to; an appeal to nobody who had a hand in the ruling (R1.1)."""
    hands = (ruling.by, ruling.approved_by) if ruling is not None and appealed else ()
    return [
        (account, name_of(here, account))
        for account, role in (await staff(here)).items()
        if role in TAKERS and account not in hands
    ]
