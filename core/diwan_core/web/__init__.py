"""The web kit that both consoles are made of: pages stand on `kit`, `language` and `forms`; `kinds`
says what there is to know of each record type, and `records` puts records into words.

    from diwan_core.web.app import create_app     make a console out of blueprints
    from diwan_core.web.serve import serve        serve it with gunicorn
    from diwan_core.web.features import common_pages   the pages that every console has

What may not enter: SQL, keys, sockets to other nodes, anything from elsewhere on the web. This package imports none
of its modules by itself, so that `serve` makes a process that holds nothing but what its console asks for.
"""
