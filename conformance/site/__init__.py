"""The static site: pages about finished runs that open from disk and need neither the network nor the script.

    reading (runs from disk) -> choosing (what gets a page) -> pages of each kind -> building (files)

What is shown, and where, is decided here.  What a run was and what a verdict means comes from the results; nothing here judges.
"""
