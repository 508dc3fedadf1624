"""What other tools find and cost, by the judge and the requests that ours are measured by."""
