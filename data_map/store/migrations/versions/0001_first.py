"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create every table."""
    op.create_table(
        "decision",
        sa.Column("id", _ID, nullable=False, autoincrement=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("category", sa.Text()),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.Text(), nullable=False),
        sa.Column("until_on", sa.Text()),
        sa.Column("is_withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_decision_source", "decision", ["source"])
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
    )
    op.create_table(
        "scan",
        sa.Column("id", _ID, nullable=False, autoincrement=True),
        sa.Column("started_at", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.Text()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("tool_version", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_scan"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "source",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("location", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        sa.Column("country", sa.Text()),
        sa.Column("is_adhoc", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_source"),
    )
    op.create_table(
        "asset_scan",
        sa.Column("id", _ID, nullable=False, autoincrement=True),
        sa.Column("scan_id", _ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asset_key", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("row_count", sa.BigInteger()),
        sa.Column("size_bytes", sa.BigInteger()),
        sa.Column("change_marker", sa.Text()),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("bytes_read", sa.BigInteger(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("sampling", sa.Text(), nullable=False),
        sa.Column("scanned_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], "fk_asset_scan_scan"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], "fk_asset_scan_source"),
        sa.PrimaryKeyConstraint("id", name="pk_asset_scan"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_asset_scan_scan_id", "asset_scan", ["scan_id"])
    op.create_index(
        "ix_asset_scan_source_asset_key_scan_id", "asset_scan", ["source", "asset_key", "scan_id"], unique=True
    )
    op.create_table(
        "asset_seen",
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asset_key", sa.Text(), nullable=False),
        sa.Column("scan_id", _ID, nullable=False),
        sa.Column("asset", sa.Text(), nullable=False),
        sa.Column("seen_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], "fk_asset_seen_scan"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], "fk_asset_seen_source"),
        sa.PrimaryKeyConstraint("source", "asset_key", "scan_id", name="pk_asset_seen"),
    )
    op.create_index("ix_asset_seen_scan_id", "asset_seen", ["scan_id"])
    op.create_table(
        "skip",
        sa.Column("id", _ID, nullable=False, autoincrement=True),
        sa.Column("scan_id", _ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asset_key", sa.Text(), nullable=False),
        sa.Column("asset", sa.Text()),
        sa.Column("field", sa.Text()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("code", sa.Text()),
        sa.Column("skipped_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], "fk_skip_scan"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], "fk_skip_source"),
        sa.PrimaryKeyConstraint("id", name="pk_skip"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_skip_scan_id", "skip", ["scan_id"])
    op.create_index("ix_skip_source_asset_key_scan_id", "skip", ["source", "asset_key", "scan_id"])
    op.create_table(
        "source_scan",
        sa.Column("scan_id", _ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("asset_count", sa.BigInteger(), nullable=False),
        sa.Column("is_complete", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scan.id"], "fk_source_scan_scan"),
        sa.ForeignKeyConstraint(["source"], ["source.name"], "fk_source_scan_source"),
        sa.PrimaryKeyConstraint("scan_id", "source", name="pk_source_scan"),
    )
    op.create_table(
        "field_scan",
        sa.Column("asset_scan_id", _ID, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("declared_type", sa.Text()),
        sa.Column("is_nullable", sa.Boolean(), nullable=False),
        sa.Column("is_primary_key", sa.Boolean(), nullable=False),
        sa.Column("is_unique", sa.Boolean(), nullable=False),
        sa.Column("refers_to", sa.Text()),
        sa.Column("comment", sa.Text()),
        sa.Column("state", sa.Text()),
        sa.Column("category", sa.Text()),
        sa.Column("score", sa.Double()),
        sa.Column("prevalence", sa.Double()),
        sa.Column("prevalence_low", sa.Double()),
        sa.Column("prevalence_high", sa.Double()),
        sa.Column("sampled", sa.BigInteger()),
        sa.Column("distinct_count", sa.BigInteger()),
        sa.Column("subject", sa.Text()),
        sa.Column("bound", sa.Double()),
        sa.Column("contains", sa.Text()),
        sa.Column("alternates", sa.Text()),
        sa.Column("shapes", sa.Text()),
        sa.Column("evidence", sa.Text()),
        sa.Column("terms", sa.Text()),
        sa.ForeignKeyConstraint(["asset_scan_id"], ["asset_scan.id"], "fk_field_scan_asset_scan", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_scan_id", "ordinal", name="pk_field_scan"),
    )
