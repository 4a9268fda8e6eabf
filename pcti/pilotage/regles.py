"""Who reads the steering boards."""

from rules import add_perm

from structures.comptes.regles import est_administration, est_coordination, est_pilotage

add_perm("pilotage.voir", est_pilotage | est_coordination | est_administration)
