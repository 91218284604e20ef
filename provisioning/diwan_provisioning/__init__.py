"""Provisioning on the technician's laptop: makes and checks bundles and inventories, runs playbooks, keeps acceptance
sheets.

The roles and playbooks beside this package are Ansible's; this package imports core's command kit, never a node.
"""
