"""What two folders of tests know of degraded gateways: how much they still show, and which of them need a real server."""

CONCLUSIVE = (
    550  # of some 800 cells that apply: what a server enforces shows through, though a filter may hit a whole model
)
OVER_SOCKETS = ("answers_slowly", "limits_the_rate", "is_overloaded_at_times")
