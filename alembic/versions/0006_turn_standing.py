"""What a turn has to know of its user before it begins, in one round trip."""

from alembic import op
from app.kit.db import APP_ROLE

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SIGNATURE = "turn_standing(uuid, date)"


def upgrade() -> None:
    # It runs as its caller: row-level security stands. It names the user, so nobody can be looked up by accident.
    op.execute("""
        CREATE FUNCTION turn_standing(whose uuid, this_month date)
        RETURNS TABLE (tier text, on_insert text, on_update text, on_delete text, used bigint) LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM set_config('app.user_id', whose::text, true);
            RETURN QUERY
                SELECT u.tier, coalesce(p.insert, 'allow'), coalesce(p.update, 'allow'), coalesce(p.delete, 'ask'),
                    coalesce(t.input_tokens + t.output_tokens, 0)
                FROM users u
                LEFT JOIN approval_policies p ON p.user_id = u.id
                LEFT JOIN token_usage t ON t.user_id = u.id AND t.month = this_month
                WHERE u.id = whose;
        END $$
    """)
    op.execute(f"REVOKE ALL ON FUNCTION {SIGNATURE} FROM PUBLIC")
    op.execute(f"GRANT EXECUTE ON FUNCTION {SIGNATURE} TO {APP_ROLE}")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {SIGNATURE}")
