"""All forms look alike: DSFR classes, help and errors tied to their control, one template.

Inherit ``FormulairePortail`` beside ``forms.Form`` or ``forms.ModelForm``; in the template,
``{{ form }}`` renders the summary of errors and every field, ``{{ form.email.as_field_group }}``
renders one. Label and errors are in words; « facultatif » is marked, not « obligatoire ».
"""

import unicodedata
from collections.abc import Callable
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.forms.renderers import TemplatesSetting
from django.forms.utils import RenderableFieldMixin

GROUPES = (forms.RadioSelect, forms.CheckboxSelectMultiple)
IDENTIFIANT_MAX = 18  # digits
# A year typed wrong (« 0026 », « 9999 »): calendars and drawings have no room for it.
EPOQUE = (
    MinValueValidator(date(1900, 1, 1), "Vérifiez l’année : cette date est trop ancienne."),
    MaxValueValidator(date(2099, 12, 31), "Vérifiez l’année : cette date est trop lointaine."),
)
SANS_CLASSE = (forms.CheckboxInput, forms.HiddenInput, forms.MultipleHiddenInput, *GROUPES)


class ChampPortail(forms.BoundField, RenderableFieldMixin):
    """A bound field that knows what describes it and where a link to it must lead."""

    @property
    def pcti_decrit_par(self) -> str:
        """Identifiers of the help and the error, for ``aria-describedby``."""
        morceaux = []
        if self.help_text:
            morceaux.append(f"{self.auto_id}-aide")
        if self.errors:
            morceaux.append(f"{self.auto_id}-erreur")
        return " ".join(morceaux)

    @property
    def pcti_ancre(self) -> str:
        """Where the summary of errors leads: the control, or its group for radios and checkboxes."""
        return self.auto_id if isinstance(self.field.widget, GROUPES) else self.id_for_label or self.auto_id

    def build_widget_attrs(self, attrs: dict[str, Any], widget: forms.Widget | None = None) -> dict[str, Any]:
        decrits = super().build_widget_attrs(attrs, widget)
        decrits.pop("aria-describedby", None)
        if isinstance(widget or self.field.widget, GROUPES):
            decrits.pop("aria-invalid", None)
            return decrits
        if self.errors:
            decrits["aria-invalid"] = "true"
        if self.pcti_decrit_par:
            decrits["aria-describedby"] = self.pcti_decrit_par
        return decrits


class FormulairePortail(forms.BaseForm):
    """Mixin for forms of the portal (put it first in the bases)."""

    bound_field_class = ChampPortail
    template_name = "composants/formulaire.html"
    default_renderer = TemplatesSetting
    # The server answers in our words, beside the field; the browser's bubbles would come first.
    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        for champ in self.fields.values():
            habiller(champ)


def _sans_demesure(lire: Callable[..., Any]) -> Callable[..., Any]:
    """Identifiers that no database could hold become an unknown one: the form says so at the field.

    Django answers this for a single choice, and lets the database's own error out for several.
    """

    def valeurs(*args: Any) -> Any:
        lues = lire(*args)
        return ["0" if len(str(lue)) > IDENTIFIANT_MAX else lue for lue in lues] if isinstance(lues, list) else lues

    return valeurs


def lisible(texte: str) -> str:
    """The text without what nobody sees: direction marks, zero-width and control characters.

    A name that holds some can pass for another one, or turn over the line it is shown on.
    """
    return "".join(signe for signe in texte if signe in "\n\r\t" or unicodedata.category(signe) not in ("Cc", "Cf"))


def _sans_invisible(lire: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def valeur(brute: Any) -> Any:
        return lire(lisible(brute) if isinstance(brute, str) and "\0" not in brute else brute)

    valeur.pcti_lisible = True  # type: ignore[attr-defined]
    return valeur


def habiller(champ: forms.Field) -> None:
    """Give a field its template and its control the DSFR class. Idempotent."""
    champ.template_name = "composants/champ.html"  # type: ignore[attr-defined]
    if isinstance(champ, forms.CharField) and not hasattr(champ.to_python, "pcti_lisible"):
        champ.to_python = _sans_invisible(champ.to_python)  # type: ignore[method-assign,assignment]
    if isinstance(champ, forms.DateField):
        champ.validators += [borne for borne in EPOQUE if borne not in champ.validators]
    if isinstance(champ, forms.ModelMultipleChoiceField):
        champ.widget.value_from_datadict = _sans_demesure(champ.widget.value_from_datadict)
    widget = champ.widget
    widget.pcti_groupe = isinstance(widget, GROUPES)
    if isinstance(widget, SANS_CLASSE):
        return
    voulue = "fr-select" if isinstance(widget, forms.Select) else "fr-input"
    classes = str(widget.attrs.get("class", "")).split()
    if voulue not in classes:
        widget.attrs["class"] = " ".join([*classes, voulue])
