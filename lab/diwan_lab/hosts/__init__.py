"""Whole machines in containers: systemd hosts that the real playbooks set up from a real bundle.

`diwan lab up` makes the example country from bare Debian; tests use the same parts. Only the command line of the
product and Ansible touch the hosts.
"""
