"""Collections → the check by which a model refuses what is no frontal film. Needs no torch."""
