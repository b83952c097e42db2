from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

FORMER = {
    "person:manage": "people:person:manage",
    "case:read": "cases:case:read",
    "case:edit": "cases:case:edit",
    "report:add": "cases:report:add",
    "metrics:read": "api:metrics:read",
    "helpdesk:ask": "cases:helpdesk:ask",
    "hold:request": "holds:login:request",
    "hold:preserve": "holds:preservation:request",
    "plan:request": "custody:plan:request",
    "plan:approve": "custody:plan:approve",
    "ledger:read": "ledger:entry:read",
    "ledger:erase": "ledger:entry:erase",
    "quarantine:destroy": "custody:quarantine:destroy",
    "preflight:run": "verdicts:preflight:run",
    "evidence:read": "evidence:snapshot:read",
    "glass:ask": "glass:message:ask",
    "glass:grant": "glass:message:grant",
}
"""What permissions were called before they named their room; entries of the ledger have these names for ever."""


def _rename(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    for row in apps.get_model("people", "TokenRow").objects.all():
        row.scope = sorted(FORMER.get(one, one) for one in row.scope)
        row.save(update_fields=["scope"])


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0005_ties"),
    ]

    operations = [
        migrations.RunPython(_rename),
    ]
