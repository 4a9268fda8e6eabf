"""The words of the structures that a database holds already."""

from django.db import migrations

from structures.models.mots import mots_de
from structures.referentiel import PRECISIONS

LOT = 300


def _poser(Mot, Mention, lot):
    dits = [
        (s.pk, mot)
        for s in lot
        for mot in mots_de(s.nom, PRECISIONS.get(s.type, {}).get(s.precision, ""), s.commune.nom, s.code_postal)
    ]
    textes = sorted({mot for _, mot in dits})
    Mot.objects.bulk_create([Mot(texte=texte) for texte in textes], ignore_conflicts=True)
    cles = dict(Mot.objects.filter(texte__in=textes).values_list("texte", "pk"))
    Mention.objects.bulk_create(
        [Mention(structure_id=s, mot_id=cles[mot]) for s, mot in dits], ignore_conflicts=True, batch_size=500
    )


def remplir(apps, schema_editor):
    Structure, Mot, Mention = (apps.get_model("structures", nom) for nom in ("Structure", "Mot", "Mention"))
    dernier = 0
    lues = Structure.objects.select_related("commune").order_by("pk")
    while lot := list(lues.filter(pk__gt=dernier)[:LOT]):
        _poser(Mot, Mention, lot)
        dernier = lot[-1].pk


class Migration(migrations.Migration):
    dependencies = [("structures", "0008_mots")]
    operations = [migrations.RunPython(remplir, migrations.RunPython.noop)]
