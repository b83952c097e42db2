"""The database itself refuses to change or remove entries, leaves and heads."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLES = ("ledger_entry", "ledger_leaf", "ledger_head")

SQLITE = """
CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table}
BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END
"""
FUNCTION = """
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$
"""
POSTGRESQL = """
CREATE TRIGGER {table}_{verb} BEFORE {verb} ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse()
"""


def refuse_changes(_apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Make the triggers."""
    statement, verbs = SQLITE, ["UPDATE", "DELETE"]
    if editor.connection.vendor == "postgresql":
        editor.execute(FUNCTION)
        statement, verbs = POSTGRESQL, [*verbs, "TRUNCATE"]
    for table in TABLES:
        for verb in verbs:
            editor.execute(statement.format(table=table, verb=verb))


class Migration(migrations.Migration):
    """After the tables."""

    dependencies = (("ledger", "0001_initial"),)
    operations = (migrations.RunPython(refuse_changes),)
