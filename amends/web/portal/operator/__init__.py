"""The pages of those who run the service, within the platform's part: policy, deliveries, health, the demo's clock."""

from amends.web.portal.areas import MenuItem
from amends.web.portal.operator import clock, health, outbox, policy
from amends.web.portal.operator.roles import SEEN_BY
from amends.wording.catalogue import N_

MENU = (
    MenuItem("/desk/policy", N_("Policy"), "script", SEEN_BY),
    MenuItem("/desk/outbox", N_("Deliveries"), "parcel", SEEN_BY),
    MenuItem("/desk/health", N_("Health"), "chart", SEEN_BY),
)
ROUTES = (*policy.ROUTES, *outbox.ROUTES, *health.ROUTES, *clock.ROUTES)
