"""The effort of patrols: how long they were out, by night too, and when doors were open at night."""
