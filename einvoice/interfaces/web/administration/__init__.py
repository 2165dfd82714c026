"""Administration in the browser: persons, towns, sources, keys, sessions, changes that take two persons.

Who administers the installation sees all of it, who administers a town what is that town's; nobody else finds these
pages, and nobody sees or approves an invoice by that role. Every look is an event.
"""
