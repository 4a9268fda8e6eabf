"""What an operator looks at when something doesn't come: e-mails and long jobs. Read only."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from socle.models import Courriel, Travail
from structures.comptes.admin import AdminPortail


class LectureSeule(AdminPortail):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Courriel)
class CourrielAdmin(LectureSeule):
    """The texts are left out: they hold sign-in codes and personal links."""

    list_display = ("cree_le", "modele", "destinataire", "etat", "essais", "envoye_le")
    list_filter = ("etat", "modele")
    search_fields = ("destinataire",)
    fields: ClassVar[Any] = (
        "modele", "destinataire", "etat", "essais", "erreur", "cree_le", "pas_avant", "pas_apres", "reclame_le",
        "envoye_le", "revenu_le", "retour",
    )  # fmt: skip


@admin.register(Travail)
class TravailAdmin(LectureSeule):
    list_display = ("cree_le", "genre", "intitule", "etat", "fait", "total", "essais", "fini_le")
    list_filter = ("etat", "genre")
    list_select_related = ("demandeur",)
    fields: ClassVar[Any] = (
        "genre", "intitule", "demandeur", "etat", "etape", "fait", "total", "essais", "erreur", "cree_le", "battement",
        "pas_avant", "fini_le",
    )  # fmt: skip
