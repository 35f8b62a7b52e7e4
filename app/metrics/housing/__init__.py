"""Housing: how full the places are, how long people stay, where stays end, and what keeps them from ending well."""
