"""What this room shows on the home page and on a structure's page."""

from collections.abc import Sequence
from importlib import import_module

from django.db.models import Model, Q
from django.urls import reverse

from socle import prises
from socle.droits import peut
from socle.prises import Attente, Encart
from socle.templatetags.typographie import pluriel
from structures.comptes.models import Utilisateur
from structures.comptes.regles import est_administration, poles_coordonnes
from structures.doublons import suites
from structures.doublons.registre import nombre_a_trancher
from structures.doublons.sites import autres_sites
from structures.models import DoublonPropose, Fusion, Structure


def compter(personne: Utilisateur) -> int:
    """How many pairs this person may decide (one query)."""
    return nombre_a_trancher(None if est_administration(personne) else poles_coordonnes(personne))


def attentes(personne: Utilisateur) -> Sequence[Attente]:
    """« 4 doublons possibles », for the coordination of their pôles."""
    if not poles_coordonnes(personne):
        return []
    nombre = nombre_a_trancher(poles_coordonnes(personne))
    if not nombre:
        return []
    return [
        Attente(
            pluriel(nombre, "doublon possible,doublons possibles"),
            reverse("structures:doublons"),
            urgence=65,
            detail="Deux fiches qui semblent décrire la même structure\u00a0: comparez, réunissez ou distinguez.",
        )
    ]


def encart_structure(structure: Model, personne: Utilisateur | None) -> Sequence[Encart]:
    """The other sites of a structure; for the coordination, its possible duplicates and its merges."""
    if not isinstance(structure, Structure):
        return []
    sites = autres_sites(structure)
    rattache = personne is not None and peut(personne, "structures.rattacher_un_site", structure)
    tient = rattache and personne is not None and peut(personne, "structures.voir_doublons")
    paires: list[tuple[DoublonPropose, Structure]] = []
    fusions: list[Fusion] = []
    if tient:
        siennes = DoublonPropose.objects.a_trancher().filter(Q(a=structure) | Q(b=structure)).pour_liste()
        paires = [(paire, paire.b if paire.a_id == structure.pk else paire.a) for paire in siennes]
        fusions = list(structure.fusions_recues.filter(annulee_le__isnull=True).select_related("absorbee"))
    if not sites and not rattache:
        return []
    return [
        Encart(
            "structures/bloc_identite.html",
            {"sites": sites, "rattache": rattache, "tient": tient, "paires": paires, "fusions": fusions},
        )
    ]


def effacer(personne: Utilisateur) -> None:
    """A deleted account: the traces of merges forget the name that a sheet once showed as its contact."""
    for fusion in Fusion.objects.filter(valeurs__gardee__has_key="contact_nom").iterator():
        changes = fusion.valeurs["gardee"]
        comptes = changes.get("contact_personne_id", [])
        noms = changes["contact_nom"]
        if str(personne.pk) not in comptes and not (personne.nom_complet and personne.nom_complet in noms):
            continue
        changes["contact_nom"] = ["", ""]
        changes["contact_nom_public"] = ["False", "False"]
        changes["contact_personne_id"] = [None, None]
        fusion.save(update_fields=["valeurs"])


def brancher() -> None:
    """Called once by the application's ``ready()``."""
    import_module("structures.doublons.travaux")
    prises.fusions.brancher(suites.fusionner, 10)
    prises.attaches.brancher(suites.attaches, 10)
    prises.attentes.brancher(attentes, 65)
    prises.effacements.brancher(effacer)
    prises.encarts_structure.brancher(encart_structure, 60)
