"""The desk in the browser: server-rendered pages, thin doors to the same rooms as the command line.

A page is one small module here (its routes, on a `pages()` router) and one template in `templates/`; its words stand
in `words.toml`, a table of its own; `application.PAGES` lists the modules. What every page shares: `visitor` says who
is there and in which language, `guard` lets no unsafe request pass without the token of its session, `wall` sets the
headers and limits of every answer, `rendering` makes pages.
"""
