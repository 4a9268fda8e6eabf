"""Sign-in is open to anybody; the account's pages to whoever is signed in."""

from tests.matrice import CONNECTES, TOUS, Ligne

LIGNES = [
    Ligne("comptes:profil", CONNECTES),
    Ligne("comptes:notifications", CONNECTES),
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
