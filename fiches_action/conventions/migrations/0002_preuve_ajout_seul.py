"""The database itself refuses to change or delete evidence (SQLite and PostgreSQL)."""

from typing import ClassVar

from django.db import migrations


def _ordres(schema_editor, action):
    from fiches_action.conventions import preuve

    base = "SQLITE" if schema_editor.connection.vendor == "sqlite" else "POSTGRESQL"
    for ordre in getattr(preuve, f"{action}_{base}"):
        schema_editor.execute(ordre)


def poser(apps, schema_editor):
    _ordres(schema_editor, "POSER")


def retirer(apps, schema_editor):
    _ordres(schema_editor, "RETIRER")


class Migration(migrations.Migration):
    dependencies: ClassVar = [("conventions", "0001_initial")]
    operations: ClassVar = [migrations.RunPython(poser, retirer)]
