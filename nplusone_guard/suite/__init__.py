"""What a whole run of tests saw: requests, runs, their budgets and baselines, and growth."""
