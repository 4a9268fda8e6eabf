"""One account per role, and the directions that the demonstration's sheets and agreements need.

The names are those of trees: nobody is called so.
"""

from dataclasses import dataclass

from structures.comptes.models import Habilitation, Utilisateur
from structures.comptes.operations import habiliter
from structures.models import Adhesion, Structure
from structures.territoires.models import Bassin, Commune, Departement, Pole, Region

DOMAINE = "demo.invalid"


@dataclass(frozen=True)
class CompteFictif:
    """An account shown on the sign-in page of the demonstration."""

    identifiant: str
    prenom: str
    nom: str
    fonction: str
    role: str

    @property
    def email(self) -> str:
        return f"{self.identifiant}@{DOMAINE}"


COMPTES = (
    CompteFictif(
        "coordination.eure", "Camille", "Aubépine", "Coordinatrice du pôle de l’Eure", "Coordination du pôle de l’Eure"
    ),
    CompteFictif(
        "coordination.manche",
        "Dominique",
        "Noisetier",
        "Coordinateur du pôle de la Manche",
        "Coordination du pôle de la Manche",
    ),
    CompteFictif("direction.esat", "Claude", "Tilleul", "Directrice", "Direction d’un ESAT (Évreux)"),
    CompteFictif("membre.esat", "Sacha", "Genêt", "Conseiller en insertion", "Membre de l’équipe d’un ESAT (Évreux)"),
    CompteFictif(
        "direction.capemploi", "Maxime", "Sorbier", "Directeur", "Direction d’un Cap emploi, porteur de projet"
    ),
    CompteFictif("direction.ime", "Andréa", "Bouleau", "Directrice", "Direction d’un IME (Évreux)"),
    CompteFictif("pilotage", "Alix", "Charme", "Chargée de mission", "Pilotage régional (PRITH)"),
    CompteFictif("administration", "Morgan", "Houx", "Responsable du portail", "Administration du portail"),
)
# account → (type, commune) of the structure it belongs to, and its role there
APPARTENANCES = {
    "direction.esat": ("esat", "27229", Adhesion.Role.DIRECTION),
    "membre.esat": ("esat", "27229", Adhesion.Role.MEMBRE),
    "direction.capemploi": ("cap-emploi", "27229", Adhesion.Role.DIRECTION),
    "direction.ime": ("ime", "27229", Adhesion.Role.DIRECTION),
}
PRENOMS = ("Alix", "Camille", "Charlie", "Claude", "Dominique", "Eden", "Lou", "Morgan", "Noa", "Sacha", "Yaël")
NOMS = (
    "Alisier", "Amandier", "Aulne", "Buis", "Cormier", "Cornouiller", "Érable", "Figuier", "Frêne", "Fusain",
    "Mélèze", "Merisier", "Mûrier", "Néflier", "Poirier", "Prunier", "Sureau", "Thuya", "Tremble",
)  # fmt: skip
POLES = (("27", "Pôle de l’Eure", "eure"), ("50", "Pôle de la Manche", "manche"))


def creer_poles() -> dict[str, Pole]:
    """The two demonstration pôles, over the communes of their département; keyed by département."""
    poles = {}
    for code, nom, slug in POLES:
        pole = Pole.objects.create(
            nom=nom, slug=slug, departement=Departement.objects.get(code=code), demonstration=True
        )
        pole.bassins.set(Bassin.objects.touchant_departement(code))
        pole.communes.set(Commune.objects.filter(departement_id=code))
        poles[code] = pole
    return poles


def creer_comptes(poles: dict[str, Pole]) -> dict[str, Utilisateur]:
    """The accounts of COMPTES with their rights, keyed by identifier."""
    region = Region.objects.get(code="28")
    comptes = {
        c.identifiant: Utilisateur.objects.create_user(
            c.email, prenom=c.prenom, nom=c.nom, fonction=c.fonction, demonstration=True
        )
        for c in COMPTES
    }
    role = Habilitation.Role
    habiliter(comptes["coordination.eure"], role.COORDINATION, pole=poles["27"])
    habiliter(comptes["coordination.manche"], role.COORDINATION, pole=poles["50"])
    habiliter(comptes["pilotage"], role.PILOTAGE, region=region)
    habiliter(comptes["administration"], role.ADMINISTRATION)
    return comptes


def rattacher(comptes: dict[str, Utilisateur]) -> None:
    """Give each account its structure."""
    for identifiant, (type_, commune, role) in APPARTENANCES.items():
        structure = Structure.objects.filter(fictive=True, type=type_, commune=commune).order_by("pk").first()
        if structure is not None:
            Adhesion.objects.create(utilisateur=comptes[identifiant], structure=structure, role=role)


def direction_de(structure: Structure) -> Utilisateur:
    """The direction of a structure; made when there is none yet."""
    adhesion = (
        Adhesion.objects.actives()
        .filter(structure=structure, role=Adhesion.Role.DIRECTION)
        .select_related("utilisateur")
        .first()
    )
    if adhesion is not None:
        return adhesion.utilisateur
    utilisateur = Utilisateur.objects.create_user(
        f"direction.{structure.pk}@{DOMAINE}",
        prenom=PRENOMS[structure.pk % len(PRENOMS)],
        nom=NOMS[structure.pk % len(NOMS)],
        fonction="Direction",
        demonstration=True,
    )
    Adhesion.objects.create(utilisateur=utilisateur, structure=structure, role=Adhesion.Role.DIRECTION)
    return utilisateur
