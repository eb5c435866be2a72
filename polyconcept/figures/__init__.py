"""The score table as figures, one per question.

Every figure stands alone: made without pyplot, under one style (`_style`), the caller's
matplotlib settings neither read nor changed. The same input gives the same bytes.
"""
