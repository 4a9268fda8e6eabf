"""Django's admin for what the administration role edits of the structures' floor."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from structures.comptes.admin import AdminPortail
from structures.identifiants import defaut, normaliser_numero
from structures.models import Organisme, Public
from structures.territoires.models import Commune, Pole


@admin.register(Public)
class PublicAdmin(AdminPortail):
    """The controlled list of publics: reworded, reordered, retired; never deleted."""

    list_display = ("libelle", "groupe", "ordre", "actif")
    list_editable = ("ordre", "actif")
    search_fields = ("libelle",)


class FormulaireOrganisme(forms.ModelForm):  # type: ignore[type-arg]
    """A number typed here is checked; one that a register gave, and that nobody changed, is left in peace."""

    def clean_siren(self) -> str:
        return self._verifie("siren", "siren")

    def clean_finess_juridique(self) -> str | None:
        return self._verifie("finess_juridique", "finess") or None

    def _verifie(self, champ: str, genre: str) -> str:
        numero = normaliser_numero(self.cleaned_data[champ] or "")
        if champ in self.changed_data and (faute := defaut(genre, numero)):
            raise forms.ValidationError(faute)
        return numero


@admin.register(Organisme)
class OrganismeAdmin(AdminPortail):
    """The legal persons behind structures: FINESS often gives only their number."""

    form = FormulaireOrganisme
    list_display = ("nom", "siren", "finess_juridique", "forme_juridique", "ville")
    search_fields = ("nom", "siren", "finess_juridique")


@admin.register(Pole)
class PoleAdmin(AdminPortail):
    """A pôle starts from bassins (and a département, when it keeps to one): its perimeter follows."""

    list_display = ("nom", "departement", "demonstration")
    fields = ("nom", "slug", "departement", "bassins")
    prepopulated_fields = {"slug": ("nom",)}  # noqa: RUF012
    filter_horizontal = ("bassins",)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Fill an empty perimeter with the communes of the bassins chosen; never undo what was adjusted."""
        super().save_related(request, form, formsets, change)
        pole: Pole = form.instance
        if pole.communes.exists():
            return
        communes = Commune.objects.filter(bassin__in=pole.bassins.all())
        if pole.departement_id:
            communes = communes.filter(departement=pole.departement_id)
        pole.communes.set(communes)
