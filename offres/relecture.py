"""What an answer still lacks before it can be sent, said in words with where to complete it."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from offres.models import Besoin, Offre, Reponse
from offres.reprises import lignes_a_reprendre
from offres.vigilance import soupcons
from socle.templatetags.typographie import pluriel

# Free texts of a line, by the page where they are written.
TEXTES: dict[str, tuple[str, ...]] = {
    "service": ("service_autre", "description"),
    "ressources": ("lieux", "materiel"),
    "conditions": ("conditions", "partenaire_pressenti"),
}


@dataclass(frozen=True)
class Manque:
    """One thing to complete."""

    phrase: str
    url: str


def manques_de_la_ligne(ligne: Offre | Besoin) -> list[tuple[str, str]]:
    """(page of the line, what it lacks)."""
    manques = []
    if ligne.volume is None and not ligne.volume_inconnu:
        manques.append(("volume", "le volume (ou «\u00a0Je ne sais pas\u00a0»)"))
    if isinstance(ligne, Offre) and not ligne.rayonnement:
        manques.append(("zone", "la zone"))
    if ligne.fin is not None and ligne.fin < timezone.localdate():
        manques.append(("conditions", "une date de fin à venir"))
    return manques


def _vigilances_de_la_reponse(reponse: Reponse) -> list[Manque]:
    partenaires = reponse.cooperations.get("partenaires", [])
    textes = {
        "cooperations": [mot for une in partenaires for mot in (une.get("partenaire"), une.get("objet")) if mot],
        "relecture": [reponse.commentaire],
    }
    noms = {"cooperations": "Vos coopérations actuelles", "relecture": "Le mot pour la coordination"}
    trouvees = []
    for etape, lus in textes.items():
        vus = list(dict.fromkeys(soupcon for texte in lus for soupcon in soupcons(texte)))
        if vus:
            adresse = reverse(f"offres:etape_{etape}", args=[reponse.pk])
            trouvees.append(Manque(f"«\u00a0{noms[etape]}\u00a0» semble contenir {' et '.join(vus)}.", adresse))
    return trouvees


def vigilances_de(reponse: Reponse) -> list[Manque]:
    """Texts of the answer that seem to name somebody, with where to correct them."""
    trouvees = _vigilances_de_la_reponse(reponse)
    for genre, modele in (("offres", Offre), ("besoins", Besoin)):
        for ligne in modele._default_manager.filter(reponse=reponse).brouillons().select_related("service"):
            for volet, champs in TEXTES.items():
                vus = [soupcon for champ in champs for soupcon in soupcons(getattr(ligne, champ, ""))]
                if vus:
                    trouvees.append(
                        Manque(
                            f"«\u00a0{ligne.libelle}\u00a0» semble contenir {' et '.join(dict.fromkeys(vus))}.",
                            reverse("offres:modifier_ligne", args=[reponse.pk, genre, ligne.pk, volet]),
                        )
                    )
    return trouvees


def oublis_de(reponse: Reponse) -> list[Manque]:
    """What an earlier answer still publishes, neither taken again nor left: the sending withdraws it."""
    trouves = []
    for genre, mots in (("offres", "offre,offres"), ("besoins", "besoin,besoins")):
        if nombre := len(lignes_a_reprendre(reponse, genre)):
            trouves.append(Manque(pluriel(nombre, mots), reverse("offres:etape_lignes", args=[reponse.pk, genre])))
    return trouves


def manques_de(reponse: Reponse) -> list[Manque]:
    """Everything that prevents sending; an answer « non » lacks nothing more."""
    manques: list[Manque] = []
    if not reponse.participation:
        manques.append(
            Manque(
                "L’étape 1 n’est pas enregistrée\u00a0: dites si vous souhaitez participer.",
                reverse("offres:etape_structure", args=[reponse.pk]),
            )
        )
    for genre, modele in (("offres", Offre), ("besoins", Besoin)):
        for ligne in modele._default_manager.filter(reponse=reponse).brouillons().select_related("service"):
            for volet, quoi in manques_de_la_ligne(ligne):
                manques.append(
                    Manque(
                        f"«\u00a0{ligne.libelle}\u00a0»\u00a0: il manque {quoi}.",
                        reverse("offres:modifier_ligne", args=[reponse.pk, genre, ligne.pk, volet]),
                    )
                )
    return manques
