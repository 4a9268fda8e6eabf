"""Who may open the pages of the agreements."""

from typing import Any

from tests.matrice import CONNECTES, TOUS, Ligne, Scene

LECTEURS = CONNECTES - {"etranger"}
# The IME leads the sheet: its direction and members write; so does the coordination of the pôle.
PREPARENT = frozenset({"membre", "direction", "coordination"})


def _convention(scene: Scene) -> dict[str, Any]:
    return {"reference": scene.convention.reference}


def _lancee(scene: Scene) -> dict[str, Any]:
    return {"reference": scene.convention_lancee.reference}


def _partie(scene: Scene) -> dict[str, Any]:
    return {"reference": scene.convention.reference, "partie": scene.partie_de_convention.pk}


def _action(action: str) -> Any:
    return lambda scene: {"reference": scene.convention.reference, "action": action}


def _jeton(scene: Scene) -> dict[str, Any]:
    return {"jeton": scene.signataire.jeton}


LIGNES = [
    Ligne("conventions:liste", CONNECTES),
    Ligne(
        "conventions:creer", PREPARENT, kwargs=lambda s: {"fiche": s.fiche_conventionnable.reference}, methode="POST"
    ),
    Ligne("conventions:detail", LECTEURS, kwargs=_convention),
    Ligne("conventions:apercu", LECTEURS, kwargs=_convention),
    Ligne("conventions:avancement", LECTEURS, kwargs=_convention),
    Ligne("conventions:document", LECTEURS, kwargs=_lancee),
    Ligne("conventions:preuves", {"coordination", "administration"}, kwargs=_lancee),
    Ligne("conventions:partie", PREPARENT, kwargs=_partie),
    Ligne("conventions:partie", PREPARENT, kwargs=_partie, methode="POST", attendu=422),
    Ligne("conventions:retirer_partie", PREPARENT, kwargs=_partie, methode="POST"),
    Ligne("conventions:ajouter_partie", PREPARENT, kwargs=_convention, methode="POST"),
    Ligne("conventions:conditions", PREPARENT, kwargs=_convention),
    Ligne("conventions:conditions", PREPARENT, kwargs=_convention, methode="POST", attendu=422),
    *(
        Ligne("conventions:agir", PREPARENT, kwargs=_action(action), methode="POST", cas=action)
        for action in ("relire", "figer", "corriger", "reprendre", "lancer", "ordonner")
    ),
    Ligne("conventions:agir", {"coordination", "administration"}, kwargs=_action("resilier"), cas="résilier"),
    Ligne("conventions:agir", PREPARENT, kwargs=_action("annuler"), cas="annuler"),
    Ligne("conventions:agir", PREPARENT, kwargs=_action("annuler"), methode="POST", attendu=422, cas="annuler"),
    Ligne(
        "conventions:relancer",
        PREPARENT,
        kwargs=lambda s: {"reference": s.convention_lancee.reference, "signataire": s.signataire.pk},
        methode="POST",
    ),
    Ligne("conventions:resceller", PREPARENT, kwargs=_lancee, methode="POST"),
    Ligne("conventions:signer", TOUS, kwargs=_jeton),
    # The link alone neither signs, nor refuses, nor reads: it asks everybody for the code first.
    Ligne("conventions:signer", TOUS, kwargs=_jeton, methode="POST", attendu=403),
    Ligne("conventions:signer_refuser", TOUS, kwargs=_jeton, methode="POST", attendu=403),
    Ligne("conventions:signer_document", TOUS, kwargs=_jeton, attendu=404),
    Ligne("conventions:signer_code", TOUS, kwargs=_jeton),
    Ligne("conventions:verifier", TOUS),
    Ligne("conventions:verifier", TOUS, methode="POST", attendu=422),
    # Without the number and code of a sealed document, nothing to download.
    Ligne("conventions:verifier_document", TOUS, attendu=404),
]
