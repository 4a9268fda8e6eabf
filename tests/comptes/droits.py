"""Sign-in is open to anybody; the account's pages to whoever is signed in."""

from tests.matrice import CONNECTES, TOUS, Ligne

# In the scene, who must have a second factor has one; the others have none to remove.
A_UN_FACTEUR = {"coordination", "pilotage", "administration"}
LIGNES = [
    Ligne("comptes:profil", CONNECTES),
    Ligne("comptes:notifications", CONNECTES),
    # Before anything sensitive, one proves again who one is: the way there is an entrance.
    Ligne("comptes:adresse", CONNECTES),
    Ligne("comptes:adresse_code", CONNECTES),
    Ligne("comptes:supprimer", CONNECTES),
    Ligne("comptes:second_facteur", CONNECTES),
    Ligne("comptes:sessions", CONNECTES),
    Ligne("comptes:fermer_session", set(), kwargs=lambda s: {"pk": 0}, methode="POST", cas="inconnue"),
    Ligne("comptes:fermer_les_autres", CONNECTES, methode="POST"),
    Ligne("comptes:remettre_les_facteurs", {"administration"}, kwargs=lambda s: {"pk": s.personnes["membre"].pk}),
    Ligne(
        "comptes:remettre_les_facteurs",
        set(),
        kwargs=lambda s: {"pk": s.personnes["administration"].pk},
        cas="soi-même",
    ),
    Ligne("mfa_index", CONNECTES),
    # Without a sign-in under way, it leads back to its start.
    Ligne("mfa_authenticate", TOUS, attendu=302),
    Ligne("mfa_reauthenticate", CONNECTES),
    Ligne("mfa_activate_totp", CONNECTES),
    # Before anything sensitive, one proves again who one is: the way there is an entrance.
    Ligne("mfa_deactivate_totp", A_UN_FACTEUR),
    Ligne("mfa_view_recovery_codes", set()),
    Ligne("mfa_download_recovery_codes", CONNECTES),
    Ligne("mfa_generate_recovery_codes", CONNECTES),
    Ligne("mfa_list_webauthn", CONNECTES),
    Ligne("mfa_add_webauthn", CONNECTES),
    Ligne("mfa_login_webauthn", TOUS, attendu=302),
    Ligne("mfa_reauthenticate_webauthn", CONNECTES),
    Ligne("mfa_edit_webauthn", CONNECTES, kwargs=lambda s: {"pk": 0}),
    Ligne("mfa_remove_webauthn", CONNECTES, kwargs=lambda s: {"pk": 0}),
    # Without ProConnect's settings there is no such page.
    Ligne("proconnect_login", TOUS, attendu=404),
    Ligne("proconnect_callback", TOUS, attendu=404),
    Ligne("proconnect_sortie", TOUS, attendu=302),
    Ligne("proconnect_sorti", TOUS, attendu=302),
    Ligne("account_login", TOUS),
    Ligne("account_logout", TOUS),
    Ligne("account_inactive", TOUS),
    Ligne("account_signup", TOUS),
    Ligne("account_request_login_code", TOUS),
    # Without a code asked for, it leads back to sign-in.
    Ligne("account_confirm_login_code", TOUS, attendu=302),
    Ligne("account_reset_password", TOUS),
    Ligne("account_reset_password_done", TOUS),
    Ligne("account_reset_password_from_key", TOUS, kwargs=lambda s: {"uidb36": "1", "key": "faux-jeton"}),
    Ligne("account_reset_password_from_key_done", TOUS),
    Ligne("account_reauthenticate", CONNECTES),
    Ligne("account_change_password", CONNECTES),
    Ligne("account_set_password", CONNECTES),
]
