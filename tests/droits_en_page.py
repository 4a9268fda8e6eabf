"""docs/droits.md: who may do what, written from the rules and from the matrix that the tests play.

``python -m tests.droits_en_page`` writes the page again; a test fails when it is no longer true.
"""

import os
import re
from pathlib import Path

PAGE = Path(__file__).parent.parent / "docs" / "droits.md"
COLONNES = {
    "visiteur": "visiteur",
    "membre": "membre",
    "direction": "direction",
    "etranger": "autre structure",
    "coordination": "coordination",
    "pilotage": "pilotage",
    "administration": "administration",
}
# What each predicate of a regles.py says, in the words of the people concerned.
PREDICATS = {
    "a_cette_offre": "les membres de la structure qui offre",
    "a_ce_besoin": "les membres de la structure qui a exprimé le besoin",
    "always_true": "tout le monde",
    "confirmation_ouverte": "tant que la confirmation est attendue",
    "coordonne": "la coordination d’un pôle qui couvre la structure",
    "coordonne_cette_offre": "la coordination d’un pôle qui couvre l’offre",
    "coordonne_la_fiche_du_besoin": "la coordination d’un pôle qui couvre le besoin",
    "coordonne_le_besoin_rapproche": "la coordination d’un pôle qui couvre le besoin",
    "coordonne_un_cote": "la coordination d’un pôle qui couvre l’une des deux structures",
    "dirige_le_cote_proposant": "la direction de la structure qui a proposé",
    "dirige_le_cote_sollicite": "la direction de la structure sollicitée",
    "dirige_un_cote": "la direction de l’une des deux structures",
    "membre_d_un_cote": "les membres des deux structures",
    "coordonne_ce_besoin": "la coordination d’un pôle qui couvre le besoin",
    "coordonne_les_deux": "la coordination d’un pôle qui couvre les deux structures",
    "est_tenue": "si la fiche n’est pas réunie à une autre",
    "coordonne_la_campagne": "la coordination du pôle de la campagne",
    "coordonne_la_fiche": "la coordination du pôle de la fiche",
    "coordonne_la_reponse": "la coordination du pôle de la réponse",
    "coordonne_la_proposition": "la coordination d’un pôle qui couvre l’offre ou le besoin",
    "coordonne_le_pole": "la coordination du pôle",
    "est_administration": "l’administration",
    "est_connecte": "toute personne connectée",
    "est_coordination": "la coordination d’un pôle",
    "est_direction": "la direction de la structure",
    "est_membre": "les membres de la structure",
    "est_modifiable": "tant que la fiche peut changer",
    "est_partie": "les membres des structures parties à la convention",
    "est_pilotage": "le pilotage régional",
    "est_sa_demande": "qui a fait la demande",
    "est_signataire": "les signataires",
    "est_son_lot": "qui a préparé la liste, tant qu’il ou elle coordonne un pôle ou administre le portail",
    "fiche_portee": "la structure qui porte la fiche validée, ou la coordination de son pôle",
    "mene_l_entretien": "la coordination du pôle, pendant l’entretien qu’elle mène",
    "membre_de_l_acteur": "les membres de la structure actrice",
    "peut_annuler": "qui a envoyé l’invitation, ou peut inviter au même endroit",
    "peut_changer_le_role": "la direction de la structure, la coordination d’un pôle qui la couvre et "
    "l’administration, jamais pour se donner la direction",
    "peut_creer": "les membres d’une structure",
    "peut_demarrer_fiche": "les membres d’une structure, la coordination d’un pôle et l’administration",
    "peut_lire": "les acteurs de la fiche, son pilote et la coordination de son pôle ; dès qu’elle est proposée, "
    "aussi les structures de son pôle, toute coordination et le pilotage",
    "peut_renvoyer": "la direction de la structure, la coordination du pôle et l’administration",
    "peut_repondre": "la direction de la structure ; à défaut, la coordination d’un pôle qui la couvre ; à défaut, "
    "l’administration ; jamais à sa propre demande",
    "porte": "la structure porteuse et le pilote de la fiche",
    "porte_la_convention": "la structure qui porte la convention",
    "repond_pour": "les membres de la structure interrogée",
}
ENTETE = """# Qui peut faire quoi

Cette page est écrite par `python -m tests.droits_en_page`, à partir des règles (`regles.py`) et de la matrice que
les essais jouent : chaque adresse est demandée par chaque rôle. Un essai échoue dès qu’elle n’est plus vraie, ou
qu’une adresse n’y a pas de ligne.

Les rôles :

- **visiteur** : personne n’est connecté ;
- **membre**, **direction** : de la structure dont il est question ;
- **autre structure** : une personne connectée, d’une structure étrangère à ce dont il est question ;
- **coordination** : du pôle qui couvre la structure ;
- **pilotage** : le pilotage régional (PRITH) ;
- **administration** : du portail.
"""


def _qui(predicat: object) -> str:
    """« (est_membre | coordonne) » in words. Raises KeyError for a predicate that nobody worded."""
    mots = re.sub(r"\w+", lambda trouve: PREDICATS[trouve.group()], str(predicat))
    return mots.replace("(", "").replace(")", "").replace(" | ", " ; ").replace(" & ", ", ")


def _permissions() -> list[str]:
    from rules.permissions import permissions

    lignes = ["## Les permissions", "", "| permission | qui |", "|---|---|"]
    return [*lignes, *(f"| `{nom}` | {_qui(predicat)} |" for nom, predicat in sorted(permissions.items())), ""]


def _cartes() -> list[str]:
    from cartes.indicateurs import INDICATEURS

    lignes = [
        "## Ce que colore la carte de la région",
        "",
        "Des nombres de structures et de documents par bassin, jamais de personnes\u00a0; les brouillons n’y",
        "comptent pas. La page, ses exports (image, tableau, GeoJSON) et les cadres à intégrer suivent la même règle.",
        "",
        "| indicateur | qui |",
        "|---|---|",
    ]
    return lignes + [
        f"| {i.libelle} | {'tout le monde' if i.public else 'toute personne connectée'} |"
        for i in INDICATEURS.values()
    ]


def _adresses() -> list[str]:
    from tests.adresses import adresses
    from tests.matrice import lignes

    chemins = {nom: f"/{chemin}" for nom, chemin, _ in adresses()}
    titre = "| adresse | méthode | " + " | ".join(COLONNES.values()) + " |"
    page = ["## Les adresses", "", titre, "|---|---" + "|:-:" * len(COLONNES) + "|"]
    for ligne in sorted(lignes(), key=lambda une: (chemins[une.nom_url], une.methode, une.cas)):
        cas = f"<br>{ligne.cas}" if ligne.cas else ""
        droits = " | ".join("oui" if role in ligne.acces else "–" for role in COLONNES)
        page.append(f"| `{chemins[ligne.nom_url]}`{cas} | {ligne.methode} | {droits} |")
    return [*page, ""]


def texte() -> str:
    """The whole page (Markdown)."""
    return "\n".join([ENTETE, *_permissions(), *_cartes(), "", *_adresses()])


if __name__ == "__main__":
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.reglages")
    django.setup()
    PAGE.write_text(texte(), encoding="utf-8")
