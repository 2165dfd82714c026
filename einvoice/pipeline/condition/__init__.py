"""Whether everything is as it should be: what `einvoice doctor` says, and what the desk shows administrators.

Each module looks at one side and yields `Finding`s, in German and English; `looks.py` names the looks in their order.
"""
