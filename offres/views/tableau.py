"""The table service × bassin: offered, asked, gap; each cell opens its lists."""

from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from offres import tableau as calcul
from offres.exploration import HORS_BASSINS, HORS_DES_BASSINS, chez, du_perimetre, hors_des_bassins
from offres.models import Besoin, Offre, Service
from offres.unites import mots
from socle.droits import exiger
from socle.formulaires import FormulairePortail
from socle.tableaux import FORMATS, Format, ecrire_tableau
from structures.comptes.models import Utilisateur
from structures.comptes.regles import poles_coordonnes
from structures.models import Structure
from structures.territoires.models import Bassin, Departement, Pole

PARTOUT = "tous"
CROISEE = "croisee"
TITRE_DU_FICHIER = "Offres et besoins par service et bassin"
CHOIX = ("service", "bassin", "pole", "departement")


class PerimetreForm(FormulairePortail, forms.Form):
    """Which part of the table: one place for all the services, or one service for all the bassins."""

    service = forms.ModelChoiceField(
        label="Service", queryset=Service.objects.none(), to_field_name="slug", required=False,
        empty_label="Tous les services",
    )  # fmt: skip
    bassin = forms.ChoiceField(label="Bassin d’emploi", required=False)
    pole = forms.ModelChoiceField(
        label="Pôle", queryset=Pole.objects.none(), to_field_name="slug", required=False, empty_label="Tous"
    )
    departement = forms.ModelChoiceField(
        label="Département", queryset=Departement.objects.none(), required=False, empty_label="Tous"
    )

    def __init__(self, *args: Any, bassins: list[Bassin], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="tableau-%s", **kwargs)
        self.fields["service"].queryset = Service.objects.all()  # type: ignore[attr-defined]
        self.fields["pole"].queryset = Pole.objects.all()  # type: ignore[attr-defined]
        self.fields["departement"].queryset = Departement.objects.de_la_region()  # type: ignore[attr-defined]
        self.fields["bassin"].choices = [  # type: ignore[attr-defined]
            (PARTOUT, "Tous les bassins"), *((b.pk, b.nom) for b in bassins),
            (HORS_BASSINS, HORS_DES_BASSINS),
        ]  # fmt: skip


@dataclass(frozen=True)
class Perimetre:
    """What was chosen. `bassins`: the rows that it may hold, `bassin` when it is one of them."""

    service: Service | None
    bassin: Bassin | None
    hors: bool
    pole: Pole | None
    departement: Departement | None
    bassins: list[Bassin]

    @property
    def filtre(self) -> dict[str, str]:
        """The same place, for the lists and for another part of the table."""
        filtre = {"bassin": self.bassin.pk} if self.bassin else {"bassin": HORS_BASSINS} if self.hors else {}
        if self.pole is not None:
            filtre["pole"] = self.pole.slug
        if self.departement is not None:
            filtre["departement"] = self.departement.pk
        return filtre

    @property
    def par_bassin(self) -> bool:
        """Whether the rows are bassins: one service, several places."""
        return self.service is not None and self.bassin is None and not self.hors

    @property
    def lieu(self) -> str:
        bassin = self.bassin.nom if self.bassin else HORS_DES_BASSINS if self.hors else ""
        noms = (bassin, str(self.pole or ""), self.departement.nom if self.departement else "")
        return ", ".join(nom for nom in noms if nom)

    def lignes(self, lues: Any) -> Any:
        """The published offers or needs of this place, as the lists filter them."""
        if self.bassin is not None:
            lues = lues.du_bassin(self.bassin.pk)
        elif self.hors:
            lues = lues.filter(hors_des_bassins())
        if self.pole is not None:
            lues = lues.filter(structure__commune__in=du_perimetre([self.pole.pk]))
        if self.departement is not None:
            lues = lues.filter(structure__commune__departement=self.departement)
        return lues


def _demande(request: HttpRequest, bassins: list[Bassin]) -> QueryDict:
    """What the address asks for; when it names no place, the reader's own pôle or bassin."""
    demande = request.GET.copy()
    if any(demande.get(cle) for cle in CHOIX):
        return demande
    moi = chez(request.user)
    ici = [code for code in moi.bassins if code in {bassin.pk for bassin in bassins}]
    poles = poles_coordonnes(request.user) if isinstance(request.user, Utilisateur) else frozenset()
    if len(poles) == 1:
        demande["pole"] = Pole.objects.values_list("slug", flat=True).get(pk__in=poles)
    elif len(ici) == 1 and demande.get("vue") != CROISEE:
        demande["bassin"] = ici[0]
    demande.setdefault("bassin", PARTOUT)
    return demande


def _perimetre(form: PerimetreForm, bassins: list[Bassin]) -> Perimetre:
    """What the form says; an unknown value is ignored (old links stay usable)."""
    form.is_valid()
    choix = form.cleaned_data
    pole, departement = choix.get("pole"), choix.get("departement")
    dedans: Any = Bassin.objects.all()
    if pole is not None:
        dedans = dedans.touchant_pole(pole)
    if departement is not None:
        dedans = dedans.touchant_departement(departement.pk)
    codes = set(dedans.values_list("pk", flat=True)) if pole or departement else {b.pk for b in bassins}
    return Perimetre(
        choix.get("service"),
        next((b for b in bassins if b.pk == choix.get("bassin")), None),
        choix.get("bassin") == HORS_BASSINS,
        pole,
        departement,
        [bassin for bassin in bassins if bassin.pk in codes],
    )


@require_safe
def tableau(request: HttpRequest) -> HttpResponseBase:
    """The reader's own pôle or bassin first; « tous » for the région, `format` for the file."""
    exiger(request.user, "offres.consulter")
    bassins = list(Bassin.objects.de_la_region())
    form = PerimetreForm(_demande(request, bassins), bassins=bassins)
    perimetre = _perimetre(form, bassins)
    service = perimetre.service
    services = [service] if service else list(Service.objects.all())
    trouvees = calcul.cellules(
        perimetre.lignes(Offre.objects.publiees()), perimetre.lignes(Besoin.objects.publiees()), services
    )
    if format_ := request.GET.get("format", ""):
        if format_ not in FORMATS:
            raise Http404("Ce format n’existe pas.")
        rangs = calcul.a_plat(trouvees, services, bassins)
        return ecrire_tableau(rangs, calcul.ENTETES, cast(Format, format_), titre=TITRE_DU_FICHIER)
    if request.GET.get("vue") == CROISEE:
        return _croisee(request, form, perimetre, trouvees, services)
    par_bassin = perimetre.par_bassin
    rangees = (
        calcul.par_bassin(trouvees, service, perimetre.bassins)
        if service is not None and par_bassin
        else calcul.par_service(trouvees, services)
    )
    lignes = [_avec_adresses(rangee, perimetre, par_bassin) for rangee in rangees]
    return render(
        request,
        "offres/tableau.html",
        {
            "form": form,
            "par_bassin": par_bassin,
            "url_croisee": _adresse({**perimetre.filtre, "vue": CROISEE, "bassin": PARTOUT}),
            "service": service,
            "lieu": perimetre.lieu,
            "resume": calcul.resume(rangees, "bassin,bassins" if par_bassin else "service,services"),
            "rangees": [ligne for ligne in lignes if not ligne[0].cellule.vide],
            # Nothing to read in them: their names are enough.
            "vides": [(rangee.libelle, detail) for rangee, _, _, detail in lignes if rangee.cellule.vide],
            "exports": _exports(perimetre),
            "demonstration_ici": Structure.objects.filter(fictive=True).exists() and bool(trouvees),
        },
    )


def _croisee(
    request: HttpRequest,
    form: PerimetreForm,
    perimetre: Perimetre,
    trouvees: calcul.Cellules,
    services: list[Service],
) -> HttpResponseBase:
    """Every service and every bassin at once: two numbers a cell, which opens the detail."""
    colonnes, rangees = calcul.croisees(trouvees, services, perimetre.bassins)
    place = perimetre.filtre
    return render(
        request,
        "offres/tableau_croise.html",
        {
            "lieu": perimetre.lieu,
            "champs": [form["pole"], form["departement"]],
            "colonnes": [(colonne, _adresse({**place, "bassin": colonne.code})) for colonne in colonnes],
            "rangees": [
                (
                    service,
                    mots(service.unite_volume),
                    _adresse({"bassin": PARTOUT, **place, "service": service.slug}),
                    [
                        (colonne, cellule, _adresse({**place, "service": service.slug, "bassin": colonne.code}))
                        for colonne, cellule in cases
                    ],
                )
                for service, cases in rangees
            ],
            "exports": _exports(perimetre),
            "fil": [("Tableau des offres et des besoins", reverse("offres:tableau"))],
            "demonstration_ici": Structure.objects.filter(fictive=True).exists() and bool(trouvees),
        },
    )


def _adresse(requete: dict[str, str]) -> str:
    return f"{reverse('offres:tableau')}?{urlencode(requete)}"


def _exports(perimetre: Perimetre) -> list[tuple[str, str]]:
    """The files of what the page shows."""
    service = {"service": perimetre.service.slug} if perimetre.service else {}
    return [
        (libelle, _adresse({"bassin": PARTOUT, **perimetre.filtre, **service, "format": cle}))
        for cle, (libelle, _) in FORMATS.items()
    ]


def _avec_adresses(
    rangee: calcul.Rangee, perimetre: Perimetre, par_bassin: bool
) -> tuple[calcul.Rangee, str, str, str]:
    """The row, the lists that its cells open, and the table of its service (or of its bassin)."""
    place = {**perimetre.filtre, **rangee.filtre}
    requete = urlencode(place)
    # From a bassin to all its services, from a service to all the bassins of the same place.
    autre = {cle: valeur for cle, valeur in place.items() if cle != ("service" if par_bassin else "bassin")}
    return (
        rangee,
        f"{reverse('offres:offres')}?{requete}",
        f"{reverse('offres:besoins')}?{requete}",
        _adresse(autre if par_bassin else {**autre, "bassin": PARTOUT}),
    )
