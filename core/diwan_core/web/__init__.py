"""The kit both consoles are made of: app factory, sign-in and permissions, forms and record pages from the dictionary.

    from diwan_core.web.app import create_app        make a console out of blueprints
    from diwan_core.web.serve import serve           serve it with gunicorn
    from diwan_core.web.records import record_pages  list and page of a record type
    from diwan_core.web.editing import editing_pages, from diwan_core.web.reporting import reporting_pages

What may not enter: SQL, keys, sockets to other nodes, anything from elsewhere on the web. This package imports none
of its modules by itself, so that `serve` makes a process that holds nothing but what its console asks for.
"""
