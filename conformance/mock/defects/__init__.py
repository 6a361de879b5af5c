"""Named ways in which the mock lies, by surface and by what they lie about.

A new one is a record in the DEFECTS of `<surface>/<parameter or area>.py`; it is found by itself.
"""
