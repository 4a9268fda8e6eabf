"""The directory searched as people type: words, towns, numbers, typing errors, hostile texts."""

from types import SimpleNamespace
from urllib.parse import urlencode

import pytest
from django.core.management import call_command
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from structures.annuaire.criteres import Criteres
from structures.annuaire.demande import corriger, lire, mot_proche
from structures.annuaire.lieux import situer
from structures.annuaire.recherche import chercher, decouper
from structures.models import Mention, Mot, Organisme, Structure
from structures.models.mots import debut_de_mot, indexer, mots_de
from structures.synonymes import mots_des_types, types_dits
from structures.territoires.models import CodePostal, Commune, CommuneAncienne
from tests.fabriques import une_structure
from tests.proprietes import EN_BASE


def trouver(**parametres: str) -> list[str]:
    criteres = Criteres(QueryDict(urlencode(parametres)), None)
    return [structure.nom for structure in decouper(chercher(criteres), "", "").structures]


@pytest.fixture
def annuaire(petite_normandie: SimpleNamespace) -> SimpleNamespace:
    """A few structures of each kind around Évreux, and a town with none."""
    n = petite_normandie
    n.vernon = Commune.objects.create(
        code="27681",
        nom="Vernon",
        departement_id="27",
        bassin=n.autre_bassin,
        lat=49.0877,
        lon=1.4847,
        population=24_000,
    )
    n.bernay = Commune.objects.create(
        code="27056", nom="Bernay", departement_id="27", bassin=None, lat=49.0886, lon=0.5983, population=10_000
    )
    CodePostal.objects.create(code="27200", commune=n.vernon)
    CodePostal.objects.create(code="27300", commune=n.bernay)
    gestionnaire = Organisme.objects.create(
        nom="Association du Bocage", siren="775567890", finess_juridique="270000999"
    )
    n.esat = une_structure(
        n.vernon, nom="ESAT Les Tilleuls", type="esat", finess="270000001", siret="77556789000018",
        code_postal="27200", organisme=gestionnaire,
    )  # fmt: skip
    n.mission = une_structure(n.evreux, nom="Mission locale d’Évreux", type="mission-locale", code_postal="27000")
    n.cap = une_structure(n.evreux, nom="Cap emploi Eure", type="cap-emploi", code_postal="27000")
    n.agence = une_structure(n.vernon, nom="Agence France Travail", type="france-travail", safir="27033", uai=None)
    n.college = une_structure(n.bernay, nom="Collège Marie-Curie", type="ulis", precision="college", uai="0271234A")
    n.lointaine = une_structure(n.saint_lo, nom="IME de l’Œuvre d’Isigny", type="ime")
    return n


@pytest.mark.parametrize(
    ("texte", "noms"),
    [
        ("esat vernon", ["ESAT Les Tilleuls"]),
        ("VERNON esat", ["ESAT Les Tilleuls"]),
        ("esat à Vernon", ["ESAT Les Tilleuls"]),
        ("mission loc evreux", ["Mission locale d’Évreux"]),
        ("missoin locale", ["Mission locale d’Évreux"]),
        ("cap emploi 27", ["Cap emploi Eure"]),
        ("cap-emploi eure", ["Cap emploi Eure"]),
        ("st lo", ["IME de l’Œuvre d’Isigny"]),
        ("Saint-Lô", ["IME de l’Œuvre d’Isigny"]),
        ("l'oeuvre", ["IME de l’Œuvre d’Isigny"]),
        ("ULIS bernay", ["Collège Marie-Curie"]),
        ("college ulis", ["Collège Marie-Curie"]),
        ("pole emploi vernon", ["Agence France Travail"]),
        ("cat tilleuls", ["ESAT Les Tilleuls"]),
        ("27300", ["Collège Marie-Curie"]),
        ("270000001", ["ESAT Les Tilleuls"]),
        ("27 000 000 1", ["ESAT Les Tilleuls"]),
        ("FINESS : 270000001", ["ESAT Les Tilleuls"]),
        ("n° FINESS 270 000 999", ["ESAT Les Tilleuls"]),
        ("775 567 890 00018", ["ESAT Les Tilleuls"]),
        ("775567890", ["ESAT Les Tilleuls"]),
        ("siret 775567890", ["ESAT Les Tilleuls"]),
        ("0271234a", ["Collège Marie-Curie"]),
        ("safir 27033", ["Agence France Travail"]),
        ("999999999", []),
    ],
)
def test_comme_les_gens_tapent(annuaire: SimpleNamespace, texte: str, noms: list[str]) -> None:
    assert trouver(q=texte) == noms


@pytest.mark.parametrize(
    ("texte", "comprise", "noms"),
    [
        ("vernonn", "vernon", {"ESAT Les Tilleuls", "Agence France Travail"}),
        ("everux", "evreux", {"Mission locale d’Évreux", "Cap emploi Eure"}),
        ("esta vernonn", "esat vernon", {"ESAT Les Tilleuls"}),
        ("tileuls", "tilleuls", {"ESAT Les Tilleuls"}),
        ("saintlo", "saint lo", {"IME de l’Œuvre d’Isigny"}),
    ],
)
def test_les_fautes_de_frappe_sont_pardonnees(
    annuaire: SimpleNamespace, texte: str, comprise: str, noms: set[str]
) -> None:
    demande = lire(texte)
    assert demande.corrections
    assert demande.comprise == comprise
    assert set(trouver(q=texte)) == noms


def test_un_mot_connu_n_est_pas_corrige(annuaire: SimpleNamespace) -> None:
    """Neither a word that somebody says, nor the name of a town without structure, nor a short word, nor a number."""
    assert corriger(["tilleuls", "till", "chartres", "esat", "zzz", "12345", "qwertyuiop"]) == {}
    assert lire("chartres").lieux[0].code == "28085"


def test_un_mot_que_plus_personne_ne_dit_ne_corrige_rien(annuaire: SimpleNamespace) -> None:
    annuaire.esat.nom = "ESAT Les Charmes"
    annuaire.esat.save()
    assert mot_proche("tileuls") == ""
    assert Mot.objects.filter(texte="tilleuls").exists()


def test_une_ancienne_commune(annuaire: SimpleNamespace) -> None:
    une_structure(annuaire.le_hom, nom="SAVS du Hom", type="savs")
    assert lire("hamars").lieux[0].libelle == "Thury-Harcourt-le-Hom (14), ancienne commune de Hamars"
    assert trouver(q="savs hamars") == ["SAVS du Hom"]


def test_rien_sur_place_donne_les_plus_proches(annuaire: SimpleNamespace) -> None:
    criteres = Criteres(QueryDict("q=esat+bernay"), None)
    resultats = chercher(criteres)
    assert resultats.elargis
    une_structure(annuaire.caen, nom="ESAT de Caen", type="esat")
    assert trouver(q="esat bernay") == ["ESAT Les Tilleuls", "ESAT de Caen"]


def test_l_ordre_du_nom(annuaire: SimpleNamespace) -> None:
    """The name that begins as typed, then the name that says it, then the type or the town."""
    une_structure(annuaire.caen, nom="Ateliers du Bocage", type="ea")
    une_structure(annuaire.bernay, nom="Les Ateliers", type="esat")
    une_structure(annuaire.evreux, nom="Grand atelier", type="savs")
    une_structure(annuaire.evreux, nom="Chantier du Lac", type="siae-aci")
    assert trouver(q="atelier") == ["Ateliers du Bocage", "Grand atelier", "Les Ateliers", "Chantier du Lac"]


def test_les_homonymes_ne_trient_pas_par_distance(annuaire: SimpleNamespace) -> None:
    Commune.objects.create(code="14700", nom="Vernon", departement_id="14", lat=49.2, lon=-0.3, population=10)
    demande = lire("esat vernon")
    assert demande.lieu is None
    assert [lieu.code for lieu in demande.lieux] == ["27681", "14700"]
    assert trouver(q="esat vernon") == ["ESAT Les Tilleuls"]
    precise = lire("esat vernon 27")
    assert precise.lieu is not None
    assert precise.lieu.code == "27681"


def test_une_commune_hors_de_la_region_cede_a_celle_de_la_region(annuaire: SimpleNamespace) -> None:
    Commune.objects.create(code="28400", nom="Vernon", departement_id="28", lat=48.4, lon=1.4, population=90_000)
    lieu = lire("vernon").lieu
    assert lieu is not None
    assert lieu.code == "27681"


def test_les_mots_suivent_la_fiche(annuaire: SimpleNamespace) -> None:
    """By save, by bulk writes, by a move to another town; gone with the structure."""
    annuaire.esat.commune = annuaire.bernay
    annuaire.esat.save()
    assert trouver(q="tilleuls bernay") == ["ESAT Les Tilleuls"]
    annuaire.esat.nom = "ESAT des Érables"
    annuaire.esat.preparer()
    Structure.objects.bulk_update([annuaire.esat], ["nom", "nom_recherche"])
    assert trouver(q="erables") == ["ESAT des Érables"]
    assert "ESAT des Érables" not in trouver(q="tilleuls")
    nouvelle = Structure(nom="Foyer du Gué", type="savs", commune=annuaire.caen)
    nouvelle.preparer()
    Structure.objects.bulk_create([nouvelle])
    assert trouver(q="gue") == ["Foyer du Gué"]
    Structure.objects.filter(pk=nouvelle.pk).delete()
    assert not Mention.objects.filter(mot__texte="gue").exists()


def test_indexer_deux_fois_ne_change_rien(annuaire: SimpleNamespace) -> None:
    assert indexer(Structure.objects.select_related("commune")) == 0


def test_mots_de_chaque_type() -> None:
    assert types_dits("ea") == {"ea"}
    assert types_dits("missio") == {"mission-locale"}
    assert {"siae-ei", "siae-aci", "siae-ai", "siae-etti", "siae-eiti"} <= types_dits("siae")
    assert not {"de", "et", "la"} & mots_des_types().keys()


# --- places --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("texte", "code"),
    [
        ("Vernon", "27681"), ("27200", "27681"), ("27 200", "27681"), ("27681", "27681"), ("Vernon (27681)", "27681"),
        ("vernon (27200)", "27681"), ("vern", "27681"), ("vernom", "27681"), ("ST LO", "50502"), ("Hamars", "14689"),
        ("Évreux cedex 9", "27229"), ("12 rue de la Harpe 27000 Évreux", "27229"), ("rue du Bac, Vernon", "27681"),
    ],
)  # fmt: skip
def test_un_lieu(annuaire: SimpleNamespace, texte: str, code: str) -> None:
    lieu = situer(texte).lieu
    assert lieu is not None
    assert lieu.code == code
    # What the address carries leads back to the same place.
    assert situer(lieu.valeur).lieu == lieu or situer(lieu.valeur).lieu.code == code  # type: ignore[union-attr]


def test_un_lieu_ambigu_se_choisit(annuaire: SimpleNamespace) -> None:
    Commune.objects.create(code="14700", nom="Vernon", departement_id="14", lat=49.2, lon=-0.3, population=10)
    reponse = situer("vernon")
    assert reponse.lieu is None
    assert [lieu.valeur for lieu in reponse.candidats] == ["Vernon (27681)", "Vernon (14700)"]
    assert "Plusieurs communes" in reponse.avis


@pytest.mark.parametrize("texte", ["", "  ", "((", "%", "\x00", "’"])
def test_pas_un_lieu(annuaire: SimpleNamespace, texte: str) -> None:
    assert situer(texte) == situer("")


def test_un_lieu_inconnu_se_dit(annuaire: SimpleNamespace) -> None:
    assert "Nous ne trouvons pas" in situer("Zanzibar").avis
    assert "Nous ne trouvons pas" in situer("95,300").avis


@pytest.mark.parametrize(("rayon", "noms"), [
    ("5", ["Agence France Travail", "ESAT Les Tilleuls"]),
    ("30", ["Agence France Travail", "ESAT Les Tilleuls", "Cap emploi Eure", "Mission locale d’Évreux"]),
])  # fmt: skip
def test_a_moins_de(annuaire: SimpleNamespace, rayon: str, noms: list[str]) -> None:
    trouvees = trouver(lieu="vernon", rayon=rayon)
    assert sorted(trouvees[:2]) == noms[:2]
    assert sorted(trouvees[2:]) == noms[2:]


@EN_BASE
@given(lat=st.floats(48.5, 49.7), lon=st.floats(-1.8, 1.8), rayon=st.integers(1, 300))
def test_la_distance_est_la_vraie(annuaire: SimpleNamespace, lat: float, lon: float, rayon: int) -> None:
    """The circle in SQL is that of the haversine in Python, to the metre."""
    criteres = Criteres(QueryDict(f"lieu={lat:.5f},{lon:.5f}&rayon={rayon}"), None)
    vues = {s.pk: s.metres for s in chercher(criteres).structures}  # type: ignore[attr-defined]
    for structure in Structure.objects.select_related("commune"):
        km = structure.distance_km(round(lat, 5), round(lon, 5))
        assert km is not None
        if abs(km - rayon) > 0.001:
            assert (structure.pk in vues) is (km < rayon)
        if structure.pk in vues:
            assert abs(vues[structure.pk] - km * 1000) <= 1


# --- normalisation and hostile texts -------------------------------------------------------------------------
@given(st.text(max_size=60))
def test_les_mots_sont_stables(texte: str) -> None:
    """Whatever is typed: plain words, the same when read again, accents and case of no effect."""
    mots = mots_de(texte)
    assert all(mot.isascii() and mot.isalnum() and mot == mot.lower() and len(mot) <= 40 for mot in mots)
    assert mots_de(" ".join(sorted(mots))) == mots
    assert mots_de(texte.upper()) >= {mot for mot in mots if mot.isdigit()}


@given(st.text(alphabet="az09em", min_size=1, max_size=4), st.text(alphabet="az09em", min_size=1, max_size=5))
def test_le_debut_d_un_mot_est_un_intervalle(debut: str, mot: str) -> None:
    bornes: dict[str, str] = dict(debut_de_mot("mot", debut).children)  # type: ignore[arg-type]
    # As both databases compare: digits first, then letters.
    dedans = mot >= bornes["mot__gte"] and ("mot__lt" not in bornes or mot < bornes["mot__lt"])
    assert dedans is mot.startswith(debut)


@EN_BASE
@given(st.text(max_size=80), st.text(max_size=40))
def test_aucun_texte_ne_fait_tomber_la_recherche(annuaire: SimpleNamespace, texte: str, lieu: str) -> None:
    parametres = QueryDict(mutable=True)
    parametres["q"], parametres["lieu"] = texte, lieu
    resultats = chercher(Criteres(parametres, None))
    page = decouper(resultats, "", "")
    trouvees = set(resultats.structures.values_list("pk", flat=True))
    # A fixture of fewer sheets than a page: the page is all that was found, each once, open.
    assert len(page.structures) == len(trouvees)
    assert {structure.pk for structure in page.structures} == trouvees
    assert all(structure.fermee_le is None for structure in page.structures)


@pytest.mark.parametrize(
    "texte", ["%", "_", "%esat%", "es_t", "e" * 10_000, "\x00", "' OR 1=1 --", "a " * 5_000, "\\", "**"]
)
def test_les_textes_hostiles(annuaire: SimpleNamespace, texte: str) -> None:
    """Wildcards match nothing by themselves; a very long text is cut."""
    trouvees = trouver(q=texte)
    if texte in ("%", "_", "\\", "**", "' OR 1=1 --", "e" * 10_000):
        assert trouvees == []


def test_ancienne_commune_sans_nom_de_recherche(annuaire: SimpleNamespace) -> None:
    """A bulk-loaded row without its searchable name names nothing, and breaks nothing."""
    CommuneAncienne.objects.bulk_create([CommuneAncienne(code="14999", nom="Jadis", commune=annuaire.caen)])
    assert trouver(q="jadis") == []


def test_la_commande_remet_les_mots_en_ordre(annuaire: SimpleNamespace, capsys: pytest.CaptureFixture[str]) -> None:
    """A commune renamed by a bulk load: its structures are found under the new name, the old one is forgotten."""
    Commune.objects.filter(pk="27681").update(nom="Vernon-sur-Seine", nom_recherche="vernon sur seine")
    Mention.objects.filter(structure=annuaire.cap).delete()
    call_command("indexer_annuaire")
    assert "mentions" in capsys.readouterr().out
    assert trouver(q="esat seine") == ["ESAT Les Tilleuls"]
    assert trouver(q="cap emploi") == ["Cap emploi Eure"]
    call_command("indexer_annuaire")
    assert capsys.readouterr().out.startswith("0 mentions")
