"""What a load test learns from the guard's headers: measures, gates, tables."""
