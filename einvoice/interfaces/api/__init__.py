"""The REST API under /api/v1: the same rooms, the same filter of towns, the same events as pages and commands.

Every call brings a token (`Authorization: Bearer ei_…`) made by `einvoice user token add`: bound to one town, for
some purposes, until a day. Cookies count nothing here, so nothing can be forged from another page. Errors are
problems (RFC 9457) in the language that Accept-Language asks for.
"""
