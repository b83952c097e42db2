from django.db import migrations

# The number of the key that seals what is personal of an entry: see `entries.pack`.
_MAKE = (
    "CREATE INDEX ledger_entry_person ON ledger_entry (substr(commitments, 41, 8))"
    " WHERE length(commitments) > 40"
)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_append_only")]
    operations = [migrations.RunSQL(_MAKE, "DROP INDEX ledger_entry_person")]
