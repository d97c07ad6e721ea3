"""``README.md`` of a dataset: what is in it, from where, under which terms, what to beware of."""
