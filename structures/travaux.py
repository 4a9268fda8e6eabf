"""The long jobs of this room."""

from typing import Any

from django.urls import reverse

from socle.travaux import ErreurPassagere, Refus, Suivi, executant
from structures.annuaire import travaux as _exports  # noqa: F401 (registers its job)
from structures.doublons.travaux import demander_les_doublons
from structures.imports import depot
from structures.imports.annulation import annuler
from structures.imports.conduite import GENRE, GENRE_ANNULATION
from structures.imports.fiche import FichierIllisible
from structures.imports.moteur import ImportOccupe, ImportRepris, Progres, importer
from structures.imports.sources import entree
from structures.models import Import


def _progres(suivi: Suivi) -> Progres:
    def avancer(fait: int, total: int, mots: str) -> None:
        # Kilobytes of the file: the number of lines is known only at its end.
        suivi.avancer(-(-fait // 1024), -(-total // 1024), mots)

    return avancer


@executant(GENRE)
def executer_import(suivi: Suivi) -> dict[str, Any]:
    """Preview or apply an uploaded file. Killed halfway, it goes on from its last lot."""
    journal = Import.objects.get(pk=suivi.travail.parametres["import"])
    url = reverse("structures:import", args=[journal.pk])
    # Killed between the end of the run and the end of the job: there is nothing left to do.
    if journal.etat != Import.Etat.EN_COURS:
        return {"resume": resumer(journal), "url": url}
    connue = entree(journal.genre)
    if connue is None:
        raise Refus("Ce portail ne sait plus lire ce genre de fichier.")
    try:
        source = connue.source(journal.parametres)
        journal = importer(depot.chemin_de(journal), source, journal=journal, progres=_progres(suivi))
    except FichierIllisible as erreur:
        journal.refresh_from_db()
        resume = f"Le fichier n’a pas pu être lu. {erreur}"
    except ImportOccupe as erreur:
        raise ErreurPassagere(str(erreur)) from erreur
    except ImportRepris:
        resume = "Un autre travailleur a repris cet import."
        return {"resume": resume, "url": url}
    else:
        resume = resumer(journal)
    if journal.etat != Import.Etat.APERCU:
        depot.retirer(journal)
    if journal.etat == Import.Etat.TERMINE:
        demander_les_doublons()
    return {"resume": resume, "url": url}


def resumer(journal: Import) -> str:
    """What a run did, in one sentence."""
    c = journal.compteurs
    if not c:
        return journal.erreur
    if journal.de_services:
        a_venir = "Rien n’est encore écrit. " if journal.essai else ""
        return (
            f"{a_venir}Services\u00a0: {c['creees']} nouveaux, {c['modifiees']} modifiés, "
            f"{c['inchangees']} inchangés, "
            f"{c['disparues']} partis\u00a0; {c['rejetees']} lignes rejetées. {journal.erreur}"
        ).strip()
    if journal.essai:
        return (
            f"Rien n’est encore écrit\u00a0: {c['creees']} structures seraient créées, {c['modifiees']} modifiées, "
            f"{c['inchangees']} resteraient inchangées\u00a0; {c['rejetees']} lignes rejetées. {journal.erreur}"
        ).strip()
    return (
        f"{c['importees']} structures\u00a0: {c['creees']} créées, {c['modifiees']} modifiées, "
        f"{c['inchangees']} inchangées\u00a0; {c['rejetees']} lignes rejetées. {journal.erreur}"
    ).strip()


@executant(GENRE_ANNULATION)
def executer_annulation(suivi: Suivi) -> dict[str, Any]:
    """Undo the last import of a list. Killed halfway, it goes on with the lines not undone yet."""
    journal = Import.objects.get(pk=suivi.travail.parametres["import"])
    url = reverse("structures:import", args=[journal.pk])
    if journal.etat == Import.Etat.ANNULATION:
        journal = annuler(journal, progres=suivi.avancer)
    c = journal.compteurs.get("annulation", {})
    objets = "lignes" if journal.de_services else "structures"
    resume = (
        f"Import annulé\u00a0: {c.get('retirees', 0)} {objets} retirées, {c.get('rendues', 0)} rétablies, "
        f"{c.get('laissees', 0)} laissées en tout ou partie."
    )
    return {"resume": resume, "url": url}
