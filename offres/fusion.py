"""How offers, needs and answers follow when two sheets of one structure are merged.

Both may have answered the same campaign. The further answer (sent, reopened, draft, invited) becomes
that of the kept structure; what the other one had published joins it, so that nothing partners read
disappears and a later correction finds every line. The other answer stays readable in the trace.
"""

from typing import Any

from django.db.models import Model

from offres.etats import ACCEPTEE, ECARTEE, PROPOSEE
from offres.models import Besoin, Offre, Rapprochement, Reponse
from offres.relances import reecrire_ce_qui_attend, retenir
from socle.deplacements import Carnet, couvrir
from socle.templatetags.typographie import pluriel
from structures.models import Structure

couvrir("offres.Reponse.structure", "offres.Offre.structure", "offres.Besoin.structure")

_AVANCEMENT = {
    Reponse.Etat.INVITEE: 0,
    # « We won't answer » gives way to whoever began to.
    Reponse.Etat.REFUSEE: 0,
    Reponse.Etat.BROUILLON: 1,
    Reponse.Etat.ROUVERTE: 2,
    Reponse.Etat.SOUMISE: 3,
}
_GENRES: tuple[tuple[type[Any], str], ...] = ((Offre, "offre,offres"), (Besoin, "besoin,besoins"))


def fusionner(gardee: Model, absorbee: Model, carnet: Carnet) -> None:
    """Move the offers, needs and answers of a duplicate. Raises TypeError for anything but structures."""
    if not isinstance(gardee, Structure) or not isinstance(absorbee, Structure):
        raise TypeError("deux structures")
    _les_reponses(gardee, absorbee, carnet)
    for modele, formes in _GENRES:
        # A line being written in an answer that stays behind stays with it.
        lignes = modele._base_manager.filter(structure=absorbee).exclude(reponse__structure=absorbee)
        nombre = carnet.deplacer(lignes, "structure_id", gardee)
        if nombre:
            carnet.mots.append(pluriel(nombre, formes))
    _entre_soi(gardee, carnet)


def _entre_soi(gardee: Structure, carnet: Carnet) -> None:
    """A structure doesn't cooperate with itself: what the two sheets had begun between them is set aside."""
    entre_soi = Rapprochement.objects.filter(
        besoin__structure=gardee, offre__structure=gardee, etat__in=[PROPOSEE, ACCEPTEE]
    )
    for rapprochement in entre_soi:
        carnet.ecrire(rapprochement, etat=ECARTEE, motif="Les deux structures n’en font qu’une.")


def _les_reponses(gardee: Structure, absorbee: Structure, carnet: Carnet) -> None:
    deja = {r.campagne_id: r for r in Reponse.objects.filter(structure=gardee).select_for_update()}
    siennes = Reponse.objects.filter(structure=absorbee).select_related("campagne").select_for_update(of=("self",))
    seules = 0
    for autre in siennes.order_by("pk"):
        mienne = deja.get(autre.campagne_id)
        if mienne is None:
            carnet.ecrire(autre, structure_id=gardee.pk)
            # What waits for the mail server names the structure that remains.
            reecrire_ce_qui_attend([autre])
            seules += 1
        else:
            _deux_reponses(mienne, autre, carnet)
    if seules:
        carnet.mots.append(pluriel(seules, "réponse au questionnaire,réponses au questionnaire"))


def _deux_reponses(mienne: Reponse, autre: Reponse, carnet: Carnet) -> None:
    """Both were asked by the same campaign: the further answer is kept, the lines of the other join it."""
    nom = autre.campagne.nom
    if _AVANCEMENT[Reponse.Etat(autre.etat)] > _AVANCEMENT[Reponse.Etat(mienne.etat)]:
        carnet.echanger(mienne, autre, "structure_id")
        mienne, autre = autre, mienne
    # Nobody is asked any more for the one that stays behind.
    retenir([autre.pk])
    jointes = 0
    for modele, _ in _GENRES:
        lignes = modele._base_manager.filter(reponse=autre)
        # In an answer that is sent, a draft has no place; in one being written, it has.
        for ligne in lignes if mienne.modifiable else lignes.filter(publiee=True):
            carnet.ecrire(ligne, reponse_id=mienne.pk, structure_id=mienne.structure_id)
            jointes += 1
    if jointes:
        carnet.mots.append(
            f"{pluriel(jointes, 'ligne,lignes')} de la seconde réponse à la campagne «\u00a0{nom}\u00a0»"
        )
    if _AVANCEMENT[Reponse.Etat(autre.etat)]:
        carnet.restes.append(
            f"une réponse à la campagne «\u00a0{nom}\u00a0», où les deux avaient répondu\u00a0: "
            "la plus avancée vaut désormais pour la structure"
        )


def attaches(structure: Model) -> list[str]:
    """What this floor holds of a structure, for the page that compares two (three queries)."""
    reponses = [
        f"{r.campagne.nom}\u00a0: {r.get_etat_display().lower()}"
        for r in Reponse.objects.filter(structure=structure.pk).select_related("campagne").order_by("campagne__debut")
    ]
    lignes = [
        pluriel(nombre, formes)
        for modele, formes in _GENRES
        if (nombre := modele._base_manager.filter(structure=structure.pk, publiee=True).count())
    ]
    return [*lignes, *reponses]
