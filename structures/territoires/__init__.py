"""Régions, départements, EPCI, communes, bassins and pôles: the ground of every map and perimeter."""
