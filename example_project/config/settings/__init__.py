"""Settings by place: ``dev``, ``test`` and ``prod`` share ``base``; secrets come from outside."""
