"""Maraude receives the encounter logs of street-outreach patrols and follows each referral until its outcome is known.

Patrol apps post encounters whenever they have a network; reception desks confirm arrivals and say how many places are
free; coordinators read referral funnels; plan monitors pull indicators. The people recorded are few, ill and exposed:
what the service does not hold cannot be taken from it. `app.main.create_app` builds it; README.md says how to run it.
"""
