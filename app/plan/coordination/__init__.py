"""Whether those who signed still meet: meetings, attendance, decisions."""
