"""Load the controlled list of services (domaine.md §3.5); what the administration changed stays."""

import json
from pathlib import Path

from django.db import migrations

FICHIER = Path(__file__).resolve().parent.parent / "donnees" / "services.json"


def charger(apps, schema_editor):
    Service = apps.get_model("offres", "Service")
    for entree in json.loads(FICHIER.read_text(encoding="utf-8")):
        Service.objects.get_or_create(slug=entree.pop("slug"), defaults=entree)


class Migration(migrations.Migration):
    dependencies = [("offres", "0001_initial")]
    operations = [migrations.RunPython(charger, migrations.RunPython.noop)]
