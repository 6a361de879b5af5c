"""What a run costs: how many tokens a request takes, prices, what is planned, what may be spent, what was.

tokens     of a request beforehand, and of its reply
pricing    prices and arithmetic on them
catalogue  the gateway's own prices, asked for once
table      what asking costs, known without asking
spending   what exchanges used, and a budget that is not passed
billing    planned against spent, as facts of a run
"""
