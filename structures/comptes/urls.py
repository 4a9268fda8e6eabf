"""Sign-in pages (allauth) and the portal's own account pages."""

from allauth.account.urls import urlpatterns as pages_allauth
from allauth.mfa.base import views as facteurs
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as cles
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path

from structures.comptes.views import compte, connexion, proconnect, profil, securite, sessions

# One address per account, given by the invitation: nobody adds another by themselves.
RETIREES = {"account_email", "account_email_verification_sent", "account_confirm_email", "account_login"}

propres: list[URLPattern | URLResolver] = [
    path("profil/", profil.profil, name="profil"),
    path("notifications/", profil.notifications, name="notifications"),
    path("adresse/", compte.adresse, name="adresse"),
    path("adresse/code/", compte.adresse_code, name="adresse_code"),
    path("supprimer/", compte.supprimer, name="supprimer"),
    path("second-facteur/", securite.second_facteur, name="second_facteur"),
    path("second-facteur/remise/<int:pk>/", securite.remettre_les_facteurs, name="remettre_les_facteurs"),
    path("sessions/", sessions.sessions, name="sessions"),
    path("sessions/<int:pk>/fermer/", sessions.fermer_session, name="fermer_session"),
    path("sessions/fermer-les-autres/", sessions.fermer_les_autres, name="fermer_les_autres"),
]
# allauth's names, our paths: its own flows find their way by name.
pages_securite: list[URLPattern | URLResolver] = [
    path("", securite.Securite.as_view(), name="mfa_index"),
    path("verifier/", facteurs.authenticate, name="mfa_authenticate"),
    path("confirmer/", facteurs.reauthenticate, name="mfa_reauthenticate"),
    path("application/ajouter/", securite.AjoutApplication.as_view(), name="mfa_activate_totp"),
    path("application/retirer/", totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("codes/", securite.CodesDeSecours.as_view(), name="mfa_view_recovery_codes"),
    path("codes/nouveaux/", codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("codes/telecharger/", securite.telecharger_les_codes, name="mfa_download_recovery_codes"),
    path("cles/", securite.liste_des_cles, name="mfa_list_webauthn"),
    path("cles/ajouter/", securite.AjoutCle.as_view(), name="mfa_add_webauthn"),
    path("cles/entrer/", login_not_required(cles.login_webauthn), name="mfa_login_webauthn"),
    path("cles/confirmer/", cles.reauthenticate_webauthn, name="mfa_reauthenticate_webauthn"),
    path("cles/<int:pk>/renommer/", cles.edit_webauthn, name="mfa_edit_webauthn"),
    path("cles/<int:pk>/retirer/", securite.RetraitCle.as_view(), name="mfa_remove_webauthn"),
]
pages_proconnect: list[URLPattern | URLResolver] = [
    path("login/", proconnect.depart, name="proconnect_login"),
    path("login/callback/", proconnect.retour, name="proconnect_callback"),
    path("sortie/", proconnect.sortie, name="proconnect_sortie"),
    path("sorti/", proconnect.sorti, name="proconnect_sorti"),
]
urlpatterns: list[URLPattern | URLResolver] = [
    path("", include((propres, "comptes"))),
    path("securite/", include(pages_securite)),
    path("proconnect/", include(pages_proconnect)),
    # Shown by allauth's page, with the blocks that upper floors plug into it.
    path("login/", connexion.connexion, name="account_login"),
    *(page for page in pages_allauth if page.name not in RETIREES),
]
