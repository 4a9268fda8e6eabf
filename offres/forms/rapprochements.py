"""Proposing a cooperation, answering it."""

from typing import Any

from django import forms

from offres.unites import mots
from socle.formulaires import FormulairePortail

MOTIF_MAX = 1000
# When nothing can be taken by default: the need doesn't say how much, or says it in another unit.
A_DECIDER = "{} au plus\u00a0: {}. Vide\u00a0: à décider ensemble, rien n’est réservé."


class PropositionForm(FormulairePortail, forms.Form):
    """A message to the other structure, and how much of the offer is asked for."""

    volume = forms.IntegerField(required=False, min_value=1)
    message = forms.CharField(
        label="Votre message",
        help_text="Ce que vous imaginez faire ensemble, quand, pour combien de personnes. Aucun nom de personne "
        "accompagnée.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Écrivez quelques mots\u00a0: c’est ce que l’autre structure lira d’abord."},
    )

    def __init__(
        self, *args: Any, possible: int | None, unite: str, plafond: str, voulu: str = "", demande: bool = True,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        """`possible`: how much at most, `plafond`: why; `demande`: whether all of it is asked for by default."""
        super().__init__(*args, **kwargs)
        if not possible:
            del self.fields["volume"]
            return
        champ = self.fields["volume"]
        champ.label = f"Volume demandé, en {mots(unite)} par an"
        champ.help_text = f"{possible} au plus\u00a0: {plafond}."
        # A combination asks this structure for a part only.
        champ.initial = min(int(voulu), possible) if voulu.isdecimal() and len(voulu) < 10 and int(voulu) else possible
        if not demande:
            champ.initial = None
            champ.help_text = A_DECIDER.format(possible, plafond)
        champ.max_value = possible  # type: ignore[attr-defined]
        champ.error_messages["min_value"] = "Un volume d’au moins 1" + (
            ", ou laissez vide pour tout demander." if demande else ", ou laissez vide."
        )
        champ.error_messages["invalid"] = "Un nombre entier. Exemple\u00a0: 8"


class AcceptationForm(FormulairePortail, forms.Form):
    """Yes, for all or a part, with a word if wished."""

    volume = forms.IntegerField(required=False, min_value=1)
    message = forms.CharField(
        label="Un mot pour l’autre structure",
        help_text="Quand vous joindre, comment commencer.",
        required=False,
        max_length=MOTIF_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self, *args: Any, volume: int | None, unite: str, possible: int | None, plafond: str, **kwargs: Any
    ) -> None:
        """`volume`: what was asked; `possible`: how much may be given at most today, `plafond`: why."""
        super().__init__(*args, prefix="accord", **kwargs)
        if not volume and not possible:
            del self.fields["volume"]
            return
        champ = self.fields["volume"]
        champ.label = f"Volume accordé, en {mots(unite)} par an"
        if not volume:
            champ.help_text = A_DECIDER.format(possible, plafond)
        elif possible is not None and possible < volume:
            # Other agreements since: what was asked is not all there any more.
            champ.help_text = f"{possible} au plus\u00a0: {plafond}."
        else:
            champ.help_text = f"{volume} au plus, comme demandé."
        champ.initial = volume if not volume or possible is None else min(volume, possible)
        champ.error_messages["min_value"] = "Un volume d’au moins 1\u00a0: pour ne rien accorder, déclinez."
        champ.error_messages["invalid"] = "Un nombre entier. Exemple\u00a0: 8"


class MotifForm(FormulairePortail, forms.Form):
    """Why not: the other structure reads it, and the coordination learns from it."""

    motif = forms.CharField(
        label="Pourquoi\u00a0?",
        help_text="L’autre structure et la coordination lisent ce motif.",
        max_length=MOTIF_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Dites pourquoi en une phrase\u00a0: l’autre structure en a besoin."},
    )
