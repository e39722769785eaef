"""What changed in the tables, in order: `NNNN_pre_what.sql` before new code runs, `NNNN_post_what.sql` after it.

Each has a twin of the same number in `versions/` that names its predecessor; `sql/schema.sql` shows what all of them
together make, and a test holds it to that.
"""

from importlib.resources import files

from alembic import op


def run(name: str) -> None:
    """Run a file of statements as it stands: past SQLAlchemy, to which `:name` would be a parameter."""
    statements = (files(__name__) / f"{name}.sql").read_text(encoding="utf-8")
    op.get_bind().connection.cursor().execute(statements)
