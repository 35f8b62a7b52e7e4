"""Pathway figures: each with its rule, its denominator and what is unknown about it.

One room a family of figures (`funnel`, `housing`, ...), which may not know each other. Below them: `indicator` says
what an indicator is, `asking` whose view a question has, `figures` how figures go over the wire, `counting` how SQL
counts. Above them: `indicators`, the catalogue that serves them all.
"""
