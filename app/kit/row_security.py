"""The SQL of the wall between tenants, for migrations.

A table of users' data is protected when its migration executes `protect(table)`: row-level security is forced (it binds
the table's owner too), the request role sees the rows of the user its transaction names, and the system role sees all.
"""

from app.kit.db import APP_ROLE, SYSTEM_ROLE

CURRENT_USER_ID = "nullif(current_setting('app.user_id', true), '')::uuid"


def protect(table: str, *, owner: str = "user_id") -> list[str]:
    """Statements that put a table of users' data behind the wall; `owner` is the column that names the user."""
    return [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY",
        f"CREATE POLICY own_rows ON {table} TO {APP_ROLE} USING ({owner} = {CURRENT_USER_ID})",
        f"CREATE POLICY all_rows ON {table} TO {SYSTEM_ROLE} USING (true)",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {APP_ROLE}, {SYSTEM_ROLE}",
    ]


def create_roles() -> list[str]:
    """Statements that make the two roles and let the schema's owner switch to them. Roles belong to the whole server,
    so another database on it may have made them already, even at this very moment."""
    return [
        f"""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                CREATE ROLE {role} NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """
        for role in (APP_ROLE, SYSTEM_ROLE)
    ] + [
        _LET_OWNER_SWITCH,
        f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}, {SYSTEM_ROLE}",
    ]


# Switch, not inherit: a connection of the owner's that forgets SET ROLE must see no rows, rather than everybody's.
# Postgres 15 cannot say so.
_LET_OWNER_SWITCH = f"""
    DO $$ BEGIN
        IF current_setting('server_version_num')::int >= 160000 THEN
            EXECUTE 'GRANT {APP_ROLE}, {SYSTEM_ROLE} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE';
        ELSE
            EXECUTE 'GRANT {APP_ROLE}, {SYSTEM_ROLE} TO CURRENT_USER';
        END IF;
    END $$
"""


def door(signature: str) -> list[str]:
    """Statements that turn a SECURITY DEFINER function into a door: it runs as the system role, and only the request
    role may call it."""
    return [
        f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
        f"GRANT EXECUTE ON FUNCTION {signature} TO {APP_ROLE}, {SYSTEM_ROLE}",
        f"GRANT CREATE ON SCHEMA public TO {SYSTEM_ROLE}",  # an owner-to-be must be allowed to create here
        f"ALTER FUNCTION {signature} OWNER TO {SYSTEM_ROLE}",
        f"REVOKE CREATE ON SCHEMA public FROM {SYSTEM_ROLE}",
    ]
