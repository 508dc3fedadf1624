"""``manage.py guard_scan``: each route asked for at two sizes of data, and fixes tried.

Only where it is asked for; nothing here is imported by what serves requests.
"""
