"""Run by alembic for every upgrade; `migrate` has put the connection into its configuration."""

from alembic import context
from sqlalchemy import text

_connection = context.config.attributes["connection"]

_LOCK = 0x616D_656E_6473_02
"""Advisory lock of the one migrator: "amends" and a number."""

_connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
# The service is running meanwhile. A change that cannot have its lock soon must give way, or everybody queues behind
# it, and one that holds it must be quick. A migration that needs longer sets its own `set local statement_timeout`.
_connection.execute(text("set local lock_timeout = '4s'"))
_connection.execute(text("set local statement_timeout = '5s'"))

context.configure(connection=_connection, transactional_ddl=True)
context.run_migrations()
