"""Django's admin for accounts and rights; the base class of every admin page of the portal."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.operations import habiliter, retirer
from structures.comptes.regles import est_administration


class AdminPortail(admin.ModelAdmin):  # type: ignore[type-arg]
    """Open to the administration role, which Django's own permissions don't know."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return bool(est_administration(request.user) or request.user.is_superuser)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_module_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_module_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Rows are ended or deactivated, not deleted."""
        return False


@admin.register(Utilisateur)
class UtilisateurAdmin(AdminPortail):
    """Accounts: who they are, whether they may still sign in. Rights are given below."""

    list_display = ("email", "prenom", "nom", "fonction", "is_active", "is_staff", "demonstration")
    list_filter = ("is_active", "is_staff", "demonstration")
    search_fields = ("email", "prenom", "nom")
    ordering = ("email",)
    fields = (
        "email", "prenom", "nom", "fonction", "telephone", "is_active", "is_staff", "seconds_facteurs", "last_login",
        "date_joined",
    )  # fmt: skip
    readonly_fields = ("is_staff", "seconds_facteurs", "last_login", "date_joined")

    @admin.display(description="seconds facteurs")
    def seconds_facteurs(self, obj: Utilisateur) -> str:
        """Where to reset them, when the person lost them."""
        if obj.pk is None:
            return "–"
        adresse = reverse("comptes:remettre_les_facteurs", args=[obj.pk])
        return format_html('<a href="{}">Voir, remettre à zéro</a>', adresse)

    def save_model(self, request: HttpRequest, obj: Utilisateur, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)


@admin.register(Habilitation)
class HabilitationAdmin(AdminPortail):
    """Rights: given here, ended by an action, never changed nor deleted."""

    list_display = ("utilisateur", "role", "pole", "region", "debut", "fin")
    list_filter = ("role",)
    list_select_related = ("utilisateur", "pole", "region")
    search_fields = ("utilisateur__email", "utilisateur__nom")
    autocomplete_fields = ("utilisateur",)
    fields = ("utilisateur", "role", "pole", "region")
    actions = ("mettre_fin",)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Habilitation, form: Any, change: bool) -> None:
        donnee = habiliter(obj.utilisateur, obj.role, pole=obj.pole, region=obj.region)
        obj.pk = donnee.pk

    @admin.action(description="Mettre fin aux habilitations choisies", permissions=["view"])
    def mettre_fin(self, request: HttpRequest, queryset: QuerySet[Habilitation]) -> None:
        for habilitation in queryset:
            retirer(habilitation)
        self.message_user(request, "Les habilitations choisies ont pris fin.", messages.SUCCESS)
