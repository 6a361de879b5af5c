"""The static site: pages about finished runs, that open from disk and need neither network nor script.

    reading (runs from disk) -> choosing (what gets a page) -> pages of each kind -> writing

Finding, choosing and showing live here; what a run was and what a verdict means come from the layers above.
"""
