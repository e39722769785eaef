"""The pages of those who run the service, within the platform's part: from the policy to the demo's clock."""

from amends.application.holds import MAY_SEE as MAY_SEE_HOLDS
from amends.web.portal.areas import MenuItem
from amends.web.portal.operator import clock, health, holds, outbox, policy
from amends.web.portal.operator.roles import SEEN_BY
from amends.wording.catalogue import N_

MENU = (
    MenuItem("/desk/policy", N_("Policy"), "script", SEEN_BY),
    MenuItem("/desk/outbox", N_("Deliveries"), "parcel", SEEN_BY),
    MenuItem("/desk/holds", N_("Holds"), "lock", MAY_SEE_HOLDS),
    MenuItem("/desk/health", N_("Health"), "chart", SEEN_BY),
)
ROUTES = (*policy.ROUTES, *outbox.ROUTES, *holds.ROUTES, *health.ROUTES, *clock.ROUTES)
