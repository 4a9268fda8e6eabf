"""The eight demonstration sheets, from the illustrations of the feedback report; figures are fictive."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Lieu:
    """A fictive structure to find: its type, in this bassin (its first commune, or this one)."""

    type: str
    bassin: str
    contribution: str = ""


@dataclass(frozen=True)
class But:
    """An indicator: from a reference to a target, who counts it."""

    intitule: str
    unite: str
    reference: int
    cible: int
    source: str
    effectif: bool = True
    type: str = "resultat"


@dataclass(frozen=True)
class FicheFictive:
    titre: str
    porteur: Lieu
    partenaires: tuple[Lieu, ...]
    bassins: tuple[str, ...]
    services: tuple[str, ...]
    publics: tuple[str, ...]
    finalite: str
    volume: int
    unite: str
    enjeux: str
    objet: str
    ressources: str
    partage: str
    etapes: tuple[str, ...]
    buts: tuple[But, ...]
    # How far the sheet has gone.
    etat: str = "validee"
    criteres: str = "Personnes de 16 ans et plus, volontaires, avec l’accord de leur représentant légal si besoin."
    gouvernance: str = "Un point de suivi par trimestre entre les référents ; bilan annuel au comité de suivi."
    zone: str = field(default="")


_PARTAGE = (
    "Avec l’accord de la personne, les référents échangent ce qui est utile au projet professionnel : souhaits, "
    "points d’appui, compensations. Aucune information de santé ne circule, aucun nom n’est écrit dans le portail. "
    "Les échanges se font de vive voix, ou par messagerie sécurisée."
)

FICHES = (
    FicheFictive(
        titre="Croiser les regards sur le projet des jeunes d’IME",
        porteur=Lieu("cap-emploi", "2808", "Regards croisés, relations avec les employeurs, référent formation"),
        partenaires=(Lieu("ime", "2808", "Préparation des jeunes, présence d’un éducateur à chaque rencontre"),),
        bassins=("2808",),
        services=("regards-croises-projet", "relation-entreprises", "acces-formation", "evenements-emploi"),
        publics=("sortants-ime",),
        finalite="preparer-avant-sortie",
        volume=15,
        unite="personnes/an",
        enjeux="Chaque année, une quinzaine de jeunes quittent l’IME avec un projet d’emploi que personne, du côté de "
        "l’emploi, n’a encore regardé. Les six premiers mois après la sortie sont ceux où les parcours s’arrêtent. "
        "L’équipe de l’IME connaît les jeunes ; Cap emploi connaît les métiers et les employeurs du bassin.",
        objet="Confirmer, un an avant la sortie, le projet d’emploi de chaque jeune volontaire et son plan d’action, "
        "avec un conseiller de Cap emploi et l’éducateur référent.",
        ressources="Cap emploi : un conseiller, deux jours par mois ; un chargé de relations avec les employeurs, un "
        "jour par mois ; le référent formation, à la demande.\nIME : un éducateur spécialisé, deux jours par mois ; une "
        "salle d’entretien ; le transport des jeunes.",
        partage=_PARTAGE,
        etapes=(
            "Présentation croisée des équipes",
            "Première série de rencontres",
            "Plans d’action et stages",
            "Bilan",
        ),
        buts=(
            But("Projets d’emploi validés à deux voix", "projets", 0, 10, "IME et Cap emploi"),
            But("Jeunes ayant réalisé une mise en situation", "jeunes", 3, 12, "IME"),
            But("Événements emploi partagés", "événements", 0, 8, "Cap emploi", effectif=False, type="activite"),
        ),
        etat="en_cours",
    ),
    FicheFictive(
        titre="Ouvrir les plateaux techniques et valider les projets avant la sortie",
        porteur=Lieu("cap-emploi", "2804", "Regards croisés sur les projets en amont de la sortie"),
        partenaires=(Lieu("ime", "2804", "Ouverture des plateaux techniques aux personnes suivies par Cap emploi"),),
        bassins=("2804",),
        services=("plateaux-techniques", "regards-croises-projet"),
        publics=("sortants-ime", "autres-16-plus"),
        finalite="passerelles",
        volume=20,
        unite="personnes/an",
        enjeux="Les demandeurs d’emploi suivis par Cap emploi manquent de lieux où essayer des gestes professionnels "
        "sans enjeu d’embauche. L’établissement dispose d’ateliers équipés, libres deux jours par semaine.",
        objet="Mettre en commun les compétences : Cap emploi valide les projets en amont de la sortie, l’établissement "
        "ouvre ses plateaux techniques aux demandeurs d’emploi.",
        ressources="Établissement : ateliers cuisine, espaces verts et blanchisserie, un moniteur d’atelier.\n"
        "Cap emploi : une conseillère, trois jours par mois.",
        partage=_PARTAGE,
        etapes=(
            "Visites réciproques",
            "Calendrier d’accueil sur les plateaux",
            "Accueils par périodes d’une semaine",
            "Bilan",
        ),
        buts=(
            But("Personnes accueillies sur un plateau technique", "personnes", 0, 20, "Établissement"),
            But("Projets confirmés à l’issue de l’accueil", "projets", 0, 12, "Cap emploi"),
        ),
        etat="proposee",
    ),
    FicheFictive(
        titre="Animer des ateliers stage et recherche d’emploi pour les jeunes autistes",
        porteur=Lieu("cap-emploi", "2808", "Conception et animation des ateliers"),
        partenaires=(Lieu("sessad", "2808", "Adaptation des supports, co-animation, lien avec les familles"),),
        bassins=("2808",),
        services=("ateliers-competences", "ateliers-tre"),
        publics=("jeunes-sessad",),
        finalite="preparer-avant-sortie",
        volume=6,
        unite="sessions/an",
        enjeux="Les jeunes du SESSAD trouvent des terrains de stage, mais les codes de l’entreprise restent implicites. "
        "Les ateliers ordinaires de recherche d’emploi vont trop vite et reposent sur l’aisance à l’oral.",
        objet="Construire et animer six ateliers par an, sur des thèmes choisis avec les professionnels du SESSAD, "
        "pour préparer le terrain de stage et la recherche d’emploi.",
        ressources="Cap emploi : une animatrice, une journée par atelier.\nSESSAD : une éducatrice et une psychologue, "
        "une demi-journée de préparation par atelier ; une salle calme de huit places.",
        partage=_PARTAGE,
        etapes=("Choix des thèmes", "Adaptation des supports", "Six ateliers", "Retour des jeunes et des familles"),
        buts=(
            But("Ateliers animés", "ateliers", 0, 6, "Cap emploi", effectif=False, type="activite"),
            But("Jeunes participants", "jeunes", 0, 12, "SESSAD"),
            But("Jeunes en stage dans les trois mois", "jeunes", 2, 8, "SESSAD"),
        ),
    ),
    FicheFictive(
        titre="Appuyer les conseillers auprès des demandeurs d’emploi orientés en ESAT",
        porteur=Lieu("cap-emploi", "2808", "Coordination, grille d’entretien"),
        partenaires=(
            Lieu("mission-locale", "2808", "Appui pour les moins de 26 ans"),
            Lieu("mdph", "2808", "Lecture des orientations"),
            Lieu("esat", "2808", "Visites, mises en situation en ESAT"),
            Lieu("france-travail", "2808", "Conseillers référents"),
            Lieu("france-travail", "2817", "Conseillers référents"),
            Lieu("france-travail", "2803", "Conseillers référents"),
        ),
        bassins=("2817", "2808", "2803"),
        services=("appui-orientation-esat", "outils-communs"),
        publics=("ft-orientation-esat",),
        finalite="cooperation-professionnelle",
        volume=30,
        unite="personnes/an",
        enjeux="Des personnes inscrites à France Travail ont une orientation ESAT et attendent, parfois des années. "
        "Les conseillers de Vernon, d’Évreux et de Bernay se disent démunis : que proposer, à qui s’adresser ?",
        objet="Donner aux conseillers des trois agences une grille d’entretien, un processus d’appui et un interlocuteur "
        "pour chaque situation.",
        ressources="Cap emploi : une coordinatrice, un jour par semaine pendant six mois.\nMDPH, mission locale, ESAT : "
        "une demi-journée par mois chacun.\nFrance Travail : un conseiller référent par agence.",
        partage=_PARTAGE,
        etapes=(
            "Groupe de travail et grille d’entretien",
            "Essai dans une agence",
            "Déploiement dans les trois agences",
            "Modélisation du processus",
        ),
        buts=(
            But("Agences équipées de la grille", "agences", 0, 3, "France Travail", effectif=False, type="moyens"),
            But("Personnes reçues avec la grille", "personnes", 0, 30, "France Travail"),
        ),
    ),
    FicheFictive(
        titre="Recevoir les jeunes à l’IME avec France Travail en dernière année",
        porteur=Lieu("france-travail", "2817", "Deux permanences par an dans l’établissement"),
        partenaires=(Lieu("ime", "2817", "Préparation des entretiens, présence de l’éducateur référent"),),
        bassins=("2817",),
        services=("permanence-conseiller", "acces-formation"),
        publics=("sortants-ime",),
        finalite="preparer-avant-sortie",
        volume=8,
        unite="personnes/an",
        enjeux="Après la sortie de l’IME, l’inscription à France Travail arrive tard et loin de ceux qui connaissent "
        "le jeune. Un premier rendez-vous dans un lieu familier change la suite.",
        objet="Faire venir un conseiller de France Travail dans l’IME, auprès des jeunes de dernière année, et faciliter "
        "leur accès à une formation de la Région.",
        ressources="France Travail : un conseiller, deux journées de permanence et le suivi des dossiers.\nIME : un "
        "bureau, l’éducateur référent, le lien avec les familles.",
        partage=_PARTAGE,
        etapes=("Réunion des familles", "Première permanence", "Seconde permanence", "Entrées en formation"),
        buts=(
            But("Jeunes reçus", "jeunes", 0, 8, "France Travail"),
            But("Entrées en formation", "jeunes", 0, 2, "France Travail"),
        ),
    ),
    FicheFictive(
        titre="Mieux accueillir les personnes autistes à Cap emploi",
        porteur=Lieu("samsah", "2808", "Deux sessions de sensibilisation, un appui entre les sessions"),
        partenaires=(Lieu("cap-emploi", "2808", "Mobilisation des équipes, cas concrets"),),
        bassins=("2808",),
        services=("sensibilisation-equipes",),
        publics=("demandeurs-samsah",),
        finalite="cooperation-professionnelle",
        volume=2,
        unite="sessions/an",
        enjeux="Les conseillers rencontrent davantage de personnes autistes et manquent de repères : durée de "
        "l’entretien, consignes, environnement sonore, place de l’écrit.",
        objet="Sensibiliser vingt-cinq professionnels de Cap emploi à l’autisme, avec leurs propres situations "
        "d’entretien, et garder un appui entre les sessions.",
        ressources="SAMSAH : une psychologue et un éducateur, quatre journées.\nCap emploi : une salle, la "
        "disponibilité des équipes sur deux demi-journées.",
        partage="Les cas travaillés sont inventés ou rendus méconnaissables. Aucun document ne sort de la session.",
        etapes=("Recueil des situations", "Première session", "Seconde session", "Évaluation à six mois"),
        buts=(
            But("Professionnels sensibilisés", "professionnels", 0, 25, "Cap emploi", type="activite"),
            But("Satisfaction des participants", "% satisfaits", 0, 80, "SAMSAH", effectif=False, type="satisfaction"),
        ),
        etat="en_cours",
    ),
    FicheFictive(
        titre="Ouvrir les ateliers numériques aux travailleurs d’ESAT",
        porteur=Lieu("mission-locale", "2803", "Huit ateliers, prêt de tablettes"),
        partenaires=(Lieu("esat", "2803", "Accompagnement des participants, transport"),),
        bassins=("2803",),
        services=("ateliers-numerique",),
        publics=("esat-projet-sortie",),
        finalite="passerelles",
        volume=8,
        unite="sessions/an",
        enjeux="Les démarches d’emploi passent par un espace personnel en ligne. Beaucoup de travailleurs de l’ESAT "
        "n’en ont pas, ou ne s’en servent pas seuls.",
        objet="Accueillir seize travailleurs d’ESAT dans les ateliers numériques de la mission locale, à un rythme adapté.",
        ressources="Mission locale : un conseiller numérique, huit demi-journées ; douze tablettes.\nESAT : un moniteur "
        "accompagnateur, le transport.",
        partage=_PARTAGE,
        etapes=(
            "Repérage des souhaits",
            "Quatre premiers ateliers",
            "Quatre ateliers suivants",
            "Bilan avec les participants",
        ),
        buts=(
            But("Travailleurs participants", "personnes", 0, 16, "ESAT"),
            But("Espaces personnels créés et utilisés seuls", "personnes", 1, 12, "Mission locale"),
        ),
        etat="a_completer",
    ),
    FicheFictive(
        titre="Construire la passerelle entre ESAT, entreprise adaptée et milieu ordinaire",
        porteur=Lieu("esat", "2805", "Préparation, mise à disposition, droit au retour"),
        partenaires=(
            Lieu("ea", "2805", "Postes d’essai, tutorat"),
            Lieu("france-travail", "2805", "Relations avec les employeurs"),
        ),
        bassins=("2805",),
        services=("passerelle-milieu-ordinaire", "mises-en-situation", "suivi-apres-sortie"),
        publics=("esat-projet-sortie",),
        finalite="passerelles",
        volume=10,
        unite="personnes/an",
        enjeux="Plusieurs travailleurs de l’ESAT souhaitent travailler en entreprise mais craignent de perdre leur place. "
        "L’entreprise adaptée recrute et ne connaît pas les candidats de l’ESAT.",
        objet="Organiser dix mises en situation par an en entreprise adaptée ou ordinaire, avec un tuteur, et suivre "
        "chaque sortie pendant trois ans.",
        ressources="ESAT : une chargée d’insertion à mi-temps.\nEntreprise adaptée : deux postes d’essai, un tuteur.\n"
        "France Travail : un chargé de relations avec les entreprises, deux jours par mois.",
        partage=_PARTAGE,
        etapes=("Repérage des souhaits", "Visites de l’entreprise adaptée", "Mises en situation", "Contrats et suivi"),
        buts=(
            But("Mises en situation réalisées", "personnes", 2, 10, "ESAT"),
            But("Sorties vers le milieu ordinaire", "personnes", 0, 3, "ESAT"),
        ),
    ),
)
