"""The guard under load: a server, users who check each answer, and the verdict."""
