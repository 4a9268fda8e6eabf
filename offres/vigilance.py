"""A soft warning before a text that seems to name somebody: numbers only, never a person.

It looks for a national health number, a birth date, a civil title, « Prénom NOM », or a usual
forename. It may be wrong (a school's name looks like a person's): it warns and lets go.
"""

import re

from socle.recherche import normaliser

NIR = re.compile(r"(?<!\d)[12][ .]?\d{2}[ .]?(?:0[1-9]|1[0-2]|[2-9]\d)[ .]?(?:\d{2}|2[AB])[ .]?\d{3}[ .]?\d{3}(?!\d)")
NE_LE = re.compile(r"\b(?:né|née|nés|nées|naissance)\b", re.IGNORECASE)
DATE = re.compile(r"(?<!\d)(?:0?[1-9]|[12]\d|3[01])[/.\- ](?:0?[1-9]|1[0-2])[/.\- ](?:19[3-9]\d|20[01]\d)(?!\d)")
DATE_EN_LETTRES = re.compile(
    r"\b(?:1er|\d{1,2}) (?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)"
    r" (?:19[3-9]\d|20[01]\d)\b",
    re.IGNORECASE,
)
CIVILITE = re.compile(r"\b(?:M\.?|Mr|[Mm]me|[Mm]lle|[Mm]onsieur|[Mm]adame|[Mm]ademoiselle)\s+[A-ZÀ-Ý][\w’'-]*")
PRENOM_NOM = re.compile(
    r"\b[A-ZÀ-Ý][a-zà-ÿ]+(?:-[A-ZÀ-Ý][a-zà-ÿ]+)? (?:[A-ZÀ-Ý]\. ?)?[A-ZÀ-Ý]{3,}(?:-[A-ZÀ-Ý]{2,})?\b"
)
# Capitals that are no family name.
SIGLES = {
    "ESAT", "IME", "SESSAD", "SAVS", "SAMSAH", "DITEP", "ITEP", "ULIS", "IMPRO", "MDPH", "RQTH", "PMSMP", "SIAE",
    "GEIQ", "EATT", "ETTI", "CFA", "ESRP", "ESPO", "UEROS", "APEI", "ADAPEI", "APAJH", "LADAPT", "PRITH", "PCTI",
    "TSA", "CAP", "BEP", "CACES", "HACCP", "CRA", "ARS", "ASE", "APF",
}  # fmt: skip

MOT = re.compile(r"\b[A-ZÀ-Ý][A-Za-zÀ-ÖØ-öø-ÿ]+")
# A street, a school, a structure bears a forename and is nobody: « lycée Jean Moulin », « ESAT de la rue Lucas ».
LIEU = re.compile(
    r"\b(?:rue|avenue|boulevard|place|quai|allée|impasse|route|chemin|square|lycée|collège|école|université|campus"
    r"|ESAT|IME|ITEP|DITEP|SESSAD|SAVS|SAMSAH|EHPAD|CFA|GEIQ|ULIS|foyer|maison|résidence|centre|espace|pôle|site"
    r"|institut|hôpital|clinique|fondation|association|entreprise|établissements?|ets|société|groupe|gymnase|stade"
    r"|salle|médiathèque|bibliothèque|ateliers?|plateau|parc|domaine|château|cité|saint|sainte|st|ste)"
    r"(?:[\s’'-]+(?:de|du|des|d|la|le|les|l|[A-ZÀ-Ý][\w’'-]*))*[\s’'«\u00a0-]+$",
    re.IGNORECASE,
)
# Usual in France, of the young people served and of the adults who serve them.
PRENOMS = frozenset(
    re.findall(
        r"[a-z]+",
        "aaron abdel adam adele adrien agathe ahmed aicha alain alexandra alexandre alexia alexis alice alicia "
        "aline alizee amandine amelie amine anais andre angelique anne anthony antoine antonin arnaud arthur "
        "astrid audrey aurelie aurelien axel ayoub baptiste bastien beatrice benjamin benoit bernard bilal brahim "
        "brice brigitte bruno camille candice carine carole caroline catherine cecile celia celine chantal "
        "charlene charles charlotte chloe christelle christian christiane christine christophe clara clarisse clea "
        "clemence cloe coline corentin corinne cyril damien daniel david deborah delphine denis diego dimitri "
        "dominique dorian dylan edouard eliott elisa elise eloise elodie elsa emeline emilie emma emmanuel enzo "
        "eric erwan estelle ethan eva evan fabien fabrice fanny fatima fatou florian franck francois francoise "
        "frederic gabriel gael gaetan gaspard geoffrey georges gerard ghislaine gilles gregory guillaume "
        "gwendoline hamza helene henri herve hugo ibrahim ilyes ines isabelle ismael jacqueline jacques jason jean "
        "jeanne jennifer jeremy jerome jessica joel johan jonathan jordan joris joseph josephine judith jules "
        "julie julien juliette justin justine karim karine katia kelly kenza kevin killian kylian laetitia laura "
        "laurence laurent laurie lea leila lena leo leon leonie lilou lina lionel lisa loane loic lola lorenzo lou "
        "louane louis louise louka luc lucas lucie lucien ludivine ludovic lylou maelle maelys maeva malik malo "
        "manon manuel marc margaux margot marie marion martine marvin maryam mateo matheo mathieu mathilde mathis "
        "matthieu matteo maud maxence maxime mehdi melanie melissa melvin michel mickael mireille mohamed monique "
        "morgane moussa muriel myriam nabil nadege nadia nathalie nathan nathanael nicolas nina noa noah noe "
        "noemie nolan nora oceane olivia olivier orlane oscar pascal pascale patricia patrick paul pauline "
        "philippe quentin rachel raphael raphaelle raymond rayan remi remy rene romain romane ryan sabrina sacha "
        "salome samantha samir samuel sandra sandrine sarah sebastien serge simon sofia sofiane solene sonia "
        "sophie stephane stephanie steven suzanne sylvain sylvie tatiana teddy theo thibault thibaut thierry "
        "thomas tiago timeo timothee tom tristan ugo valentin valerie vanessa veronique victor victoria vincent "
        "virginie wassim xavier yacine yanis yann yannick yasmine yoann youssef yves yvette zoe",
    )
)


def _nomme(texte: str) -> bool:
    """A usual forename, outside the name of a place."""
    return any(
        normaliser(mot.group()) in PRENOMS and not LIEU.search(texte[max(0, mot.start() - 60) : mot.start()])
        for mot in MOT.finditer(texte)
    )


def soupcons(texte: str) -> list[str]:
    """What the text seems to contain, in words (empty: nothing)."""
    trouves = []
    if NIR.search(texte):
        trouves.append("un numéro de sécurité sociale")
    if NE_LE.search(texte) and (DATE.search(texte) or DATE_EN_LETTRES.search(texte)):
        trouves.append("une date de naissance")
    noms = [nom for nom in PRENOM_NOM.findall(texte) if nom.split()[-1] not in SIGLES]
    if CIVILITE.search(texte) or noms or _nomme(texte):
        trouves.append("le nom d’une personne")
    return trouves


def avertissement(*textes: str) -> str:
    """The sentence to show after saving, or an empty one."""
    trouves = list(dict.fromkeys(soupcon for texte in textes for soupcon in soupcons(texte)))
    if not trouves:
        return ""
    quoi = " et ".join(trouves)
    return (
        f"Votre texte est enregistré, mais il semble contenir {quoi}. Ne jamais saisir de nom ni de situation "
        "individuelle\u00a0: des nombres seulement. Si c’est le cas, corrigez-le."
    )
