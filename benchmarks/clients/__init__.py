"""What official clients do with the mock gateway and with faulty streams: see official_clients.py."""
