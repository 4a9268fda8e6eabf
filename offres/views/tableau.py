"""The table service × bassin: offered, asked, gap; each cell opens its lists."""

from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from offres import tableau as calcul
from offres.exploration import bassins_du_lecteur
from offres.models import Besoin, Offre, Service
from offres.unites import mots
from socle.droits import exiger
from socle.formulaires import FormulairePortail
from socle.tableaux import FORMATS, Format, ecrire_tableau
from structures.models import Structure
from structures.territoires.models import Bassin, Departement

PARTOUT = "tous"
CROISEE = "croisee"
TITRE_DU_FICHIER = "Offres et besoins par service et bassin"


class PerimetreForm(FormulairePortail, forms.Form):
    """Which part of the table: one place for all the services, or one service for all the bassins."""

    service = forms.ModelChoiceField(
        label="Service", queryset=Service.objects.none(), to_field_name="slug", required=False,
        empty_label="Tous les services",
    )  # fmt: skip
    bassin = forms.ChoiceField(label="Bassin d’emploi", required=False)
    departement = forms.ModelChoiceField(
        label="Département", queryset=Departement.objects.none(), required=False, empty_label="Tous"
    )

    def __init__(self, *args: Any, bassins: list[Bassin], **kwargs: Any) -> None:
        super().__init__(*args, auto_id="tableau-%s", **kwargs)
        self.fields["service"].queryset = Service.objects.all()  # type: ignore[attr-defined]
        self.fields["departement"].queryset = Departement.objects.de_la_region()  # type: ignore[attr-defined]
        self.fields["bassin"].choices = [(PARTOUT, "Tous les bassins"), *((b.pk, b.nom) for b in bassins)]  # type: ignore[attr-defined]


@require_safe
def tableau(request: HttpRequest) -> HttpResponseBase:
    """The reader's own bassin first; « tous » for the région, `format` for the file."""
    exiger(request.user, "offres.consulter")
    bassins = list(Bassin.objects.de_la_region())
    demande = request.GET.copy()
    if not any(demande.get(cle) for cle in ("bassin", "service", "departement")):
        siens = [code for code in bassins_du_lecteur(request.user) if code in {b.pk for b in bassins}]
        demande["bassin"] = siens[0] if len(siens) == 1 else PARTOUT
    form = PerimetreForm(demande, bassins=bassins)
    form.is_valid()
    choix = form.cleaned_data
    service, departement = choix.get("service"), choix.get("departement")
    bassin = next((b for b in bassins if b.pk == choix.get("bassin")), None)
    services = [service] if service else list(Service.objects.all())
    offres: Any = Offre.objects.publiees()
    besoins: Any = Besoin.objects.publiees()
    filtre: dict[str, str] = {}
    if bassin is not None:
        offres, besoins, filtre = offres.du_bassin(bassin.pk), besoins.du_bassin(bassin.pk), {"bassin": bassin.pk}
    if departement is not None:
        offres = offres.filter(structure__commune__departement=departement)
        besoins = besoins.filter(structure__commune__departement=departement)
        filtre["departement"] = departement.pk
    trouvees = calcul.cellules(offres, besoins, services)
    format_ = request.GET.get("format", "")
    if format_:
        if format_ not in FORMATS:
            raise Http404("Ce format n’existe pas.")
        rangs = calcul.a_plat(trouvees, services, bassins)
        return ecrire_tableau(rangs, calcul.ENTETES, cast(Format, format_), titre=TITRE_DU_FICHIER)
    if request.GET.get("vue") == CROISEE:
        return _croisee(request, trouvees, services, bassins)
    par_bassin = service is not None and bassin is None
    rangees = (
        calcul.par_bassin(trouvees, service, bassins)
        if service is not None and bassin is None
        else calcul.par_service(trouvees, services)
    )
    adresse = reverse("offres:tableau")
    return render(
        request,
        "offres/tableau.html",
        {
            "form": form,
            "par_bassin": par_bassin,
            "url_croisee": f"{adresse}?{urlencode({'vue': CROISEE, 'bassin': PARTOUT})}",
            "service": service,
            "lieu": bassin.nom if bassin else departement.nom if departement else "",
            "resume": calcul.resume(rangees, "bassin,bassins" if par_bassin else "service,services"),
            "rangees": [_avec_adresses(rangee, filtre, adresse, par_bassin) for rangee in rangees],
            "exports": [
                (libelle, f"{adresse}?{urlencode({**_gardes(choix), 'format': cle})}")
                for cle, (libelle, _) in FORMATS.items()
            ],
            "demonstration_ici": Structure.objects.filter(fictive=True).exists() and bool(trouvees),
        },
    )


def _croisee(
    request: HttpRequest, trouvees: calcul.Cellules, services: list[Service], bassins: list[Bassin]
) -> HttpResponseBase:
    """Every service and every bassin at once: two numbers a cell, which opens the detail."""
    colonnes, rangees = calcul.croisees(trouvees, services, bassins)
    adresse = reverse("offres:tableau")
    return render(
        request,
        "offres/tableau_croise.html",
        {
            "colonnes": [(b, f"{adresse}?{urlencode({'bassin': b.pk})}") for b in colonnes],
            "rangees": [
                (
                    service,
                    mots(service.unite_volume),
                    f"{adresse}?{urlencode({'service': service.slug, 'bassin': PARTOUT})}",
                    [
                        (bassin, cellule, f"{adresse}?{urlencode({'service': service.slug, 'bassin': bassin.pk})}")
                        for bassin, cellule in cases
                    ],
                )
                for service, cases in rangees
            ],
            "fil": [("Tableau des offres et des besoins", adresse)],
            "demonstration_ici": Structure.objects.filter(fictive=True).exists() and bool(trouvees),
        },
    )


def _gardes(choix: dict[str, Any]) -> dict[str, str]:
    gardes = {"service": getattr(choix.get("service"), "slug", ""), "bassin": choix.get("bassin") or PARTOUT}
    return {**gardes, "departement": getattr(choix.get("departement"), "pk", "")}


def _avec_adresses(
    rangee: calcul.Rangee, filtre: dict[str, str], adresse: str, par_bassin: bool
) -> tuple[calcul.Rangee, str, str, str]:
    """The row, the lists that its cells open, and the table of its service (or of its bassin)."""
    if rangee.filtre is None:
        return rangee, "", "", ""
    requete = urlencode({**filtre, **rangee.filtre})
    autre = {"bassin": rangee.filtre.get("bassin", PARTOUT)} if par_bassin else rangee.filtre | {"bassin": PARTOUT}
    return (
        rangee,
        f"{reverse('offres:offres')}?{requete}",
        f"{reverse('offres:besoins')}?{requete}",
        f"{adresse}?{urlencode(autre)}",
    )
