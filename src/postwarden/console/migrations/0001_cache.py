from django.db import migrations

# As Django's database cache has it; both databases take these types.
_MAKE = (
    "CREATE TABLE console_cache (cache_key varchar(255) NOT NULL PRIMARY KEY, value text NOT NULL,"
    " expires timestamp with time zone NOT NULL)"
)
_INDEX = "CREATE INDEX console_cache_expires ON console_cache (expires)"


class Migration(migrations.Migration):
    dependencies = []
    operations = [
        migrations.RunSQL(_MAKE, "DROP TABLE console_cache"),
        migrations.RunSQL(_INDEX, "DROP INDEX console_cache_expires"),
    ]
