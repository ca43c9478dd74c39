"""Scans that go on where they ended, joins, suppressions, and what is known of connections."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the columns, create the tables."""
    op.add_column("scan", sa.Column("plan", sa.Text()))
    op.add_column("scan", sa.Column("holder", sa.Text()))
    op.add_column("scan", sa.Column("alive_at", sa.Text()))
    op.add_column("source_scan", sa.Column("is_encrypted", sa.Boolean()))
    op.add_column("source_scan", sa.Column("is_superuser", sa.Boolean()))
    op.add_column("asset_scan", sa.Column("fingerprint", sa.Text()))
    op.add_column("asset_scan", sa.Column("member_count", sa.BigInteger()))
    op.create_table(
        "join_measure",
        sa.Column("id", _ID, nullable=False, autoincrement=True),
        sa.Column("scan_id", _ID, nullable=False),
        *_ends(),
        sa.Column("tested", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("measured_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], name="fk_join_measure_scan"),
        sa.PrimaryKeyConstraint("id", name="pk_join_measure"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_join_measure_scan_id", "join_measure", ["scan_id"])
    op.create_table(
        "join_decision",
        sa.Column("id", _ID, nullable=False, autoincrement=True),
        *_ends(),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_join_decision"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "suppression",
        sa.Column("id", _ID, nullable=False, autoincrement=True),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Text(), nullable=False),
        sa.Column("until_on", sa.Text()),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_suppression"),
        sqlite_autoincrement=True,
    )


def _ends() -> list[sa.Column[str]]:
    """The two fields that a join is between."""
    return [
        sa.Column(f"{end}_{part}", sa.Text(), nullable=False)
        for end in ("child", "parent")
        for part in ("source", "asset", "field")
    ]
