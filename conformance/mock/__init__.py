"""The mock gateway: reference behaviour over real HTTP, plus named defects.

A request passes app (routes, key) -> chat -> request (columns, rules, combinations, messages) -> engine (instructions,
prose, instances, toolcalls) -> reply -> stream or JSON.  Defects act at seams between these steps.

It imports nothing else of the project; with the suite it shares the contract's data files and no code.
`conformance.mock.server` holds `serve(options)` and `running(options)`, `conformance.mock.options` the options.
"""
