"""What an N+1 costs under load: the orders API, tuned and naive, driven by locust and compared."""
