"""The score table as figures, one per question: a module each, with ``draw(rows, **settings)``.

Every figure stands alone: made without pyplot, under one style (`style`), the caller's
matplotlib settings neither read nor changed. The same input gives the same bytes.
`polyconcept.study.jobs.figures` lists them, with their rows and settings.
"""
