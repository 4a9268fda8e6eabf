"""Merge two sheets of one structure, and undo it: one transaction each, with everything attached."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from socle import prises
from socle.deplacements import Carnet, RetourImpossible, defaire
from structures.comptes.models import Utilisateur
from structures.doublons.comparaison import PAR_CLE, RUBRIQUES, Choix, choix_proposes
from structures.models import DoublonPropose, Fusion, Public, Structure

_UNIQUES = ("finess", "uai", "safir")


class ErreurFusion(Exception):
    """The merge, or its undoing, can't be done; the message is for the person."""


def _verrouiller(une: int, autre: int) -> tuple[Structure, Structure]:
    """Both rows, always locked in the same order: two merges at once wait for each other."""
    lues = {
        s.pk: s
        for s in Structure.objects.select_for_update(of=("self",))
        .select_related("commune")
        .filter(pk__in=(une, autre))
        .order_by("pk")
    }
    if len(lues) != 2:
        raise ErreurFusion("Choisissez deux structures différentes.")
    return lues[une], lues[autre]


def _verifier(gardee: Structure, absorbee: Structure) -> None:
    for structure in (gardee, absorbee):
        if structure.fusionnee_dans_id is not None:
            raise ErreurFusion(f"«\u00a0{structure.nom}\u00a0» vient d’être fusionnée avec une autre structure.")
    if gardee.fermee_le is not None:
        raise ErreurFusion(f"«\u00a0{gardee.nom}\u00a0» est fermée\u00a0: gardez l’autre fiche.")
    if gardee.fictive != absorbee.fictive:
        raise ErreurFusion("Une structure de démonstration ne se fusionne pas avec une structure réelle.")


@transaction.atomic
def fusionner(
    gardee: Structure,
    absorbee: Structure,
    par: Utilisateur | None,
    *,
    choix: Mapping[str, Choix] | None = None,
    motif: str = "",
) -> Fusion:
    """Make one sheet of two. `choix` says which value is kept, field by field (proposed ones otherwise).

    Everything attached to the absorbed sheet follows, at every floor. Raises ErreurFusion.
    """
    gardee, absorbee = _verrouiller(gardee.pk, absorbee.pk)
    _verifier(gardee, absorbee)
    retenus = {**choix_proposes(gardee, absorbee), **(choix or {})}
    carnet = Carnet()
    for branche in prises.fusions:
        branche(gardee, absorbee, carnet)
    valeurs = _ecrire_les_fiches(gardee, absorbee, retenus, par)
    fusion = Fusion.objects.create(
        gardee=gardee,
        absorbee=absorbee,
        par=par,
        motif=motif.strip(),
        deplacements=carnet.en_json(),
        valeurs={**valeurs, "mots": carnet.mots, "restes": carnet.restes},
    )
    a, b = sorted((gardee.pk, absorbee.pk))
    DoublonPropose.objects.update_or_create(
        a_id=a,
        b_id=b,
        defaults={"etat": DoublonPropose.Etat.FUSIONNE, "par": par, "le": timezone.now(), "motif": motif.strip()},
        create_defaults={
            "etat": DoublonPropose.Etat.FUSIONNE, "par": par, "le": timezone.now(), "motif": motif.strip(),
            "raisons": ["signale"], "score": 100,
        },
    )  # fmt: skip
    return fusion


class _Essai(Exception):
    """Raised to leave the transaction of a preview."""


def apercu(gardee: Structure, absorbee: Structure, choix: Mapping[str, Choix]) -> tuple[list[str], list[str]]:
    """(what would follow, what would stay) in words: the merge is done, then taken back. Raises ErreurFusion."""
    mots: list[str] = []
    restes: list[str] = []
    try:
        with transaction.atomic():
            valeurs = fusionner(gardee, absorbee, None, choix=choix).valeurs
            mots, restes = valeurs["mots"], valeurs["restes"]
            raise _Essai
    except _Essai:
        return mots, restes


def _ecrire_les_fiches(
    gardee: Structure, absorbee: Structure, choix: Mapping[str, Choix], par: Utilisateur | None
) -> dict[str, Any]:
    """Write the chosen values; what each column was before and is after."""
    avant_g, avant_a = _etat(gardee), _etat(absorbee)
    provenance_avant = dict(gardee.provenance)
    prises_de_l_absorbee = [r for r in RUBRIQUES if choix[r.cle] == "absorbee"]
    for rubrique in prises_de_l_absorbee:
        for champ in rubrique.champs:
            if champ not in _UNIQUES:
                setattr(gardee, champ, getattr(absorbee, champ))
                _reprendre(gardee.provenance, absorbee.provenance, champ)
    echanges = {
        r.cle: (getattr(gardee, r.cle), getattr(absorbee, r.cle)) for r in prises_de_l_absorbee if r.cle in _UNIQUES
    }
    publics = _publics_retenus(gardee, absorbee, choix["publics"])
    if publics is not None:
        _attribuer_les_publics(gardee, absorbee, choix["publics"], publics[1])
    absorbee.fermee_le = absorbee.fermee_le or timezone.localdate()
    absorbee.fusionnee_dans, absorbee.site_principal = gardee, None
    _enregistrer(gardee, absorbee, echanges, par)
    if publics is not None:
        gardee.publics.set(publics[1])
    cles = {c for c in {*provenance_avant, *gardee.provenance} if provenance_avant.get(c) != gardee.provenance.get(c)}
    return {
        "gardee": _differences(avant_g, _etat(gardee)),
        "absorbee": _differences(avant_a, _etat(absorbee)),
        "publics": publics,
        "provenance": {c: [provenance_avant.get(c), gardee.provenance.get(c)] for c in sorted(cles)},
    }


def _enregistrer(
    gardee: Structure, absorbee: Structure, echanges: dict[str, tuple[Any, Any]], par: Utilisateur | None
) -> None:
    """Save both; a number that is unique leaves one sheet before it enters the other."""
    for champ in echanges:
        setattr(absorbee, champ, None)
    _sauver(absorbee, f"fusionnée dans la structure {gardee.pk}", par)
    for champ, (_, valeur) in echanges.items():
        setattr(gardee, champ, valeur)
    _sauver(gardee, f"fusion de la structure {absorbee.pk}", par)
    if any(ancienne for ancienne, _ in echanges.values()):
        for champ, (ancienne, _) in echanges.items():
            setattr(absorbee, champ, ancienne)
        _sauver(absorbee, f"fusionnée dans la structure {gardee.pk}", par)


def _sauver(structure: Structure, raison: str, par: Utilisateur | None) -> None:
    structure._change_reason = raison  # type: ignore[attr-defined]
    structure._history_user = par  # type: ignore[attr-defined]
    structure.save()


def _reprendre(de: dict[str, Any], depuis: Mapping[str, Any], champ: str) -> None:
    if champ in depuis:
        de[champ] = depuis[champ]
    else:
        de.pop(champ, None)


def _publics_retenus(gardee: Structure, absorbee: Structure, choix: Choix) -> list[list[int]] | None:
    """[before, after] when the publics of the kept sheet change."""
    siens = sorted(gardee.publics.values_list("pk", flat=True))
    autres = sorted(absorbee.publics.values_list("pk", flat=True))
    voulus = {"gardee": siens, "absorbee": autres, "deux": sorted({*siens, *autres})}[choix]
    return [siens, voulus] if voulus != siens else None


def _attribuer_les_publics(gardee: Structure, absorbee: Structure, choix: Choix, voulus: list[int]) -> None:
    """The publics come with who gave them; where both are joined, the word of a person covers the whole.

    Otherwise the next import would take back what somebody wrote on the absorbed sheet.
    """
    if choix == "absorbee":
        _reprendre(gardee.provenance, absorbee.provenance, "publics")
    else:
        dits = (s.provenance.get("publics", {}) for s in (gardee, absorbee))
        par_elle = next((dit for dit in dits if dit.get("source") == "structure"), None)
        if par_elle is not None:
            slugs = sorted(Public.objects.filter(pk__in=voulus).values_list("slug", flat=True))
            gardee.provenance["publics"] = {**par_elle, "valeurs": slugs}


# The columns that a merge may change on either sheet.
_COLONNES = ("fermee_le", "fusionnee_dans_id", "site_principal_id", *(c for r in RUBRIQUES for c in r.champs))


def _etat(structure: Structure) -> dict[str, Any]:
    lisible: Any = structure._meta.get_field
    return {
        champ: None
        if getattr(structure, champ) is None
        else lisible(champ.removesuffix("_id")).value_to_string(structure)
        for champ in _COLONNES
    }


def _differences(avant: dict[str, Any], apres: dict[str, Any]) -> dict[str, list[Any]]:
    return {champ: [avant[champ], apres[champ]] for champ in avant if avant[champ] != apres[champ]}


# --- undo -----------------------------------------------------------------------------------------


def fusion_en_vigueur(absorbee: Structure) -> Fusion | None:
    """The merge that absorbed a structure."""
    return Fusion.objects.filter(absorbee=absorbee, annulee_le__isnull=True).select_related("gardee", "par").first()


@transaction.atomic
def defusionner(fusion: Fusion, par: Utilisateur | None) -> list[str]:
    """Undo a merge: both sheets as before, each with what it had; what came since stays with the kept one.

    Returns the fields of the kept sheet that were corrected since, and keep what they say today.
    Raises ErreurFusion (it says what changed since) and changes nothing.
    """
    fusion = Fusion.objects.select_for_update().get(pk=fusion.pk)
    if fusion.annulee_le is not None:
        raise ErreurFusion("Cette fusion a déjà été annulée.")
    gardee, absorbee = _verrouiller(fusion.gardee_id, fusion.absorbee_id)
    if gardee.fusionnee_dans_id is not None:
        suivante = Structure.objects.get(pk=gardee.fusionnee_dans_id)
        raise ErreurFusion(
            f"«\u00a0{gardee.nom}\u00a0» a depuis été fusionnée dans «\u00a0{suivante.nom}\u00a0»\u00a0: "
            "annulez d’abord cette fusion-là."
        )
    try:
        defaire(fusion.deplacements)
    except RetourImpossible as obstacle:
        raise ErreurFusion("La fusion ne peut plus être annulée. " + " ".join(obstacle.obstacles)) from obstacle
    gardees = _rendre_les_fiches(fusion, *_verrouiller(gardee.pk, absorbee.pk), par)
    fusion.annulee_le, fusion.annulee_par = timezone.now(), par
    fusion.save(update_fields=["annulee_le", "annulee_par"])
    a, b = sorted((gardee.pk, absorbee.pk))
    DoublonPropose.objects.filter(a=a, b=b, etat=DoublonPropose.Etat.FUSIONNE).update(
        etat=DoublonPropose.Etat.PROPOSE, par=None, le=None, motif=""
    )
    return gardees


def _rendre_les_fiches(fusion: Fusion, gardee: Structure, absorbee: Structure, par: Utilisateur | None) -> list[str]:
    changes: dict[str, list[Any]] = fusion.valeurs["gardee"]
    actuelles = _etat(gardee)
    gardees = [r.libelle for r in RUBRIQUES if any(c in changes and actuelles[c] != changes[c][1] for c in r.champs)]
    rendues = {
        champ: avant
        for champ, (avant, _) in changes.items()
        if not any(champ in r.champs and r.libelle in gardees for r in RUBRIQUES)
    }
    publics = fusion.valeurs.get("publics")
    if publics is not None and sorted(gardee.publics.values_list("pk", flat=True)) != publics[1]:
        gardees.append(PAR_CLE["publics"].libelle)
    elif publics is not None:
        gardee.publics.set(publics[0])
    for cle, (avant, apres) in fusion.valeurs["provenance"].items():
        if gardee.provenance.get(cle) == apres:
            _reprendre(gardee.provenance, {cle: avant} if avant is not None else {}, cle)
    _rendre(gardee, absorbee, rendues, {c: v[0] for c, v in fusion.valeurs["absorbee"].items()}, par)
    return gardees


def _rendre(
    gardee: Structure,
    absorbee: Structure,
    de_gardee: dict[str, Any],
    d_absorbee: dict[str, Any],
    par: Utilisateur | None,
) -> None:
    """Put columns back; the numbers that are unique leave both sheets before they return to their own."""
    for champ in _UNIQUES:
        numero = d_absorbee.get(champ)
        if numero and champ not in de_gardee and getattr(gardee, champ) == numero:
            del d_absorbee[champ]
        autre = Structure.objects.filter(**{champ: numero}).exclude(pk__in=(gardee.pk, absorbee.pk)).first()
        if numero and autre is not None:
            raise ErreurFusion(
                f"La fusion ne peut plus être annulée\u00a0: le {PAR_CLE[champ].libelle} {numero} "
                f"est maintenant celui de «\u00a0{autre.nom}\u00a0»."
            )
    raison = "annulation d’une fusion"
    for structure, valeurs in ((gardee, de_gardee), (absorbee, d_absorbee)):
        for champ, valeur in valeurs.items():
            lu: Any = structure._meta.get_field(champ.removesuffix("_id"))
            setattr(structure, champ, None if champ in _UNIQUES or valeur is None else lu.to_python(valeur))
        _sauver(structure, raison, par)
    for structure, valeurs in ((gardee, de_gardee), (absorbee, d_absorbee)):
        numeros = {champ: valeurs[champ] for champ in _UNIQUES if valeurs.get(champ)}
        for champ, valeur in numeros.items():
            setattr(structure, champ, valeur)
        if numeros:
            _sauver(structure, raison, par)
