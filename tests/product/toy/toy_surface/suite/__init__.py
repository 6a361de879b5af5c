"""The toy's own suite: what no other API has."""
