"""The questionnaire on paper: an answer as it was given, and the blank form for a meeting.

The blank form is drawn from the same declarations as the screen (steps, pages of a line, choices,
services): a question added there is printed here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django import forms
from django.conf import settings

from offres.forms.etapes import CONVENTIONS, OUI_NON, EnvoiForm, EtapeStructureForm, PartenaireForm
from offres.forms.lignes import VOLETS, RessourcesFormSet
from offres.models import Besoin, Campagne, Offre, Reponse, Service
from offres.unites import mots
from socle.documents import DocumentRendu, rendre_texte_saisi
from socle.templatetags.typographie import jour
from structures.comptes.models import Habilitation
from structures.models import Public, Structure

FEUILLES = ["documents/questionnaire.css"]
# Seconds: the key is the text itself, so that any change makes another document.
GARDE = 7 * 24 * 3600
# How many lines one writes by hand under a long question.
LIGNES_LONGUES, LIGNES_COURTES = 2, 1
# Signs of a question that leave room to answer beside it.
LARGEUR_MOTS = 68


def imprimer_reponse(reponse: Reponse) -> DocumentRendu:
    """The answer, tagged. The same answer gives the same bytes."""
    structure, campagne = reponse.structure, reponse.campagne
    reponses = dict(OUI_NON)
    contexte = {
        "reponse": reponse,
        "structure": structure,
        "campagne": campagne,
        "publics": [public.libelle for public in structure.publics.all()],
        "offres": list(Offre.objects.de_la_reponse(reponse).pour_affichage()),
        "besoins": list(Besoin.objects.de_la_reponse(reponse).pour_affichage()),
        "contact": [m for m in (structure.contact_fonction, structure.telephone, structure.courriel) if m],
        "conventions": [
            (question, reponses.get(reponse.cooperations.get(cle), "Sans réponse"))
            for cle, question in CONVENTIONS.items()
        ],
        "partenaires": [_partenaire(p) for p in reponse.cooperations.get("partenaires", [])],
        "url": settings.PCTI_URL + reponse.get_absolute_url(),
        "demonstration": structure.fictive or campagne.demonstration,
    }
    return rendre_texte_saisi(
        "documents/reponse.html",
        contexte,
        titre=f"Réponse au questionnaire – {structure.nom}",
        auteur=structure.nom,
        cree_le=reponse.modifie_le,
        feuilles=FEUILLES,
    )


def _partenaire(partenaire: dict[str, Any]) -> dict[str, str]:
    fin = partenaire.get("fin")
    return {
        "nom": partenaire.get("partenaire", ""),
        "objet": partenaire.get("objet", ""),
        "fin": jour(date.fromisoformat(fin)) if fin else "",
    }


# --- the blank form ------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Question:
    """One question of a form, as it is printed."""

    libelle: str
    aide: str = ""
    # Boxes to tick, in columns; else lines to write on.
    choix: tuple[str, ...] = ()
    lignes: int = LIGNES_COURTES
    # A short number or date, written in a box on the line of its question.
    court: bool = False
    ou: str = ""

    @property
    def rangs(self) -> range:
        """One per line to write on."""
        return range(self.lignes)

    @property
    def une_ligne(self) -> bool:
        """A few words, written after the question."""
        return not self.choix and self.lignes == 1 and len(self.libelle + self.aide) <= LARGEUR_MOTS

    @property
    def breve(self) -> bool:
        """A few boxes, beside their question."""
        return bool(self.choix) and not self.large and len(self.libelle + self.aide) <= LARGEUR_MOTS

    @property
    def large(self) -> bool:
        """Many boxes: the whole width, in columns."""
        return len(self.choix) > 4

    @property
    def etroits(self) -> bool:
        """Short words: three columns instead of two."""
        return all(len(libelle) <= 45 for libelle in self.choix)


def imprimer_formulaire(campagne: Campagne, structure: Structure | None = None) -> DocumentRendu:
    """The blank form of a campaign; with a structure, its name is already written."""
    services = list(Service.objects.actifs())
    contexte = {
        "campagne": campagne,
        "structure": structure,
        "etape_1": [q for _, q in questions(EtapeStructureForm.base_fields)],
        "services": [(s, mots(s.unite_volume)) for s in services if not s.hors_liste],
        "priorites": [libelle for valeur, libelle in Besoin.Priorite.choices if valeur != "inconnue"],
        "autres": range(2),
        "blocs": [
            ("Une offre en détail", "offre", list(_volets("offres"))),
            ("Un besoin en détail", "besoin", list(_volets("besoins"))),
        ],
        "conventions": [(question, [libelle for _, libelle in OUI_NON]) for question in CONVENTIONS.values()],
        "partenaires": [str(champ.label) for champ in PartenaireForm.base_fields.values()],
        "mot": str(EnvoiForm.base_fields["commentaire"].label),
        "adresse": settings.PCTI_URL,
        "retour": _coordination(campagne),
        "demonstration": campagne.demonstration,
    }
    return rendre_texte_saisi(
        "documents/formulaire.html",
        contexte,
        titre=f"Questionnaire à remplir – {campagne.nom}",
        auteur=campagne.pole.nom,
        cree_le=campagne.cree_le,
        feuilles=FEUILLES,
        # The one that everybody prints; with a name on it, it is made for one structure.
        garder=0 if structure else GARDE,
    )


def _coordination(campagne: Campagne) -> list[str]:
    """To whom the paper goes back: « Camille Aubépine (camille@…) »."""
    droits = Habilitation.objects.de_coordination(campagne.pole).order_by("utilisateur__nom", "pk")
    return [f"{droit.utilisateur} ({droit.utilisateur.email})" for droit in droits]


def _volets(genre: str) -> Iterator[tuple[str, list[Question]]]:
    """The pages of a line. What repeats the title of its page is asked once."""
    for slug, (classe, titre_offre, titre_besoin) in VOLETS.items():
        titre = titre_offre if genre == "offres" else titre_besoin
        posees = [q for _, q in _questions_de(slug, questions(classe(genre=genre).fields))]
        yield titre, [replace(q, libelle="") if titre.startswith(q.libelle.rstrip("\u00a0?")) else q for q in posees]


def _questions_de(slug: str, posees: Iterator[tuple[str, Question]]) -> Iterator[tuple[str, Question]]:
    """The questions of a page, shortened where paper asks them better."""
    for nom, question in posees:
        if nom == "service":
            yield nom, Question("", "Recopiez son nom depuis la liste des pages précédentes.")
        elif nom == "volume":
            # The service, hence its unit, is only known by hand.
            yield nom, replace(question, libelle="Combien par an\u00a0?")
        elif nom == "conditions":
            yield nom, replace(question, lignes=LIGNES_COURTES)
        elif nom == "rayonnement":
            yield nom, question
            yield "lesquels", Question("Lesquels\u00a0?", "Noms des communes, des bassins ou des départements.")
        elif nom not in ("service_autre", "communes", "bassins", "departements", "recherche"):
            yield nom, question
    if slug == "ressources":
        libelles = [str(champ.label) for champ in RessourcesFormSet.form.base_fields.values()]
        yield "professions", Question(", ".join(libelles))


def questions(champs: Mapping[str, forms.Field]) -> Iterator[tuple[str, Question]]:
    """The visible fields of a form, as questions; « Je ne sais pas » joins the number above it."""
    for nom, champ in champs.items():
        if "_inconnu" in nom or champ.widget.is_hidden or not champ.label:
            continue
        ou = next((str(autre.label) for cle, autre in champs.items() if cle.startswith(f"{nom}_inconnu")), "")
        long = isinstance(champ.widget, forms.Textarea)
        court = isinstance(champ, forms.IntegerField | forms.DateField)
        yield (
            nom,
            Question(
                str(champ.label),
                str(champ.help_text or ""),
                _choix(champ),
                LIGNES_LONGUES if long else LIGNES_COURTES,
                court,
                ou,
            ),
        )


def _choix(champ: forms.Field) -> tuple[str, ...]:
    if isinstance(champ, forms.ModelMultipleChoiceField):
        # Communes, bassins and départements are too many to tick: they are written by hand.
        ici = champ.queryset is not None and champ.queryset.model is Public
        return tuple(public.libelle for public in Public.objects.actifs()) if ici else ()
    if isinstance(champ, forms.ChoiceField) and not isinstance(champ, forms.ModelChoiceField):
        couples: Any = champ.choices
        return tuple(str(libelle) for valeur, libelle in couples if valeur != "")
    return ()


__all__ = ["imprimer_formulaire", "imprimer_reponse", "questions"]
