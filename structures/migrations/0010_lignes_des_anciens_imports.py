"""The journals kept as JSON become lines; what FINESS named is remembered as such."""

from typing import Any

from django.db import migrations

LOT = 500
_LISTES = (
    ("rejets", "rejetee"),
    ("modifications", "modifiee"),
    ("ecarts", "ecart"),
    ("remarques", "remarque"),
    ("disparues", "disparue"),
)


def ecrire_les_lignes(apps: Any, schema_editor: Any) -> None:
    """One line per detail; two details of one kind about one line of the file are one."""
    Import, LigneImport = apps.get_model("structures", "Import"), apps.get_model("structures", "LigneImport")
    Structure = apps.get_model("structures", "Structure")
    connues = set(Structure.objects.values_list("pk", flat=True))
    for journal in Import.objects.order_by("pk").iterator(chunk_size=20):
        lignes: dict[tuple[str, int], Any] = {}
        for liste, action in _LISTES:
            for rang, detail in enumerate(getattr(journal, liste), start=1):
                numero = int(detail.get("ligne") or 0)
                raison = str(detail.get("raison") or detail.get("remarque") or "")
                cle = (action, numero or -rang)
                if cle in lignes:
                    lignes[cle].raison = f"{lignes[cle].raison} ; {raison}"
                    continue
                structure = detail.get("structure")
                lignes[cle] = LigneImport(
                    journal=journal,
                    numero=numero,
                    action=action,
                    structure_id=structure if structure in connues else None,
                    nom=str(detail.get("nom") or "")[:200],
                    numero_cle=str(detail.get("finess") or "")[:200],
                    champs=detail.get("champs") or [],
                    raison=raison,
                    # Words, not values: they can be read, not undone nor decided.
                    suite="annulee" if action == "disparue" else "",
                )
        LigneImport.objects.bulk_create(lignes.values(), batch_size=LOT)


def nommer(apps: Any, schema_editor: Any) -> None:
    """The structures of FINESS are known by this list."""
    Structure, Identifiant = apps.get_model("structures", "Structure"), apps.get_model("structures", "Identifiant")
    lot = []
    connues = Structure.objects.filter(source="finess", finess__isnull=False).order_by("pk")
    for pk, finess in connues.values_list("pk", "finess").iterator(chunk_size=LOT):
        lot.append(Identifiant(structure_id=pk, liste="finess", valeur=f"finess:{finess}"))
        if len(lot) == LOT:
            Identifiant.objects.bulk_create(lot, ignore_conflicts=True)
            lot = []
    Identifiant.objects.bulk_create(lot, ignore_conflicts=True)


def rien(apps: Any, schema_editor: Any) -> None:
    """The lines stay: the JSON is not made again."""


class Migration(migrations.Migration):
    dependencies = [("structures", "0009_mots_des_structures")]

    operations = [
        migrations.RunPython(ecrire_les_lignes, rien, elidable=True),
        migrations.RunPython(nommer, rien, elidable=True),
    ]
