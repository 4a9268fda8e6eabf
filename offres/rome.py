"""The fourteen « grands domaines » of the ROME: fine enough to describe a workshop."""

DOMAINES: dict[str, str] = {
    "A": "Agriculture, espaces verts",
    "B": "Arts et façonnage",
    "C": "Banque, assurance, immobilier",
    "D": "Commerce",
    "E": "Communication, média",
    "F": "Construction, bâtiment",
    "G": "Hôtellerie-restauration, tourisme",
    "H": "Industrie",
    "I": "Installation et maintenance",
    "J": "Santé",
    "K": "Services à la personne et à la collectivité",
    "L": "Spectacle",
    "M": "Support à l’entreprise",
    "N": "Transport et logistique",
}
