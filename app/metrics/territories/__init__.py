"""Where people are met: shares, contacts per hour, how the map shifts, and what happened there."""
