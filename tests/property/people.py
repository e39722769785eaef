"""Everybody who may send commands, the wrong ones among them."""

from amends.domain.actor import SYSTEM, Actor, buyer, merchant, platform
from amends.domain.words import Role
from tests.property.world import MERCHANT_ID

BUYER = buyer("b42")
OWNER = merchant(MERCHANT_ID, "li")
AFTER_SALE = merchant(MERCHANT_ID, "wang", Role.AFTER_SALE)
PRE_SALE = merchant(MERCHANT_ID, "sun", Role.PRE_SALE)
AGENT = platform("he", Role.SERVICE_AGENT)
ARBITRATORS = (platform("zhou", Role.ARBITRATOR), platform("wu", Role.ARBITRATOR))
SUPERVISORS = (platform("zheng", Role.SUPERVISOR), platform("feng", Role.SUPERVISOR))
OPERATOR = platform("chen", Role.OPERATOR)
AUDITOR = platform("wei", Role.AUDITOR)

PARTIES: tuple[Actor, ...] = (BUYER, OWNER, AFTER_SALE, PRE_SALE)
PLATFORM: tuple[Actor, ...] = (*ARBITRATORS, *SUPERVISORS, AGENT, OPERATOR, AUDITOR)
STRANGERS: tuple[Actor, ...] = (buyer("b43"), merchant(MERCHANT_ID + 1, "qian"))
EVERYBODY: tuple[Actor, ...] = (*PARTIES, *PLATFORM, SYSTEM, *STRANGERS)
