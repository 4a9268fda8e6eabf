"""Every form looks alike, and says what is wrong where it is wrong."""

import re

import pytest
from django import forms
from django.contrib.auth.models import Permission

from socle.formulaires import FormulairePortail


class Essai(FormulairePortail, forms.Form):
    adresse = forms.EmailField(label="Adresse", help_text="Celle du travail.")
    note = forms.CharField(label="Note", widget=forms.Textarea, required=False)
    choix = forms.ChoiceField(label="Choix", choices=[("a", "A"), ("b", "B")], widget=forms.RadioSelect)
    liste = forms.ChoiceField(label="Liste", choices=[("a", "A")])
    accord = forms.BooleanField(label="J’accepte", help_text="Jusqu’à demain.")
    cache = forms.CharField(widget=forms.HiddenInput, required=False)


def test_aide_et_erreur_sont_liees_au_champ() -> None:
    html = str(Essai({"adresse": "pas une adresse", "note": "gardée <ici>"}))
    champ = re.search(r'<input type="email"[^>]*>', html)
    assert champ
    assert 'aria-describedby="id_adresse-aide id_adresse-erreur"' in champ[0]
    assert 'aria-invalid="true"' in champ[0]
    assert 'id="id_adresse-aide"' in html
    assert 'id="id_adresse-erreur"' in html
    # Nothing typed is lost, and it is escaped.
    assert 'value="pas une adresse"' in html
    assert "gardée &lt;ici&gt;" in html


def test_le_resume_mene_a_chaque_champ_fautif() -> None:
    html = str(Essai({}))
    resume = html[: html.index("</ul>")]
    assert 'role="alert"' in resume
    cibles = re.findall(r'href="#([^"]+)"', resume)
    assert cibles == ["id_adresse", "id_choix", "id_liste", "id_accord"]
    for cible in cibles:
        assert html.count(f'id="{cible}"') == 1


def test_sans_erreur_pas_de_resume_ni_d_invalide() -> None:
    html = str(Essai())
    assert "alert" not in html
    assert "aria-invalid" not in html
    assert html.count("(facultatif)") == 1


def test_chaque_controle_a_son_nom() -> None:
    html = str(Essai())
    for identifiant in re.findall(r'<(?:input|select|textarea)(?![^>]*type="hidden")[^>]* id="([^"]+)"', html):
        assert f'for="{identifiant}"' in html
    assert "<legend>" in html


def test_les_classes_du_systeme_s_ajoutent_une_fois() -> None:
    class Autre(Essai):
        code = forms.CharField(widget=forms.TextInput(attrs={"class": "fr-input large"}))

    html = str(Autre())
    assert 'class="fr-input large"' in html
    assert 'class="fr-select"' in html


class EssaiPlusieurs(FormulairePortail, forms.Form):
    droits = forms.ModelMultipleChoiceField(
        Permission.objects.all(), widget=forms.CheckboxSelectMultiple, required=False
    )


@pytest.mark.django_db
@pytest.mark.parametrize("valeur", ["9" * 19, "9" * 5000, "-" + "9" * 40, "²"])
def test_un_identifiant_demesure_est_une_erreur_du_champ(valeur: str) -> None:
    formulaire = EssaiPlusieurs({"droits": [valeur]})
    assert list(formulaire.errors) == ["droits"]


class EssaiDate(FormulairePortail, forms.Form):
    jour = forms.DateField()


@pytest.mark.parametrize("jour", ["9999-12-31", "0026-03-01"])
def test_une_annee_mal_tapee_est_dite_a_son_champ(jour: str) -> None:
    """A step of a sheet in the year 9999 made the sheet unreadable for everybody."""
    assert "Vérifiez l’année" in str(EssaiDate({"jour": jour}).errors["jour"])
    assert EssaiDate({"jour": "2026-03-01"}).is_valid()


def test_les_signes_que_personne_ne_voit_sont_otes() -> None:
    class Nom(FormulairePortail, forms.Form):
        nom = forms.CharField()

    piege = "IME \u202eselleilliT\u202c\u200b Les\u00a0Tilleuls\ufeff"
    formulaire = Nom({"nom": piege})
    assert formulaire.is_valid()
    assert formulaire.cleaned_data["nom"] == "IME selleilliT Les\u00a0Tilleuls"
    assert not Nom({"nom": "\u200b\u202e"}).is_valid()
    assert not Nom({"nom": "a\0b"}).is_valid()
