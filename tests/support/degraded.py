"""What two folders of tests know of degraded gateways: how much they still show, and which of them need a real server."""

CONCLUSIVE = 650  # of some 790 cells that apply: what a server enforces shows through
OVER_SOCKETS = ("answers_slowly", "limits_the_rate", "is_overloaded_at_times")
