"""Patrols added up by days, route and team, for every family of figures about where teams went and for how long."""
