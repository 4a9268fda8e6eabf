"""Addresses of this room."""

from django.urls import URLPattern, URLResolver, path, register_converter

from offres.views import (
    campagnes,
    conduite,
    cooperations,
    entretien,
    lignes,
    listes,
    papier,
    preparation,
    questionnaire,
    rapprochements,
    reprises,
    saisie,
    services,
    suivi_rapprochements,
    tableau,
)


class Genre:
    """« offres » or « besoins »: the two mirrored steps of the questionnaire."""

    regex = "offres|besoins"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Genre, "genre")

app_name = "offres"
urlpatterns: list[URLPattern | URLResolver] = [
    path("", listes.offres, name="offres"),
    path("<int:pk>/", listes.offre, name="offre"),
    path("carte/", listes.carte, {"genre": "offres"}, name="carte_offres"),
    path("export/", listes.export, {"genre": "offres"}, name="export_offres"),
    path("tableau/", tableau.tableau, name="tableau"),
    path("besoins/", listes.besoins, name="besoins"),
    path("besoins/<int:pk>/", listes.besoin, name="besoin"),
    path("besoins/carte/", listes.carte, {"genre": "besoins"}, name="carte_besoins"),
    path("besoins/export/", listes.export, {"genre": "besoins"}, name="export_besoins"),
    path("rapprochements/", rapprochements.liste, name="rapprochements"),
    path("besoins/<int:pk>/rapprochements/", rapprochements.du_besoin, name="rapprochements_du_besoin"),
    path(
        "besoins/<int:pk>/rapprochements/<int:offre_pk>/fiche/", rapprochements.preparer_fiche, name="preparer_fiche"
    ),
    path(
        "besoins/<int:pk>/rapprochements/<int:offre_pk>/proposer/", cooperations.proposer, name="proposer_cooperation"
    ),
    path("<int:pk>/rapprochements/", rapprochements.de_l_offre, name="rapprochements_de_l_offre"),
    path("rapprochements/suivi/", suivi_rapprochements.suivi, name="suivi_rapprochements"),
    path("rapprochements/suivi/export/", suivi_rapprochements.exporter, name="exporter_rapprochements"),
    path("rapprochements/<int:pk>/", cooperations.detail, name="rapprochement"),
    path("rapprochements/<int:pk>/<slug:action>/", cooperations.agir, name="agir_rapprochement"),
    path("autres-services/", services.liste, name="autres_services"),
    path("autres-services/demandes/<int:pk>/", services.demande, name="demande_service"),
    path("autres-services/<genre:genre>/<int:pk>/", services.classer, name="classer_service"),
    path("campagnes/", campagnes.liste, name="campagnes"),
    path("campagnes/ouvrir/", preparation.ouvrir, name="ouvrir_campagne"),
    path("campagnes/<int:pk>/", campagnes.detail, name="campagne"),
    path("campagnes/<int:pk>/formulaire.pdf", papier.formulaire, name="formulaire_pdf"),
    path("campagnes/<int:pk>/courriels/", campagnes.courriels, name="courriels_campagne"),
    path("campagnes/<int:pk>/export/", campagnes.export, name="exporter_campagne"),
    path("campagnes/<int:pk>/preparer/", preparation.cadre, name="cadre_campagne"),
    path("campagnes/<int:pk>/structures/", preparation.structures, name="structures_campagne"),
    path("campagnes/<int:pk>/ajouter/", preparation.ajouter, name="ajouter_structure"),
    path("campagnes/<int:pk>/textes/", preparation.les_textes, name="textes_campagne"),
    path("campagnes/<int:pk>/textes/<slug:cle>/", preparation.texte, name="texte_campagne"),
    path("campagnes/<int:pk>/lettre/", preparation.lettre, name="lettre_campagne"),
    path("campagnes/<int:pk>/aides/", preparation.aides, name="aides_campagne"),
    path("campagnes/<int:pk>/verifier/", preparation.verifier, name="verifier_campagne"),
    path("campagnes/<int:pk>/abandonner/", preparation.abandonner, name="abandonner_campagne"),
    path("campagnes/<int:pk>/relancer/", conduite.relancer, name="relancer"),
    path("campagnes/<int:pk>/courriels-a-verifier/", conduite.verifier_les_courriels, name="verifier_les_courriels"),
    path("campagnes/<int:pk>/prolonger/", conduite.prolonger, name="prolonger_campagne"),
    path("campagnes/<int:pk>/fermer/", conduite.fermer, name="fermer_campagne"),
    path("campagnes/reponses/<uuid:reponse_id>/rouvrir/", campagnes.rouvrir, name="rouvrir"),
    path("questionnaire/communes/", lignes.communes, name="communes"),
    path("questionnaire/<uuid:reponse_id>/", questionnaire.accueil, name="questionnaire"),
    path("questionnaire/<uuid:reponse_id>/champs/<slug:page>/", saisie.champs, name="champs"),
    path("questionnaire/<uuid:reponse_id>/reponse.pdf", papier.reponse, name="reponse_pdf"),
    path(
        "questionnaire/<uuid:reponse_id>/formulaire.pdf",
        papier.formulaire_de_la_reponse,
        name="formulaire_de_la_reponse_pdf",
    ),
    path("questionnaire/<uuid:reponse_id>/reprises/", reprises.reprendre, name="reprises"),
    path("questionnaire/<uuid:reponse_id>/entretien/", entretien.mener, name="entretien"),
    path("questionnaire/<uuid:reponse_id>/zone/", lignes.apercu_zone, name="apercu_zone"),
    path("questionnaire/<uuid:reponse_id>/refuser/", conduite.refuser, name="refuser"),
    path("questionnaire/<uuid:reponse_id>/revenir/", conduite.revenir, name="revenir"),
    path("questionnaire/<uuid:reponse_id>/structure/", questionnaire.structure, name="etape_structure"),
    path("questionnaire/<uuid:reponse_id>/cooperations/", questionnaire.cooperations, name="etape_cooperations"),
    path("questionnaire/<uuid:reponse_id>/relecture/", questionnaire.relecture, name="etape_relecture"),
    path("questionnaire/<uuid:reponse_id>/<genre:genre>/", lignes.liste, name="etape_lignes"),
    path("questionnaire/<uuid:reponse_id>/<genre:genre>/ajouter/", lignes.ajouter, name="ajouter_ligne"),
    path("questionnaire/<uuid:reponse_id>/<genre:genre>/<int:pk>/retirer/", lignes.retirer, name="retirer_ligne"),
    path(
        "questionnaire/<uuid:reponse_id>/<genre:genre>/<int:pk>/<slug:volet>/",
        lignes.modifier,
        name="modifier_ligne",
    ),
]
