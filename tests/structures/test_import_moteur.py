"""The engine, whatever the list: identity of the lines, provenance, resumed runs, bounded work."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from socle.droits import peut
from structures.comptes.models import Utilisateur
from structures.comptes.operations import habiliter
from structures.imports import moteur
from structures.imports.fiche import CHAMPS, Avancer, Fiche, FichierIllisible, HorsPerimetre, Lue, Rejet, SourceImport
from structures.imports.moteur import ImportOccupe, ImportRepris, importer
from structures.imports.mots import Mots
from structures.models import Ecart, Identifiant, Import, LigneImport, Organisme, Public, Structure
from structures.operations import corriger, fermer, rouvrir
from structures.territoires.models import Pole
from tests.fabriques import un_utilisateur, une_structure

S = Structure.Source


def une_liste(*lues: Lue, **champs: Any) -> SourceImport:
    """A list that says these lines."""

    def lire(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
        yield from lues

    reglages: dict[str, Any] = {"genre": "essai", "libelle": "Liste d’essai", "source": S.TABLEUR, "liste": "essai"}
    return SourceImport(lire=lire, **{**reglages, **champs})


def une_fiche(ligne: int = 2, **champs: Any) -> Fiche:
    reglages = {"nom": "Mission locale de Caen", "type": "mission-locale", "code_commune": "14118", "siret": ""}
    return Fiche(ligne=ligne, **{**reglages, **champs})


@pytest.fixture
def fichier(tmp_path: Path, petite_normandie: SimpleNamespace) -> Path:
    chemin = tmp_path / "liste.csv"
    chemin.write_text("x")
    return chemin


def raisons(journal: Import, action: str = "rejetee") -> dict[int, str]:
    return {ligne.numero: ligne.raison for ligne in journal.lignes.filter(action=action)}


# --- placing a line -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("champs", "commune"),
    [
        ({"code_postal": "14000", "ville": "CAEN"}, "14118"),
        ({"code_postal": "50000", "ville": "St Lô"}, "50502"),
        ({"code_postal": "14220", "ville": "Hamars"}, "14689"),
        ({"code_postal": "14050", "ville": "CAEN CEDEX 4"}, "14118"),
        ({"ville": "Évreux"}, "27229"),
        ({"lat": 49.1846, "lon": -0.3722}, None),
    ],
    ids=["code postal et ville", "st", "ancienne commune", "cedex", "ville seule", "point sans contour"],
)
def test_sans_code_insee(fichier: Path, champs: dict[str, Any], commune: str | None) -> None:
    journal = importer(fichier, une_liste(une_fiche(code_commune="", **champs)))
    if commune:
        assert Structure.objects.get().commune_id == commune
    else:
        assert "commune inconnue" in raisons(journal)[2]


def test_commune_ambigue_les_candidates_sont_nommees(fichier: Path, petite_normandie: SimpleNamespace) -> None:
    from structures.territoires.models import CodePostal

    CodePostal.objects.create(code="27930", commune=petite_normandie.evreux)
    journal = importer(fichier, une_liste(une_fiche(code_commune="", code_postal="27930", ville="Vieil Évreux")))
    assert not Structure.objects.exists()
    assert "Évreux (27229), Fauville (27234)" in raisons(journal)[2]


def test_ailleurs_est_compte_a_part(fichier: Path) -> None:
    journal = importer(fichier, une_liste(une_fiche(code_commune="", code_postal="75011", ville="Paris")))
    assert journal.compteurs["hors_territoire"] == 1
    assert journal.compteurs["rejetees"] == 0


# --- which structure ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("champs", "nombre"),
    [
        ({"finess": "140002536"}, {"finess": "140002536"}),
        ({"uai": "0140006F"}, {"uai": "0140006F"}),
        ({"safir": "14072"}, {"safir": "14072"}),
    ],
    ids=["finess", "uai", "safir"],
)
def test_un_numero_suffit(
    fichier: Path, petite_normandie: SimpleNamespace, champs: dict[str, Any], nombre: dict[str, str]
) -> None:
    """Another name, another type, another town: the number says who it is."""
    connue = Structure.objects.create(
        nom="Autre nom", type="esat", commune=petite_normandie.evreux, source=S.DATA_INCLUSION, **nombre
    )
    journal = importer(fichier, une_liste(une_fiche(**champs)))
    assert journal.compteurs["modifiees"] == 1
    connue.refresh_from_db()
    assert connue.commune_id == "14118"


def test_l_identifiant_de_la_liste_suffit(fichier: Path) -> None:
    importer(fichier, une_liste(une_fiche(cle_source="A-1")))
    journal = importer(fichier, une_liste(une_fiche(cle_source="A-1", nom="Tout autre nom", code_commune="27229")))
    assert journal.compteurs["modifiees"] == 1
    assert Structure.objects.get().nom == "Tout autre nom"
    # The same words in another list name something else.
    journal = importer(fichier, une_liste(une_fiche(cle_source="A-1", nom="Un tiers"), liste="autre"))
    assert journal.compteurs["creees"] == 1


def test_siret_type_et_commune_quand_il_n_y_en_a_qu_une(fichier: Path, petite_normandie: SimpleNamespace) -> None:
    siret = "77568873209716"
    Structure.objects.create(
        nom="Nom d’ici", type="mission-locale", siret=siret, commune=petite_normandie.caen, source=S.DATA_INCLUSION
    )
    journal = importer(fichier, une_liste(une_fiche(siret=siret)))
    assert (journal.compteurs["creees"], journal.compteurs["modifiees"]) == (0, 1)
    # A second site at the same SIRET in the same town: nobody can say which of them it is.
    Structure.objects.create(
        nom="Second site", type="mission-locale", siret=siret, commune=petite_normandie.caen, source=S.DATA_INCLUSION
    )
    journal = importer(fichier, une_liste(une_fiche(siret=siret, nom="Troisième nom"), liste="autre"))
    assert journal.compteurs["creees"] == 1


def test_nom_type_et_commune(fichier: Path, petite_normandie: SimpleNamespace) -> None:
    Structure.objects.create(nom="Mission Locale – de CAEN", type="mission-locale", commune=petite_normandie.caen)
    autre = Structure.objects.create(nom="Mission locale de Caen", type="esat", commune=petite_normandie.caen)
    journal = importer(fichier, une_liste(une_fiche(telephone="0231000000")))
    assert journal.compteurs["creees"] == 0
    autre.refresh_from_db()
    assert autre.telephone == ""


def test_deux_numeros_differents_ne_sont_pas_une_structure(fichier: Path, petite_normandie: SimpleNamespace) -> None:
    """Several establishments share a SIRET: a FINESS number of its own makes another structure."""
    Structure.objects.create(
        nom="ESAT", type="esat", finess="140002536", siret="77568873209716", commune=petite_normandie.caen
    )
    journal = importer(
        fichier, une_liste(une_fiche(nom="ESAT", type="esat", finess="270000219", siret="77568873209716"))
    )
    assert journal.compteurs["creees"] == 1


def test_deux_lignes_semblables_font_deux_structures_et_le_restent(fichier: Path) -> None:
    """Two sites with one name and one SIRET: told apart by their identifiers, the second time too."""
    liste = une_liste(
        une_fiche(2, cle_source="1", siret="77568873209716"), une_fiche(3, cle_source="2", siret="77568873209716")
    )
    assert importer(fichier, liste).compteurs["creees"] == 2
    assert importer(fichier, liste).compteurs["inchangees"] == 2


def test_la_meme_ligne_deux_fois_est_rejetee(fichier: Path) -> None:
    journal = importer(fichier, une_liste(une_fiche(2), une_fiche(3)))
    assert journal.compteurs["creees"] == 1
    assert raisons(journal) == {3: "établissement (même nom, même type, même commune) déjà lu à la ligne 2"}


def test_une_fusionnee_n_est_pas_touchee(fichier: Path, petite_normandie: SimpleNamespace) -> None:
    gardee = Structure.objects.create(nom="Gardée", type="esat", commune=petite_normandie.caen)
    Structure.objects.create(
        nom="Absorbée", type="esat", finess="140002536", commune=petite_normandie.caen,
        fusionnee_dans=gardee, fermee_le="2026-01-01",
    )  # fmt: skip
    journal = importer(fichier, une_liste(une_fiche(finess="140002536", telephone="0231000000")))
    assert (journal.compteurs["inchangees"], journal.compteurs["fusionnees"]) == (1, 1)
    assert set(Structure.objects.values_list("telephone", flat=True)) == {""}


def test_un_numero_deja_pris_est_laisse_et_dit(fichier: Path, petite_normandie: SimpleNamespace) -> None:
    Structure.objects.create(nom="À elle", type="esat", uai="0140006F", commune=petite_normandie.caen)
    Structure.objects.create(nom="ESAT", type="esat", finess="140002536", commune=petite_normandie.caen)
    journal = importer(fichier, une_liste(une_fiche(type="esat", finess="140002536", uai="0140006F", nom="ESAT")))
    assert "0140006F est déjà celui d’une autre structure" in raisons(journal, "remarque")[2]
    assert Structure.objects.get(finess="140002536").uai is None


# --- what is written, and what stays --------------------------------------------------------


def test_tous_les_champs_puis_rien(fichier: Path) -> None:
    """Every field is written with its provenance; the second time nothing is."""
    publics = tuple(sorted(Public.objects.values_list("slug", flat=True)[:2]))
    fiche = une_fiche(
        finess="140002536", siret="77568873209716", uai="0140006F", safir="14072", organisme="ASSOCIATION DES PRES",
        siren="775688732", adresse="1 rue Basse", code_postal="14000", telephone="0231468240", courriel="a@b.fr",
        site_web="www.exemple.fr", lat=49.19, lon=-0.37, capacite=40, publics=publics, contact_fonction="Accueil",
    )  # fmt: skip
    journal = importer(fichier, une_liste(fiche))
    assert journal.compteurs["creees"] == 1
    assert not raisons(journal, "remarque")
    structure = Structure.objects.get()
    assert structure.site_web == "https://www.exemple.fr"
    assert structure.organisme is not None
    assert structure.organisme.nom == "Association des Prés"
    assert tuple(sorted(p.slug for p in structure.publics.all())) == publics
    assert structure.provenance["capacite"]["liste"] == "essai"
    dits = {c for c in CHAMPS if c not in ("precision", "fermee_le", "alerte_commune")}
    assert dits <= structure.provenance.keys()
    avant = Structure.history.count()
    journal = importer(fichier, une_liste(fiche))
    assert journal.compteurs["inchangees"] == 1
    assert (Structure.history.count(), Organisme.objects.count()) == (avant, 1)


def test_publics_modifies_sont_dits_et_ecrits(fichier: Path) -> None:
    un, deux = Public.objects.all()[:2]
    importer(fichier, une_liste(une_fiche(publics=(un.slug,))))
    journal = importer(fichier, une_liste(une_fiche(publics=(deux.slug, "inconnu"))))
    ligne = journal.lignes.get(action="modifiee")
    assert Mots([ligne]).champs(ligne) == [("publics accueillis", un.libelle, deux.libelle)]
    assert "publics inconnus" in raisons(journal, "remarque")[2]
    assert list(Structure.objects.get().publics.all()) == [deux]


def test_une_liste_ne_remplit_que_ses_champs(fichier: Path) -> None:
    importer(fichier, une_liste(une_fiche(telephone="0231468240", capacite=3), champs=("nom", "capacite")))
    structure = Structure.objects.get()
    assert (structure.telephone, structure.capacite) == ("", 3)
    assert (structure.type, structure.commune_id) == ("mission-locale", "14118")


def test_deux_listes_ne_se_disputent_pas(fichier: Path) -> None:
    """A field stays to the list that prevails: two lists imported in turn change nothing for ever."""
    finess = une_liste(une_fiche(finess="140002536", telephone="0231111111"), source=S.FINESS, liste="finess")
    autre = une_liste(une_fiche(finess="140002536", telephone="0232222222", courriel="a@b.fr"))
    importer(fichier, autre)
    journal = importer(fichier, finess)
    assert journal.compteurs["modifiees"] == 1
    journal = importer(fichier, autre)
    assert (journal.compteurs["inchangees"], journal.compteurs["cedees"]) == (1, 1)
    assert importer(fichier, finess).compteurs["inchangees"] == 1
    structure = Structure.objects.get()
    assert (structure.telephone, structure.courriel) == ("02 31 11 11 11", "a@b.fr")
    # Of the same rank: the first to say goes on saying.
    tiers = une_liste(une_fiche(finess="140002536", courriel="c@d.fr"), liste="tiers")
    assert importer(fichier, tiers).compteurs["inchangees"] == 1


def test_ecart_garde_puis_tu_puis_dit_de_nouveau(fichier: Path) -> None:
    importer(fichier, une_liste(une_fiche(cle_source="1", telephone="0231111111")))
    corriger(Structure.objects.get(), {"telephone": "02 31 99 99 99"}, un_utilisateur())
    journal = importer(fichier, une_liste(une_fiche(cle_source="1", telephone="0231111111")))
    assert (journal.compteurs["inchangees"], journal.compteurs["ecarts"]) == (1, 1)
    ecart = Ecart.objects.get()
    assert ecart.valeurs == {"telephone": "02 31 11 11 11"}
    Ecart.objects.update(etat=Ecart.Etat.GARDE)
    journal = importer(fichier, une_liste(une_fiche(cle_source="1", telephone="0231111111")))
    assert journal.compteurs["ecarts"] == 0
    assert not journal.lignes.exists()
    journal = importer(fichier, une_liste(une_fiche(cle_source="1", telephone="0231222222")))
    assert journal.compteurs["ecarts"] == 1
    assert Ecart.objects.get().etat == Ecart.Etat.OUVERT
    # The file agrees at last: nothing is left to settle.
    importer(fichier, une_liste(une_fiche(cle_source="1", telephone="0231999999")))
    assert not Ecart.objects.exists()


def test_un_essai_ne_laisse_que_le_journal(fichier: Path) -> None:
    journal = importer(fichier, une_liste(une_fiche(organisme="Association")), essai=True)
    assert journal.lignes.get().action == "creee"
    for modele in (Structure, Organisme, Identifiant, Ecart):
        assert not modele._default_manager.exists()


def test_ce_qu_aucune_base_n_ecrit_est_retire(fichier: Path) -> None:
    journal = importer(
        fichier, une_liste(une_fiche(nom="Mission\x00 locale\ud800"), Rejet(3, "cassée\x00", "1\x00", "n"))
    )
    assert Structure.objects.get().nom == "Mission locale"
    assert raisons(journal) == {3: "cassée"}


def test_la_date_de_creation_reste_dans_l_histoire(fichier: Path) -> None:
    importer(fichier, une_liste(une_fiche(cle_source="1")))
    nee = Structure.objects.get().cree_le
    importer(fichier, une_liste(une_fiche(cle_source="1", telephone="0231111111")))
    assert Structure.objects.get().cree_le == nee
    assert set(Structure.history.values_list("cree_le", flat=True)) == {nee}


def test_ligne_sans_nom_ou_d_un_type_inconnu(fichier: Path) -> None:
    journal = importer(
        fichier,
        une_liste(une_fiche(2, nom=" "), une_fiche(3, type="épicerie"), Rejet(4, "cassée"), HorsPerimetre(5, "355")),
    )
    assert raisons(journal) == {2: "nom absent", 3: "type inconnu («\u00a0épicerie\u00a0»)", 4: "cassée"}
    assert journal.hors_perimetre == {"355": 1}


# --- disappeared ----------------------------------------------------------------------------


def deux_missions(**champs: Any) -> SourceImport:
    return une_liste(
        une_fiche(2, cle_source="1"),
        une_fiche(3, cle_source="2", nom="Mission locale d’Évreux", code_commune="27229"),
        complet=True,
        **champs,
    )


def test_disparue_proposee_jamais_fermee(fichier: Path) -> None:
    importer(fichier, deux_missions())
    reste = une_liste(
        une_fiche(2, cle_source="2", nom="Mission locale d’Évreux", code_commune="27229"),
        une_fiche(3, cle_source="3", nom="Antenne", code_commune="14118"),
        complet=True,
    )
    journal = importer(fichier, reste)
    assert journal.lignes.get(action="disparue").nom == "Mission locale de Caen"
    assert Structure.objects.ouvertes().count() == 3
    # It comes back: its proposal falls by itself.
    importer(fichier, deux_missions())
    assert journal.lignes.get(action="disparue").suite == LigneImport.Suite.ANNULEE


def test_seulement_ce_que_le_fichier_couvre(fichier: Path) -> None:
    """An extract of a département, or of one type, proposes nothing elsewhere."""
    importer(fichier, deux_missions())
    caen_seul = une_liste(une_fiche(2, cle_source="1"), complet=True)
    assert importer(fichier, caen_seul).compteurs["disparues"] == 0
    autre_type = une_liste(une_fiche(2, cle_source="9", nom="ESAT", type="esat"), complet=True)
    assert importer(fichier, autre_type).compteurs["disparues"] == 0
    # Nor does a list that doesn't hold everything.
    partielle = une_liste(une_fiche(2, cle_source="8", nom="Antenne"))
    assert importer(fichier, partielle).compteurs["disparues"] == 0


def test_une_structure_gardee_n_est_plus_proposee(fichier: Path) -> None:
    importer(fichier, deux_missions())
    reste = une_liste(une_fiche(2, cle_source="3", nom="Antenne"), complet=True)
    journal = importer(fichier, reste)
    journal.lignes.filter(action="disparue").update(suite="gardee", raison="elle existe")
    ligne = importer(fichier, reste).lignes.get(action="disparue")
    assert (ligne.suite, ligne.raison) == ("gardee", "elle existe")


def test_une_seule_proposition_a_la_fois(fichier: Path) -> None:
    importer(fichier, deux_missions())
    reste = une_liste(une_fiche(2, cle_source="3", nom="Antenne"), complet=True)
    premier, second = importer(fichier, reste), importer(fichier, reste)
    assert premier.lignes.get(action="disparue").suite == "annulee"
    assert second.lignes.get(action="disparue").suite == ""


def test_fermee_par_une_personne_ne_se_rouvre_pas_seule(fichier: Path) -> None:
    liste = une_liste(une_fiche(cle_source="1"))
    importer(fichier, liste)
    structure, personne = Structure.objects.get(), un_utilisateur()
    assert fermer(structure, personne, "locaux vendus")
    assert not fermer(structure, personne, "encore")
    journal = importer(fichier, liste)
    structure.refresh_from_db()
    assert structure.fermee_le is not None
    assert journal.compteurs["ecarts"] == 1
    assert "locaux vendus" in Structure.history.filter(id=structure.pk).first().history_change_reason
    assert rouvrir(structure, personne)
    structure.refresh_from_db()
    assert structure.fermee_le is None
    assert not rouvrir(structure, personne)


# --- runs cut short, runs at once -----------------------------------------------------------


def longue_liste(nombre: int, *, couper: int | None = None) -> SourceImport:
    """`nombre` lines; `couper`: dies like a killed worker before this line."""

    def lire(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
        for rang in range(1, nombre + 1):
            if rang == couper:
                raise KeyboardInterrupt
            yield Rejet(rang, "cassée") if rang % 100 == 0 else une_fiche(rang, cle_source=str(rang), nom=f"ML {rang}")

    return SourceImport(
        genre="essai", libelle="Liste d’essai", source=S.TABLEUR, lire=lire, liste="essai", complet=True
    )


@pytest.mark.parametrize("essai", [False, True], ids=["pour de vrai", "essai"])
def test_tue_en_route_reprend_sans_rien_doubler(fichier: Path, essai: bool) -> None:
    """Killed in the third lot: the run goes on from there, with the counts and lines of a single run."""
    journal = Import.objects.create(fichier="liste.csv", essai=essai)
    with pytest.raises(KeyboardInterrupt):
        importer(fichier, longue_liste(1400, couper=1250), journal=journal)
    journal.refresh_from_db()
    assert (journal.etat, journal.position) == (Import.Etat.EN_COURS, 1000)
    repris = importer(fichier, longue_liste(1400), journal=Import.objects.get(pk=journal.pk))
    comptes = repris.compteurs
    assert (comptes["lues"], comptes["creees"], comptes["rejetees"], comptes["disparues"]) == (1400, 1386, 14, 0)
    assert Structure.objects.count() == (0 if essai else 1386)
    assert repris.lignes.count() == 1400
    assert repris.lignes.values("numero").distinct().count() == 1400


def test_deux_travailleurs_ne_se_melangent_pas(fichier: Path) -> None:
    """A worker thought dead goes on while another took its run up: it stops at its next lot."""
    journal = Import.objects.create(fichier="liste.csv")
    muet = Import.objects.get(pk=journal.pk)

    def lire(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
        for rang in range(1, 1201):
            if rang == 700:
                importer(fichier, longue_liste(1200), journal=Import.objects.get(pk=journal.pk))
            yield une_fiche(rang, cle_source=str(rang), nom=f"ML {rang}")

    lente = SourceImport(genre="essai", libelle="x", source=S.TABLEUR, lire=lire, liste="essai", complet=True)
    with pytest.raises(ImportRepris):
        importer(fichier, lente, journal=muet)
    journal.refresh_from_db()
    assert journal.etat == Import.Etat.TERMINE
    # The five hundred first lines are the slow one's, whose list rejects none; the others are written once.
    assert journal.compteurs["creees"] == 1193
    assert Structure.objects.count() == 1193


def test_une_liste_a_la_fois(fichier: Path) -> None:
    """The second import of a list that is being written is refused, in words; another list goes on."""
    en_cours = Import.objects.create(fichier="en-cours.csv", liste="essai", etat="en_cours")
    moteur.commencer(en_cours, Import.Etat.EN_COURS)
    with pytest.raises(ImportOccupe, match=r"en cours \(«\u00a0en-cours.csv\u00a0»\)"):
        importer(fichier, une_liste(une_fiche()))
    assert not Structure.objects.exists()
    importer(fichier, une_liste(une_fiche(), liste="autre"))
    assert Structure.objects.count() == 1
    # A dry run writes nothing: it may look at any time.
    assert importer(fichier, une_liste(une_fiche()), essai=True).etat == Import.Etat.TERMINE
    # The one whose worker died long ago holds nothing back.
    Import.objects.filter(pk=en_cours.pk).update(battement=timezone.now() - moteur.SILENCE * 2)
    importer(fichier, une_liste(une_fiche()))
    en_cours.refresh_from_db()
    assert en_cours.etat == Import.Etat.ECHOUE


def test_un_fichier_casse_plus_loin_garde_le_debut(fichier: Path) -> None:
    def lire(chemin: Path, avancer: Avancer | None = None) -> Iterator[Lue]:
        yield une_fiche()
        raise FichierIllisible("La ligne 3 est illisible.")

    source = SourceImport(genre="essai", libelle="x", source=S.TABLEUR, lire=lire, liste="essai", complet=True)
    journal = importer(fichier, source)
    assert (journal.etat, journal.erreur) == (Import.Etat.ECHOUE, "La ligne 3 est illisible.")
    assert Structure.objects.count() == 1


# --- bounded work ---------------------------------------------------------------------------


def _lectures(action: Callable[[], object]) -> int:
    """Reads only: SQLite writes many rows by packets of a thousand values."""
    with CaptureQueriesContext(connection) as prises:
        action()
    return len([r for r in prises.captured_queries if r["sql"].startswith("SELECT")])


def test_nombre_de_lectures_constant_par_lot(fichier: Path) -> None:
    """One line or a whole lot: created, unchanged or modified, the same number of reads."""

    def liste(nombre: int, telephone: str, liste: str) -> SourceImport:
        return une_liste(
            *(
                une_fiche(r, cle_source=f"{liste}{r}", nom=f"ML {liste} {r}", telephone=telephone, organisme=f"A {r}")
                for r in range(1, nombre + 1)
            ),
            liste=liste,
            complet=True,
        )

    for telephone in ("0231111111", "0231111111", "0231222222"):
        un = _lectures(lambda t=telephone: importer(fichier, liste(1, t, "un")))  # type: ignore[misc]
        cent = _lectures(lambda t=telephone: importer(fichier, liste(150, t, "cent")))  # type: ignore[misc]
        assert cent <= un + 2, telephone


# --- rights --------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["coordination", "administration"])
def test_importer_n_attire_pas_dans_son_pole_la_structure_d_un_autre(
    fichier: Path, petite_normandie: SimpleNamespace, role: str
) -> None:
    """One forged line, and a coordination could have invited the direction of any structure, or closed it."""
    pole = Pole.objects.create(nom="Pôle d’Évreux", slug="evreux")
    pole.communes.add(petite_normandie.evreux, petite_normandie.fauville)
    ailleurs = une_structure(petite_normandie.caen, finess="140002536", type="mission-locale", source=S.DATA_INCLUSION)
    ici = une_structure(petite_normandie.evreux, safir="27001", type="mission-locale", source=S.DATA_INCLUSION)
    par = un_utilisateur()
    habiliter(par, role, pole=pole if role == "coordination" else None)
    liste = une_liste(
        une_fiche(finess="140002536", code_commune="27229", adresse="1 rue d’Ici", telephone="0232000000"),
        une_fiche(3, safir="27001", code_commune="27234"),
        champs=CHAMPS,
    )
    for _ in range(2):
        journal = importer(fichier, liste, journal=Import(fichier="liste.csv", par=par, applique_par=par))
    ailleurs.refresh_from_db()
    ici.refresh_from_db()
    # Within one's own pôle, the list is followed; elsewhere too, but for the place.
    assert ici.commune_id == "27234"
    assert ailleurs.telephone == "02 32 00 00 00"
    if role == "administration":
        assert ailleurs.commune_id == "27229"
        return
    assert (ailleurs.commune_id, ailleurs.adresse) == ("14118", "")
    assert not peut(Utilisateur.objects.get(pk=par.pk), "structures.inviter", ailleurs)
    # Those who keep the structure are told, and decide.
    assert {"commune_id": "27229"} in list(Ecart.objects.filter(structure=ailleurs).values_list("valeurs", flat=True))
    assert journal.compteurs["modifiees"] == 0
