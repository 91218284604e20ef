"""Whole machines on one: systemd hosts in containers, set up by the real playbooks from a real bundle.

`diwan lab up` makes the example country from bare Debian; tests use the same parts. Only the command line of the
product and Ansible touch the hosts.
"""
