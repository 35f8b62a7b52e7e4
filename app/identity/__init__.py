"""Who may do what: organisations, teams, devices, accounts, tokens; everything else is refused."""
