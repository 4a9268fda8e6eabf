"""Addresses of this room."""

from django.urls import path

from fiches_action.conventions import views, views_signature, views_verifier

app_name = "conventions"
urlpatterns = [
    path("conventions/", views.liste, name="liste"),
    path("conventions/creer/<str:fiche>/", views.creer, name="creer"),
    path("conventions/<str:reference>/", views.detail, name="detail"),
    path("conventions/<str:reference>/parties/<int:partie>/", views.partie, name="partie"),
    path("conventions/<str:reference>/parties/<int:partie>/retirer/", views.retirer_partie, name="retirer_partie"),
    path("conventions/<str:reference>/parties/ajouter/", views.ajouter_partie, name="ajouter_partie"),
    path("conventions/<str:reference>/conditions/", views.conditions, name="conditions"),
    path("conventions/<str:reference>/apercu/", views.apercu, name="apercu"),
    path("conventions/<str:reference>/actions/<str:action>/", views.agir, name="agir"),
    path("conventions/<str:reference>/relancer/<int:signataire>/", views.relancer, name="relancer"),
    path("conventions/<str:reference>/resceller/", views.resceller, name="resceller"),
    path("conventions/<str:reference>/avancement/", views.avancement, name="avancement"),
    path("conventions/<str:reference>/document.pdf", views.document, name="document"),
    path("conventions/<str:reference>/preuves.json", views.preuves, name="preuves"),
    path("signer/<str:jeton>/", views_signature.signer, name="signer"),
    path("signer/<str:jeton>/code/", views_signature.code, name="signer_code"),
    path("signer/<str:jeton>/document.pdf", views_signature.document, name="signer_document"),
    path("signer/<str:jeton>/refuser/", views_signature.refuser, name="signer_refuser"),
    path("verifier/", views_verifier.verifier, name="verifier"),
    path("verifier/document.pdf", views_verifier.document, name="verifier_document"),
]
