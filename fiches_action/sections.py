"""The nine fields of the method, declared once: the page, the forms and the PDF read this table."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Section:
    """One field of the sheet as people see it. ``numero`` 0 and 10 are not of the method."""

    numero: int
    cle: str
    libelle: str
    aide: str
    # Names of the model's fields; empty when the section is a list of rows.
    champs: tuple[str, ...]
    # Contrast with white is at least 4.5 (numbers are written in white on it).
    couleur: str
    # Shown when nothing is written yet.
    vide: str = "Rien n’est encore écrit ici."
    # Name of the related rows (Acteur, Etape, Indicateur), when the section is a list.
    lignes: str = ""

    @property
    def est_de_la_methode(self) -> bool:
        return 1 <= self.numero <= 9


SECTIONS: tuple[Section, ...] = (
    Section(
        1,
        "enjeux",
        "Enjeux et problématique",
        "Le constat, des chiffres, le moment-clé du parcours où la coopération manque. "
        "Jamais de nom ni de situation individuelle\u00a0: des nombres seulement.",
        ("enjeux",),
        "#B8432B",
        "Quel constat, quel moment-clé du parcours rend cette coopération nécessaire\u00a0?",
    ),
    Section(
        2,
        "objet",
        "Objet du projet de coopération",
        "Une phrase avec un verbe d’action\u00a0: qui fait quoi, pour qui. Ce que l’on ne fait pas s’écrit aussi.",
        ("objet", "finalite", "axe"),
        "#8A5200",
        "Que ferez-vous ensemble, en une phrase\u00a0?",
    ),
    Section(
        3,
        "zone",
        "Zone géographique",
        "Les bassins d’emploi concernés et, si besoin, les communes ou le rayonnement.",
        ("bassins", "communes", "zone"),
        "#5B6B1E",
        "Dans quels bassins d’emploi cette coopération agit-elle\u00a0?",
    ),
    Section(
        4,
        "beneficiaires",
        "Bénéficiaires",
        "Les publics, le volume prévu par an et les critères d’entrée.",
        ("publics", "volume_prevu", "unite", "criteres"),
        "#1E7145",
        "Pour quels publics, combien par an, avec quels critères d’entrée\u00a0?",
    ),
    Section(
        5,
        "acteurs",
        "Acteurs",
        "Chaque structure, son rôle et ce qu’elle apporte. Chacune confirmera sa participation.",
        (),
        "#0F6B6B",
        "Avec quelles structures\u00a0?",
        lignes="acteurs",
    ),
    Section(
        6,
        "ressources",
        "Organisation des ressources",
        "Professionnels et temps, lieux, matériel, et les services mobilisés.",
        ("ressources", "services"),
        "#1D5B8F",
        "Quels professionnels, quels lieux, quel matériel\u00a0?",
    ),
    Section(
        7,
        "partage",
        "Modalités de partage de l’information",
        "Quoi, avec qui, comment, avec quel accord de la personne, et ce qui ne circule pas.",
        ("partage_information",),
        "#4A4FA3",
        "Quelles informations circulent, avec l’accord de qui, et lesquelles ne circulent pas\u00a0?",
    ),
    Section(
        8,
        "planning",
        "Planning",
        "Les étapes, leurs dates et la structure responsable de chacune.",
        (),
        "#7A3B8F",
        "Quelles étapes, à quelles dates, par qui\u00a0?",
        lignes="etapes",
    ),
    Section(
        9,
        "indicateurs",
        "Indicateurs de résultats attendus",
        "Ce que l’on comptera\u00a0: valeur de départ, cible, source. Pas de cible sans référence.",
        (),
        "#A12C5E",
        "À quoi verrez-vous que la coopération réussit\u00a0?",
        lignes="indicateurs",
    ),
)

IDENTITE = Section(
    0,
    "identite",
    "Titre et pilote",
    "Un titre qui commence par un verbe d’action, une structure porteuse, un seul pilote.",
    ("titre", "pilote"),
    "#16324F",
)
COMPLEMENTS = Section(
    10,
    "complements",
    "Gouvernance, budget et risques",
    "Facultatif\u00a0: qui suit l’action et quand, ce qu’elle coûte, trois risques au plus.",
    ("gouvernance", "budget", "risques"),
    "#5B6470",
)

TOUTES: tuple[Section, ...] = (IDENTITE, *SECTIONS, COMPLEMENTS)
PAR_CLE: dict[str, Section] = {section.cle: section for section in TOUTES}
