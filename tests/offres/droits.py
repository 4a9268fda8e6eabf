"""Who may open what, on this floor."""

from types import SimpleNamespace
from typing import Any

from tests.matrice import CONNECTES, DE_LA_STRUCTURE, Ligne

LECTEURS = DE_LA_STRUCTURE | {"coordination", "pilotage"}


def _reponse(scene: SimpleNamespace) -> dict[str, Any]:
    return {"reponse_id": scene.reponse.pk}


def _campagne(scene: SimpleNamespace) -> dict[str, Any]:
    return {"pk": scene.campagne_offres.pk}


def _hors_liste(scene: SimpleNamespace) -> dict[str, Any]:
    return {"genre": "offres", "pk": scene.offre_hors_liste.pk}


def _lignes(scene: SimpleNamespace) -> dict[str, Any]:
    return {"reponse_id": scene.reponse.pk, "genre": "offres"}


def _ligne(scene: SimpleNamespace) -> dict[str, Any]:
    return {**_lignes(scene), "pk": scene.ligne_offre.pk}


def _agir(scene: SimpleNamespace, action: str) -> dict[str, Any]:
    return {"pk": scene.rapprochement.pk, "action": action}


LIGNES: list[Ligne] = [
    Ligne("offres:offres", CONNECTES),
    Ligne("offres:besoins", CONNECTES),
    Ligne("offres:offre", CONNECTES, kwargs=lambda s: {"pk": s.offre.pk}),
    Ligne("offres:besoin", CONNECTES, kwargs=lambda s: {"pk": s.besoin.pk}),
    Ligne("offres:carte_offres", CONNECTES),
    Ligne("offres:carte_besoins", CONNECTES),
    Ligne("offres:export_offres", CONNECTES),
    Ligne("offres:export_besoins", CONNECTES),
    Ligne("offres:tableau", CONNECTES),
    Ligne("offres:reponse_pdf", LECTEURS, kwargs=_reponse),
    Ligne("offres:formulaire_de_la_reponse_pdf", LECTEURS, kwargs=_reponse),
    Ligne("offres:formulaire_pdf", {"coordination", "pilotage"}, kwargs=lambda s: {"pk": s.campagne_offres.pk}),
    Ligne("offres:rapprochements", CONNECTES),
    Ligne("offres:rapprochements_du_besoin", LECTEURS, kwargs=lambda s: {"pk": s.besoin.pk}),
    Ligne(
        "offres:preparer_fiche",
        DE_LA_STRUCTURE | {"coordination"},
        kwargs=lambda s: {"pk": s.besoin.pk, "offre_pk": s.offre.pk},
        methode="POST",
    ),
    Ligne(
        "offres:rapprochements_de_l_offre",
        {"etranger", "pilotage"},
        kwargs=lambda s: {"pk": s.offre.pk},
    ),
    Ligne(
        "offres:proposer_cooperation",
        {"direction"},
        kwargs=lambda s: {"pk": s.besoin.pk, "offre_pk": s.offre.pk},
    ),
    Ligne(
        "offres:proposer_cooperation",
        {"direction"},
        kwargs=lambda s: {"pk": s.besoin.pk, "offre_pk": s.offre.pk},
        methode="POST",
        attendu=422,
    ),
    Ligne(
        "offres:rapprochement",
        DE_LA_STRUCTURE | {"etranger", "coordination", "pilotage"},
        kwargs=lambda s: {"pk": s.rapprochement.pk},
    ),
    # The need's side asked: the offering structure, whose member is no direction here, must answer.
    Ligne("offres:agir_rapprochement", set(), kwargs=lambda s: _agir(s, "accepter"), methode="POST", cas="accepter"),
    Ligne("offres:agir_rapprochement", set(), kwargs=lambda s: _agir(s, "decliner"), methode="POST", cas="décliner"),
    Ligne(
        "offres:agir_rapprochement",
        {"direction"},
        kwargs=lambda s: _agir(s, "retirer"),
        methode="POST",
        attendu=422,
        cas="retirer",
    ),
    Ligne(
        "offres:agir_rapprochement",
        {"direction", "coordination"},
        kwargs=lambda s: _agir(s, "ecarter"),
        methode="POST",
        attendu=422,
        cas="écarter",
    ),
    Ligne(
        "offres:agir_rapprochement",
        DE_LA_STRUCTURE | {"etranger", "coordination"},
        kwargs=lambda s: _agir(s, "engager"),
        methode="POST",
        cas="commencer une fiche",
    ),
    Ligne("offres:suivi_rapprochements", {"coordination", "pilotage"}),
    Ligne("offres:exporter_rapprochements", {"coordination", "pilotage"}),
    Ligne("offres:campagnes", CONNECTES),
    Ligne("offres:ouvrir_campagne", {"coordination"}),
    Ligne("offres:ouvrir_campagne", {"coordination"}, methode="POST", attendu=422),
    Ligne("offres:campagne", {"coordination", "pilotage"}, kwargs=_campagne),
    Ligne("offres:courriels_campagne", {"coordination", "pilotage"}, kwargs=_campagne),
    Ligne("offres:exporter_campagne", {"coordination", "pilotage"}, kwargs=_campagne),
    Ligne("offres:lettre_campagne", {"coordination", "pilotage"}, kwargs=_campagne),
    *(
        Ligne(f"offres:{nom}_campagne", {"coordination"}, kwargs=lambda s: {"pk": s.campagne_preparee.pk})
        for nom in ("cadre", "structures", "textes", "aides", "verifier")
    ),
    Ligne(
        "offres:texte_campagne",
        {"coordination"},
        kwargs=lambda s: {"pk": s.campagne_preparee.pk, "cle": "relance"},
    ),
    Ligne(
        "offres:abandonner_campagne",
        {"coordination"},
        kwargs=lambda s: {"pk": s.campagne_preparee.pk},
        methode="POST",
    ),
    Ligne(
        "offres:ajouter_structure",
        {"coordination"},
        kwargs=_campagne,
        methode="POST",
        donnees=lambda s: {"structure": s.autre_structure.pk},
    ),
    Ligne("offres:autres_services", {"coordination", "administration"}),
    Ligne("offres:classer_service", {"coordination", "administration"}, kwargs=_hors_liste),
    Ligne(
        "offres:classer_service", {"coordination", "administration"}, kwargs=_hors_liste, methode="POST", attendu=422
    ),
    Ligne("offres:demande_service", {"administration"}, kwargs=lambda s: {"pk": s.demande_service.pk}),
    Ligne(
        "offres:demande_service",
        {"administration"},
        kwargs=lambda s: {"pk": s.demande_service.pk},
        methode="POST",
        attendu=422,
    ),
    *(
        Ligne(f"offres:{nom}", {"coordination"}, kwargs=_campagne, methode=methode)
        for nom in ("relancer", "fermer_campagne", "verifier_les_courriels")
        for methode in ("GET", "POST")
    ),
    Ligne("offres:prolonger_campagne", {"coordination"}, kwargs=_campagne),
    Ligne("offres:prolonger_campagne", {"coordination"}, kwargs=_campagne, methode="POST", attendu=422),
    Ligne(
        "offres:verifier_campagne",
        {"coordination"},
        kwargs=lambda s: {"pk": s.campagne_preparee.pk},
        methode="POST",
    ),
    Ligne("offres:refuser", DE_LA_STRUCTURE | {"coordination"}, kwargs=_reponse),
    Ligne("offres:refuser", DE_LA_STRUCTURE | {"coordination"}, kwargs=_reponse, methode="POST", attendu=422),
    Ligne("offres:revenir", DE_LA_STRUCTURE | {"coordination"}, kwargs=_reponse, methode="POST"),
    Ligne("offres:rouvrir", {"coordination"}, kwargs=lambda s: {"reponse_id": s.reponse_soumise.pk}),
    Ligne(
        "offres:rouvrir",
        {"coordination"},
        kwargs=lambda s: {"reponse_id": s.reponse_soumise.pk},
        methode="POST",
        donnees=lambda s: {"motif": "Précisez les volumes"},
    ),
    Ligne("offres:communes", CONNECTES),
    Ligne("offres:questionnaire", LECTEURS, kwargs=_reponse),
    Ligne(
        "offres:reprises",
        DE_LA_STRUCTURE,
        kwargs=_reponse,
        methode="POST",
        donnees=lambda s: {"cle": "offres:0", "choix": "laisser"},
    ),
    Ligne(
        "offres:entretien",
        {"coordination"},
        kwargs=_reponse,
        methode="POST",
        donnees=lambda s: {"action": "demander"},
    ),
    Ligne("offres:apercu_zone", LECTEURS, kwargs=_reponse),
    Ligne("offres:champs", DE_LA_STRUCTURE, kwargs=lambda s: {**_reponse(s), "page": "structure"}),
    Ligne(
        "offres:champs",
        DE_LA_STRUCTURE,
        kwargs=lambda s: {**_reponse(s), "page": "structure"},
        methode="POST",
        attendu=204,
    ),
    Ligne("offres:etape_structure", LECTEURS, kwargs=_reponse),
    Ligne("offres:etape_structure", DE_LA_STRUCTURE, kwargs=_reponse, methode="POST", attendu=422),
    Ligne("offres:etape_cooperations", LECTEURS, kwargs=_reponse),
    Ligne("offres:etape_cooperations", DE_LA_STRUCTURE, kwargs=_reponse, methode="POST", attendu=422),
    Ligne("offres:etape_relecture", LECTEURS, kwargs=_reponse),
    Ligne("offres:etape_relecture", DE_LA_STRUCTURE, kwargs=_reponse, methode="POST", attendu=422),
    Ligne("offres:etape_lignes", LECTEURS, kwargs=_lignes),
    Ligne("offres:etape_lignes", DE_LA_STRUCTURE, kwargs=_lignes, methode="POST"),
    Ligne("offres:ajouter_ligne", LECTEURS, kwargs=_lignes),
    Ligne("offres:ajouter_ligne", DE_LA_STRUCTURE, kwargs=_lignes, methode="POST", attendu=422),
    Ligne("offres:modifier_ligne", LECTEURS, kwargs=lambda s: {**_ligne(s), "volet": "zone"}),
    Ligne(
        "offres:modifier_ligne",
        DE_LA_STRUCTURE,
        kwargs=lambda s: {**_ligne(s), "volet": "zone"},
        methode="POST",
        attendu=422,
    ),
    Ligne("offres:retirer_ligne", LECTEURS, kwargs=_ligne),
    Ligne("offres:retirer_ligne", DE_LA_STRUCTURE, kwargs=_ligne, methode="POST"),
]
