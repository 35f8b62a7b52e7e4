"""Contacts counted by days, territory and team, for every family of figures that counts encounters."""
