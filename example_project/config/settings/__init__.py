"""Settings by place, of which all share ``base``: ``dev``, ``test``, ``prod``, ``load``."""
