"""Fictive answers, in the words that structures use. One offer and one need for each service."""

# service → (what is offered, what is asked, typical yearly volume)
PROPOSITIONS: dict[str, tuple[str, str, tuple[int, int]]] = {
    "appui-diagnostic-situation": (
        "Une éducatrice spécialisée et une neuropsychologue échangent avec le référent du partenaire, puis "
        "rédigent avec lui une note d’une page sur les points d’appui et les compensations utiles.",
        "Nos conseillers rencontrent des personnes dont les besoins sont mal repérés. Un avis spécialisé, avec "
        "l’accord de la personne, éviterait des orientations qui échouent.",
        (6, 24),
    ),
    "regards-croises-projet": (
        "Deux demi-journées par trimestre pour relire ensemble des projets d’emploi et le plan d’action associé.",
        "Faire confirmer le projet d’emploi des jeunes par un professionnel du recrutement avant leur sortie.",
        (8, 20),
    ),
    "plateaux-techniques": (
        "Accueil dans nos ateliers (espaces verts, cuisine, conditionnement) d’une à trois semaines, avec un "
        "moniteur d’atelier référent.",
        "Découvrir des gestes professionnels dans un vrai atelier, sur une semaine, avec un retour écrit.",
        (8, 30),
    ),
    "mises-en-situation": (
        "Organisation et observation de mises en situation de deux semaines, grille d’observation partagée.",
        "Vérifier, sur le terrain, qu’un projet est réalisable avant d’engager une formation.",
        (6, 25),
    ),
    "stages-immersions": (
        "Ouverture de notre carnet d’adresses d’entreprises et appui à la prise de contact.",
        "Élargir les terrains de stage au-delà de nos partenaires habituels.",
        (10, 40),
    ),
    "relation-entreprises": (
        "Un chargé de relations avec les employeurs prospecte, prépare l’accueil et reste joignable ensuite.",
        "Trouver des employeurs prêts à accueillir et préparer leur équipe.",
        (8, 30),
    ),
    "acces-formation": (
        "Le référent formation aide à choisir, à monter le dossier et à prévoir les aménagements.",
        "Comprendre les dispositifs de formation de la Région et leurs conditions d’accès.",
        (6, 20),
    ),
    "ateliers-tre": (
        "Cycle de six ateliers adaptés : curriculum vitæ, entretien, démarches en ligne, par groupes de six.",
        "Préparer des jeunes à l’entretien d’embauche, avec des supports adaptés à l’autisme.",
        (4, 12),
    ),
    "ateliers-competences": (
        "Ateliers sur les gestes et les savoir-être attendus sur le terrain de stage.",
        "Aider les jeunes à se projeter sur leur terrain de stage, en petits groupes.",
        (4, 10),
    ),
    "ateliers-numerique": (
        "Ateliers d’une demi-journée : messagerie, espace personnel en ligne, téléphone.",
        "Permettre aux travailleurs de l’établissement d’être à l’aise avec les démarches en ligne.",
        (4, 12),
    ),
    "evenements-emploi": (
        "Envoi mensuel du calendrier des forums, visites d’entreprises et recrutements du bassin.",
        "Recevoir à temps le calendrier des événements pour y préparer les personnes.",
        (6, 12),
    ),
    "sensibilisation-equipes": (
        "Une demi-journée sur l’autisme et le handicap psychique, avec des cas concrets d’entretien.",
        "Mieux accueillir les personnes autistes et comprendre ce qui les met en difficulté.",
        (1, 6),
    ),
    "decouverte-reciproque": (
        "Visite de nos ateliers et échange entre professionnels, deux fois par an.",
        "Connaître les équipes et les métiers des établissements du bassin.",
        (1, 4),
    ),
    "permanence-conseiller": (
        "Un conseiller tient une permanence dans l’établissement, deux fois par an ou davantage.",
        "Rencontrer un conseiller dans nos murs, avec les jeunes de dernière année et leurs familles.",
        (2, 6),
    ),
    "appui-orientation-esat": (
        "Lecture partagée de la situation des demandeurs d’emploi orientés en ESAT et visite de l’établissement.",
        "Nos conseillers suivent des personnes orientées en ESAT et ne savent pas toujours quelles étapes proposer.",
        (8, 30),
    ),
    "outils-communs": (
        "Mise en commun de notre grille d’entretien et de notre guide d’accompagnement.",
        "Disposer d’une grille d’entretien commune, courte, utilisable par tous les conseillers.",
        (1, 3),
    ),
    "suivi-apres-sortie": (
        "Suivi de la personne et de l’employeur pendant trois ans après la sortie, par le même référent.",
        "Savoir à qui s’adresser quand une difficulté apparaît dans l’emploi, des mois après la sortie.",
        (6, 18),
    ),
    "passerelle-milieu-ordinaire": (
        "Mise à disposition progressive, temps partagé et préparation du passage vers l’entreprise.",
        "Sécuriser le passage vers l’entreprise adaptée ou ordinaire, avec un droit au retour.",
        (3, 12),
    ),
    "compensation-poste": (
        "Étude du poste, conseil sur les aides et essai de matériel prêté.",
        "Adapter un poste sans attendre plusieurs mois.",
        (4, 15),
    ),
    "acces-droits-mdph": (
        "Permanence d’aide au dossier : reconnaissance de la qualité de travailleur handicapé, orientation.",
        "Aider les personnes à faire reconnaître leurs droits avant la fin de leur scolarité.",
        (8, 30),
    ),
}

# type of structure → its name in the « offreurs » and « demandeurs » of the nomenclature
APPELLATIONS: dict[str, tuple[str, ...]] = {
    "ime": ("IME",),
    "impro": ("IMPro",),
    "ditep": ("DITEP",),
    "iem": ("IME",),
    "sessad": ("SESSAD",),
    "esat": ("ESAT",),
    "savs": ("SAVS",),
    "samsah": ("SAMSAH",),
    "esrp-espo": ("ESRP", "ESPO"),
    "ueros": ("UEROS",),
    "france-travail": ("France Travail",),
    "cap-emploi": ("Cap emploi",),
    "mission-locale": ("mission locale", "Mission locale"),
    "emploi-accompagne": ("plateforme emploi accompagné",),
    "ulis": ("ULIS",),
    "cfa-of": ("CFA",),
    "ea": ("EA",),
    "eatt": ("EATT",),
    "siae-ei": ("SIAE",),
    "siae-etti": ("ETTI", "SIAE"),
    "siae-aci": ("SIAE",),
    "siae-ai": ("SIAE",),
    "siae-eiti": ("SIAE",),
    "geiq": ("GEIQ",),
    "mdph": ("MDPH",),
    "fonds": ("Agefiph", "FIPHFP"),
    "centre-ressource": ("centre ressource",),
}

RESSOURCES = (
    ("Éducateur spécialisé", 0.2),
    ("Conseillère en insertion professionnelle", 0.3),
    ("Chargé de relations avec les entreprises", 0.2),
    ("Monitrice d’atelier", 0.5),
    ("Psychologue", 0.1),
    ("Référent formation", 0.2),
)
LIEUX = ("Atelier cuisine et salle de restaurant", "Salle de réunion de douze places", "Plateau technique", "")
CONDITIONS = (
    "Gratuit ; une convention est nécessaire.",
    "Gratuit, sur demande du référent un mois à l’avance.",
    "Gratuit ; le transport reste à la charge du partenaire.",
)
PERIODICITES = ("annuelle", "trimestrielle", "continue")
