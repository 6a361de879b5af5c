"""Named defects of the mock, by surface and by the parameter or area that they affect.

A defect is a record in DEFECTS of `<surface>/<parameter or area>.py`; loading.py finds it, no list must be edited.
"""
