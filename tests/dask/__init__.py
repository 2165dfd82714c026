"""More than one machine: the flow without Dask, and real clusters of processes."""
