"""The questionnaire saved field by field: groups of fields, their fingerprint, one write.

A group is what is saved at once: a number and its « je ne sais pas », the zone and its details. Whoever
saves says the fingerprint of what they had read; if the value changed meanwhile, nothing is written
and they see both. A fingerprint is that of the value itself, so every writer counts: another
person here, a form sent without script, the sheet of the structure corrected elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from django.db import transaction
from django.db.models import F
from django.forms import BaseForm, BaseFormSet, BooleanField, Form, ModelMultipleChoiceField
from django.http import QueryDict
from django.utils import timezone

from offres import operations
from offres.forms.etapes import CONVENTIONS, EnvoiForm, EtapeCooperationsForm, EtapeStructureForm, PartenairesFormSet
from offres.forms.lignes import VOLETS, RessourcesFormSet, VoletForm
from offres.models import Reponse, Saisie
from offres.operations import GENRES, ActionImpossible, Ligne
from socle.formulaires import lisible
from structures.comptes.models import Utilisateur
from structures.models import Structure
from structures.operations import corriger

# The browser tells how long somebody was at it; a page that lies adds two minutes at most.
SECONDES_MAX = 120
RANGEES = ("partenaires", "ressources")
RANGEES_VIDES = 2
# What a bare number would not say.
UNITES = {"rayon_km": "\u00a0km"}
LIGNE_RETIREE = "Cette ligne a été retirée entre-temps."
Unites = dict[str, tuple[str, ...]]

DES_ETAPES: dict[str, Unites] = {
    "structure": {
        "file_active": ("file_active", "file_active_inconnue"),
        "publics": ("publics",),
        "contact_fonction": ("contact_fonction",),
        "telephone": ("telephone",),
        "courriel": ("courriel",),
        "participation": ("participation",),
    },
    "cooperations": {**{cle: (cle,) for cle in CONVENTIONS}, "partenaires": ()},
    "relecture": {"commentaire": ("commentaire",)},
}
DES_VOLETS: dict[str, Unites] = {
    "service": {"service": ("service", "service_autre"), "description": ("description",)},
    "volume": {"volume": ("volume", "volume_inconnu"), "personnes": ("personnes",), "publics": ("publics",)},
    "ressources": {
        "ressources": (),
        "lieux": ("lieux",),
        "domaines_rome": ("domaines_rome",),
        "materiel": ("materiel",),
    },
    "zone": {"zone": ("rayonnement", "rayon_km", "communes", "bassins", "departements")},
    "conditions": {
        "priorite": ("priorite",),
        "moment_cle": ("moment_cle",),
        "modalites": ("modalites",),
        "periodicite": ("periodicite",),
        "dates": ("debut", "fin"),
        "conditions": ("conditions",),
        "partenaire_pressenti": ("partenaire_pressenti",),
    },
}


class PageInconnue(Exception):
    """No such page in this answer (a line removed meanwhile, a wrong address)."""


@dataclass
class SaisieIncomplete(Exception):
    """What was typed can't be saved as it is: errors by field, in words."""

    erreurs: dict[str, list[str]]


@dataclass
class ConflitDeChamp(Exception):
    """Somebody changed this group meanwhile. Nothing was written."""

    etat: dict[str, Any]
    # The fingerprint of what was posted.
    postee: str


@dataclass
class PageDeSaisie:
    """One page of the questionnaire: its form, its groups of fields, where they are kept."""

    cle: str
    reponse: Reponse
    ligne: Ligne | None = None
    genre: str = "offres"
    volet: str = ""

    def formulaire(self, donnees: QueryDict | None = None) -> Form:
        if self.ligne is not None:
            return VOLETS[self.volet][0](donnees, ligne=self.ligne, genre=self.genre)
        if self.cle == "structure":
            return EtapeStructureForm(donnees, reponse=self.reponse)
        if self.cle == "cooperations":
            return EtapeCooperationsForm(donnees, reponse=self.reponse)
        return EnvoiForm(donnees, initial={"version": self.reponse.version, "commentaire": self.reponse.commentaire})

    def rangees(self, donnees: QueryDict | None = None) -> "BaseFormSet[Any]":
        if self.ligne is not None:
            return rangees("ressources", self.ligne.ressources, donnees)
        return rangees("partenaires", self.reponse.cooperations.get("partenaires", []), donnees)

    @property
    def unites(self) -> Unites:
        toutes = DES_VOLETS[self.volet] if self.ligne is not None else DES_ETAPES[self.cle]
        presents = self.formulaire().fields
        return {nom: champs for nom, champs in toutes.items() if nom in RANGEES or set(champs) & set(presents)}

    @property
    def version(self) -> int:
        """What the hidden field of the form must hold."""
        return self.reponse.version if self.ligne is None else self.ligne.version


def page_de(reponse: Reponse, cle: str) -> PageDeSaisie:
    """The page of that key: « structure », « cooperations », « relecture », « offres-12-volume ».

    Raises PageInconnue.
    """
    if cle in DES_ETAPES:
        return PageDeSaisie(cle, reponse)
    morceaux = cle.split("-")
    if len(morceaux) != 3 or morceaux[0] not in GENRES or morceaux[2] not in DES_VOLETS or not morceaux[1].isdecimal():
        raise PageInconnue(cle)
    genre, pk, volet = morceaux
    lignes: Any = GENRES[genre].objects.filter(reponse=reponse).brouillons()
    ligne = lignes.select_related("service", "structure__commune").filter(pk=int(pk[:18])).first()
    if ligne is None:
        raise PageInconnue(cle)
    ligne.reponse = reponse
    return PageDeSaisie(cle, reponse, ligne, genre, volet)


# --- values -----------------------------------------------------------------------------------


def _simple(valeur: Any) -> str | list[str]:
    """A value as a browser would send it."""
    if valeur is None or valeur is False:
        return ""
    if valeur is True:
        return "on"
    if isinstance(valeur, list | tuple):
        return sorted(str(element) for element in valeur)
    if isinstance(valeur, date):
        return valeur.isoformat()
    # As the forms clean it: what nobody sees is no difference.
    return lisible(str(valeur).replace("\r\n", "\n")).strip()


def _nombre_en_lettres(valeur: Any) -> str:
    """0.5 → « 0,5 », as the field shows it."""
    return "" if valeur is None else f"{float(valeur):g}".replace(".", ",")


def valeurs(page: PageDeSaisie, unite: str) -> dict[str, str | list[str]]:
    """What is stored today in a group, by name of control."""
    if unite in RANGEES:
        return _valeurs_des_rangees(page, unite)
    form = page.formulaire()
    return {nom: _simple(form[nom].value()) for nom in page.unites[unite] if nom in form.fields}


def _valeurs_des_rangees(page: PageDeSaisie, unite: str) -> dict[str, str | list[str]]:
    rangees: list[dict[str, Any]] = (
        page.ligne.ressources if page.ligne is not None else page.reponse.cooperations.get("partenaires", [])
    )
    return {
        f"{unite}-{rang}-{cle}": _nombre_en_lettres(valeur) if cle == "etp" else _simple(valeur)
        for rang, rangee in enumerate(rangees)
        for cle, valeur in rangee.items()
    }


def empreinte(valeurs_: dict[str, str | list[str]]) -> str:
    """Sixteen characters that change when the value does; an empty control counts for nothing."""
    pleines = {cle: valeur for cle, valeur in valeurs_.items() if valeur}
    texte = json.dumps(pleines, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(texte.encode()).hexdigest()[:16]


def en_mots(page: PageDeSaisie, unite: str) -> str:
    """The stored value of a group, as one sentence for whoever must choose between two."""
    if unite in RANGEES:
        lues = list(_valeurs_des_rangees(page, unite).values())
        return ", ".join(str(valeur) for valeur in lues if valeur) or "rien"
    form = page.formulaire()
    morceaux = []
    for nom, valeur in valeurs(page, unite).items():
        if valeur:
            morceaux.append(_champ_en_mots(form.fields[nom], valeur) + UNITES.get(nom, ""))
    return ", ".join(morceaux) or "rien"


def _champ_en_mots(champ: Any, valeur: str | list[str]) -> str:
    if isinstance(champ, BooleanField):
        return f"«\u00a0{champ.label}\u00a0»"
    choisies = valeur if isinstance(valeur, list) else [valeur]
    if isinstance(champ, ModelMultipleChoiceField) and champ.queryset is not None:
        return ", ".join(str(objet) for objet in champ.queryset.filter(pk__in=choisies)[:20])
    libelles = {str(cle): str(mot) for cle, mot in getattr(champ, "choices", ())}
    return ", ".join(libelles.get(une, une) for une in choisies)


def etat_de_la_page(page: PageDeSaisie) -> dict[str, Any]:
    """Every group of the page: its value, its fingerprint, who wrote it last (two queries and the form's)."""
    saisies = {
        saisie.unite: saisie
        for saisie in Saisie.objects.filter(reponse=page.reponse, page=page.cle).select_related("par")
    }
    return {
        "version": page.reponse.version,
        "version_page": page.version,
        "unites": {nom: _etat(page, nom, saisies.get(nom)) for nom in page.unites},
    }


def _etat(page: PageDeSaisie, unite: str, saisie: Saisie | None) -> dict[str, Any]:
    lues = valeurs(page, unite)
    return {
        "champs": list(page.unites[unite]),
        "rangees": unite in RANGEES,
        "valeurs": lues,
        "lu": empreinte(lues),
        "mots": en_mots(page, unite),
        "par": str(saisie.par) if saisie is not None and saisie.par is not None else "",
        "par_id": saisie.par_id if saisie is not None else None,
        "le": saisie.le if saisie is not None else None,
    }


# --- one write --------------------------------------------------------------------------------


@transaction.atomic
def enregistrer_groupe(
    reponse: Reponse, cle: str, unite: str, donnees: QueryDict, lu: str, par: Utilisateur
) -> PageDeSaisie:
    """Save one group of fields if it still is what the person had read; the page as it is then.

    Asked twice (an answer lost on the way), the second writes nothing and succeeds. Raises
    ActionImpossible (sent, or no such page), SaisieIncomplete, ConflitDeChamp.
    """
    # Writers of one answer pass one at a time: a comparison, then a write, with nobody between.
    Reponse.objects.select_for_update(of=("self",)).get(pk=reponse.pk)
    reponse.refresh_from_db()
    if fermee := operations.pourquoi_fermee(reponse):
        raise ActionImpossible(fermee)
    reponse.structure.refresh_from_db()
    try:
        page = page_de(reponse, cle)
    except PageInconnue as erreur:
        raise ActionImpossible(LIGNE_RETIREE) from erreur
    if unite not in page.unites:
        raise ActionImpossible("Cette question n’est plus posée.")
    ecrire, postees = _preparer(page, unite, donnees)
    actuelles = valeurs(page, unite)
    if empreinte(postees) == empreinte(actuelles):
        return page
    if empreinte(actuelles) != lu:
        saisie = Saisie.objects.filter(reponse=reponse, page=cle, unite=unite).select_related("par").first()
        raise ConflitDeChamp(_etat(page, unite, saisie), empreinte(postees))
    ecrire(par)
    Saisie.objects.update_or_create(
        reponse=reponse, page=cle, unite=unite, defaults={"par": par, "le": timezone.now()}
    )
    reponse.structure.refresh_from_db()
    return page_de(reponse, cle)


def _preparer(page: PageDeSaisie, unite: str, donnees: QueryDict) -> tuple[Any, dict[str, str | list[str]]]:
    """Check what was posted; how to write it, and its values to compare. Raises SaisieIncomplete."""
    if unite in RANGEES:
        return _preparer_les_rangees(page, unite, donnees)
    form = page.formulaire(donnees)
    for nom in set(form.fields) - set(page.unites[unite]):
        del form.fields[nom]
    if not form.is_valid():
        raise SaisieIncomplete({champ: [str(e) for e in erreurs] for champ, erreurs in form.errors.items()})
    postees = {nom: _simple(form[nom].value()) for nom in form.fields}
    return lambda par: _ecrire(page, form, par), postees


def _preparer_les_rangees(
    page: PageDeSaisie, unite: str, donnees: QueryDict
) -> tuple[Any, dict[str, str | list[str]]]:
    formset = page.rangees(donnees)
    if not formset.is_valid():
        erreurs = {
            f"{unite}-{rang}-{champ}": [str(e) for e in liste]
            for rang, form in enumerate(formset.forms)
            for champ, liste in form.errors.items()
        }
        raise SaisieIncomplete(erreurs or {unite: [str(e) for e in formset.non_form_errors()]})
    lignes = rangees_propres(unite, formset)
    postees = {
        f"{unite}-{rang}-{cle}": _nombre_en_lettres(valeur) if cle == "etp" else _simple(valeur)
        for rang, ligne in enumerate(lignes)
        for cle, valeur in ligne.items()
    }
    return lambda par: _ecrire_les_rangees(page, unite, lignes, par), postees


def rangees(unite: str, initiales: list[dict[str, Any]], donnees: QueryDict | None) -> "BaseFormSet[Any]":
    """The rows of a page, to show or as they were posted."""
    classe = RessourcesFormSet if unite == "ressources" else PartenairesFormSet
    # A posted row equal to what is kept would pass for an untouched empty one, and be dropped: no initial values then.
    return cast("BaseFormSet[Any]", classe(donnees, initial=None if donnees is not None else initiales, prefix=unite))


def rangees_propres(unite: str, formset: "BaseFormSet[Any]") -> list[dict[str, Any]]:
    """The filled rows, as they are kept."""
    if unite == "ressources":
        return [
            {"profession": r["profession"], "etp": float(r["etp"]) if r.get("etp") is not None else None}
            for r in formset.cleaned_data
            if r.get("profession")
        ]
    return [
        {**r, "fin": r["fin"].isoformat() if r.get("fin") else None}
        for r in formset.cleaned_data
        if r.get("partenaire")
    ]


def _ecrire_les_rangees(page: PageDeSaisie, unite: str, lignes: list[dict[str, Any]], par: Utilisateur) -> None:
    if page.ligne is not None:
        operations.enregistrer_ligne(page.ligne, page.ligne.version, par, {"ressources": lignes}, {})
    else:
        _ecrire_dans_la_reponse(page.reponse, par, cooperations={**page.reponse.cooperations, unite: lignes})


def _ecrire_dans_la_reponse(reponse: Reponse, par: Utilisateur, **champs: Any) -> None:
    operations.enregistrer_etape(reponse, reponse.etape, reponse.version, par, **champs)


def _ecrire(page: PageDeSaisie, form: BaseForm, par: Utilisateur) -> None:
    if page.ligne is not None and isinstance(form, VoletForm):
        operations.enregistrer_ligne(page.ligne, page.ligne.version, par, form.champs(), form.liens())
        return
    d = dict(form.cleaned_data)
    reponse = page.reponse
    if page.cle == "cooperations":
        restantes = {**reponse.cooperations, **d}
        _ecrire_dans_la_reponse(reponse, par, cooperations={cle: v for cle, v in restantes.items() if v})
        return
    fiche: dict[str, Any] = {
        str(cle): d.pop(cle) for cle in ("contact_fonction", "telephone", "courriel", "publics") if cle in d
    }
    if d.get("file_active") is not None:
        fiche["capacite"] = d["file_active"]
    _ecrire_dans_la_reponse(reponse, par, **d)
    if fiche:
        if "publics" in fiche:
            fiche["publics"] = list(fiche["publics"])
        corriger(Structure.objects.get(pk=reponse.structure_id), fiche, par, confirme=False)


# --- a whole form, after somebody else wrote --------------------------------------------------


def fusionner(reponse: Reponse, cle: str, donnees: QueryDict, par: Utilisateur) -> dict[str, str]:
    """Save group by group a form whose page has changed since it was read (« lu-… » says what was read).

    What only one of the two touched is kept from each. Returns the groups that both changed, with
    their label: nothing is written there. Raises ActionImpossible.
    """
    a_choisir = {}
    try:
        page = page_de(reponse, cle)
    except PageInconnue as erreur:
        raise ActionImpossible(LIGNE_RETIREE) from erreur
    for unite in page.unites:
        lu = donnees.get(f"lu-{unite}", "")
        try:
            enregistrer_groupe(reponse, cle, unite, donnees, lu, par)
        except ConflitDeChamp as conflit:
            if conflit.postee != lu:
                a_choisir[unite] = _libelle(page, unite)
        except SaisieIncomplete:
            a_choisir[unite] = _libelle(page, unite)
    return a_choisir


def donnees_fusionnees(page: PageDeSaisie, donnees: QueryDict, gardees: Iterable[str]) -> QueryDict:
    """The posted form with what is stored today, except in these groups, where what was typed stays."""
    melees = donnees.copy()
    melees["version"] = str(page.version)
    for unite in set(page.unites) - set(gardees):
        lues = valeurs(page, unite)
        anciens = page.unites[unite]
        if unite in RANGEES:
            anciens = tuple(cle for cle in melees if cle.startswith(f"{unite}-"))
            nombre = len({cle.split("-")[1] for cle in lues})
            lues |= {f"{unite}-TOTAL_FORMS": str(nombre + RANGEES_VIDES), f"{unite}-INITIAL_FORMS": "0"}
        for cle in anciens:
            melees.pop(cle, None)
        for cle, valeur in lues.items():
            if valeur:
                melees.setlist(cle, valeur if isinstance(valeur, list) else [valeur])
    return melees


def _libelle(page: PageDeSaisie, unite: str) -> str:
    if unite in RANGEES:
        return {"partenaires": "Vos partenaires", "ressources": "Professions et temps consacré"}[unite]
    champs = page.formulaire().fields
    return str(next(champs[nom].label for nom in page.unites[unite] if nom in champs))


def compter_le_temps(reponse: Reponse, secondes: str) -> None:
    """Add active seconds told by a browser, bounded; a nonsense counts for nothing."""
    if not secondes.isdecimal() or len(secondes) > 9:
        return
    ajout = min(int(secondes), SECONDES_MAX)
    if ajout:
        Reponse.objects.filter(pk=reponse.pk).update(secondes_actives=F("secondes_actives") + ajout)
