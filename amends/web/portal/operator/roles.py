"""Who sees how the service runs, and who may do something about it."""

from amends.domain.words import Role

RUN_BY = frozenset({Role.OPERATOR, Role.SUPERVISOR})
SEEN_BY = RUN_BY | {Role.AUDITOR}
