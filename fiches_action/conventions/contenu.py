"""What fills a model: the sheet, the parties, the conditions; and what is still missing, in words."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.urls import reverse
from django.utils.formats import date_format

from fiches_action.conventions.models import Convention, ModeleConvention, Partie, Signataire
from fiches_action.conventions.texte import TexteRendu, rendre
from fiches_action.models import Acteur, FicheAction, Indicateur
from socle.recherche import normaliser
from socle.secret_statistique import SEUIL
from socle.templatetags.typographie import effectif, jour, nombre

MODELES = Path(__file__).parent / "modeles"
INSECABLE = "\u00a0"
# Default values of the conditions; their labels stand in forms.py.
CONDITIONS = {
    "delai_reponse": "dix",
    "lieux": "les locaux des parties",
    "cout": "gratuite",
    "budget": "",
    "membres_comite": "l’animateur PCTI du pôle",
    "frequence_comite": "deux fois par an",
    "duree_conservation_contacts": "un an",
    "date_bilan": "31 janvier",
    "duree": "2",
    "reconduction": "expresse",
    "preavis_renouvellement": "trois mois",
    "preavis_resiliation": "trois mois",
    "tribunal": "",
    "lieu": "",
    "declinaison_departementale": "",
    "date_ca": "",
    "autres_annexes": "",
    "visa": "",
}
DUREES = {"1": "un an", "2": "deux ans", "3": "trois ans", "5": "cinq ans"}
# Where each variable is corrected, in the words of the screen.
LIBELLES = {
    "fiche.bassins": "Fiche-action\u00a0: la zone géographique",
    "fiche.date_validation": "Fiche-action\u00a0: la date de validation",
    "fiche.enjeux": "Fiche-action\u00a0: les enjeux et la problématique",
    "fiche.objet": "Fiche-action\u00a0: l’objet du projet",
    "fiche.services": "Fiche-action\u00a0: les services mobilisés",
    "fiche.publics": "Fiche-action\u00a0: les bénéficiaires",
    "fiche.zone": "Fiche-action\u00a0: la zone géographique",
    "fiche.ressources": "Fiche-action\u00a0: l’organisation des ressources",
    "fiche.partage_information": "Fiche-action\u00a0: les modalités de partage de l’information",
    "conv.date_debut": "Conditions\u00a0: la date de prise d’effet",
    "conv.date_fin": "Conditions\u00a0: la date de prise d’effet",
    "conv.duree": "Conditions\u00a0: la durée",
    "conv.tribunal": "Conditions\u00a0: le ressort du tribunal",
    "conv.lieu": "Conditions\u00a0: le lieu de signature",
    "conv.budget": "Conditions\u00a0: la répartition des frais",
    "conv.date_ca": "Conditions\u00a0: la date de la délibération du conseil d’administration",
    "conv.delai_reponse": "Conditions\u00a0: le délai de réponse",
    "conv.lieux": "Conditions\u00a0: les lieux",
    "conv.membres_comite": "Conditions\u00a0: les membres du comité de suivi",
    "conv.frequence_comite": "Conditions\u00a0: la fréquence du comité de suivi",
    "conv.duree_conservation_contacts": "Conditions\u00a0: la durée de conservation des contacts",
    "conv.date_bilan": "Conditions\u00a0: la date du bilan annuel",
    "conv.preavis_renouvellement": "Conditions\u00a0: le préavis de renouvellement",
    "conv.preavis_resiliation": "Conditions\u00a0: le préavis de résiliation",
}
LIBELLES_PARTIE = {
    "nom": "le nom de la personne morale",
    "nom_court": "le nom dans le texte",
    "adresse": "l’adresse du siège",
    "numero": "le numéro SIRET ou FINESS",
    "representants": "son signataire",
    "engagements_manquants": "ses engagements",
    "referent": "la fonction de son référent",
}


def modele_courant(code: str = "partenariat") -> ModeleConvention:
    """The newest version of a model text shipped with the code, stored on first use."""
    fichier = max(MODELES.glob(f"{code}-*.txt"), key=lambda chemin: int(chemin.stem.rsplit("-", 1)[1]))
    modele, _ = ModeleConvention.objects.get_or_create(
        code=code,
        version=int(fichier.stem.rsplit("-", 1)[1]),
        defaults={"titre": "Convention de partenariat", "texte": fichier.read_text(encoding="utf-8")},
    )
    return modele


def remplir(convention: Convention, *, numero_version: int) -> TexteRendu:
    """The text of the agreement with today's values."""
    parties = list(convention.parties.select_related("structure").prefetch_related("signataires"))
    return rendre(
        convention.modele.texte,
        {
            "fiche": valeurs_fiche(convention.fiche),
            "conv": valeurs_convention(convention, parties, numero_version),
            "parties": [valeurs_partie(partie) for partie in parties],
        },
    )


@dataclass(frozen=True)
class Manque:
    """What is missing, and the page where it is put right."""

    texte: str
    url: str


def manques(convention: Convention, texte: TexteRendu | None = None) -> list[Manque]:
    """What must be completed before the text can be frozen; empty when it can."""
    texte = texte or remplir(convention, numero_version=1)
    parties = {f"partie:{partie.pk}": partie for partie in convention.parties.all()}
    constats = []
    if len(parties) < 2:
        constats.append(Manque("Une convention engage au moins deux parties.", "#parties"))
    for variable in texte.manquantes:
        tete, _, champ = variable.partition(".")
        if tete in parties:
            url = reverse("conventions:partie", args=[convention.reference, parties[tete].pk])
            constats.append(Manque(f"{parties[tete]}\u00a0: {LIBELLES_PARTIE.get(champ, champ)}", url))
        elif tete == "fiche":
            constats.append(Manque(LIBELLES.get(variable, variable), convention.fiche.get_absolute_url()))
        else:
            url = reverse("conventions:conditions", args=[convention.reference])
            constats.append(Manque(LIBELLES.get(variable, variable), url))
    return list(dict.fromkeys(constats))


def valeurs_fiche(fiche: FicheAction) -> dict[str, Any]:
    etapes = [texte_etape(etape) for etape in fiche.etapes.all()]
    indicateurs = [texte_indicateur(indicateur) for indicateur in fiche.indicateurs.all()]
    return {
        "reference": fiche.reference,
        "titre": fiche.titre,
        "bassins": texte_bassins(fiche),
        "zone": "\n".join(filter(None, (texte_bassins(fiche), fiche.zone))) if fiche.zone else texte_bassins(fiche),
        "date_validation": jour(fiche.validee_le) if fiche.validee_le else "",
        "enjeux": fiche.enjeux,
        "objet": fiche.objet,
        "services": enumerer([service.libelle for service in fiche.services.all()]),
        "publics": enumerer([public.libelle for public in fiche.publics.all()]),
        "objectif": texte_objectif(fiche),
        "ressources": fiche.ressources,
        "partage_information": fiche.partage_information,
        "etapes": etapes,
        "a_des_etapes": bool(etapes),
        "indicateurs": indicateurs,
        "a_des_indicateurs": bool(indicateurs),
    }


def valeurs_convention(convention: Convention, parties: list[Partie], numero_version: int) -> dict[str, Any]:
    conditions = {**CONDITIONS, **convention.variables}
    types = {partie.structure.type for partie in parties}
    return {
        **conditions,
        "reference": convention.reference,
        "version": str(numero_version),
        "esat": "esat" in types,
        "ulis": "ulis" in types,
        "payante": conditions["cout"] == "payante",
        "tacite": conditions["reconduction"] == "tacite",
        "duree": DUREES.get(conditions["duree"], ""),
        "date_debut": jour(convention.debut) if convention.debut else "",
        "date_fin": jour(convention.fin) if convention.fin else "",
        "seuil_secret": str(SEUIL),
    }


def valeurs_partie(partie: Partie) -> dict[str, Any]:
    return {
        "cle": f"partie:{partie.pk}",
        "nom": partie.nom,
        "nom_court": partie.nom_court,
        "forme_juridique": partie.forme_juridique,
        "adresse": partie.adresse,
        "numero": partie.numero,
        "representants": enumerer([representant(s) for s in partie.signataires.all()]),
        "engagements": [ligne.strip(" -•\t") for ligne in partie.engagements.splitlines() if ligne.strip(" -•\t")],
        "engagements_manquants": "",
        "referent": ", ".join(filter(None, (partie.referent_nom, partie.referent_fonction))),
    }


def representant(signataire: Signataire) -> str:
    """« Mme X, directrice, agissant par délégation du 3 mars 2026 (décision n° 12) »."""
    texte = f"{signataire.nom}, {signataire.fonction}"
    if signataire.qualite == Signataire.Qualite.DELEGATAIRE:
        texte += f", agissant par délégation du {jour(signataire.delegation_le)} ({signataire.delegation_acte})"
    return texte


def enumerer(elements: list[str]) -> str:
    return "\u00a0; ".join(elements) if any("," in e for e in elements) else ", ".join(elements)


def texte_bassins(fiche: FicheAction) -> str:
    noms = [bassin.nom for bassin in fiche.bassins.all()]
    if not noms:
        return ""
    return f"bassin d’emploi {de(noms[0])}" if len(noms) == 1 else "bassins d’emploi " + ", ".join(map(de, noms))


def de(nom: str) -> str:
    """« d’Évreux », « de Caen », « du Havre », « des Andelys »."""
    for article, contraction in (("Le ", "du "), ("Les ", "des ")):
        if nom.startswith(article):
            return contraction + nom.removeprefix(article)
    return f"d’{nom}" if normaliser(nom)[:1] in set("aeiouyh") else f"de {nom}"


def texte_objectif(fiche: FicheAction) -> str:
    """« 15 personnes par an »; empty when nobody knows."""
    if fiche.volume_prevu is None:
        return ""
    unite = (fiche.unite or "personnes").replace("/an", "").replace(" par an", "").strip()
    return f"{nombre(fiche.volume_prevu)}{INSECABLE}{unite} par an"


def texte_etape(etape: Any) -> str:
    debut, fin = mois(etape.debut), mois(etape.fin)
    quand = debut if debut == fin else f"de {debut} à {fin}"
    qui = f" ({etape.responsable})" if etape.responsable else ""
    return f"{etape.intitule}{qui}\u00a0: {quand}"


def texte_indicateur(indicateur: Indicateur) -> str:
    """« entrées en formation : de 0 à 2 au 31 décembre 2027 (source : …) »."""
    texte = indicateur.intitule
    if indicateur.cible is not None:
        reference = "une référence à relever"
        if indicateur.reference is not None:
            lue = indicateur.reference
            reference = effectif(int(lue)) if indicateur.effectif else nombre(lue)
        echeance = f" au {jour(indicateur.cible_le)}" if indicateur.cible_le else ""
        texte += f"\u00a0: de {reference} à {nombre(indicateur.cible)} {indicateur.unite}{echeance}"
    return texte + (f" (source\u00a0: {indicateur.source})" if indicateur.source else "")


def mois(valeur: date) -> str:
    return date_format(valeur, "F Y").replace(" ", INSECABLE)


def annexe_fiche(fiche: FicheAction) -> list[tuple[str, list[str]]]:
    """The sheet's content as (title, paragraphs), for the annex of the agreement."""
    acteurs = [
        f"{acteur.structure} ({acteur.get_role_display().lower()})"
        + (f"\u00a0: {acteur.contribution}" if acteur.contribution else "")
        for acteur in fiche.acteurs.select_related("structure").exclude(role=Acteur.Role.INFORME)
    ]
    champs = [
        ("Enjeux et problématique", [fiche.enjeux]),
        ("Objet du projet de coopération", [fiche.objet, fiche.get_finalite_display() if fiche.finalite else ""]),
        ("Zone géographique", [_majuscule(texte_bassins(fiche)), fiche.zone]),
        (
            "Bénéficiaires",
            [enumerer([str(p) for p in fiche.publics.all()]), _majuscule(texte_objectif(fiche)), fiche.criteres],
        ),
        ("Acteurs", acteurs),
        ("Organisation des ressources", [fiche.ressources]),
        ("Modalités de partage de l’information", [fiche.partage_information]),
        ("Planning", [texte_etape(etape) for etape in fiche.etapes.all()]),
        ("Indicateurs de résultats attendus", [texte_indicateur(i) for i in fiche.indicateurs.all()]),
    ]
    return [(titre, [texte for texte in textes if texte] or ["Non renseigné."]) for titre, textes in champs]


def _majuscule(texte: str) -> str:
    return texte[:1].upper() + texte[1:]
