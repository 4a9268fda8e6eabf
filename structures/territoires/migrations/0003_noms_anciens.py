"""Old names of merged communes become searchable in a database that holds them already."""

from django.db import migrations

from structures.territoires.noms import normaliser_nom


def remplir(apps, schema_editor):
    CommuneAncienne = apps.get_model("territoires", "CommuneAncienne")
    lignes = list(CommuneAncienne.objects.filter(nom_recherche=""))
    for ligne in lignes:
        ligne.nom_recherche = normaliser_nom(ligne.nom)
    CommuneAncienne.objects.bulk_update(lignes, ["nom_recherche"], batch_size=300)


class Migration(migrations.Migration):
    dependencies = [("territoires", "0002_mouvements")]
    operations = [migrations.RunPython(remplir, migrations.RunPython.noop)]
