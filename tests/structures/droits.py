"""Who may open the pages of the structures."""

from collections.abc import Callable
from typing import Any

from structures.sections import PAR_CLE
from tests.matrice import CONNECTES, TOUS, Ligne, Scene

TENIR = {"membre", "direction", "coordination", "administration"}
INVITER = {"direction", "coordination", "administration"}
IMPORTER = {"coordination", "administration"}
REDESSINER = {"pilotage", "administration"}


def _structure(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.structure.pk}


def _demande(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.demande.pk}


def _section(cle: str) -> Callable[[Scene], dict[str, Any]]:
    return lambda s: {"pk": s.structure.pk, "section": cle}


def _import(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.journal_import.pk}


def _lot(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.lot.pk}


def _tableau(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.tableau_depose.pk}


def _liste(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.correspondance.pk}


def _doublon(scene: Scene) -> dict[str, Any]:
    return {"pk": scene.doublon.pk}


LIGNES = [
    Ligne("structures:liste", TOUS),
    Ligne("structures:lieux", TOUS),
    Ligne("structures:export", TOUS),
    Ligne("structures:export", TOUS, donnees=lambda s: {"format": "csv"}, cas="fichier"),
    Ligne("structures:export", TOUS, methode="POST"),
    Ligne("structures:export_fichier", {"direction"}, kwargs=lambda s: {"pk": s.export_annuaire.pk}),
    Ligne("structures:detail", TOUS, kwargs=_structure),
    Ligne("structures:situation", TOUS, kwargs=_structure),
    *(Ligne("structures:modifier", TENIR, kwargs=_section(cle), cas=cle) for cle in PAR_CLE),
    *(
        Ligne("structures:modifier", TENIR, kwargs=_section(cle), methode="POST", attendu=statut, cas=cle)
        for cle, statut in (("contact", 302), ("lieu", 422), ("accueil", 302), ("identite", 422))
    ),
    Ligne("structures:section", TENIR, kwargs=_section("contact")),
    Ligne("structures:confirmer", TENIR, kwargs=_structure),
    Ligne("structures:confirmer", TENIR, kwargs=_structure, methode="POST"),
    # Only the person whose account the sheet names; `scene.structure` names « membre ».
    Ligne("structures:retirer_nom", {"membre"}, kwargs=_structure, methode="POST"),
    Ligne("structures:historique", TENIR, kwargs=_structure),
    Ligne("structures:relancer", {"coordination", "administration"}, kwargs=_structure, methode="POST"),
    Ligne("structures:ouverture", {"coordination", "administration"}, kwargs=_structure),
    Ligne("structures:ouverture", {"coordination", "administration"}, kwargs=_structure, methode="POST", attendu=422),
    Ligne("structures:a_confirmer", CONNECTES),
    Ligne("structures:a_verifier", IMPORTER),
    Ligne("structures:nouvelle", IMPORTER),
    Ligne("structures:nouvelle", IMPORTER, methode="POST", attendu=422),
    Ligne("structures:equipe", INVITER, kwargs=_structure),
    Ligne("structures:equipe", INVITER, kwargs=_structure, methode="POST", attendu=422),
    Ligne("structures:terminer_adhesion", INVITER, kwargs=lambda s: {"pk": s.adhesion_de_membre.pk}, methode="POST"),
    Ligne(
        "structures:changer_role",
        INVITER,
        kwargs=lambda s: {"pk": s.adhesion_de_membre.pk},
        methode="POST",
        donnees=lambda s: {"role": "direction"},
    ),
    Ligne("structures:quitter", {"membre", "direction"}, kwargs=_structure),
    Ligne("structures:quitter", {"membre", "direction"}, kwargs=_structure, methode="POST"),
    Ligne("structures:rejoindre", TOUS, kwargs=_structure),
    Ligne("structures:rejoindre", TOUS, kwargs=_structure, methode="POST", attendu=422),
    Ligne("structures:sans_direction", IMPORTER),
    Ligne("structures:demandes", CONNECTES),
    Ligne("structures:demande", {"direction", "etranger", "administration"}, kwargs=_demande),
    Ligne("structures:demande", {"direction", "administration"}, kwargs=_demande, methode="POST", attendu=422),
    Ligne(
        "structures:demande",
        {"coordination", "administration"},
        kwargs=lambda s: {"pk": s.demande_sans_direction.pk},
        methode="POST",
        attendu=422,
        cas="sans direction",
    ),
    Ligne("structures:retirer_demande", {"etranger"}, kwargs=_demande, methode="POST"),
    Ligne("structures:confirmer_demande", TOUS, kwargs=lambda s: {"jeton": s.jeton_demande}),
    Ligne("structures:confirmer_demande", TOUS, kwargs=lambda s: {"jeton": s.jeton_demande}, methode="POST"),
    Ligne("structures:lien_perdu", TOUS),
    Ligne("structures:lien_perdu", TOUS, methode="POST", attendu=422),
    Ligne("structures:renvoyer_invitation", INVITER, kwargs=lambda s: {"pk": s.invitation.pk}, methode="POST"),
    Ligne("structures:changer_de_compte", TOUS, kwargs=lambda s: {"jeton": s.jeton_invitation}, methode="POST"),
    Ligne("structures:lots", IMPORTER),
    Ligne("structures:lots", IMPORTER, methode="POST", attendu=422),
    Ligne("structures:lot", IMPORTER, kwargs=_lot),
    Ligne("structures:exporter_lot", IMPORTER, kwargs=_lot),
    # Nobody sends in another's name, the administration no more than others.
    Ligne("structures:choisir_lot", {"coordination"}, kwargs=_lot, methode="POST"),
    Ligne("structures:envoyer_lot", {"coordination"}, kwargs=_lot, methode="POST"),
    Ligne("structures:supprimer_lot", {"coordination"}, kwargs=_lot, methode="POST"),
    Ligne("structures:invitations", IMPORTER),
    Ligne("structures:invitations", IMPORTER, methode="POST", attendu=422),
    Ligne("structures:mes_invitations", CONNECTES),
    Ligne("structures:annuler_invitation", INVITER, kwargs=lambda s: {"pk": s.invitation.pk}, methode="POST"),
    Ligne("structures:accepter_invitation", {"etranger"}, kwargs=lambda s: {"pk": s.invitation.pk}, methode="POST"),
    Ligne("structures:invitation", TOUS, kwargs=lambda s: {"jeton": s.jeton_invitation}),
    Ligne("structures:imports", IMPORTER),
    Ligne("structures:imports", IMPORTER, methode="POST", attendu=422),
    Ligne("structures:import", IMPORTER, kwargs=lambda s: {"pk": s.journal_import.pk}),
    Ligne("structures:appliquer_import", IMPORTER, kwargs=_import, methode="POST"),
    Ligne("structures:abandonner_import", IMPORTER, kwargs=_import, methode="POST"),
    Ligne("structures:annuler_import", IMPORTER, kwargs=_import),
    Ligne("structures:annuler_import", IMPORTER, kwargs=_import, methode="POST"),
    Ligne("structures:import_disparues", IMPORTER, kwargs=_import, methode="POST"),
    Ligne("structures:import_export", IMPORTER, kwargs=lambda s: {**_import(s), "format": "csv"}),
    Ligne("structures:colonnes", IMPORTER, kwargs=_tableau),
    Ligne("structures:colonnes", IMPORTER, kwargs=_tableau, methode="POST"),
    Ligne(
        "structures:colonnes",
        IMPORTER,
        kwargs=_tableau,
        methode="POST",
        donnees=lambda s: {"geste": "essayer"},
        attendu=422,
        cas="sans rien dire",
    ),
    Ligne("structures:correspondances", IMPORTER),
    Ligne("structures:correspondance", IMPORTER, kwargs=_liste),
    Ligne("structures:correspondance", IMPORTER, kwargs=_liste, methode="POST", attendu=422),
    Ligne("structures:oublier_correspondance", IMPORTER, kwargs=_liste, methode="POST"),
    Ligne("structures:ecarts", IMPORTER),
    Ligne("structures:ecarts", IMPORTER, methode="POST"),
    Ligne("structures:communes", REDESSINER),
    Ligne("structures:commune", REDESSINER, kwargs=lambda s: {"code": s.commune.pk}),
    Ligne("structures:commune", REDESSINER, kwargs=lambda s: {"code": s.commune.pk}, methode="POST", attendu=422),
    Ligne("structures:annuler_mouvement", REDESSINER, kwargs=lambda s: {"pk": s.mouvement.pk}, methode="POST"),
    Ligne("structures:doublons", IMPORTER),
    Ligne("structures:rechercher_doublons", IMPORTER, methode="POST"),
    Ligne("structures:signaler_doublon", IMPORTER),
    Ligne("structures:signaler_doublon", IMPORTER, methode="POST", attendu=422),
    Ligne("structures:doublon", IMPORTER, kwargs=_doublon),
    Ligne("structures:fusionner", IMPORTER, kwargs=_doublon, methode="POST"),
    Ligne("structures:distinguer", IMPORTER, kwargs=_doublon, methode="POST", attendu=422),
    Ligne("structures:reprendre_doublon", IMPORTER, kwargs=_doublon, methode="POST"),
    Ligne("structures:fusion", IMPORTER, kwargs=lambda s: {"pk": s.fusion.pk}),
    Ligne("structures:annuler_fusion", IMPORTER, kwargs=lambda s: {"pk": s.fusion.pk}, methode="POST"),
    Ligne("structures:sites", INVITER, kwargs=_structure),
    Ligne("structures:sites", INVITER, kwargs=_structure, methode="POST"),
]
