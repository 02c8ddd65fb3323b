"""From a fresh machine to a running portal: packages, front-end files, database, and the processes of `make run`."""
