"""Who may open what: every address × every role. A new address without a row fails the tests.

A row: (name of the URL, who gets in). Roles: « visiteur », « membre » (of the structure at
hand), « direction » (idem), « etranger » (signed in, another structure), « coordination» (of the
pôle), « pilotage », « administration ». The owner of each room adds its rows in
``tests/<room>/droits.py`` as ``LIGNES``; ``tests/test_matrice.py`` gathers and crosses them.
"""
