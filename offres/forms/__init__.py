"""Forms of this floor: the steps of the questionnaire, its lines, the campaigns, the filters."""
