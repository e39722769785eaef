"""Read by alembic: one file a migration, named for its SQL."""
