"""The sign-in page."""

from typing import Any

from allauth.account.views import LoginView
from django.contrib.auth.decorators import login_not_required

from socle.prises import encarts_connexion
from structures.comptes.proconnect import est_regle
from structures.comptes.second_facteur import cles_possibles


class Connexion(LoginView):
    """allauth's sign-in page, with the blocks of upper floors (the demonstration's accounts)."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        contexte: dict[str, Any] = super().get_context_data(**kwargs)
        contexte["encarts_connexion"] = [bloc for fonction in encarts_connexion for bloc in fonction(self.request)]
        contexte["proconnect"] = est_regle()
        contexte["cles_possibles"] = cles_possibles(self.request)
        return contexte


connexion = login_not_required(Connexion.as_view())
