"""What the technician's laptop does: make and check bundles and inventories, run the playbooks, keep acceptance sheets.

The roles and playbooks beside this package are Ansible's; this package imports core's command kit, never a node.
"""
