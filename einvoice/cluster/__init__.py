"""More than one machine: the same functions, on the workers of a Dask cluster (extra `cluster`).

Workers only compute; what is written, shown or sent is done by the process that asked, in the order it asked. What
Dask does twice (it repeats what a lost worker did) is therefore never seen twice.
"""
