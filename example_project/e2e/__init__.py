"""The API over HTTP, as its clients and its load balancer meet it, in production's settings."""
