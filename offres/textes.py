"""The texts of a campaign: models of ours, changed campaign by campaign, with a few safe variables.

A variable is a word between braces, replaced by words: no template language is offered, so that a
text typed in a form can neither read nor run anything.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from offres.durees import MINUTES_PREVUES, duree_annoncee
from offres.models import Campagne, Reponse
from socle.templatetags.typographie import jour

VARIABLE = re.compile(r"\{([^{}\n]{0,40})\}")
SUJET_MAX, TEXTE_MAX = 150, 4000


@dataclass(frozen=True)
class ModeleTexte:
    """One text of the campaign: its name, when it is used, its words, what it must hold."""

    cle: str
    libelle: str
    usage: str
    sujet: str
    texte: str
    # Without it nobody could answer.
    exige: str = ""


@dataclass(frozen=True)
class Variable:
    nom: str
    sens: str
    valeur: Callable[[Campagne, Sequence[Reponse]], str]


def lien(reponse: Reponse) -> str:
    """The questionnaire of one structure; whoever opens it signs in first."""
    return settings.PCTI_URL + reponse.get_absolute_url()


def _questionnaires(_: Campagne, reponses: Sequence[Reponse]) -> str:
    if len(reponses) == 1:
        return lien(reponses[0])
    return "\n" + "\n".join(f"– {r.structure.nom}{_brouillon(r)}\u00a0: {lien(r)}" for r in reponses)


def _brouillon(reponse: Reponse) -> str:
    if reponse.etat == Reponse.Etat.ROUVERTE:
        return " (rouverte, à renvoyer)"
    return " (brouillon non envoyé)" if reponse.etat == Reponse.Etat.BROUILLON else ""


def _structures(_: Campagne, reponses: Sequence[Reponse]) -> str:
    noms = [r.structure.nom for r in reponses]
    return noms[0] if len(noms) == 1 else f"{', '.join(noms[:-1])} et {noms[-1]}"


def _avancement(_: Campagne, reponses: Sequence[Reponse]) -> str:
    etats = {r.etat for r in reponses}
    if len(reponses) > 1:
        return "Ces réponses ne sont pas encore envoyées."
    if reponses and reponses[0].saisie_par_coordination:
        return "La réponse a été remplie avec vous pendant un entretien\u00a0: il reste à la confirmer."
    if etats == {Reponse.Etat.BROUILLON}:
        return "Un brouillon est enregistré, mais il n’est pas envoyé\u00a0: aucun partenaire ne le voit."
    if etats == {Reponse.Etat.ROUVERTE}:
        return "Votre réponse est rouverte\u00a0: elle est à renvoyer une fois complétée."
    return "Nous n’avons pas encore reçu votre réponse."


def _duree(campagne: Campagne, _: Sequence[Reponse]) -> str:
    # Once per campaign object: a job writes two thousand e-mails with the same figure.
    if "_minutes" not in campagne.__dict__:
        campagne.__dict__["_minutes"] = duree_annoncee(campagne).minutes
    minutes: int = campagne.__dict__["_minutes"]
    return "un quart d’heure" if minutes == MINUTES_PREVUES else f"{minutes}\u00a0minute{'s' if minutes > 1 else ''}"


def _coordination(campagne: Campagne, _: Sequence[Reponse]) -> str:
    qui = campagne.ouverte_par
    return f"{qui}\nLa coordination, {campagne.pole}\n{qui.email}" if qui else f"La coordination, {campagne.pole}"


def _mot(campagne: Campagne, _: Sequence[Reponse]) -> str:
    return f"«\u00a0{campagne.message.strip()}\u00a0»" if campagne.message.strip() else ""


VARIABLES: dict[str, Variable] = {
    v.nom: v
    for v in (
        Variable("campagne", "le nom de la campagne", lambda c, _: c.nom),
        Variable("pole", "le nom du pôle", lambda c, _: str(c.pole)),
        Variable("début", "le jour d’ouverture", lambda c, _: jour(c.debut)),
        Variable("fin", "le dernier jour", lambda c, _: jour(c.fin)),
        Variable("structure", "le nom de la structure, ou des structures", _structures),
        Variable("questionnaire", "le lien personnel vers le questionnaire, un par structure", _questionnaires),
        Variable("avancement", "une phrase\u00a0: pas commencé, ou brouillon non envoyé", _avancement),
        Variable("durée", "le temps à prévoir, mesuré sur les réponses déjà envoyées dans le pôle", _duree),
        Variable("mot", "votre mot pour les directions, entre guillemets", _mot),
        Variable("coordination", "votre nom, le pôle et votre adresse", _coordination),
    )
}

# The texts sent again to who has not answered.
RAPPELS = ("relance", "derniers-jours")
_SIGNATURE = "\n\n{coordination}"
MODELES: dict[str, ModeleTexte] = {
    m.cle: m
    for m in (
        ModeleTexte(
            "invitation",
            "L’invitation",
            "Courriel envoyé à chaque direction, le jour de l’ouverture.",
            "Vos offres et vos besoins, jusqu’au {fin} ({pole})",
            "Bonjour,\n\nUne collecte commence\u00a0: {campagne} ({pole}). Elle demande à chaque structure ce qu’elle "
            "peut partager avec les autres, et ce dont elle a besoin.\n\nRéponse attendue pour\u00a0: {structure}\n\n"
            "Le questionnaire demande environ {durée}. Chaque page est enregistrée\u00a0: vous pouvez vous "
            "arrêter, reprendre, et répondre à plusieurs.\n\n{mot}\n\nRépondre\u00a0: {questionnaire}\n\n"
            "À envoyer au plus tard le {fin}. Des nombres seulement\u00a0: aucun nom de personne accompagnée."
            + _SIGNATURE,
            "questionnaire",
        ),
        ModeleTexte(
            "relance",
            "Le rappel",
            "Courriel envoyé sept et quatorze jours après l’invitation, et quand vous relancez vous-même.",
            "Rappel\u00a0: vos offres et vos besoins, jusqu’au {fin}",
            "Bonjour,\n\nLa collecte «\u00a0{campagne}\u00a0» ({pole}) se termine le {fin}. {avancement}\n\n"
            "Réponse attendue pour\u00a0: {structure}\n\nRépondre\u00a0: {questionnaire}\n\nEnviron {durée}, "
            "en une ou plusieurs fois. Si votre structure n’est pas concernée, la même page permet de le dire\u00a0: "
            "vous ne recevrez plus de rappel." + _SIGNATURE,
            "questionnaire",
        ),
        ModeleTexte(
            "derniers-jours",
            "Le rappel des derniers jours",
            "Courriel envoyé trois jours avant la fin, puis la veille.",
            "Derniers jours\u00a0: vos offres et vos besoins, jusqu’au {fin}",
            "Bonjour,\n\nLa collecte «\u00a0{campagne}\u00a0» ({pole}) se termine le {fin}. {avancement}\n\n"
            "Réponse attendue pour\u00a0: {structure}\n\nRépondre\u00a0: {questionnaire}\n\nSans votre réponse, vos "
            "partenaires ne sauront ni ce que vous proposez, ni ce qui vous manque. Un empêchement\u00a0? Répondez à "
            "ce courriel." + _SIGNATURE,
            "questionnaire",
        ),
        ModeleTexte(
            "lettre",
            "La lettre",
            "Document PDF à faire signer par les institutions et à joindre à vos envois.",
            "Participer à la collecte des offres et des besoins",
            "Madame, Monsieur,\n\nNotre pôle de compétences ({pole}) rassemble les établissements et services "
            "médico-sociaux, les acteurs de l’emploi, de l’école et de l’insertion d’un même territoire. Ensemble, "
            "nous voulons faciliter l’accès à l’emploi en milieu ordinaire des personnes en situation de handicap de "
            "seize ans et "
            "plus.\n\nPour cela, chacun doit savoir ce que les autres peuvent partager et ce qui leur manque. La "
            "collecte «\u00a0{campagne}\u00a0» est ouverte du {début} au {fin}. Elle demande {durée}, en "
            "ligne, et ne recueille que des nombres\u00a0: aucun nom de personne accompagnée.\n\nVotre réponse "
            "permettra de vous proposer des partenaires proches de vous. Nous comptons sur votre participation et "
            "vous en remercions.\n\nNous vous prions d’agréer, Madame, Monsieur, l’expression de notre considération "
            "distinguée." + _SIGNATURE,
        ),
    )
}

# Where the coordination may add its own help, at the top of the questionnaire's pages.
AIDES: dict[str, str] = {
    "accueil": "Première page",
    "structure": "Votre structure",
    "offres": "Ce que vous pouvez partager",
    "besoins": "Ce dont vous avez besoin",
    "cooperations": "Vos coopérations actuelles",
    "relecture": "Relecture et envoi",
}
AIDE_MAX = 1000


def textes_de(campagne: Campagne, cle: str) -> tuple[str, str]:
    """(subject, text) as this campaign says them, its variables not replaced. Raises KeyError."""
    modele, propres = MODELES[cle], campagne.textes.get(cle, {})
    return propres.get("sujet") or modele.sujet, propres.get("texte") or modele.texte


def inconnues(texte: str) -> list[str]:
    """What stands between braces and is no variable, and braces left alone."""
    fautes = [f"{{{nom}}}" for nom in VARIABLE.findall(texte) if nom not in VARIABLES]
    reste = VARIABLE.sub("", texte)
    return [*fautes, *(signe for signe in "{}" if signe in reste)]


def remplacer(texte: str, valeurs: Mapping[str, str]) -> str:
    """The variables by their values, once: what a value holds is not read again."""
    return VARIABLE.sub(lambda m: valeurs.get(m.group(1), m.group(0)), texte)


def composer(
    campagne: Campagne, cle: str, reponses: Sequence[Reponse], *, sujet: str = "", texte: str = ""
) -> tuple[str, str]:
    """(subject, text) for one person who answers these; other words than the campaign's may be tried.

    The answers come with their structure. Raises KeyError for an unknown text.
    """
    le_sujet, le_texte = textes_de(campagne, cle)
    le_sujet, le_texte = sujet or le_sujet, texte or le_texte
    if cle in RAPPELS:
        le_texte = _avec_avancement(le_texte, reponses)
    # Only what the text says: some variables ask the database.
    dites = {nom for nom in VARIABLE.findall(le_sujet + le_texte) if nom in VARIABLES}
    valeurs = {nom: VARIABLES[nom].valeur(campagne, reponses) for nom in dites} if reponses else {}
    sans_mot = remplacer(le_texte, valeurs)
    # An empty variable leaves no hole, a list no space before its first line.
    propre = re.sub(r"\n{3,}", "\n\n", re.sub(r" +\n", "\n", sans_mot)).strip()
    return " ".join(remplacer(le_sujet, valeurs).split()), propre


def _avec_avancement(texte: str, reponses: Sequence[Reponse]) -> str:
    """A reminder always says that a draft isn't sent, even where the coordination took the sentence away."""
    en_cours = any(r.etat != Reponse.Etat.INVITEE or r.saisie_par_coordination for r in reponses)
    if not en_cours or "{avancement}" in texte:
        return texte
    paragraphes = texte.split("\n\n")
    ou = next((rang for rang, p in enumerate(paragraphes) if "{questionnaire}" in p), len(paragraphes))
    return "\n\n".join([*paragraphes[:ou], "{avancement}", *paragraphes[ou:]])


def exemple(campagne: Campagne, noms: Sequence[Any]) -> list[Reponse]:
    """Answers that exist nowhere, to preview a text on these structures."""
    return [Reponse(campagne=campagne, structure=structure) for structure in noms]


def composer_lettre(campagne: Campagne) -> tuple[str, str]:
    """(subject, text) of the letter: it speaks to all the structures, so those variables stay generic."""
    sujet, texte = textes_de(campagne, "lettre")
    generiques = {
        "structure": "votre structure",
        "questionnaire": settings.PCTI_URL,
        "avancement": "",
    }
    valeurs = {
        nom: generiques[nom] if nom in generiques else variable.valeur(campagne, [])
        for nom, variable in VARIABLES.items()
    }
    propre = re.sub(r"\n{3,}", "\n\n", remplacer(texte, valeurs)).strip()
    return " ".join(remplacer(sujet, valeurs).split()), propre
