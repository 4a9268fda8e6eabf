"""How action sheets follow when two sheets of one structure are merged.

Where both took part in the same action, one participation remains: the lead if one of them led, the
two contributions one after the other, the agreement to take part if one of them gave it. The
participation that goes is kept whole in the notebook of the merge.
"""

from django.db.models import Model

from fiches_action.models import Acteur, Etape, FicheAction
from socle.deplacements import Carnet, couvrir
from socle.templatetags.typographie import pluriel
from structures.models import Structure

couvrir(
    "fiches_action.Acteur.structure",
    "fiches_action.FicheAction.porteur",
    "fiches_action.Etape.responsable",
)

_ROLES = [role.value for role in Acteur.Role]
_LONGUEUR = 1000


def fusionner(gardee: Model, absorbee: Model, carnet: Carnet) -> None:
    """Move participations, leads and steps. Raises TypeError for anything but structures."""
    if not isinstance(gardee, Structure) or not isinstance(absorbee, Structure):
        raise TypeError("deux structures")
    deja = {a.fiche_id: a for a in Acteur.objects.filter(structure=gardee).select_for_update()}
    acteurs = Acteur.objects.filter(structure=absorbee).select_related("fiche").select_for_update(of=("self",))
    nombre = 0
    for acteur in acteurs.order_by("pk"):
        if acteur.fiche_id in deja:
            _reunir(deja[acteur.fiche_id], acteur, carnet)
        else:
            carnet.ecrire(acteur, structure_id=gardee.pk)
        nombre += 1
    carnet.deplacer(FicheAction.objects.filter(porteur=absorbee), "porteur_id", gardee)
    carnet.deplacer(Etape.objects.filter(responsable=absorbee), "responsable_id", gardee)
    if nombre:
        carnet.mots.append(pluriel(nombre, "participation à une fiche-action,participations à des fiches-action"))


def _reunir(garde: Acteur, autre: Acteur, carnet: Carnet) -> None:
    """Two participations of one structure in one action become one."""
    # Removed first: one lead only per sheet, says the database.
    carnet.retirer(autre)
    apports = [garde.contribution, autre.contribution]
    valeurs: dict[str, object] = {
        "role": min(garde.role, autre.role, key=_ROLES.index),
        "contribution": "\n".join(dict.fromkeys(apport for apport in apports if apport)),
        "referent_fonction": garde.referent_fonction or autre.referent_fonction,
    }
    trop_long = len(str(valeurs["contribution"])) > _LONGUEUR
    if trop_long:
        valeurs["contribution"] = garde.contribution or autre.contribution
    if Acteur.Confirmation.CONFIRMEE in (autre.confirmation,) and garde.confirmation != autre.confirmation:
        valeurs |= {
            "confirmation": autre.confirmation,
            "confirmee_le": autre.confirmee_le,
            "confirmee_par_id": autre.confirmee_par_id,
        }
    carnet.ecrire(garde, **valeurs)
    reunis = "une seule participation" if trop_long else "une seule participation, avec les deux contributions"
    carnet.mots.append(f"{reunis} à la fiche {autre.fiche.reference}, où les deux étaient présentes")


def attaches(structure: Model) -> list[str]:
    """The sheets a structure takes part in, for the page that compares two (two queries)."""
    nombre = Acteur.objects.filter(structure=structure.pk).count()
    portees = FicheAction.objects.filter(porteur=structure.pk).count()
    mots = [pluriel(nombre, "fiche-action,fiches-action")] if nombre else []
    return [*mots, f"dont {pluriel(portees, 'portée,portées')}"] if portees else mots
