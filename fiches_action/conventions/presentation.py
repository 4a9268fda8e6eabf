"""What the pages show of an agreement: tone of its state, its circuit, its history in words."""

import json
from dataclasses import dataclass
from typing import Any

from fiches_action.conventions import circuit, contenu, operations, rendu, scellement
from fiches_action.conventions.etats import PASSAGES, Etat, Vie
from fiches_action.conventions.models import Convention, Preuve, Signataire
from socle.droits import peut
from socle.models import Travail
from structures.comptes.models import Utilisateur

_TONS = {
    Etat.BROUILLON: "neutre",
    Etat.EN_RELECTURE: "neutre",
    Etat.PRETE: "info",
    Etat.EN_SIGNATURE: "alerte",
    Etat.SIGNEE: "info",
    Etat.SCELLEE: "succes",
    Etat.HORS_PLATEFORME: "succes",
    Etat.REFUSEE: "erreur",
    Etat.ANNULEE: "erreur",
    Etat.RESILIEE: "erreur",
}
_TONS_VIE = {Vie.A_VENIR: "info", Vie.EN_VIGUEUR: "succes", Vie.A_RENOUVELER: "alerte", Vie.ECHUE: "erreur"}
_TONS_SIGNATAIRE = {
    Signataire.Etat.ATTENDU: "neutre",
    Signataire.Etat.INVITE: "alerte",
    Signataire.Etat.SIGNE: "succes",
    Signataire.Etat.REFUSE: "erreur",
}
ACTES = {
    "creation": "Convention préparée depuis la fiche-action",
    "relire": "Texte envoyé en relecture",
    "corriger": "Texte rendu au brouillon",
    "gel": "Texte figé",
    "reprendre": "Texte repris\u00a0: les signatures recommenceront",
    "lancer": "Envoi à la signature",
    "invitation": "Invitation à signer envoyée",
    "relance": "Rappel envoyé",
    "consultation": "Document ouvert",
    "envoi_code": "Code envoyé",
    "code_valide": "Code reconnu",
    "code_errone": "Code erroné",
    "signature": "Signature",
    "refus": "Refus de signer",
    "achever": "Toutes les signatures sont réunies",
    "scellement": "Document scellé",
    "annuler": "Convention annulée",
    "resilier": "Convention résiliée",
    "deposer": "Exemplaire signé sur papier déposé",
}


def ton(convention: Convention) -> str:
    return _TONS[Etat(convention.etat)]


@dataclass(frozen=True)
class Etiquette:
    mot: str
    ton: str


def etiquettes(convention: Convention) -> list[Etiquette]:
    """The state, and what the dates say once it is signed."""
    liste = [Etiquette(convention.get_etat_display(), ton(convention))]
    vie = convention.vie
    if vie is not None:
        liste.append(Etiquette(vie.label, _TONS_VIE[vie]))
    return liste


@dataclass(frozen=True)
class Ligne:
    """One line of the history."""

    le: Any
    texte: str
    qui: str
    precision: str


def historique(convention: Convention) -> list[Ligne]:
    lignes = []
    for acte in Preuve.objects.de(convention):
        lu = json.loads(acte.contenu)
        signataire = lu.get("signataire")
        version = lu.get("version")
        precision = [f"version {version['numero']}"] if version else []
        motif = (lu.get("details") or {}).get("motif")
        if motif:
            precision.append(f"motif\u00a0: {motif}")
        qui = f"{signataire['nom']}, {signataire['fonction']}" if signataire else ""
        lignes.append(Ligne(acte.le, ACTES.get(acte.acte, acte.acte), qui, "\u00a0; ".join(precision)))
    return lignes


def travail_en_cours(convention: Convention) -> Travail | None:
    """The freezing or sealing job that waits, runs or has just failed, if its result is still missing."""
    genres = (operations.GENRE_FIGER, scellement.GENRE_SCELLER)
    dernier = Travail.objects.filter(genre__in=genres, objet=convention.reference).order_by("-cree_le").first()
    if dernier is None or dernier.etat == Travail.Etat.REUSSI:
        return None
    utile = convention.modifiable if dernier.genre == operations.GENRE_FIGER else convention.etat == Etat.SIGNEE
    return dernier if utile else None


def presenter(convention: Convention, personne: Utilisateur) -> dict[str, Any]:
    """The context of the agreement's page."""
    modifie = peut(personne, "conventions.modifier", convention)
    version = convention.version_courante
    texte = contenu.remplir(convention, numero_version=1) if convention.modifiable else None
    signataires = list(convention.signataires.select_related("partie"))
    tour = circuit.suivant(convention) if convention.etat == Etat.EN_SIGNATURE else None
    sceau = getattr(version, "scellement", None) if version else None
    return {
        "convention": convention,
        "etiquettes": etiquettes(convention),
        "parties": list(convention.parties.select_related("structure").prefetch_related("signataires")),
        "circuit": [(s, _TONS_SIGNATAIRE[Signataire.Etat(s.etat)]) for s in signataires],
        "tour": tour,
        "version": version,
        "scellement": sceau,
        "code": rendu.grouper(version.code_controle) if version and convention.etat == Etat.SCELLEE else "",
        "manques": contenu.manques(convention, texte) if texte is not None else [],
        "modifie": modifie,
        "coordonne": peut(personne, "conventions.coordonner", convention),
        "actions": actions(convention, personne),
        "historique": historique(convention),
        "travail": travail_en_cours(convention),
        "mienne": next((s for s in signataires if s.email.lower() == personne.email.lower()), None),
    }


def actions(convention: Convention, personne: Utilisateur) -> dict[str, str]:
    """What this person can do from here: {action: label}."""
    return {
        nom: ligne.libelle
        for nom, ligne in PASSAGES.items()
        if ligne.permission
        and nom != "deposer"
        and convention.etat in ligne.de
        and peut(personne, ligne.permission, convention)
    }
