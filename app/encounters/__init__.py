"""Contacts of a patrol with one person or a group; an encounter may open referrals."""
