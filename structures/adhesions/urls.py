"""Addresses of teams, invitations and requests (within « structures: »)."""

from django.urls import URLPattern, URLResolver, path

from structures.views import demandes, equipe, invitations, lots

pages: list[URLPattern | URLResolver] = [
    path("<int:pk>/equipe/", equipe.equipe, name="equipe"),
    path("<int:pk>/quitter/", equipe.quitter, name="quitter"),
    path("<int:pk>/rejoindre/", demandes.rejoindre, name="rejoindre"),
    path("sans-direction/", equipe.sans_direction, name="sans_direction"),
    path("adhesions/<int:pk>/terminer/", equipe.terminer_adhesion, name="terminer_adhesion"),
    path("adhesions/<int:pk>/role/", equipe.changer_role, name="changer_role"),
    path("demandes/", demandes.demandes, name="demandes"),
    path("demandes/<int:pk>/", demandes.demande, name="demande"),
    path("demandes/<int:pk>/retirer/", demandes.retirer_demande, name="retirer_demande"),
    path("demandes/confirmer/<str:jeton>/", demandes.confirmer_demande, name="confirmer_demande"),
    path("invitations/", invitations.invitations, name="invitations"),
    path("invitations/recues/", invitations.mes_invitations, name="mes_invitations"),
    path("invitations/en-nombre/", lots.lots, name="lots"),
    path("invitations/en-nombre/<uuid:pk>/", lots.lot, name="lot"),
    path("invitations/en-nombre/<uuid:pk>/choisir/", lots.choisir, name="choisir_lot"),
    path("invitations/en-nombre/<uuid:pk>/envoyer/", lots.envoyer, name="envoyer_lot"),
    path("invitations/en-nombre/<uuid:pk>/supprimer/", lots.supprimer, name="supprimer_lot"),
    path("invitations/en-nombre/<uuid:pk>/export/", lots.export, name="exporter_lot"),
    path("invitations/lien-perdu/", invitations.lien_perdu, name="lien_perdu"),
    path("invitations/<int:pk>/annuler/", invitations.annuler_invitation, name="annuler_invitation"),
    path("invitations/<int:pk>/renvoyer/", invitations.renvoyer_invitation, name="renvoyer_invitation"),
    path("invitations/<int:pk>/accepter/", invitations.accepter_invitation, name="accepter_invitation"),
    path("invitations/lien/<str:jeton>/", invitations.invitation, name="invitation"),
    path("invitations/lien/<str:jeton>/changer/", invitations.changer_de_compte, name="changer_de_compte"),
]
